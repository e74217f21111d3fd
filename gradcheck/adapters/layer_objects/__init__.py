"""Objects with a forward and a backward: how they are made, called, and where they keep their arrays."""
