"""Arguments that hold several arrays: dicts, lists, tuples, dataclasses."""
