"""Arrays of expressions, sizes and indices, as NumPy code meets them.

`array` has the tables of what is known (`UFUNCS`, `FUNCTIONS`, `METHODS`, `ACCESS`); the files above it
fill them in. What stands in no table is refused.
"""
