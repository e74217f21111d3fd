"""What is said of each formula of a note: right, right if, wrong, ambiguous or not read."""
