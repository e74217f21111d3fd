"""Copies of a user's functions that run on symbols: what names mean in them.

Some of what Python code can ask never reaches a symbol: `len` has to return an int, `type` and `is` look
at the object itself, a global may be a clock. So a function is copied, and in the copy every name is
looked up here: names of a known meaning are handed out, or exchanged for what understands symbols; any
other is refused.
"""
