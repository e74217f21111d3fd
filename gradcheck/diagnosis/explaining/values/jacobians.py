"""Explanations by the Jacobian: returned as it is, or only its diagonal used, where its product with delta
should be; and the derivative entry by entry, where the Jacobian should be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from gradcheck.arithmetic import enclose
from gradcheck.diagnosis.case import Case
from gradcheck.diagnosis.explaining.values.elsewhere import with_arguments, with_delta
from gradcheck.diagnosis.explanation import Explanation, Sides
from gradcheck.diagnosis.samples import How, Sample
from gradcheck.diagnosis.tape import at_other_point
from gradcheck.errors import Unsupported
from gradcheck.formulas.kinds import Jacobian, Vjp
from gradcheck.formulas.quantity import Quantity
from gradcheck.judging.points.point import Point

__all__ = ["jacobian_changes"]

_MOST_OUTPUTS = 16
"""Each output is a derivative of its own; samples with more say nothing here."""

Moved = Callable[[Point], Point]


def jacobian_changes(case: Case, quantity: Quantity, pilot: Sample) -> Iterator[Explanation]:
    """What may be given for the product of delta and the Jacobian of the only output."""
    point = pilot.point
    if isinstance(case.claim.kind, Jacobian):
        yield from _entrywise(quantity, pilot)
    if not isinstance(case.claim.kind, Vjp) or len(point.delta) != 1 or not point.delta[0].shape:
        return
    name = quantity.argument
    outputs, shape = point.output_shapes[0], pilot.shapes[quantity]
    if np.size(pilot.mine(quantity)) == int(np.prod(outputs, dtype=int)) * int(np.prod(shape, dtype=int)):
        text = f"the Jacobian by {name} is returned, not its product with delta"
        yield Explanation("delta-ignored", text, 1.3, _whole(lambda p: p))
        yield Explanation(
            "delta-ignored", f"{text}, outputs along the last axes", 1.35, _whole(lambda p: p, turned=True)
        )
        for k in point.wrt:
            if point.args[k].shape == outputs:

                def moved(p: Point, k: int = k) -> Point:
                    return with_arguments(p, {k: p.delta[0]}, case)

                at_delta = f"{text}, and is taken at delta, not at {case.names[k]}"
                yield Explanation("delta-ignored", at_delta, 1.4, _whole(moved))
    if outputs == shape and int(np.prod(shape, dtype=int)) > 1:
        yield Explanation(
            "missing-term",
            f"only the diagonal of the Jacobian by {name} is used: an entry of {name} counts for the output "
            "in its own place and for no other",
            1.5,
            _diagonal,
        )


def _entrywise(quantity: Quantity, pilot: Sample) -> Iterator[Explanation]:
    """`f'(x)`, an entry for each of x, of a forward that has an output for each of them."""
    shape = np.shape(pilot.mine(quantity))
    if not shape or pilot.shapes[quantity] != shape + shape:
        return
    where = (
        "its diagonal matrix is the Jacobian"
        if len(shape) == 1
        else "the Jacobian has it where an output and an entry have the same place, and zeros elsewhere"
    )

    def alone(sample: Sample, quantity: Quantity, how: How) -> tuple[Any, Any]:
        mine, right = sample.mine(quantity, how), sample.right(quantity, how)
        table = np.zeros((mine.size, mine.size))
        whole = table if how is None else enclose(table)
        whole[np.arange(mine.size), np.arange(mine.size)] = np.ravel(mine)
        return whole, np.reshape(right, whole.shape)

    def diagonal(sample: Sample, quantity: Quantity, how: How) -> tuple[Any, Any]:
        mine, right = sample.mine(quantity, how), sample.right(quantity, how)
        places = np.arange(mine.size)
        return np.ravel(mine), np.reshape(right, (mine.size, mine.size))[places, places]

    yield Explanation("shape", f"this is the derivative entry by entry; {where}", 1.0, alone)
    yield Explanation("shape", "only the diagonal of the Jacobian is given", 1.3, diagonal)


def _whole(moved: Moved, *, turned: bool = False) -> Sides:
    def sides(sample: Sample, quantity: Quantity, how: How) -> tuple[Any, Any]:
        rows = _rows(sample, quantity, how, moved)
        table = np.moveaxis(rows, 0, -1) if turned else rows
        return np.ravel(sample.mine(quantity, how)), np.ravel(table)

    return sides


def _diagonal(sample: Sample, quantity: Quantity, how: How) -> tuple[Any, Any]:
    rows = _rows(sample, quantity, how, lambda p: p)
    count = len(rows)
    own = rows.reshape(count, count)[np.arange(count), np.arange(count)]
    delta: Any = sample.point.delta[0]
    weighted = own.reshape(delta.shape) * (delta if how is None else enclose(delta))
    return sample.mine(quantity, how), weighted


def _rows(sample: Sample, quantity: Quantity, how: How, moved: Moved) -> Any:
    """The gradient of each output, one after the other along the first axis. Raises `Unsupported`."""
    point = moved(sample.point)
    shape = point.delta[0].shape
    if int(np.prod(shape, dtype=int)) > _MOST_OUTPUTS:
        raise Unsupported("too many outputs for a Jacobian")

    def row(index: tuple[int, ...]) -> Any:
        unit = np.zeros(shape)
        unit[index] = 1.0
        return at_other_point(sample, with_delta(point, 0, lambda _: unit), how)[quantity]

    return np.stack([row(index) for index in np.ndindex(shape)])
