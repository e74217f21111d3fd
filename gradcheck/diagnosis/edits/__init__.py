"""Changes to one operation of the code: what a repair, or a mistake, may be."""
