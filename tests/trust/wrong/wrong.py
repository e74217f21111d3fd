"""The record of a wrong backward pass, and ways to make one from a right one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.trust.corpus import CORPUS


@dataclass(frozen=True)
class Wrong:
    """A wrong ``backward`` of a formula of the corpus; ``mistake`` is the kind, a few words."""

    formula_name: str
    name: str
    backward: Callable[..., Any]
    mistake: str

    @property
    def label(self) -> str:
        return f"{self.formula_name}: {self.name}"


def wrongs(formula_name: str, **versions: tuple[str, Callable[..., Any]]) -> list[Wrong]:
    """Wrong backward passes of one formula: `what_went_wrong=(mistake, backward)`."""
    return [
        Wrong(formula_name, name.replace("_", " "), backward, mistake)
        for name, (mistake, backward) in versions.items()
    ]


def right(formula_name: str) -> Callable[..., tuple[Any, ...]]:
    """The corpus's own backward, its gradients as a tuple in the order of the arguments."""
    formula = CORPUS[formula_name]
    backward = formula.claims[-1].candidate
    names = formula.shapes.arguments

    def gradients(delta, *args):
        result = backward(delta, *args)
        if isinstance(result, dict):
            return tuple(result[n] for n in names)
        return tuple(result) if isinstance(result, tuple | list) else (result,)

    return gradients


def changed(formula_name: str, argument: str, change: Callable[..., Any]) -> Callable[..., Any]:
    """The right gradients, but for that of ``argument``: `change(gradient, delta, *args)`."""
    position = CORPUS[formula_name].shapes.arguments.index(argument)
    gradients = right(formula_name)

    def backward(delta, *args):
        parts = list(gradients(delta, *args))
        parts[position] = change(parts[position], delta, *args)
        return tuple(parts)

    return backward


def times(formula_name: str, argument: str, factor: float) -> Callable[..., Any]:
    """One gradient off by a factor."""
    return changed(formula_name, argument, lambda g, *_: g * factor)


def entry(formula_name: str, argument: str, index: tuple[int, ...], factor: float) -> Callable[..., Any]:
    """One entry of one gradient off by a factor."""

    def change(g, *_):
        g = np.array(g) if isinstance(g, np.ndarray) else g.copy()
        g[index] = g[index] * factor
        return g

    return changed(formula_name, argument, change)


def tail_lost(formula_name: str, argument: str, axis: int = 0, block: int = 8) -> Callable[..., Any]:
    """What lies behind the last whole block of ``block`` rows stays zero, where there is a whole block."""

    def change(g, *_):
        whole = g.shape[axis] // block * block
        if not whole:
            return g
        kept = np.arange(g.shape[axis]) < whole
        shape = [1] * g.ndim
        shape[axis] = len(kept)
        return g * kept.reshape(shape)

    return changed(formula_name, argument, change)


def only_when(formula_name: str, argument: str, condition: Callable[..., bool], factor: float = 2.0):
    """One gradient off by a factor at some shapes: `condition(*args)`."""
    return changed(formula_name, argument, lambda g, delta, *args: g * factor if condition(*args) else g)


def single(formula_name: str, argument: str) -> Callable[..., Any]:
    """One gradient rounded to float32."""
    return changed(formula_name, argument, lambda g, *_: np.asarray(g).astype(np.float32))
