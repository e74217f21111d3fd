"""The shape language: how shapes are declared, and the sizes that arrays fix."""
