"""Both sides of every comparison: which the points have seen, and points for those that they have not.

The forward and the hand-written code run on watched float64 arrays (`arithmetic.watched`). Where a
comparison went one way only, its margin says how far the other side is: simple changes of the point are
tried first (another scale, a constant, ties, an order), then lines through it are followed to where the
margin changes sign. What is tried is counted in operations on arrays.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.arithmetic.watched import Extent, Site, Watch, run_watched, watchable
from gradcheck.errors import CandidateFault, Unsupported
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.foreign import is_float_only
from gradcheck.formulas.point import Point
from gradcheck.formulas.quantity import Quantity
from gradcheck.formulas.values import normal, positive, unit_interval
from gradcheck.judging.candidates.running import call_candidate, given
from gradcheck.judging.points.point import Discarded, ForwardFault, evaluate_forward
from gradcheck.records.types import Untried

__all__ = ["Steered", "UntriedSide", "steer"]

Array = NDArray[Any]
Values = tuple[tuple[Array, ...], tuple[Array, ...]]
"""Arguments and deltas of a point."""

_WORK = 40_000
"""Operations on arrays for one claim, beside the points that it is watched at: a fifth of a second."""

_WORK_A_SIDE = 8_000
"""Operations for one side of one comparison."""

_A_RUN = 5
"""What a run costs besides its operations, in operations."""

_ENTRIES = 4096
"""Numbers in a point beyond which nothing is watched at it."""

_ENOUGH = 16
"""Points after which no more are watched where every comparison went both ways."""

_FEW = 64
"""Numbers in a point from which points close to thresholds are made."""

_MOST_CONSTANTS = 4
_MOST_BESIDE = 6
"""Thresholds, and points beside them, for one claim."""

_DISTANCES = np.array([2.0**-23, -(2.0**-23), 1e-4, -1e-4, 1e-3, -1e-3, 5e-3, -5e-3])
"""How far beside a threshold, as parts of it (of 1 where it is less): between one in float32 and one that
was rounded to two digits."""

_BASES = 3
"""Points from which one side is looked for."""


@dataclass(frozen=True)
class UntriedSide:
    """A comparison of which one side never happened. ``never`` is that side, "true" or "false"."""

    file: str
    line: int
    text: str
    asks: str
    never: str

    def record(self) -> Untried:
        """It as a record of the log."""
        what = f"`{self.text}`: {self.asks} was never {self.never}"
        return Untried(where=f"{Path(self.file).name}:{self.line}", what=what)


@dataclass(frozen=True)
class Steered:
    """Points at which a side happens that the others had not seen, and the sides that none was found for."""

    points: tuple[Point, ...] = ()
    untried: tuple[UntriedSide, ...] = ()


@dataclass
class _Coverage:
    """What the points came to, one comparison after the other."""

    sides: dict[Site, Extent] = field(default_factory=dict)
    bases: dict[Site, list[Point]] = field(default_factory=dict)

    def add(self, point: Point, watch: Watch) -> bool:
        """Take in what a run compared; whether it had a side that was new."""
        new = False
        for site, extent in watch.sites.items():
            known = self.sides.setdefault(site, Extent())
            new |= not (extent.sides <= known.sides and extent.beside_zero <= known.beside_zero)
            known.sides |= extent.sides
            known.beside_zero |= extent.beside_zero
            known.constants |= extent.constants
            self.bases.setdefault(site, []).append(point)
        return new

    def missing(self) -> list[tuple[Site, bool]]:
        """The comparisons that went one way only, each with the side that is missing."""
        return [(s, side) for s, e in self.sides.items() for side in (True, False) if side not in e.sides]

    def wanted(self) -> list[tuple[Site, bool]]:
        """These, and the sides that happened at zeros alone."""
        return [
            (s, side) for s, e in self.sides.items() for side in (True, False) if side not in e.beside_zero
        ]


def steer(
    claim: Claim,
    points: Sequence[Point],
    *,
    free_delta: bool = True,
    beside: bool = True,
    unchecked: Collection[Quantity] = (),
) -> Steered:
    """Watch a claim's code at its points, and look for points of the sides that did not happen.

    ``free_delta`` is False where the user declared what delta holds. ``beside`` asks for points close to
    every number that values are compared with too: forward and hand-written code may switch over at numbers
    that are almost the same. Arguments whose gradient is ``unchecked`` keep the values that they have. Code
    that cannot be watched, or gives other values then, has nothing recorded against it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _Search(claim, points, free_delta, unchecked).run(beside=beside)


class _Search:
    def __init__(
        self, claim: Claim, points: Sequence[Point], free_delta: bool, unchecked: Collection[Quantity]
    ) -> None:
        self.claim, self.free_delta = claim, free_delta
        self.unchecked = unchecked
        self.forward = watchable(claim.formula.function)
        self.seen_through = not is_float_only(claim.candidate)
        self.watched_claim = (
            replace(claim, candidate=watchable(claim.candidate)) if self.seen_through else claim
        )
        self.points = [p for p in points if p.entries <= _ENTRIES]
        self.coverage = _Coverage()
        self.found: list[Point] = []
        self.left = _WORK

    def run(self, *, beside: bool) -> Steered:
        for k, point in enumerate(self.points):
            if k >= _ENOUGH and not self.coverage.wanted():
                break
            watch = self._watched(point.args, point.delta, point)
            if watch is not None:
                self.coverage.add(point, watch)
        self.left = _WORK
        given_up: set[tuple[Site, bool]] = set()
        while todo := [side for side in self.coverage.wanted() if side not in given_up]:
            site, wanted = todo[0]
            if self.left <= 0 or not self._look_for(site, wanted):
                given_up.add((site, wanted))
        untried = [
            UntriedSide(s.file, s.line, s.text, s.asks, "true" if wanted else "false")
            for s, wanted in self.coverage.missing()
        ]
        if beside:
            self.found += self._beside_constants()
        return Steered(tuple(self.found), tuple(dict.fromkeys(untried)))

    def _beside_constants(self) -> list[Point]:
        """Points with entries at small distances to both sides of each number that is compared with."""
        found: list[Point] = []
        constants = {c for extent in self.coverage.sides.values() for c in extent.constants}
        bases = sorted((p for p in self.points if p.entries <= _FEW), key=lambda p: -p.entries)
        for constant in sorted(constants, key=abs)[:_MOST_CONSTANTS]:
            for i in range(len(bases[0].args) if bases else 0):
                base = bases[0]
                if len(found) < _MOST_BESIDE and self._may_move(base, i) and base.args[i].ndim:
                    near = constant + max(1.0, abs(constant)) * np.resize(_DISTANCES, base.args[i].shape)
                    values = self._allowed(base, {i: near})
                    found += [p for p in [self._point(base, *values) if values else None] if p is not None]
        return found

    def _watched(self, args: Sequence[Array], delta: Sequence[Array], point: Point) -> Watch | None:
        """What forward and candidate compare; None where the forward breaks down, or is not to be watched."""
        self.left -= _A_RUN
        try:
            outputs, watch = run_watched(self.forward, args)
            self.left -= watch.operations
        except Exception:
            return None
        if args is point.args and not _same(outputs, point):
            return None  # it does something else when it is watched
        if not self.seen_through:
            return watch
        moved = replace(point, args=tuple(args), delta=tuple(delta))
        before = given(self.claim, moved, lambda value: value)
        names, count = list(before), len(args)

        def call(*values: Any) -> Any:
            return call_candidate(
                self.watched_claim, point, list(values[:count]), dict(zip(names, values[count:], strict=True))
            )

        try:
            _, of_candidate = run_watched(call, [*args, *before.values()])
        except (CandidateFault, Unsupported):
            return watch  # what it compared before it broke down is seen by the judge, which fails it
        self.left -= of_candidate.operations
        watch.sites.update(of_candidate.sites)
        return watch

    def _look_for(self, site: Site, wanted: bool) -> bool:
        """Look for a point at which a comparison goes the wanted way; whether one was found."""
        stop = self.left - _WORK_A_SIDE
        constants = sorted(self.coverage.sides[site].constants, key=abs)
        for base in _chosen(self.coverage.bases[site]):
            best: dict[int, tuple[float, Values]] = {}
            gone: dict[int, Values] = {}  # changes after which the comparison is not made
            start = self._reach(base, site, wanted, (base.args, base.delta))
            for place, values in self._changes(base, constants):
                if self.left <= max(stop, 0):
                    return False
                reached = self._reach(base, site, wanted, values)
                if reached is None:
                    gone.setdefault(place, values)
                    continue
                if reached > 0 and self._take(base, site, wanted, values):
                    return True
                if start is not None and reached > best.get(place, (start, values))[0]:
                    best[place] = reached, values
            if start is None:
                continue
            for values in list(gone.values())[:3]:
                if self._halve(base, site, wanted, values, stop):
                    return True
            for _, values in sorted(best.values(), key=lambda b: -b[0])[:3]:
                if self._follow(base, site, wanted, start, values, stop):
                    return True
        return False

    def _reach(self, base: Point, site: Site, wanted: bool, values: Values) -> float | None:
        """How far beyond the threshold a change comes, 1 or more where the side happens; None: not asked."""
        watch = self._watched(*values, base)
        extent = None if watch is None else watch.sites.get(site)
        if extent is None:
            return None
        margin = extent.margins[wanted]
        return max(margin, 1.0) if wanted in extent.beside_zero else min(margin, 0.0)

    def _follow(self, base: Point, site: Site, wanted: bool, start: float, end: Values, stop: int) -> bool:
        """Follow the line from the base through a change that came nearer, by secants."""
        s, a, t = 0.0, start, 1.0
        b = self._reach(base, site, wanted, end)
        for _ in range(12):
            if b is None or b == a or self.left <= max(stop, 0):
                return False
            step = t - b * (t - s) / (b - a)
            for beyond in (step, step + (step - t) * 1e-3, 2 * step - t):
                values = _along(base, end, beyond)
                reached = None if values is None else self._reach(base, site, wanted, values)
                if values is not None and reached is not None and reached > 0:
                    return self._take(base, site, wanted, values)
            values = _along(base, end, step)
            s, a, t, b = t, b, step, None if values is None else self._reach(base, site, wanted, values)
        return False

    def _halve(self, base: Point, site: Site, wanted: bool, end: Values, stop: int) -> bool:
        """Halve the line from the base to where the comparison is not made: the side may lie between."""
        near, far = 0.0, 1.0
        for _ in range(30):
            if self.left <= max(stop, 0):
                return False
            middle = (near + far) / 2
            values = _along(base, end, middle)
            reached = None if values is None else self._reach(base, site, wanted, values)
            if values is not None and reached is not None and reached > 0:
                return self._take(base, site, wanted, values)
            near, far = (near, middle) if reached is None else (middle, far)
        return False

    def _take(self, base: Point, site: Site, wanted: bool, values: Values) -> bool:
        """Make a point of a change, where the forward is finite and says the same unwatched."""
        point = self._point(base, *values)
        if point is None:
            return False
        watch = self._watched(point.args, point.delta, point)
        if watch is None or not self.coverage.add(point, watch):
            return False
        self.found.append(point)
        return True

    def _point(self, base: Point, args: Sequence[Array], delta: Sequence[Array]) -> Point | None:
        """A point at other values, where the forward is finite and gives arrays of the same shapes."""
        rounded = self.claim.dtype.rounded
        args, delta = list(map(rounded, args)), list(map(rounded, delta))
        frozen = tuple(map(_frozen, args))
        try:
            outputs, multiple = evaluate_forward(self.claim.formula, frozen)
        except (Discarded, ForwardFault):
            return None
        if [o.shape for o in outputs] != [o.shape for o in base.outputs]:
            return None
        return replace(
            base,
            args=frozen,
            delta=tuple(map(_frozen, delta)),
            outputs=outputs,
            multiple=multiple,
            origin="steered",
        )

    def _changes(self, base: Point, constants: Sequence[float]) -> Iterator[tuple[int, Values]]:
        """Simple changes of a point, mild ones first: of one array, or of all, each with its place."""
        arrays = [*base.args, *base.delta]
        free = [i for i in range(len(arrays)) if self._may_move(base, i)]
        groups = [(i,) for i in free] + (
            [tuple(f for f in free if f < len(base.args))] if len(free) > 1 else []
        )
        for change in _CHANGES:
            for place, group in enumerate(groups):
                moved = {i: change(arrays[i]) for i in group}
                if values := self._allowed(base, moved):
                    yield place, values
        for constant in constants:
            for place, group in enumerate(groups):
                for near in (constant, np.nextafter(constant, np.inf), np.nextafter(constant, -np.inf)):
                    if values := self._allowed(base, {i: np.full(arrays[i].shape, near) for i in group}):
                        yield place, values
        for place, i in enumerate(free, start=len(groups)):
            for entry in {0, arrays[i].size - 1}:
                nudged = np.round(arrays[i])  # sums of whole numbers are exact
                nudged.reshape(-1)[entry] += 1.0
                if values := self._allowed(base, {i: nudged}):
                    yield place * 2 + bool(entry), values

    def _may_move(self, base: Point, i: int) -> bool:
        if i >= len(base.args):
            return self.free_delta and base.delta[i - len(base.args)].size > 0
        name = self.claim.formula.shapes.arguments[i]
        declared = self.claim.formula.values.get(name, normal)
        if self.claim.kind.by_argument and self.claim.quantity(name) in self.unchecked:
            return False
        return i in base.wrt and base.args[i].size > 0 and any(declared is d for d in _MOVABLE)

    def _allowed(self, base: Point, moved: dict[int, Array]) -> Values | None:
        """The changed arrays, where they may hold what the change makes of them."""
        arrays = [*base.args, *base.delta]
        for i, value in moved.items():
            if not np.isfinite(value).all():
                return None
            if i < len(base.args):
                declared = self.claim.formula.values.get(self.claim.formula.shapes.arguments[i], normal)
                if declared is positive and not (value > 0).all():
                    return None
                if declared is unit_interval and not ((value > 0) & (value < 1)).all():
                    return None
            elif not value.any():
                return None  # an all-zero delta makes every gradient right
            arrays[i] = value
        if all(np.array_equal(a, b) for a, b in zip(arrays, [*base.args, *base.delta], strict=True)):
            return None
        count = len(base.args)
        return tuple(arrays[:count]), tuple(arrays[count:])


_MOVABLE = (normal, positive, unit_interval)
"""Declared values that say which numbers are allowed, so that an argument may be moved."""

_SCALES = (
    *(1e2, 1e-2, 10.0, 0.1, 1e3, 1e-3, 1e4, 1e-4, 1e-6, 1e6, 1e-8, 1e8, 1e-10, 1e10, 1e-13, 1e13),
    *(-1e2, -1e4, -1e7, 1e-20, 1e20, 1e-40, 1e40, 1e-100, 1e100, 1e-200, 1e200, 1e-300, 1e300, 1e-320),
)


def _scaled(factor: float) -> Any:
    def change(values: Array) -> Array:
        with np.errstate(all="ignore"):
            return np.asarray(values * factor)

    return change


def _tied(values: Array) -> Array:
    return np.full(values.shape, values.reshape(-1)[0])


def _rising(values: Array) -> Array:
    return np.arange(1.0, values.size + 1.0).reshape(values.shape)


def _ordered(sign: float) -> Any:
    return lambda values: sign * np.sort(sign * values.reshape(-1)).reshape(values.shape)


_CHANGES = (
    *(_rising, np.negative, np.abs, lambda v: -np.abs(v), _ordered(1.0), _ordered(-1.0), _tied),
    *(np.zeros_like, np.ones_like, lambda v: -np.zeros_like(v)),
    *map(_scaled, _SCALES),
)


def _same(outputs: Any, point: Point) -> bool:
    parts = outputs if isinstance(outputs, tuple | list) else [outputs]
    return len(parts) == len(point.outputs) and all(
        np.array_equal(np.asarray(a, dtype=np.float64), b, equal_nan=True)
        for a, b in zip(parts, point.outputs, strict=True)
    )


def _chosen(points: Sequence[Point]) -> list[Point]:
    """A few to start from: the smallest with more than one entry, and others of other sizes."""
    order = sorted(points, key=lambda p: (p.entries < 4, p.entries))
    chosen: list[Point] = []
    for point in order:
        if len(chosen) < _BASES and all(point.sizes != c.sizes for c in chosen):
            chosen.append(point)
    return chosen or list(points[:1])


def _along(base: Point, end: Values, t: float) -> Values | None:
    """The point at ``t`` of the line from the base (0) to a change of it (1)."""
    with np.errstate(all="ignore"):
        moved = [
            tuple(a if a is b else np.asarray(a + t * (b - a)) for a, b in zip(old, new, strict=True))
            for old, new in zip((base.args, base.delta), end, strict=True)
        ]
    if not all(np.isfinite(v).all() for part in moved for v in part):
        return None
    return moved[0], moved[1]


def _frozen(value: Array) -> Array:
    frozen = np.array(value)
    frozen.flags.writeable = False
    return frozen
