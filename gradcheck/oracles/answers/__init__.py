"""The answers of a program to test vectors, read with suspicion and judged."""
