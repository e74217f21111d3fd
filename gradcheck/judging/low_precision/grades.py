"""How good an answer in low precision is: three grades, each with the error that it allows, entry by entry.

Every derivation at hand (the backends', those written by hand, the code's own) is evaluated in balls of as
few bits as the type has. A ball's radius is then a running error bound of that evaluation (Wilkinson 1963;
Higham, Accuracy and Stability of Numerical Algorithms, 3.3): half a unit in the last place for every
operation, carried through all that follows. The largest radius of any derivation is what the code is allowed.

===================== ==================================================================================
``correctly rounded`` computed in the wide type (float32 for float16 and bfloat16, float64 for float32),
                      and rounded once, at the end
``... sums``          every operation rounds to the dtype, but sums and products of matrices are made in
                      the wide type and rounded once
``... throughout``    every operation rounds, the additions in a sum too, in whatever order
===================== ==================================================================================
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gradcheck.arithmetic import BALLS, SUMMING, Domain, ObjectArray, precision, radii
from gradcheck.arithmetic.precisions import SINGLE
from gradcheck.errors import Unsupported
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.decorating import claims_on
from gradcheck.formulas.dtypes import NAMED, Dtype
from gradcheck.formulas.quantity import Quantity
from gradcheck.judging.candidates.running import run_in_balls
from gradcheck.judging.points.point import Point
from gradcheck.judging.session import Session, Usable

__all__ = ["Allowed", "Derivation", "allowed", "derivations", "grade_name"]

Bounds = dict[Quantity, NDArray[np.float64]]
Derivation = Callable[[Domain], dict[Quantity, ObjectArray]]


def grade_name(grade: str, dtype: Dtype) -> str:
    """The grade in words: "float16 throughout"."""
    names = {"rounded": "correctly rounded", "sums": f"{dtype.wide} sums"}
    return names.get(grade, f"{dtype.name} throughout")


@dataclass(frozen=True)
class Allowed:
    """``errors`` by grade; one is missing where no derivation has a bound for it. ``sizes`` are the
    magnitudes
    that a unit in the last place is of: the right values', or where terms cancel, that of what they leave.
    """

    errors: dict[str, Bounds]
    sizes: Bounds


@dataclass(frozen=True)
class _Arithmetic:
    """Bits in which everything is evaluated, and the domain that says how sums are."""

    bits: int
    domain: Domain


def _arithmetics(dtype: Dtype) -> dict[str, _Arithmetic]:
    """What each grade computes in. One bit more than the type has, since a ball counts a whole unit in the
    last place where rounding to nearest takes half of one.
    """
    wide = NAMED[dtype.wide].bits
    own = dtype.bits + 1 - (_LIBRARY if dtype.bits == SINGLE else 0)
    inside = wide + 1 - (_LIBRARY if wide == SINGLE else 0)
    return {
        "rounded": _Arithmetic(inside, BALLS),
        "sums": _Arithmetic(own, SUMMING[wide]),
        "throughout": _Arithmetic(own, BALLS),
    }


_LIBRARY = 3
"""Libraries give exp, log and tanh in float32 within four units in the last place (NumPy, CUDA and SLEEF
state
1 to 4), which are eight half units. Those of float16 and bfloat16 are computed in float32 and rounded."""

_OTHER_WAYS = 2.0
"""Where the code's own operations are not seen, it may make twice as many as any derivation at hand: a
multiplication with a reciprocal for a division, a mean as a product with 1/n."""


def derivations(claim: Claim, point: Point, session: Session, usable: list[Usable]) -> Iterator[Derivation]:
    """The derivations at hand: of backends that have one, and those written by hand that are meant to be
    right.
    """
    for source in usable:
        with suppress(Unsupported):
            program = session.program(source, point)
            if program.exact_answers:
                yield lambda domain, p=program: {  # type: ignore[misc]
                    q: a.values for q, a in claim.truths(point, p, None, domain).items()
                }
    for other in claims_on(claim.formula):
        if other.kind == claim.kind and not other.erratum and other.candidate is not claim.candidate:
            yield lambda domain, c=other: run_in_balls(c, point, domain)  # type: ignore[misc]


def allowed(
    claim: Claim, point: Point, sources: list[Derivation], own: Derivation | None, right: Bounds
) -> Allowed:
    """What each grade allows, by quantity. ``own`` is the code's own derivation, where its operations are
    seen and it is right; ``right`` the right values.
    """
    dtype = claim.dtype
    found: dict[str, Bounds] = {}
    terms: Bounds = {}
    before: Bounds | None = None
    for grade, arithmetic in _arithmetics(dtype).items():
        running = _largest([*sources, *([own] if own else [])], arithmetic, right)
        if running is None:
            continue
        terms = terms or {q: e * 2.0**arithmetic.bits / _FEW for q, e in running.items()}
        factor = 1.0 if own else _OTHER_WAYS
        bounds = {q: factor * e for q, e in running.items()}
        for quantity, value in right.items():
            if grade == "rounded":  # the others count the last rounding as they count all
                bounds[quantity] = bounds[quantity] + _stored(value, bounds[quantity], dtype)
            elif own is None:
                bounds[quantity] = bounds[quantity] + _saved(point, dtype)
            bounds[quantity] = bounds[quantity] + _underflowing(point, dtype)
            if before is not None:
                bounds[quantity] = np.maximum(bounds[quantity], before[quantity])
        found[grade] = before = bounds
    return Allowed(found, {q: np.maximum(np.abs(v), terms.get(q, 0.0)) for q, v in right.items()})


_FEW = 32.0
"""An entry counts as left over from larger terms, and is measured in their units, where its running error is
that of more operations than this at its own size."""


def _largest(sources: list[Derivation], arithmetic: _Arithmetic, right: Bounds) -> Bounds | None:
    """The largest running error of the derivations, None where none has a finite one."""
    errors: Bounds = {}
    for source in sources:
        with suppress(Unsupported), precision(arithmetic.bits):
            low = source(arithmetic.domain)
            if not low.keys() >= right.keys():
                continue
            radius = {q: radii(low[q]) for q in right}
            if all(np.isfinite(r).all() for r in radius.values()):
                errors = {q: np.maximum(errors.get(q, 0.0), r) for q, r in radius.items()}
    return errors or None


def _stored(right: NDArray[np.float64], error: NDArray[np.float64], dtype: Dtype) -> NDArray[np.float64]:
    """Half a unit in the last place for the result, which is stored in the type."""
    return np.asarray(dtype.ulp(np.abs(right) + error) / 2)


def _underflowing(point: Point, dtype: Dtype) -> float:
    """What gradual underflow on the way may take: a few steps of the smallest numbers, at the size of
    delta.
    """
    delta = max((float(np.max(np.abs(d), initial=0.0)) for d in point.delta), default=1.0)
    return 4 * dtype.smallest * max(1.0, delta)


def _saved(point: Point, dtype: Dtype) -> float:
    """What code that keeps its output for the backward pass loses by storing it, where the output is an
    activation or a probability: `a (1 - a)` at a saturated `a`. Half a unit of 1, at the size of delta.
    """
    if any(o.ndim == 0 or np.max(np.abs(o), initial=0.0) > 1 for o in point.outputs):
        return 0.0
    delta = max((float(np.max(np.abs(d), initial=0.0)) for d in point.delta), default=0.0)
    return dtype.unit * delta
