"""Complex arrays as pairs of real ones, in any arithmetic."""
