"""What is tried: the points of a run, their sizes and values, and directions through them."""
