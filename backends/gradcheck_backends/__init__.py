"""The backends that come with gradcheck: SymPy, finite differences, JAX. Each is found by its entry point."""
