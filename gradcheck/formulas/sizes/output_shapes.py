"""The shape of a forward's output as an expression in the names of its sizes, told by running it."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.arithmetic import is_complex
from gradcheck.errors import UsageError, user_code
from gradcheck.formulas.declaration import Declaration
from gradcheck.formulas.sizes.dimensions import parse_dimension

__all__ = ["OutputShapes", "complex_outputs", "output_shapes"]

_RUNS = 4
"""Runs at sizes that are drawn apart. Expressions that are equal at all of them are equal as a rule; where
they are not, the gradient refuses a delta of the wrong shape, and nothing is passed."""

_TRIES = 200


@dataclass(frozen=True)
class OutputShapes:
    """``shapes`` in the language of declared shapes, one for each output; ``multiple`` says that the forward
    returns a tuple, ``complex`` which outputs are complex.
    """

    shapes: tuple[str, ...]
    multiple: bool
    complex: tuple[bool, ...]


def output_shapes(formula: Declaration) -> OutputShapes:
    """Raises `UsageError` where the forward cannot be run, or no simple expression fits."""
    runs = list(itertools.islice(_runs(formula), _RUNS))
    if not runs:
        raise UsageError(
            f"{formula.name}: the shape of the output is not known: the forward runs at none of the sizes "
            "that were tried."
        )
    _, first, multiple, pairs = runs[0]
    expressions = list(_expressions(formula))
    found = []
    for k, shape in enumerate(first):
        axes = []
        for axis in range(len(shape)):
            seen = [(sizes, shapes[k][axis]) for sizes, shapes, *_ in runs]
            text = next((t for t in expressions if all(_size(t, s) == size for s, size in seen)), None)
            text = text or (str(shape[axis]) if len({size for _, size in seen}) == 1 else None)
            if text is None:
                raise UsageError(
                    f"{formula.name}: axis {axis} of the output has the sizes "
                    f"{', '.join(str(size) for _, size in seen)}, which no simple expression in "
                    f"{', '.join(formula.shapes.names)} gives; the shape of delta must be one."
                )
            axes.append(text)
        found.append(" ".join(axes))
    return OutputShapes(tuple(found), multiple, pairs)


def _size(text: str, sizes: Mapping[str, int]) -> int:
    return parse_dimension(text, "the output").size(sizes)


def _expressions(formula: Declaration) -> Iterator[str]:
    """What an axis may be: a name, a declared size, sums, differences and products of two names."""
    names = formula.shapes.names
    yield from names
    yield from (d.text for shape in formula.shapes.shapes for d in shape if d.names and not d.is_name)
    for a, b in itertools.permutations(names, 2):
        yield from (f"{a}+{b}", f"{a}-{b}", f"{a}-{b}+1", f"{a}*{b}", f"{a}+{b}-1")
    for a in names:
        yield from (f"{a}+1", f"{a}-1", f"2*{a}", f"{a}//2", f"{a}*{a}")


def complex_outputs(formula: Declaration) -> bool:
    """Whether an output is complex, as far as the forward runs."""
    return any(any(pairs) for *_, pairs in itertools.islice(_runs(formula), 1))


_Run = tuple[dict[str, int], tuple[tuple[int, ...], ...], bool, tuple[bool, ...]]


def _runs(formula: Declaration) -> Iterator[_Run]:
    """Sizes, the shapes of the outputs there, whether there are several, and which are complex."""
    bound = formula.given_sizes
    rng = np.random.default_rng(5)
    seen = set()
    for _ in range(_TRIES):
        sizes = {n: bound.get(n) or int(rng.integers(2, 12)) for n in formula.shapes.names}
        key = tuple(sizes.values())
        if key in seen or not formula.allows(sizes):
            continue
        seen.add(key)
        if (run := _run(formula, sizes, rng)) is not None:
            yield run


def _run(formula: Declaration, sizes: dict[str, int], rng: np.random.Generator) -> _Run | None:
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings(), user_code:
            warnings.simplefilter("ignore")
            result = formula.function(*_arguments(formula, sizes, rng))
            multiple = isinstance(result, tuple | list)
            parts = result if multiple else [result]
            return sizes, tuple(map(np.shape, parts)), multiple, tuple(map(is_complex, parts))
    except Exception:  # what the forward cannot do is told where points are drawn
        return None


def _arguments(formula: Declaration, sizes: Mapping[str, int], rng: np.random.Generator) -> list[Any]:
    shapes = formula.shapes.concrete(sizes) or ()
    found: list[Any] = []
    for name, shape in zip(formula.shapes.arguments, shapes, strict=True):
        value = formula.values.get(name)
        drawn = value(shape, rng) if callable(value) else rng.uniform(0.25, 0.75, shape)
        found.append(np.array(value if isinstance(value, np.ndarray) else drawn))
    return [a if a.ndim else a[()] for a in found]
