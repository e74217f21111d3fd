"""A formula as it was understood: in words, and as NumPy."""

from __future__ import annotations

import itertools
import re

from gradcheck.notes.arrays.values import same_shape, unify
from gradcheck.notes.reading.numpy import in_numpy, meaning
from gradcheck.notes.reading.reader import Reader
from gradcheck.notes.statements.pieces import Piece

__all__ = ["in_words", "plain_sizes"]

_UNKNOWN = re.compile(r"\bsize\d+\b")
_OF_LAYER = re.compile(r"\b(\w+)@(\d+)")


def in_words(piece: Piece, reader: Reader) -> str:
    """What each side is: `a column (n x 1) = a column (n x 1)`, then the formula as NumPy."""
    values = [meaning(side, reader) for side in piece.sides]
    for a, b in itertools.pairwise(values):
        if a is not None and b is not None and same_shape(a, b):
            unify(a, b)
    shapes = [value.words() if value is not None else "not read" for value in values]
    joined = shapes[0] if len(set(shapes)) == 1 else " = ".join(shapes)
    code = " = ".join(in_numpy(side, reader) for side in piece.sides)
    return plain_sizes(f"{joined}; {code}")


def plain_sizes(text: str) -> str:
    """A text with names for the sizes that a note does not name: n1, n2, in the order in which they come."""
    names: dict[str, str] = {}
    named = _UNKNOWN.sub(lambda m: names.setdefault(m[0], f"n{len(names) + 1}"), text)
    return _OF_LAYER.sub(r"\1_\2", named)
