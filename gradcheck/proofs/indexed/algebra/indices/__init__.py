"""Indices of axes, and the relations between them: which are equal, neighbours, or stand before others."""
