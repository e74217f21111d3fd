"""JAX: traces of plain NumPy code, and machines that run a jaxpr in balls, as NumPy calls, or by XLA."""
