"""Explanations of a whole quantity: what the right value would be, changed in one simple way."""
