"""Explanations of a quantity that is wrong in one part, for some sizes or at some values only."""
