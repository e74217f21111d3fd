"""The formulas of a note as definitions and claims, with what the note declares of its symbols."""
