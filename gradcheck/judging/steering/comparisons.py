"""Both sides of every comparison: which the points have seen, and points for those that they have not.

The forward and the hand-written code run on watched float64 arrays (`arithmetic.watched`). Where a
comparison went one way only, its margin says how far the other side is: simple changes of the point are
tried first (another scale, a constant, ties, an order), then lines through it are followed to where the
margin changes sign. What is tried is counted in operations on arrays.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.arithmetic.watched import Extent, Site, Watch, run_watched, watchable
from gradcheck.errors import CandidateFault, Unsupported
from gradcheck.formulas.calling.foreign import is_float_only
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.point import Point
from gradcheck.judging.candidates.running import call_candidate, given
from gradcheck.judging.points.asked_sizes import whole_numbers
from gradcheck.judging.steering.moves import Moves, Values
from gradcheck.judging.steering.starting_points import mild_first
from gradcheck.judging.steering.untried import UntriedSide

__all__ = ["Steered", "steer", "still_untried"]

Array = NDArray[Any]
_WORK = 40_000
"""Operations on arrays for one claim, beside the points that it is watched at: a fifth of a second."""

_WORK_A_SIDE = 8_000
"""Operations for one side of one comparison."""

_CLAMPED = 32
"""Changes of a point after which a number that lay on its threshold each time is taken to be held there, as
the result of a maximum is: it never comes beyond.
"""

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

_MOST_OF_NUMBERS = 12
"""Points for the whole numbers of the code, for each argument of integers."""

_DISTANCES = np.array([2.0**-23, -(2.0**-23), 1e-4, -1e-4, 1e-3, -1e-3, 5e-3, -5e-3])
"""How far beside a threshold, as parts of it (of 1 where it is less): between one in float32 and one that
was rounded to two digits."""

_CLOSE = np.array([2.0**-23, -(2.0**-23)])
"""The same for numbers below 1, and for what is computed, as parts of the number."""

_MOST_THRESHOLDS = 8
"""Comparisons of what is computed beside which points are made."""


@dataclass(frozen=True)
class Steered:
    """Points at which a side happens that the others had not seen, and the sides that none was found for.

    ``for_side`` has the points that were looked for, each with its side. ``close`` are points just beside
    thresholds, which tell something where the code runs in balls.
    """

    for_side: tuple[tuple[Point, UntriedSide], ...] = ()
    points: tuple[Point, ...] = ()
    untried: tuple[UntriedSide, ...] = ()
    close: tuple[Point, ...] = ()


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


def steer(claim: Claim, points: Sequence[Point], moves: Moves, *, beside: bool = True) -> Steered:
    """Watch a claim's code at its points, and look for points of the sides that did not happen.

    ``beside`` asks for points close to every number that values are compared with too: forward and
    hand-written code may switch over at numbers that are almost the same. Code that cannot be watched, or
    gives other values then, has nothing recorded against it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _Search(claim, points, moves).run(beside=beside)


def still_untried(
    claim: Claim, moves: Moves, points: Sequence[Point], sides: Sequence[UntriedSide]
) -> list[UntriedSide]:
    """Those of the sides that do not happen at further points either."""
    if not sides or not points:
        return list(sides)
    search = _Search(claim, points, moves)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for point in search.points:
            if (watch := search.watched(point.args, point.delta, point)) is not None:
                search.coverage.add(point, watch)
    happened = {
        _untried(site, wanted) for site, extent in search.coverage.sides.items() for wanted in extent.sides
    }
    return [side for side in sides if side not in happened]


def _untried(site: Site, wanted: bool) -> UntriedSide:
    return UntriedSide(site.file, site.line, site.text, site.asks, "true" if wanted else "false")


class _Search:
    def __init__(self, claim: Claim, points: Sequence[Point], moves: Moves) -> None:
        self.claim = claim
        self.moves = moves
        self.forward = watchable(claim.formula.function)
        self.is_derived = (
            getattr(claim.formula, "of", None) is not None
        )  # its forward is no code of the user's
        self.seen_through = not is_float_only(claim.candidate)
        self.watched_claim = (
            replace(claim, candidate=watchable(claim.candidate)) if self.seen_through else claim
        )
        self.points = [p for p in points if p.entries <= _ENTRIES]
        self.coverage = _Coverage()
        self.found: list[tuple[Point, UntriedSide]] = []
        self.left = _WORK

    def run(self, *, beside: bool) -> Steered:
        for k, point in enumerate(self.points):
            if k >= _ENOUGH and not self.coverage.wanted():
                break
            watch = self.watched(point.args, point.delta, point)
            if watch is not None:
                self.coverage.add(point, watch)
        self.left = _WORK
        given_up: set[tuple[Site, bool]] = set()
        while todo := [side for side in self.coverage.wanted() if side not in given_up]:
            site, wanted = todo[0]
            if self.left <= 0 or not self._look_for(site, wanted):
                given_up.add((site, wanted))
        untried = [_untried(site, wanted) for site, wanted in self.coverage.missing()]
        points = self._numbers_of_the_code()
        close: tuple[Point, ...] = ()
        if beside:
            close = (*self._beside_constants(), *self._beside_thresholds())
        return Steered(tuple(self.found), tuple(points), tuple(dict.fromkeys(untried)), close)

    def _numbers_of_the_code(self) -> list[Point]:
        """Points at which arguments of integers hold the whole numbers that are written in the code, and
        their neighbours: keys of dicts, members of sets, remainders are no comparisons.
        """
        bases = sorted((p for p in self.points if p.entries <= _FEW), key=lambda p: -p.entries)
        kept = [i for i in range(len(bases[0].args)) if bases[0].args[i].dtype.kind in "iu"] if bases else []
        if not kept:
            return []
        numbers = set(whole_numbers(self.claim.formula.function)) | {0}
        numbers |= set(whole_numbers(self.claim.candidate)) if self.seen_through else set()
        found: list[Point] = []
        for i in kept:
            tried = (*self.points, *(point for point, _ in self.found))
            seen = {int(n) for p in tried for n in p.args[i].reshape(-1)[:_FEW]}
            base = max(bases, key=lambda p: p.args[i].size)
            new = [n for n in self.moves.numbers_for(base, i, sorted(numbers)) if n not in seen]
            size = max(base.args[i].size, 1)
            for start in range(0, min(len(new), size * _MOST_OF_NUMBERS), size):
                held = np.resize(new[start : start + size], base.args[i].shape)
                values = self.moves.allowed(base, {i: held})
                point = self.moves.point(base, values) if values else None
                found += [] if point is None else [point]
        return found

    def _beside_constants(self) -> list[Point]:
        """Points with entries at small distances to both sides of each number that is compared with."""
        found: list[Point] = []
        constants = {c for extent in self.coverage.sides.values() for c in extent.constants}
        bases = sorted((p for p in self.points if p.entries <= _FEW), key=lambda p: -p.entries)
        for constant in sorted(constants, key=abs)[:_MOST_CONSTANTS]:
            for i in range(len(bases[0].args) if bases else 0):
                base = bases[0]
                if len(found) < _MOST_BESIDE and self.moves.may_move(base, i) and base.args[i].ndim:
                    steps = (*_CLOSE * abs(constant), *_DISTANCES * max(1.0, abs(constant)))
                    near = constant + np.resize(steps, base.args[i].shape)
                    values = self.moves.allowed(base, {i: near})
                    found += [
                        p for p in [self.moves.point(base, values) if values else None] if p is not None
                    ]
        return found

    def _beside_thresholds(self) -> list[Point]:
        """Points at which what was computed lies just beside the number that it is compared with."""
        found: list[Point] = []
        for site, extent in list(self.coverage.sides.items())[:_MOST_THRESHOLDS]:
            distance = max(_CLOSE) * min((abs(c) for c in extent.constants if c), default=0.0)
            if distance and self.left > 0:
                found += self._close_to(site, distance)
        return found

    def _close_to(self, site: Site, distance: float) -> list[Point]:
        """Halve a line on which a comparison turns over, down to a distance on both sides."""
        stop = self.left - _WORK_A_SIDE // 4
        base = mild_first(self.coverage.bases[site])[0]
        start = self._margin(base, site, (base.args, base.delta))
        if start is None:
            return []
        for _, values in self.moves.changes(base, ()):
            if self.left <= max(stop, 0):
                return []
            end = self._margin(base, site, values)
            if end is not None and (end > 0) != (start > 0):
                break
        else:
            return []
        ends = {start > 0: (0.0, start), end > 0: (1.0, end)}
        for _ in range(60):
            if all(abs(margin) <= distance for _, margin in ends.values()) or self.left <= 0:
                break
            middle = sum(t for t, _ in ends.values()) / 2
            on_line = self.moves.along(base, values, middle)
            margin = None if on_line is None else self._margin(base, site, on_line)
            if margin is None:
                return []
            ends[margin > 0] = middle, margin
        made = [self.moves.along(base, values, t) for t, margin in ends.values() if abs(margin) <= distance]
        return [p for m in made if m is not None and (p := self.moves.point(base, m)) is not None]

    def _margin(self, base: Point, site: Site, values: Values) -> float | None:
        """The largest margin of a comparison; None where it is not made."""
        extent = self._extent(base, site, values)
        return None if extent is None or not np.isfinite(extent.margins[True]) else extent.margins[True]

    def watched(self, args: Sequence[Array], delta: Sequence[Array], point: Point) -> Watch | None:
        """What forward and candidate compare; None where the forward breaks down, or is not to be watched."""
        self.left -= _A_RUN
        watch = Watch()
        if not self.is_derived:
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
        for base in mild_first(self.coverage.bases[site]):
            best: dict[int, tuple[float, Values]] = {}
            gone: dict[int, Values] = {}  # changes after which the comparison is not made
            start = self._reach(base, site, wanted, (base.args, base.delta))
            clamped = 0
            for tried, (place, values) in enumerate(self.moves.changes(base, constants)):
                if self.left <= max(stop, 0) or clamped == tried == _CLAMPED:
                    return False
                if (extent := self._extent(base, site, values)) is None:
                    gone.setdefault(place, values)
                    continue
                clamped += extent.margins[wanted] == 0
                reached = extent.beyond(wanted)
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
        """How far beyond the threshold a change comes; None where the comparison is not made."""
        extent = self._extent(base, site, values)
        return None if extent is None else extent.beyond(wanted)

    def _extent(self, base: Point, site: Site, values: Values) -> Extent | None:
        """What a comparison comes to at other values; None where it is not made."""
        watch = self.watched(*values, base)
        return None if watch is None else watch.sites.get(site)

    def _follow(self, base: Point, site: Site, wanted: bool, start: float, end: Values, stop: int) -> bool:
        """Follow the line from the base through a change that came nearer, by secants."""
        s, a, t = 0.0, start, 1.0
        b = self._reach(base, site, wanted, end)
        for _ in range(20):
            if b is None or b == a or self.left <= max(stop, 0):
                return False
            step = t - b * (t - s) / (b - a)
            for beyond in (step, step + (step - t) * 1e-3, 2 * step - t):
                values = self.moves.along(base, end, beyond)
                reached = None if values is None else self._reach(base, site, wanted, values)
                if values is not None and reached is not None and reached > 0:
                    return self._take(base, site, wanted, values)
            values = self.moves.along(base, end, step)
            s, a, t, b = t, b, step, None if values is None else self._reach(base, site, wanted, values)
        return False

    def _halve(self, base: Point, site: Site, wanted: bool, end: Values, stop: int) -> bool:
        """Halve the line from the base to where the comparison is not made: the side may lie between."""
        near, far = 0.0, 1.0
        for _ in range(30):
            if self.left <= max(stop, 0):
                return False
            middle = (near + far) / 2
            values = self.moves.along(base, end, middle)
            reached = None if values is None else self._reach(base, site, wanted, values)
            if values is not None and reached is not None and reached > 0:
                return self._take(base, site, wanted, values)
            near, far = (near, middle) if reached is None else (middle, far)
        return False

    def _take(self, base: Point, site: Site, wanted: bool, values: Values) -> bool:
        """Make a point of a change, where the forward is finite and says the same unwatched."""
        point = self.moves.point(base, values)
        if point is None:
            return False
        watch = self.watched(point.args, point.delta, point)
        if watch is None or not self.coverage.add(point, watch):
            return False
        side = _untried(site, wanted)
        self.found.append((point, side))
        for single in self.moves.of_one_entry(base, values):
            alone = self.moves.point(base, single)
            if alone is not None and (self._reach(base, site, wanted, single) or 0.0) > 0:
                self.found.append((alone, side))
                break
        return True


def _same(outputs: Any, point: Point) -> bool:
    parts = outputs if isinstance(outputs, tuple | list) else [outputs]
    return len(parts) == len(point.outputs) and all(
        np.array_equal(np.asarray(a, dtype=np.float64), b, equal_nan=True)
        for a, b in zip(parts, point.outputs, strict=True)
    )
