"""How user code is called: what it may be, what it returns, and what it must leave as it was."""
