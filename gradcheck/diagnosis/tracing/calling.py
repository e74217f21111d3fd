"""Running a formula's forward, or a claim's hand-written code, on watched values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gradcheck.arithmetic import Domain, ElementArray, ObjectArray, enclose, wrap
from gradcheck.diagnosis.tracing.calls import Value
from gradcheck.diagnosis.tracing.run import Change, Run
from gradcheck.errors import Unsupported
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.declaration import Declaration
from gradcheck.formulas.entries import assignments
from gradcheck.formulas.quantity import Quantity
from gradcheck.judging.points.point import Point

__all__ = ["lifted", "run_candidate", "run_forward", "unlifted"]


def lifted(value: Any, domain: Domain | None) -> Any:
    """An array as what the arithmetic computes with: itself in float64, balls otherwise."""
    if domain is None:
        return value
    return wrap(enclose(np.asarray(value, dtype=np.float64)), domain)


def unlifted(value: Any) -> Any:
    """The bare array behind a result: float64, or an object array of balls. Raises `Unsupported`."""
    if isinstance(value, Value):
        value = value.value
    if isinstance(value, ElementArray):
        return value.data
    array = np.asarray(value)
    if array.dtype == object:
        parts = [unlifted(v) for v in array.reshape(-1)]
        if any(np.shape(p) for p in parts):
            raise Unsupported("an array of arrays")
        flat = np.empty(len(parts), dtype=object if any(_is_object(p) for p in parts) else np.float64)
        flat[:] = [p.item() if isinstance(p, np.ndarray) else p for p in parts]
        return flat.reshape(array.shape)
    return array


def _is_object(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype == object


def run_forward(
    formula: Declaration,
    point: Point,
    *,
    domain: Domain | None = None,
    change: Change | None = None,
    function: Callable[..., Any] | None = None,
) -> tuple[Run, list[Value]]:
    """A functional run of the forward, or of another function of its arguments, and its outputs.

    Raises `Unsupported`, or what the code raises.
    """
    function = function or formula.function
    try:
        run, result = _start(function, formula, point, domain, change, watch_indices=True)
    except (IndexError, TypeError):  # `np.c_` makes NumPy's own array, which takes no watched index
        run, result = _start(function, formula, point, domain, change, watch_indices=False)
    parts = list(result) if isinstance(result, tuple | list) else [result]
    outputs = []
    for part in parts:
        if isinstance(part, np.ndarray) and part.dtype == object:
            cells: Any = [p if isinstance(p, Value) else p.item() for p in part.reshape(-1)]
            part = np.reshape(np.stack(cells), part.shape)
        if not isinstance(part, Value):
            raise Unsupported(
                "an output of the forward does not depend on its arguments as far as can be seen"
            )
        outputs.append(part)
    return run, outputs


def _start(
    function: Callable[..., Any],
    formula: Declaration,
    point: Point,
    domain: Domain | None,
    change: Change | None,
    *,
    watch_indices: bool,
) -> tuple[Run, Any]:
    run = Run(domain, change, functional=True)
    args = _arguments(run, formula.shapes.arguments, point, domain)
    if not watch_indices:
        args = [w if i in point.wrt else a for i, (w, a) in enumerate(zip(args, point.args, strict=True))]
    return run, run.start(function, args)


def _arguments(run: Run, names: tuple[str, ...], point: Point, domain: Domain | None) -> list[Any]:
    return [
        run.argument(name, lifted(a, domain) if i in point.wrt else a)
        for i, (name, a) in enumerate(zip(names, point.args, strict=True))
    ]


def run_candidate(
    claim: Claim,
    point: Point,
    *,
    domain: Domain | None = None,
    change: Change | None = None,
    run: Run | None = None,
) -> tuple[Run, dict[Quantity, Any]]:
    """A run of the hand-written code, and the quantities that it states, of whatever shape they are.

    A quantity that was given as None is absent. ``run`` may be given, to look at what was done where
    the code raises. Raises `Unsupported`, or what the code raises.
    """
    run = Run(domain, change) if run is None else run
    names = claim.formula.shapes.arguments
    args = _arguments(run, names, point, domain)
    before = {
        name: _watched(run, name, value, domain)
        for name, value in claim.kind.inputs(claim.formula, point).items()
    }
    ranges = claim.kind.ranges(claim.formula, point)
    if ranges is not None:
        return run, claim.kind.divided(claim.formula, point, _table(claim, run, args, before, ranges))
    result = run.start(claim.candidate, [*(before[n] for n in claim.leading), *args])
    parts = claim.kind.divided(claim.formula, point, result)
    run.stated = {q: part for q, part in parts.items() if isinstance(part, Value)}
    return run, {q: unlifted(part) for q, part in parts.items() if part is not None}


def _watched(run: Run, name: str, value: Any, domain: Domain | None) -> Any:
    if isinstance(value, tuple):
        return tuple(_watched(run, f"{name}[{k}]", v, domain) for k, v in enumerate(value))
    held = value if isinstance(value, np.ndarray) else np.float64(value)
    return run.argument(name, lifted(held, domain))


def _table(
    claim: Claim, run: Run, args: list[Any], before: Mapping[str, Any], ranges: Mapping[str, int]
) -> Any:
    """The table of entries, bare. The code must not keep what it is given: each call gets copies."""
    table: Any = None
    for assignment in assignments(ranges):
        run.indices = assignment
        run.index_names = tuple(assignment)
        leading = {**before, **assignment}
        cell = unlifted(run.start(claim.candidate, [*(leading[n] for n in claim.leading), *args]))
        if table is None:
            shape = (*ranges.values(), *cell.shape)
            table = np.empty(shape, dtype=object if cell.dtype == object else np.float64)
        if table.dtype == object and cell.dtype != object:
            cell = enclose(np.asarray(cell, dtype=np.float64))
        elif cell.dtype == object and table.dtype != object:
            table = _as_balls(table)
        table[(*assignment.values(), ...)] = cell
    return table


def _as_balls(table: Any) -> ObjectArray:
    return enclose(np.nan_to_num(table))
