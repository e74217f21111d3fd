"""Indices as integers.

An index inside a term is one integer, so that terms are plain tuples that sort and hash fast:

- below `FREE`: a constant index, 0, 1, 2, ...
- from `FREE`, below `BOUND`: a named index, handed out by `Space.code`; its size stands in a table;
- from `BOUND`: an index bound by a sum of the term it stands in, `BOUND + k` for the term's k-th sum.
"""

from __future__ import annotations

__all__ = ["BOUND", "FREE", "is_bound", "is_constant"]

FREE = 1 << 20
BOUND = 1 << 50


def is_bound(code: int) -> bool:
    return code >= BOUND


def is_constant(code: int) -> bool:
    return code < FREE
