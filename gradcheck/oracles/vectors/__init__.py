"""Test vectors: right and wrong gradients of a formula, as files that any program can read."""
