"""SymPy: one symbol an entry, partial derivatives of each kind of term once, balls put into expressions."""
