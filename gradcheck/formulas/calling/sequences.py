"""Sequences of calls on one layer or cache, as a network makes them: what a single call cannot show.

A program is a text of steps: `F0` runs the forward at call number 0, `B0` the backward for it, `B2` once more
with another delta, `Z` has the layer clear its gradients. `P1` gives it the parameters of call number 1 as
new arrays, `W1` writes them into those that it has: optimisers do the one or the other. A layer's backward
belongs to its last forward; a cache's to the forward that made it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["OF_CACHES", "OF_LAYERS", "REPLACED", "WRITTEN", "Call", "Played", "UsedAgain"]


@dataclass(frozen=True, slots=True)
class Call:
    """The arguments of one call, and what its backward is given for its outputs."""

    args: tuple[Any, ...]
    delta: Any


Played = Iterator[tuple[str, Any]]
"""Each step that ran, and what it gave: the outputs of a forward, the gradients of a backward."""


@dataclass(frozen=True, slots=True)
class UsedAgain:
    """How a pair's object is used several times.

    ``play`` runs the steps of a program on one object at some calls. ``parameters`` counts the last
    arguments, which the object keeps: they are the same in all calls. ``accumulates`` is whether gradients
    of these must pile up (True), must not (False), or may (None). ``clears`` says that there is a
    `zero_grad`. ``programs`` are those to be run. ``serves`` tells whether one object is meant for both of
    two calls: a function that makes a layer may look at the input. ``is_updated`` tells that its parameters
    can be exchanged between calls.
    """

    noun: str
    play: Callable[[Sequence[str], Sequence[Call]], Played]
    programs: tuple[str, ...]
    parameters: int = 0
    accumulates: bool | None = None
    clears: bool = False
    serves: Callable[[Call, Call], bool] = lambda one, other: True
    is_updated: bool = False


REPLACED, WRITTEN = "P1", "W1"
"""A step of an optimiser, in two ways."""

OF_LAYERS = ("F0 F1 B1", "F0 B0 F0 B0", "F0 B0 F1 B1 F0 B0", "F0 B0 B2")
OF_CACHES = ("F0 F1 B0", "F0 F1 B1 B0", "F0 B0 F1 B1 F0 B0", "F0 B0 B2")
"""Two forwards before a backward, a second round, another call in between, two backwards for a forward."""
