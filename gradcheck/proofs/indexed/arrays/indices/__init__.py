"""Indexing: by numbers, by symbols, by arrays of labels, by masks; and the integers that code counts with."""
