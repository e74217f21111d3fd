"""What a formula takes for granted: the questions that code asks about sizes, and what its values must be."""
