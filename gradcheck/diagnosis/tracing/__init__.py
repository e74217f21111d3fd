"""Running NumPy code while every operation is seen: to record it, or to change one and see what happens."""
