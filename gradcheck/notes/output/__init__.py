"""What was found in notes, for people and for other programs."""
