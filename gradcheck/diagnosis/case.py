"""A failed claim under diagnosis: its samples, and more of them where the run has too few."""

from __future__ import annotations

import copy
import weakref
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, suppress
from itertools import islice
from typing import Any

import numpy as np

from gradcheck.arithmetic import Domain
from gradcheck.diagnosis.rights import right_at
from gradcheck.diagnosis.samples import Sample
from gradcheck.diagnosis.tape import is_right, is_right_in_balls, right_by_tape
from gradcheck.diagnosis.tracing.budget import Budget
from gradcheck.errors import Unsupported, UsageError
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.quantity import Quantity
from gradcheck.formulas.values import Values
from gradcheck.judging.opinions import PointResult
from gradcheck.judging.points.generation import draw_elements
from gradcheck.judging.points.point import Discarded, ForwardFault, Point, all_finite, make_point
from gradcheck.judging.points.sizes import distinct
from gradcheck.judging.session import Session
from gradcheck.judging.steering.moves import Moves

__all__ = ["EFFORT", "Case", "with_ones"]

EFFORT = 32_500
"""About what sixty-five million empty iterations of Python cost: some 5,000 for ten million of them."""

_LONG = 100
"""Operations of a forward from which points are looked at first where a backend is prepared."""

_MOST_WRONG = 16
_FEW = 4
_SCALED_BY = (1 / 16, 16.0, -1.0)
_MOST_SOUND = 12


class Case:
    """``effort`` is how much may be done, in operations of watched code and what costs as much: counted, so
    that the same seed always gives the same answer. ``ones``: delta is all ones.
    """

    def __init__(
        self,
        claim: Claim,
        session: Session,
        results: Sequence[PointResult],
        *,
        seed: int = 0,
        delta: Values | None = None,
        effort: int = EFFORT,
        shown: Point | None = None,
    ) -> None:
        self.claim, self.session, self.seed, self.delta = claim, session, seed, delta
        self._budget = Budget(effort)
        self._exact = [u for u in session.backends if u.traits.cost_of_shape and not u.traits.pays_per_slope]
        self._tape: bool | None = None
        judged = [r for r in results if r.verdict in ("pass", "fail")]
        judged.sort(key=lambda r: (self._is_dear(r.point), *_order(r.point)))
        failed = [r for r in judged if r.verdict == "fail"]
        self.samples = [Sample(claim, session, r.point, r.verdict, r.fault, self._asked()) for r in judged]
        self.failed = [s for s in self.samples if s.verdict == "fail"]
        self.passed = [s for s in self.samples if s.verdict == "pass"]
        self.kinks = [s for s, r in zip(self.failed, failed, strict=True) if _at_kink(r)]
        self.shown = None if shown is None else Sample(claim, session, shown, None, None, self._asked())
        self.brought: list[Sample] = []
        self.by_sizes: dict[tuple[int, ...], list[Sample]] = {}
        self._moved: tuple[Sample, list[Sample]] | None = None
        self._count = 0
        self.ones = False

    @property
    def is_spent(self) -> bool:
        """Whether all that may be done has been done: what was found by then is told."""
        return self._budget.is_spent

    def holding_back(self, part: int) -> AbstractContextManager[None]:
        """One part of so many is kept: changes of long code, of which there are hundreds, would leave nothing
        for what is cheap to try after them.
        """
        return self._budget.holding_back(self._budget.units // part)

    def with_ones_for_delta(self) -> Case:
        """The same points with ones for delta, where code that ignores delta should be right."""
        other = copy.copy(self)
        other.ones, other.by_sizes, other.brought = True, {}, []
        other.samples = [
            Sample(self.claim, self.session, with_ones(self.claim, s.point), None, None, self._asked())
            for s in (*self.failed, *self.passed[:_FEW])
        ]
        other.failed, other.passed, other.kinks = other.samples, [], []
        return other

    @property
    def names(self) -> tuple[str, ...]:
        return self.claim.formula.shapes.arguments

    @property
    def noun(self) -> str:
        """What the code states, as a sentence calls it."""
        return self.claim.kind.noun

    def quantities(self) -> list[Quantity]:
        """Everything that the claim states, in order; from a sample where the code runs."""
        for sample in self.samples:
            if sample.values:
                return [q for q in sample.shapes if q in sample.values]
        return list(self.samples[0].shapes) if self.samples else []

    def wrong(self, quantity: Quantity) -> list[Sample]:
        """Samples at which the quantity has the right shape, is finite, and is wrong."""
        found: list[Sample] = []
        for sample in [*self.failed, *self.brought]:
            if sample in self.kinks or not self.is_comparable(sample, quantity):
                continue
            if len(found) >= _FEW and self._is_dear(sample.point):
                continue
            mask = sample.wrong_or_none(quantity)
            if mask is not None and mask.any():
                found.append(sample)
            if len(found) >= (_FEW if self._budget.is_spent_by_a_third else _MOST_WRONG):
                break
        return found + self._with_long_axes(quantity, found)

    def _with_long_axes(self, quantity: Quantity, found: Sequence[Sample]) -> list[Sample]:
        """One more sample, where along some axis all of these have one entry: of it they tell nothing."""
        if not found or any(map(_has_long_axes, found)):
            return []
        others = [s for s in [*self.failed, *self.brought] if _has_long_axes(s) and s not in self.kinks]
        for sample in others[:_FEW]:
            if self.is_comparable(sample, quantity):
                mask = sample.wrong_or_none(quantity)
                if mask is not None and mask.any():
                    return [sample]
        return []

    def is_comparable(self, sample: Sample, quantity: Quantity) -> bool:
        value = sample.values.get(quantity)
        return value is not None and value.shape == sample.shapes[quantity] and bool(np.isfinite(value).all())

    def misshapen(self, quantity: Quantity) -> list[Sample]:
        """Samples at which the quantity has another shape than it should."""
        return [
            s for s in self.failed if quantity in s.values and s.values[quantity].shape != s.shapes[quantity]
        ][:_MOST_WRONG]

    def raising(self) -> list[Sample]:
        """Samples at which the code raises."""
        return [s for s in self.failed if not s.values]

    def sound(self, quantity: Quantity) -> list[Sample]:
        """Samples at which the quantity is right."""
        found: list[Sample] = []
        for sample in [*self.passed, *self.failed, *self.brought]:
            if sample.verdict != "pass" and not self.is_comparable(sample, quantity):
                continue
            if len(found) >= _FEW and self._is_dear(sample.point):
                continue
            mask = sample.wrong_or_none(quantity)
            if mask is not None and not mask.any():
                found.append(sample)
            if len(found) >= (_FEW if self._budget.is_spent_by_a_third else _MOST_SOUND):
                break
        return found

    def top_up(self, quantity: Quantity) -> None:
        """More samples where there are few: the same sizes with other values, and larger ones."""
        wrong = self.wrong(quantity)
        if wrong and not any(map(_has_long_axes, [*wrong, *self.brought])):
            longer = ({n: v + step for n, v in wrong[0].sizes.items()} for step in (1, 2))
            self.brought += [s for s in self.bring(longer) if _has_long_axes(s)][:1]
        if not wrong or len(wrong) >= _FEW or self._budget.is_spent_by_a_third:
            return
        sizes = [s.sizes for s in wrong[:2]]
        self.brought += self.bring(sizes, per_shape=2)
        mask = wrong[0].wrong_or_none(quantity)
        if mask is not None and not mask.all():  # a tail: does it begin at 8, or is it the last row?
            self.brought += self.bring([{**sizes[0], n: v} for n in sizes[0] for v in (12, 17)])

    def at_sizes(self, wanted: Iterable[dict[str, int]]) -> list[Sample]:
        """One new point of each of the given sizes; the same one to whoever asks again."""
        found: list[Sample] = []
        for sizes in wanted:
            key = tuple(sizes.values())
            if key not in self.by_sizes:
                self.by_sizes[key] = self.bring([sizes])
            found += self.by_sizes[key]
        return found

    def moved(self, sample: Sample) -> list[Sample]:
        """The sample with its arguments at other scales, and negated, where they are allowed."""
        if self._moved is None or self._moved[0] is not sample:
            base, moves = sample.point, Moves(self.claim, self.delta, ())
            free = [i for i in range(len(base.args)) if moves.may_move(base, i)]
            scaled = (moves.allowed(base, {i: base.args[i] * by for i in free}) for by in _SCALED_BY)
            points = [moves.point(base, values) for values in scaled if values is not None]
            self._moved = sample, [sample.at(p) for p in points if p is not None]
        return self._moved[1]

    def _asked(self) -> Callable[[Claim, Session, Point, Domain], dict[Quantity, Any]]:
        """`_right` for samples, which do not keep their case: a cycle would keep the session with it."""
        case = weakref.ref(self)

        def right(claim: Claim, session: Session, point: Point, how: Domain) -> dict[Quantity, Any]:
            known = case()
            return (right_at if known is None else known._right)(claim, session, point, how)  # noqa: SLF001

        return right

    def _right(self, claim: Claim, session: Session, point: Point, how: Domain) -> dict[Quantity, Any]:
        """What a backend says that is prepared for the shape, or the forward gone through backwards, where
        that gives what backends say elsewhere: to derive a program for a shape costs more than all else.
        """
        if not self._is_prepared(point) and self._is_tape_right():
            with suppress(Unsupported):
                return right_by_tape(claim, session, point, how)
        return right_at(claim, session, point, how)

    def _is_prepared(self, point: Point) -> bool:
        return any(self.session.is_prepared(u, point) for u in self._exact)

    def _is_dear(self, point: Point) -> bool:
        """Whether what is right there costs much: a long forward, and no backend that is prepared."""
        return self.session.cost(point) > _LONG and not self._is_prepared(point)

    def _is_tape_right(self) -> bool:
        if self._tape is None:
            self._tape = False  # it is the backends that are asked meanwhile
            known = [s for s in self.failed if s.values]
            prepared = (s for s in known if any(self.session.ready(u, s.point) for u in self._exact))
            first = list(islice(prepared, _FEW)) or known[:_FEW]
            self._tape = bool(first) and all(is_right(s) or is_right_in_balls(s) for s in first)
        return self._tape

    def bring(self, sizes: Iterable[dict[str, int]], per_shape: int = 1) -> list[Sample]:
        """New points of the given sizes, with dense values, as samples. Those not allowed are left out."""
        made = []
        formula = self.claim.formula
        for wanted in sizes:
            if not formula.allows(wanted):
                continue
            for _ in range(per_shape):
                self._count += 1
                rng = np.random.default_rng([self.seed, 4711, self._count])
                try:
                    elements = draw_elements(formula, wanted, int(rng.integers(2**31)))
                    point = make_point(
                        formula, wanted, rng, delta=self.delta, elements=elements, origin="plan"
                    )
                except (Discarded, ForwardFault, UsageError):
                    continue
                if self.ones:
                    point = with_ones(self.claim, point)
                made.append(Sample(self.claim, self.session, point, None, None, self._asked()))
        return made


def with_ones(claim: Claim, point: Point) -> Point:
    """The point with ones for delta; a complex one has no imaginary part then."""
    form = claim.formula.outputs
    names = ("",) * len(point.delta) if form is None else form.names
    ones = (np.full(d.shape, float(not n.endswith(".imag"))) for d, n in zip(point.delta, names, strict=True))
    return point.with_values(point.args, tuple(ones))


def _has_long_axes(sample: Sample) -> bool:
    """Whether no axis of an argument or an output has one entry only."""
    arrays = (*sample.point.args, *sample.point.delta)
    return all(n > 1 for array in arrays for n in array.shape)


def _order(point: Point) -> tuple[int, int, int]:
    """Points of the plan first (no zeros, no ties), distinct sizes first, small ones first."""
    entries = sum(a.size for a in point.args)
    return (point.origin != "plan", not distinct(point.sizes), entries)


def _at_kink(result: PointResult) -> bool:
    """What is said against the code is said of a point without a derivative."""
    stated = result.stated.values if result.stated else {}
    return bool(stated) and result.fault is not None and all(map(all_finite, stated.values()))
