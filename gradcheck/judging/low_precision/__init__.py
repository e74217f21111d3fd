"""The judge of float32, float16 and bfloat16: what rounding may do there, by how the code computes."""
