"""Formulas made from a declared forward: with tangents beside its arguments, and its gradient."""
