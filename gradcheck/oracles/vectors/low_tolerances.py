"""How far an answer in float16 or bfloat16 may be from the right one.

There sixteen times the rounding of a derivation would let ten per cent through. So it is what the judge of
low precision grants a kernel of which nothing but its numbers is seen: twice the running error bound of the
widest derivation by hand in which every operation rounds to the type, with inputs taken as they are. Where
an input is no number of the type there is no tolerance, as the right answer would be another one.
"""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gradcheck.errors import Unsupported
from gradcheck.formulas.decorating import Formula
from gradcheck.formulas.dtypes import NAMED, Dtype
from gradcheck.formulas.quantity import gradient
from gradcheck.judging.candidates.running import run_in_balls
from gradcheck.judging.low_precision.grades import Derivation, allowed
from gradcheck.judging.points.point import Point
from gradcheck.oracles.vectors.rounded_up import rounded_up

__all__ = ["LOW", "LOW_RULES", "low_tolerances"]

Arrays = dict[str, NDArray[np.float64]]

LOW = ("float16", "bfloat16")

LOW_RULES = {
    name: (
        f"For inputs and delta that {name} holds. tolerance = 2 * r + 4 * 2^{exponent} * max(1, |delta|) for "
        f"an entry g. r bounds what rounding to {bits} bits at every operation, each addition in a sum "
        "included, does to g: the running error bound of a derivation of g by hand, the widest of several. "
        "2 allows for other operations than these; the last term for results that underflow on the way. "
        "Where all outputs lie in [-1, 1], half a unit of 1 times |delta| is added, for programs that keep "
        "them rounded. Rounded up to two digits."
    )
    for name, bits, exponent in (("float16", 11, -24), ("bfloat16", 8, -133))
}

_COARSEST = 2.0**-3
"""A bound above an eighth of the largest number (delta and all gradients) passes too much."""


def low_tolerances(formula: Formula, point: Point, dtype: str, gradients: Arrays) -> tuple[None, Arrays]:
    """One tolerance array per gradient that is asked for; there are none of the value. Raises `Unsupported`
    where none can be derived.
    """
    kind = NAMED[dtype]
    for array in (*(a for a in point.args if a.dtype.kind == "f"), *point.delta):
        if not _held(array, kind):
            raise Unsupported(f"an input is no number of {dtype}")
    right = {gradient(name): value for name, value in gradients.items()}
    if not formula.backwards:
        raise Unsupported("there is no derivation by hand whose rounding could be counted")
    claim = replace(formula.backwards[0], formula=formula.in_dtype(kind))
    by_hand = _derivations(formula, point)
    found = allowed(claim, point, by_hand, None, right, within=lambda bounds: False)
    errors = found.errors.get("throughout")
    if errors is None:
        raise Unsupported(f"no derivation has a bound for its rounding in {dtype}")
    largest = max(float(np.max(np.abs(a), initial=0.0)) for a in (*point.delta, *gradients.values()))
    if largest > kind.largest:
        raise Unsupported(f"an entry is beyond {dtype}")
    bounds = {name: _up(errors[gradient(name)]) for name in gradients}
    if any(float(np.max(b, initial=0.0)) > _COARSEST * largest for b in bounds.values()):
        raise Unsupported(f"rounding to {dtype} swamps the result")
    return None, bounds


def _held(array: NDArray[np.float64], dtype: Dtype) -> bool:
    return bool(np.array_equal(array, dtype.rounded(array)))


def _up(bounds: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.array([rounded_up(float(b)) for b in bounds.reshape(-1)]).reshape(bounds.shape)


def _derivations(formula: Formula, point: Point) -> list[Derivation]:
    """Those by hand. A machine's go through what nobody computes, such as the derivative of a maximum that is
    subtracted again, and their bounds count it.
    """
    return [Derivation(functools.partial(run_in_balls, claim, point)) for claim in formula.backwards]
