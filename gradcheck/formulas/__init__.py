"""What a person declares: formulas, claims, shapes, values, and how user code is called."""
