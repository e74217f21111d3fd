"""Explanations by one changed operation, in the hand-written code or in the forward that it is right for."""
