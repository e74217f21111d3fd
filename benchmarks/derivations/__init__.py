"""Sixteen derivations as people write them, each right and with one wrong twin, for `written.py`."""
