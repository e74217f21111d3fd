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

import functools
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gradcheck.arithmetic import (
    BALLS,
    ROUNDED_CONSTANTS,
    WORKING_BITS,
    Domain,
    ObjectArray,
    low_domain,
    midpoints,
    precision,
    radii,
)
from gradcheck.arithmetic.precisions import BITS, SINGLE
from gradcheck.errors import Unsupported
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.decorating import derivations_of
from gradcheck.formulas.dtypes import NAMED, Dtype
from gradcheck.formulas.quantity import Quantity
from gradcheck.judging.candidates.running import run_in_balls
from gradcheck.judging.points.point import Point
from gradcheck.judging.session import Session, Usable

__all__ = ["Allowed", "Derivation", "allowed", "derivations", "grade_name", "of_constants"]

Bounds = dict[Quantity, NDArray[np.float64]]


@dataclass(frozen=True)
class Derivation:
    """The gradients, computed in a domain. One that ``is_code`` does so by operations, as code does; others
    are expressions that may have been simplified.
    """

    run: Callable[[Domain], dict[Quantity, ObjectArray]]
    is_code: bool = True


def grade_name(grade: str, dtype: Dtype) -> str:
    """The grade in words: "float16 throughout"."""
    names = {"rounded": "correctly rounded", "sums": f"{dtype.wide} sums"}
    return names.get(grade, f"{dtype.name} throughout")


@dataclass(frozen=True)
class Allowed:
    """``errors`` by grade; one is missing where no derivation has a bound for it. ``sizes`` are the
    magnitudes that a unit in the last place is of: the right values', or where terms cancel, that of what
    they leave.
    """

    errors: dict[str, Bounds]
    sizes: Bounds


@dataclass(frozen=True)
class _Arithmetic:
    """What everything is evaluated in, of how many bits it stands for, and how many half units an
    operation errs.
    """

    domain: Domain
    bits: int
    ulps: float

    @property
    def parts(self) -> float:
        """How many errors of one operation a number holds."""
        return float(2.0**self.bits / self.ulps)


def _arithmetics(dtype: Dtype) -> dict[str, _Arithmetic]:
    """What each grade computes in."""
    wide = NAMED[dtype.wide]
    own = functools.partial(low_domain, dtype.bits, normal=dtype.normal, ulps=_ulps(dtype))
    return {
        "rounded": _Arithmetic(
            low_domain(wide.bits, wide.bits, normal=wide.normal, ulps=_ulps(wide)), wide.bits, _ulps(wide)
        ),
        "sums": _Arithmetic(own(wide.bits), dtype.bits, _ulps(dtype)),
        "throughout": _Arithmetic(own(dtype.bits), dtype.bits, _ulps(dtype)),
    }


def _ulps(dtype: Dtype) -> float:
    """Half units in the last place that an operation may be off: libraries give exp, log and tanh in float32
    and float64 within four units (NumPy, CUDA and SLEEF state 1 to 4); those of float16 and bfloat16 are
    computed in float32 and rounded.
    """
    return 1.0 if dtype.bits < SINGLE else 8.0


_OTHER_WAYS = 2.0
"""Where the code's own operations are not seen, it may make twice as many as any derivation at hand: a
multiplication with a reciprocal for a division, a mean as a product with 1/n."""


def derivations(
    claim: Claim, point: Point, session: Session, usable: list[Usable], *, unseen: bool
) -> Iterator[Derivation]:
    """The derivations at hand: of backends that have one, and those written by hand that are meant to be
    right. For code that is ``unseen``, where none of them runs as code does, the way back through the
    forward's own operations; and that of code which keeps a sigmoid, and not the exponential in it.
    """
    one_is_code = False
    for source in usable:
        with suppress(Unsupported):
            program = session.program(source, point)
            if program.exact_answers:
                one_is_code = one_is_code or program.runs_operations
                yield Derivation(
                    lambda domain, p=program: {  # type: ignore[misc]
                        q: a.values for q, a in claim.right_answers(point, p, None, domain).items()
                    },
                    program.runs_operations,
                )
    for other in derivations_of(claim.formula):
        if other.kind == claim.kind and not other.erratum and other.candidate is not claim.candidate:
            one_is_code = True
            yield Derivation(lambda domain, c=other: run_in_balls(c, point, domain))  # type: ignore[misc]
    going_back = session.going_back
    if unseen and going_back is not None:
        if not one_is_code:
            yield Derivation(lambda domain: going_back(claim, point, domain))
        yield Derivation(lambda domain: going_back(claim, point, domain, recovering=True))


def allowed(
    claim: Claim,
    point: Point,
    sources: list[Derivation],
    own: Derivation | None,
    right: Bounds,
    within: Callable[[Bounds], bool],
) -> Allowed:
    """What each grade allows, by quantity, up to the first that the code is ``within``.

    ``own`` is the code's own derivation, where its operations are seen and it is right; ``right`` the right
    values. What simplified expressions lose tells of an answer that is within it; any other code may lose
    more, and where there are no operations to count, nothing else is known.
    """
    dtype = claim.dtype
    found: dict[str, Bounds] = {}
    terms: Bounds = {}
    before: Bounds = {}
    code = [s for s in sources if s.is_code]
    for grade, arithmetic in _arithmetics(dtype).items():
        mine = _largest([own], arithmetic, right) if own else None
        theirs = _largest(code, arithmetic, right)
        is_known = bool(mine or theirs)
        theirs = theirs or _largest(sources, arithmetic, right)
        running = {q: np.maximum(e, (mine or {}).get(q, 0.0)) for q, e in (theirs or mine or {}).items()}
        if not running:
            continue
        cancelled = [(e * arithmetic.parts > _FEW * np.abs(right[q])).any() for q, e in running.items()]
        if grade == "rounded" and any(cancelled):
            terms = _terms(sources, own, dtype, right)
        bounds = {
            q: (1.0 if mine else _OTHER_WAYS) * e + _underflowing(point, dtype) for q, e in running.items()
        }
        for quantity, value in right.items():
            bound = bounds[quantity]
            if grade == "rounded":  # the others count the last rounding as they count all
                bound = bound + _stored(value, bound, dtype)
            elif not mine:
                bound = bound + _saved(point, dtype)
                if grade == "throughout":  # it makes one operation at the least
                    bound = np.maximum(bound, _OTHER_WAYS * np.abs(value) / arithmetic.parts)
            bound = bound + np.abs(value) * _NOISE  # right values are held in float64
            bounds[quantity] = np.maximum(bound, before.get(quantity, 0.0))
        is_met = within(bounds)
        if is_met or is_known:
            found[grade] = before = bounds
        if is_met:
            break
    return Allowed(found, {q: np.maximum(np.abs(v), terms.get(q, 0.0)) for q, v in right.items()})


def _terms(sources: list[Derivation], own: Derivation | None, dtype: Dtype, right: Bounds) -> Bounds:
    """What entries count as left over from, by quantity: their running errors where sums are exact, in
    units.
    """
    wide = NAMED[dtype.wide]
    exact_sums = _Arithmetic(low_domain(wide.bits, 2 * wide.bits), wide.bits, 1.0)
    found = _largest([*sources, *([own] if own else [])], exact_sums, right) or {}
    return {q: e * exact_sums.parts / _FEW for q, e in found.items()}


_FEW = 32.0
"""An entry counts as left over from larger terms, and is measured in their units, where its running error is
that of more operations than this at its own size."""


def of_constants(sources: list[Derivation], dtype: Dtype, grade: str, right: Bounds) -> Bounds:
    """What the right values may be off by, all of them the same way at every point, where each constant of a
    derivation is rounded to the type that a grade computes in. Empty where no derivation tells.
    """
    bits = NAMED[dtype.wide].bits if grade == "rounded" else dtype.bits
    found: Bounds = {}
    for source in sources:
        with suppress(Unsupported), precision(BITS):
            moved = source.run(ROUNDED_CONSTANTS[bits])
            for quantity in right:
                found[quantity] = np.maximum(found.get(quantity, 0.0), radii(moved[quantity]))
    return found


def _largest(sources: list[Derivation], arithmetic: _Arithmetic, right: Bounds) -> Bounds | None:
    """The largest running error of the derivations, None where none has a finite one.

    In expressions, and in code that only moves numbers, no operation rounds: they are evaluated at as many
    bits as the type has, and their balls count what they round themselves.
    """
    refused: set[Derivation] = set()
    for domain, bits in ((arithmetic.domain, WORKING_BITS), (BALLS, arithmetic.bits)):
        errors: Bounds = {}
        for source in sources:
            if source in refused:
                continue
            refused |= {source} if source.is_code else set()
            with suppress(Unsupported), precision(bits):
                low = source.run(domain)
                radius = {q: radii(low[q]) for q in right} if low.keys() >= right.keys() else {}
                if radius and all(_holds(low[q], r, right[q]) for q, r in radius.items()):
                    refused.discard(source)
                    errors = {q: np.maximum(errors.get(q, 0.0), r) for q, r in radius.items()}
        if any((e > np.abs(right[q]) * _NOISE).any() for q, e in errors.items()):
            break
    return errors or None


def _holds(low: ObjectArray, radius: NDArray[np.float64], right: NDArray[np.float64]) -> bool:
    """Whether balls are finite and hold the right values: others are no derivation of them."""
    with np.errstate(invalid="ignore"):
        return bool((np.abs(midpoints(low) - right) <= radius + _NOISE * np.abs(right)).all())


_NOISE = 2.0**-52
"""Radii below this part of a value come from the balls' own rounding."""


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
