"""What formulas mean: arrays entry by entry, how they depend on each other, and their values."""
