"""Python's search for cycles of garbage, less often while a claim is checked."""

from __future__ import annotations

import atexit
import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["process_of_ours", "rare_collections"]

_OBJECTS = 100_000
"""New objects between two searches (700 by default, 2,000 from Python 3.13 on): a few dozen megabytes."""


@contextmanager
def rare_collections() -> Iterator[None]:
    """Balls and expressions come by the million and hold no cycles; looking for some after every few
    hundred of them was a sixth of a run. What the user has set is put back, and what is larger stays.
    """
    before = gc.get_threshold()
    _search_rarely()
    try:
        yield
    finally:
        gc.set_threshold(*before)


def process_of_ours() -> None:
    """For a process that does nothing else: rare searches from the first import on, and none at its end.

    Loading JAX and SymPy takes a fifth less time so. A last search takes seconds after a long run, and finds
    nothing that the end of the process does not free.
    """
    _search_rarely()
    atexit.register(gc.freeze)


def _search_rarely() -> None:
    before = gc.get_threshold()
    if 0 < before[0] < _OBJECTS:
        gc.set_threshold(_OBJECTS, *before[1:])
