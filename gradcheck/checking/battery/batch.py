"""Where a dimension is declared to be a batch: its rows one by one must give what they give together.

Gradients of arguments that have the dimension are the rows' gradients stacked; gradients of the others
(weights) are their sum. That holds where each row of the output depends on its own row only, or where
the output is a sum over the rows. It does not for a mean or for batch norm, hence it is declared.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.arithmetic import zero_dimensional
from gradcheck.checking.battery.finding import Finding, skipped
from gradcheck.checking.battery.trial import COARSE, Trial, apart
from gradcheck.errors import CandidateFault, Unsupported
from gradcheck.formulas.claim import Claim
from gradcheck.judging.points.point import Discarded, ForwardFault, Point, evaluate_forward
from gradcheck.judging.session import Session

__all__ = ["batch"]

_MOST_ROWS = 16


class _NotByRows(Exception):
    """The forward does not treat the rows alone; the message says how that shows."""


@dataclass(frozen=True)
class _Split:
    """A point cut into its rows. ``axes`` are the batch axes of the arguments (None: it has none)."""

    axes: tuple[int | None, ...]
    rows: list[Point]


def batch(claim: Claim, name: str, basis: Sequence[Point], session: Session) -> Finding:
    """The gradients of a batch against those of its rows."""
    settled, reason = 0, f"no point with {name} of 2 or more could be cut into rows"
    for point in basis:
        if not 2 <= point.sizes[name] <= _MOST_ROWS:
            continue
        try:
            split = _split(claim, name, point)
            whole = Trial(claim, point, session)
            rows = [Trial(claim, row, session) for row in split.rows]
        except _NotByRows as error:
            return Finding("fail", settled + 1, str(error), point)
        except (CandidateFault, Discarded, ForwardFault) as error:
            reason = str(error)
            continue
        if not all(t.finite for t in (whole, *rows)):
            continue
        names = claim.formula.shapes.arguments
        axes = {claim.quantity(n): axis for n, axis in zip(names, split.axes, strict=True)}
        try:
            found = apart(whole, rows, {q: _joined(axes[q]) for q in whole.values})
        except Unsupported as error:
            reason = str(error)
            continue
        settled += 1
        if found is not None:
            quantity, match = found
            how = "sum over" if axes[quantity] is None else "gradient of"
            place = f"[{', '.join(map(str, match.index))}]" if match.index else ""
            text = (
                f"{quantity}{place} is {match.candidate} for the batch, but the {how} its rows alone gives "
                f"{match.truth}"
            )
            return Finding("fail", settled, text, point)
    return Finding("pass", settled) if settled else skipped(reason)


def _split(claim: Claim, name: str, point: Point) -> _Split:
    shapes = claim.formula.shapes.shapes
    axes = tuple(next((i for i, d in enumerate(s) if d.text == name), None) for s in shapes)
    count = point.sizes[name]
    found = []
    for row in range(count):
        args = tuple(
            a if axis is None else _row(a, axis, row) for a, axis in zip(point.args, axes, strict=True)
        )
        outputs, multiple = evaluate_forward(claim.formula, args)
        if multiple != point.multiple or len(outputs) != len(point.outputs):
            raise _NotByRows(f"the forward has other outputs for one row: {_ask(name)}")
        found.append(replace(point, sizes={**point.sizes, name: 1}, args=args, outputs=outputs))
    cuts = [_cut(name, point, found, output) for output in range(len(point.outputs))]
    rows = []
    for number, part in enumerate(found):
        delta = tuple(
            d if axis is None else _row(d, axis, number) for d, axis in zip(point.delta, cuts, strict=True)
        )
        rows.append(replace(part, delta=delta))
    return _Split(axes, rows)


def _cut(name: str, point: Point, rows: list[Point], output: int) -> int | None:
    """The batch axis of an output; None where it is a sum over the rows."""
    whole = point.outputs[output]
    parts = [row.outputs[output] for row in rows]
    count = len(rows)
    if parts[0].shape == whole.shape:
        axis, together = None, np.sum(parts, axis=0)
    else:
        differ = [i for i, (m, n) in enumerate(zip(whole.shape, parts[0].shape, strict=False)) if m != n]
        fits = whole.ndim == parts[0].ndim and len(differ) == 1
        if not fits or (whole.shape[differ[0]], parts[0].shape[differ[0]]) != (count, 1):
            raise _NotByRows(
                f"the forward's result has the shape {whole.shape} for {count} rows and {parts[0].shape} for "
                f"one: {_ask(name)}"
            )
        axis, together = differ[0], np.concatenate(parts, axis=differ[0])
    size = float(np.sum([np.max(np.abs(p), initial=0.0) for p in parts]))
    if np.max(np.abs(together - whole), initial=0.0) > COARSE * size:
        what = "their sum" if axis is None else "those of each row alone"
        raise _NotByRows(f"the forward's values for {count} rows are not {what}: {_ask(name)}")
    return axis


def _ask(name: str) -> str:
    return f"is batch={name!r} meant? It does not hold for a mean, or where rows are mixed"


def _row(array: NDArray[Any], axis: int, number: int) -> NDArray[Any]:
    row = array.take([number], axis=axis)
    row.flags.writeable = False
    return row


def _joined(axis: int | None) -> Callable[[list[Any]], Any]:
    def join(parts: list[Any]) -> Any:
        if axis is not None:
            return np.concatenate(parts, axis=axis)
        made = sum(parts[1:], parts[0])
        return made if isinstance(made, np.ndarray) else zero_dimensional(made)

    return join
