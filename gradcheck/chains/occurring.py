"""What reaches a layer inside its chain, so that the layer is checked alone on what it will meet.

A layer after a ReLU never meets a negative number, and one after a softmax meets rows that sum to one.
"""

from __future__ import annotations

import inspect
import itertools
import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from gradcheck.errors import UsageError
from gradcheck.formulas.decorating import Formula
from gradcheck.formulas.values import dense, normal
from gradcheck.judging.points.generation import draw_elements
from gradcheck.judging.points.point import draw_arguments

if TYPE_CHECKING:
    from gradcheck.chains.net import Net

__all__ = ["Occurring", "Possible"]

_LARGEST = 14
"""Sizes that are tried for dimensions which a layer does not see, or sees in an expression only."""

_TRIES = 400


class Occurring:
    """The values of a layer's input: a filler `(shape, rng) -> array`, as `gradcheck.verify` takes it.

    ``before`` computes the input of layer ``k`` (from 0) from the chain's arguments.
    """

    def __init__(self, chain: Net, before: Formula, k: int) -> None:
        self._chain, self._before = chain, before
        self._layer = f"layer {k + 1} ({chain.layer_names[k]})"
        self._declared = chain.declared(k).shapes[0]
        self.__name__ = f"what reaches {self._layer}"

    def __call__(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        for _ in range(20):
            sizes = self._sizes(shape, rng)
            default = dense if rng.random() < 0.5 else normal
            elements = draw_elements(self._before, sizes, int(rng.integers(2**31)))
            args = draw_arguments(self._before, sizes, rng, elements, default)
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                result = np.asarray(self._before(*(a.copy() if a.ndim else a.dtype.type(a) for a in args)))
            if np.isfinite(result).all():
                return np.array(result, dtype=np.float64)
        raise UsageError(f"chain: what reaches {self._layer} is not finite; give values at which it is.")

    def _sizes(self, shape: tuple[int, ...], rng: np.random.Generator) -> dict[str, int]:
        """Sizes of the chain at which the input has this shape, the unseen ones drawn."""
        seen = {d.text: n for d, n in zip(self._declared, shape, strict=True) if d.is_name}
        free = [n for n in self._chain.shapes.names if n not in seen]
        for attempt in range(_TRIES):
            largest = 5 if attempt < _TRIES // 2 else _LARGEST
            sizes = {**seen, **{n: int(rng.integers(1, largest + 1)) for n in free}} | self._chain.bound
            if not all(d.size(sizes) == n for d, n in zip(self._declared, shape, strict=True)):
                sizes = self._solved(seen, sizes, shape, rng)
            if sizes and self._chain.allows(sizes):
                return sizes
        raise UsageError(
            f"chain: no sizes up to {_LARGEST} give {self._layer} an input of the shape {shape}."
        )

    def _solved(
        self, seen: dict[str, int], sizes: dict[str, int], shape: tuple[int, ...], rng: np.random.Generator
    ) -> dict[str, int]:
        """The same with other sizes for what the input's expressions (`n-k+1`) are made of."""
        hidden = sorted({n for d in self._declared for n in d.names if n not in seen})
        table = [
            found
            for values in itertools.product(range(1, _LARGEST + 1), repeat=min(len(hidden), 3))
            if all(
                d.size(found := {**sizes, **dict(zip(hidden, values, strict=False))}) == n
                for d, n in zip(self._declared, shape, strict=True)
            )
        ]
        return table[int(rng.integers(len(table)))] if table else {}


class Possible:
    """A layer's `where`: whether the chain can have these sizes of the dimensions that the layer sees."""

    def __init__(
        self, seen: tuple[str, ...], names: tuple[str, ...], allowed: Callable[[Mapping[str, int]], bool]
    ) -> None:
        kind = inspect.Parameter.KEYWORD_ONLY
        self.__signature__ = inspect.Signature([inspect.Parameter(n, kind) for n in seen])
        self._free = [n for n in names if n not in seen]
        self._allowed = allowed
        self._known: dict[tuple[tuple[str, int], ...], bool] = {}

    def __call__(self, **sizes: int) -> bool:
        key = tuple(sizes.items())
        if key not in self._known:
            self._known[key] = any(self._allowed({**sizes, **rest}) for rest in self._rests())
        return self._known[key]

    def _rests(self) -> Iterator[dict[str, int]]:
        if _LARGEST ** len(self._free) <= _TRIES * 10:
            for values in itertools.product(range(1, _LARGEST + 1), repeat=len(self._free)):
                yield dict(zip(self._free, values, strict=True))
            return
        rng = np.random.default_rng(0)
        for _ in range(_TRIES):
            yield {n: int(rng.integers(1, _LARGEST + 1)) for n in self._free}
