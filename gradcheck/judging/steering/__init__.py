"""Points that are not drawn by chance: both sides of the code's comparisons, all of its branches."""
