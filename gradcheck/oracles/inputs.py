"""The caller's arrays as a point: matched to the arguments, with everything that does not fit named."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.errors import NoAnswer, UsageError
from gradcheck.formulas.decorating import Formula
from gradcheck.judging.points.point import (
    Discarded,
    ForwardFault,
    Point,
    check_deterministic,
    evaluate_forward,
    make_point,
)
from gradcheck.oracles.conversion import as_array, converted, deltas_of, integers_of

__all__ = ["bind", "draw", "named"]

_LARGEST_TRIED = 100_000


def named(formula: Formula, args: Sequence[Any], by_name: Mapping[str, Any]) -> dict[str, Any]:
    """Positional and named arrays as one dict. Raises `UsageError`."""
    names = formula.shapes.arguments
    if len(args) > len(names):
        raise UsageError(
            f"{formula.name}: expected {len(names)} arrays, {', '.join(names)}, got {len(args)}. delta is "
            "given by name."
        )
    given = dict(zip(names, args, strict=False))
    if twice := [n for n in by_name if n in given]:
        raise UsageError(f"{formula.name}: {twice[0]!r} is given twice, by position and by name.")
    return given | dict(by_name)


def bind(formula: Formula, given: Mapping[str, Any], delta: Any = None) -> tuple[Point, list[str]]:
    """The point of the caller's arrays, and notes on what was converted.

    ``delta`` has the output's shape (a tuple for several outputs); it may be left out where every output
    is a scalar, and is 1 then. Raises `UsageError` for arrays that do not fit, `NoAnswer` where the
    forward is not finite.
    """
    notes: list[str] = []
    whole = _complete(formula, given)
    arrays = {n: as_array(v, n) for n, v in whole.items()}
    sizes = _sizes(formula, arrays)
    wanted = integers_of(formula, sizes)
    args = tuple(converted(a, n, notes, whole[n], integers=n in wanted) for n, a in arrays.items())
    try:
        outputs, multiple = evaluate_forward(formula, args)
    except Discarded:
        raise NoAnswer(f"{formula.name}: the forward is not finite in float64 for these arrays") from None
    except ForwardFault as fault:
        raise UsageError(f"{formula.name}: {fault}") from fault
    deltas = deltas_of(formula, outputs, multiple, delta, notes)
    point = Point(sizes, args, outputs, deltas, multiple, origin="given")
    try:
        check_deterministic(formula, point)
    except ForwardFault as fault:
        raise UsageError(f"{formula.name}: {fault}.") from fault
    return point, notes


def draw(formula: Formula, sizes: Mapping[str, int], seed: int = 0) -> tuple[dict[str, NDArray[Any]], Any]:
    """Arrays of the given sizes, and a delta, drawn as declared. Raises `UsageError`."""
    names = formula.shapes.names
    for name, size in sizes.items():
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise UsageError(
                f"{formula.name}: there is no dimension {name!r}; there are "
                f"{', '.join(names) or 'none'}.{hint}"
            )
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise UsageError(f"{formula.name}: the size {name} = {size!r} is no integer of 1 or more.")
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise UsageError(f"seed: expected an integer of 0 or more, got {seed!r}.")
    fixed = formula.given_sizes
    whole = {**sizes, **fixed}
    if missing := [n for n in names if n not in whole]:
        raise UsageError(
            f"{formula.name}: the sizes of {', '.join(missing)} are missing; give all of {', '.join(names)}."
        )
    _allowed(formula, whole)
    try:
        point = make_point(formula, whole, np.random.default_rng(seed), origin="plan")
    except Discarded:
        raise NoAnswer(f"{formula.name}: the forward is not finite for what seed {seed} draws") from None
    except ForwardFault as fault:
        raise UsageError(f"{formula.name}: {fault}") from fault
    inputs = dict(zip(formula.shapes.arguments, point.args, strict=True))
    return inputs, point.delta if point.multiple else point.delta[0]


def _complete(formula: Formula, given: Mapping[str, Any]) -> dict[str, Any]:
    names = formula.shapes.arguments
    for name in given:
        if name not in names:
            near = difflib.get_close_matches(str(name), names, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise UsageError(
                f"{formula.name}: there is no argument {name!r}; the arguments are {', '.join(names)}.{hint}"
            )
    if missing := [n for n in names if n not in given]:
        shapes = ", ".join(f"{n} ({formula.shapes.text(n) or 'a scalar'})" for n in missing)
        raise UsageError(f"{formula.name}: no array is given for {shapes}.")
    return {n: given[n] for n in names}


def _sizes(formula: Formula, arrays: Mapping[str, NDArray[Any]]) -> dict[str, int]:
    for name, array in arrays.items():
        declared = formula.shapes.shapes[formula.shapes.arguments.index(name)]
        if array.ndim != len(declared):
            text = formula.shapes.text(name)
            raise UsageError(
                f"{formula.name}: {name!r} has shape {array.shape}, but it is declared as "
                f"{repr(text) if text else 'a scalar'} ({len(declared)} axes)."
            )
        if 0 in array.shape:
            raise UsageError(f"{formula.name}: {name!r} has shape {array.shape}; sizes are 1 or more.")
    shapes = {n: a.shape for n, a in arrays.items()}
    try:
        sizes = _solved(formula, formula.shapes.bind(shapes), shapes)
    except UsageError as error:
        raise UsageError(f"{formula.name}: {error}") from None
    _allowed(formula, sizes)
    return {n: sizes[n] for n in formula.shapes.names}


def _solved(formula: Formula, sizes: dict[str, int], shapes: Mapping[str, tuple[int, ...]]) -> dict[str, int]:
    """The sizes, with those that stand in expressions only (`"n+1"`) found by trying."""
    declared = [
        (a, d, s)
        for a, ds in zip(formula.shapes.arguments, formula.shapes.shapes, strict=True)
        for d, s in zip(ds, shapes[a], strict=True)
    ]
    for _ in formula.shapes.names:
        for _, dimension, size in declared:
            unknown = [n for n in dimension.names if n not in sizes]
            if len(unknown) == 1:
                name = unknown[0]
                tried = range(1, _LARGEST_TRIED)
                found = next((k for k in tried if dimension.size({**sizes, name: k}) == size), None)
                if found is not None:
                    sizes = {**sizes, name: found}
    for argument, dimension, size in declared:
        if not set(dimension.names) <= sizes.keys() or dimension.size(sizes) != size:
            raise UsageError(
                f"{argument!r} has shape {shapes[argument]}, and no sizes from 1 on make its "
                f"{dimension.text} come to {size} together with the other arrays."
            )
    return sizes


def _allowed(formula: Formula, sizes: Mapping[str, int]) -> None:
    if not formula.allows(sizes):
        told = ", ".join(f"{n} = {s}" for n, s in sizes.items())
        raise UsageError(
            f"{formula.name}: its declaration does not allow {told} (where=, or a size below 1)."
        )
