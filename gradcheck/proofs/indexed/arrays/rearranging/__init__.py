"""What moves entries and changes none: reshapes, transposes, slices, concatenations, padding."""
