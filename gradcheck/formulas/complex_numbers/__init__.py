"""Complex arguments and outputs: two real arrays each to the engine, one complex array to user code."""
