"""TeX mathematics as a tree: tokens, a grammar, and the way back to LaTeX. Symbols have no meaning yet."""
