"""Explanations by a matrix that is taken for symmetric: its entries (i, j) and (j, i) for one variable."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

import numpy as np

from gradcheck.arithmetic import enclose
from gradcheck.diagnosis.explanation import Explanation, Sides
from gradcheck.diagnosis.samples import How, Sample
from gradcheck.formulas.quantity import Quantity

__all__ = ["symmetric_changes"]


def symmetric_changes(quantity: Quantity, noun: str, pilot: Sample) -> Iterator[Explanation]:
    """What is right, or nearly so, where only symmetric matrices are moved to."""
    shape = pilot.shapes[quantity]
    if len(shape) != 2 or shape[0] != shape[1] or np.shape(pilot.mine(quantity)) != shape:
        return
    name = quantity.argument
    only = f"it is right along symmetric directions of {name} only"
    for empty, read, lower, kin in _TRIANGLES:
        yield Explanation(
            "transposed",
            f"{noun} is the symmetric part of the right one, (G + G.T) / 2: {only}. The right one is zero "
            f"{empty} the diagonal, as where the forward reads the {read} triangle alone ({kin})",
            1.15,
            _of_right(functools.partial(_of_triangle, lower=lower)),
        )
    yield Explanation(
        "transposed",
        f"{noun} is the symmetric part of the right one, (G + G.T) / 2: {only}",
        1.2,
        _of_right(lambda t, half: (t + t.T) * half),
    )
    yield Explanation(
        "transposed",
        f"{noun} is the right one plus its transpose less the diagonal, as if the entries (i, j) and (j, i) "
        f"of {name} were one variable",
        1.25,
        _of_right(lambda t, half: t + t.T - np.where(np.eye(len(t)) > 0, t, 0 * t)),
    )
    yield Explanation(
        "transposed",
        f"{noun} plus its transpose is the right one plus its transpose, entries alone are not: {only}",
        1.9,
        lambda s, q, how: (s.mine(q, how) + s.mine(q, how).T, s.right(q, how) + s.right(q, how).T),
    )


_TRIANGLES = (
    ("above", "lower", True, "np.linalg.cholesky, eigh"),
    ("below", "upper", False, "UPLO='U', scipy.linalg.cholesky"),
)


def _of_triangle(right: Any, half: Any, *, lower: bool) -> Any:
    """The symmetric part of what stands in one triangle, and no symmetric part where there is more."""
    inside = np.tri(len(right)) > 0
    inside = inside if lower else inside.T
    read = np.where(inside, right, 0 * right)
    return (read + read.T) * half + 7 * (right - read)


def _of_right(change: Any) -> Sides:
    def sides(sample: Sample, quantity: Quantity, how: How) -> tuple[Any, Any]:
        half: Any = 0.5 if how is None else enclose(np.asarray(0.5))[()]
        return sample.mine(quantity, how), change(sample.right(quantity, how), half)

    return sides
