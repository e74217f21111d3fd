"""Points of our own: sizes and values that a declaration allows, drawn without the engine."""

from __future__ import annotations

import ast
import inspect
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

import gradcheck
from gradcheck import Formula

__all__ = ["Point", "Values", "draw_points"]

ALLOWED_ENTRIES = 400
"""Numbers in all arguments of a point together."""


@dataclass(frozen=True, eq=False)
class Point:
    """Arguments and delta; ``sizes`` are those of the declaration's names."""

    sizes: dict[str, int]
    args: tuple[Any, ...]
    delta: Any  # an array, a number, or a tuple of them


def draw_points(formula: Formula, sources: list[str], count: int, seed: int) -> Iterator[Point]:
    """So many points at which the forward is finite, or as many as there are in four times as many draws.

    Sizes are 1 to 5, now and then up to 12; values are of all magnitudes from 1e-3 to 100, with zeros, and
    with the numbers that stand in the ``sources``, which may be thresholds, or lie just beside them.
    """
    rng = np.random.default_rng(seed)
    numbers = _numbers(sources)
    for k in range(4 * count):
        if count == 0:
            return
        sizes = _sizes(formula, rng, 12 if k % 8 == 7 else 5, equal=k % 8 == 3)
        if sizes is None:
            continue
        draw = Values(rng, k, numbers)
        args = tuple(draw.argument(formula, a, _shape(formula, a, sizes)) for a in formula.shapes.arguments)
        with np.errstate(all="ignore"):
            try:
                value = formula.function(*[copied(a) for a in args])
            except np.linalg.LinAlgError:
                continue
        outputs = value if isinstance(value, tuple | list) else (value,)
        if all(np.isfinite(z).all() for z in outputs):
            deltas = tuple(number_or_array(rng.standard_normal(np.shape(z))) for z in outputs)
            yield Point(sizes, args, deltas if isinstance(value, tuple | list) else deltas[0])
            count -= 1


def copied(value: Any) -> Any:
    """A writable copy of an argument; a number stays one."""
    return value.copy() if isinstance(value, np.ndarray) else value


def number_or_array(value: Any) -> Any:
    """A NumPy number for an array without axes, as user code gets it."""
    array = np.asarray(value)
    return array if array.ndim else array[()]


def _shape(formula: Formula, argument: str, sizes: dict[str, int]) -> tuple[int, ...]:
    """The shape that the declaration's text says: words that are sums of products of sizes."""
    return tuple(int(eval(word, {}, dict(sizes))) for word in formula.shapes.text(argument).split())


def _sizes(formula: Formula, rng: np.random.Generator, most: int, *, equal: bool) -> dict[str, int] | None:
    text = " ".join(formula.shapes.text(a) for a in formula.shapes.arguments)
    names = list(dict.fromkeys(re.findall(r"[A-Za-z_]\w*", text)))
    for _ in range(50):
        sizes = {n: int(rng.integers(1, most + 1)) for n in names}
        if equal:
            sizes = dict.fromkeys(names, max(sizes.values(), default=1))
        shapes = [_shape(formula, a, sizes) for a in formula.shapes.arguments]
        if (
            min((n for s in shapes for n in s), default=1) < 1
            or sum(map(math.prod, shapes)) > ALLOWED_ENTRIES
        ):
            continue
        if formula.where is None or formula.where(
            *(sizes[n] for n in inspect.signature(formula.where).parameters)
        ):
            return sizes
    return None


def _numbers(sources: list[str]) -> list[float]:
    """The numbers in the sources, with either sign, and 0."""
    found = {0.0}
    for source in sources:
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Constant) and type(node.value) in (int, float):
                found |= {float(node.value), -float(node.value)}
    return sorted(found)


_MAGNITUDES = (1.0, 0.3, 3.0, 1.0, 10.0, 0.01, 1.0, 100.0, 1e-3)


@dataclass
class Values:
    """Draws arguments for the ``number``-th point."""

    rng: np.random.Generator
    number: int
    numbers: list[float]

    def argument(self, formula: Formula, name: str, shape: tuple[int, ...]) -> Any:
        declared = formula.values.get(name, gradcheck.normal)
        own = _OWN.get(declared) if callable(declared) else None
        drawn = own(self, shape) if own else declared(shape, self.rng)
        return number_or_array(drawn)

    @property
    def magnitude(self) -> float:
        return _MAGNITUDES[self.number % len(_MAGNITUDES)]

    def normal(self, shape: tuple[int, ...]) -> Any:
        values = self.rng.standard_normal(shape) * self.magnitude
        return self._with_numbers(values) if self.number % 4 == 1 else values

    def positive(self, shape: tuple[int, ...]) -> Any:
        values = self.magnitude * (0.05 + self.rng.gamma(2.0, 0.5, shape))
        return np.abs(self._with_numbers(values)) + (1e-9 if self.number % 4 == 1 else 0)

    def unit_interval(self, shape: tuple[int, ...]) -> Any:
        return self.rng.uniform(0.01, 0.99, shape)

    def one_hot(self, shape: tuple[int, ...]) -> Any:
        if not shape:
            return float(self.rng.integers(2))
        return np.eye(shape[-1])[self.rng.integers(0, shape[-1], shape[:-1])]

    def spd(self, shape: tuple[int, ...]) -> Any:
        root = self.rng.standard_normal(shape)
        return root @ np.swapaxes(root, -1, -2) + shape[-1] * np.eye(shape[-1])

    def _with_numbers(self, values: Any) -> Any:
        """A third of the entries are numbers of the code, or just beside them."""
        near = self.rng.choice(self.numbers, np.shape(values))
        beside = self.rng.choice([0.0, 1e-9, 4e-7, 1e-3], np.shape(values))
        moved = near + beside * np.maximum(np.abs(near), 1e-3) * self.rng.choice([-1, 1], np.shape(values))
        return np.where(self.rng.random(np.shape(values)) < 1 / 3, moved, values)


_OWN: dict[Callable[..., Any], Callable[[Values, tuple[int, ...]], Any]] = {
    gradcheck.normal: Values.normal,
    gradcheck.positive: Values.positive,
    gradcheck.unit_interval: Values.unit_interval,
    gradcheck.one_hot: Values.one_hot,
    gradcheck.spd: Values.spd,
}
"""Kinds of values that a declaration names, drawn anew here; any other function is asked itself."""
