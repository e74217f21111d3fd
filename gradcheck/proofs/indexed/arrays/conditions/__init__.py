"""Comparisons and what is made of them: masks, `where`, `clip`, equalities."""
