"""A rounding-error bound for code that runs in float64 only and has nothing to be compared with.

By backward error analysis, each rounding acts like a relative perturbation of the data by at most half
a unit. So the code is run again on data that are perturbed at random, by far more than that, and the
spread, scaled down, is what one rounding per entry can do; it is granted once for every operation that
the sizes let us expect. This is an estimate from a sample, hence it never certifies.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gradcheck.arithmetic.precisions import SINGLE
from gradcheck.errors import CandidateFault, Unsupported
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.quantity import Quantity
from gradcheck.judging.candidates.running import Stated, run_in_float64
from gradcheck.judging.points.point import Point

__all__ = ["rounding_bound"]

_SINGLE_UNIT = 2.0**-SINGLE

_MORE = 2.0**13
"""How much larger than half a unit in the last place the perturbation is."""

_LINEAR = 8.0
"""Where the perturbation changes a quantity by more than this part of its largest entry, the change does not
grow with the perturbation any more, and cannot be scaled down."""

_RUNS = 4
_OPERATIONS = 32
"""Roundings granted per entry besides one for every entry of the data: a few nested functions."""


def rounding_bound(claim: Claim, point: Point, stated: Stated) -> dict[Quantity, NDArray[np.float64]]:
    """An absolute error bound for every stated quantity. Raises `Unsupported` where the code breaks
    down on perturbed data, or jumps. Arguments without a gradient are exact: labels stay what they are.
    """
    rng = np.random.default_rng(2024)
    unit = 2.0**-claim.bits
    exact = {q.argument for q in stated.unchecked}
    names = claim.formula.shapes.arguments
    moving = [i in point.wrt and names[i] not in exact for i in range(len(point.args))]
    spread = {q: np.zeros(v.shape) for q, v in stated.values.items()}
    for _ in range(_RUNS):
        moved = point.with_values(
            tuple(_perturbed(a, unit, rng) if m else a for a, m in zip(point.args, moving, strict=True)),
            tuple(_perturbed(d, unit, rng) for d in point.delta),
        )
        moved = replace(moved, origin="perturbed")
        try:
            other = run_in_float64(claim, moved).values
        except CandidateFault as fault:
            raise Unsupported(f"no error bound for float64: next to this point {fault}") from fault
        for q, s in spread.items():
            np.maximum(s, np.abs(other[q] - stated.values[q]), out=s)
    for q, s in spread.items():
        size = float(np.max(np.abs(stated.values[q]), initial=0.0))
        if size and float(np.max(s, initial=0.0)) > size / _LINEAR:
            raise Unsupported(f"no error bound for float64: {q} is too ill-conditioned here")
    operations = _OPERATIONS + sum(a.size for a in point.args)
    return {q: operations * (s / _MORE + unit * np.abs(stated.values[q])) for q, s in spread.items()}


def _perturbed(values: NDArray[np.float64], unit: float, rng: np.random.Generator) -> NDArray[np.float64]:
    moved = np.asarray(values * (1 + _MORE * unit * rng.uniform(-1, 1, values.shape)))
    if unit == _SINGLE_UNIT:
        moved = moved.astype(np.float32).astype(np.float64)
    moved.flags.writeable = False
    return moved
