"""Both sides of every comparison: which the points have seen, and points for those that they have not.

The forward and the hand-written code run on watched float64 arrays (`arithmetic.watched`). Where a
comparison went one way only, its margin says how far the other side is: simple changes of the point are
tried first (another scale, a constant, ties, an order), then lines through it are followed to where the
margin changes sign. What is tried is counted in operations on arrays.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace

from gradcheck.arithmetic.watched import Site
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.point import Point
from gradcheck.judging.steering.beside import beside_constants, beside_thresholds, numbers_of_the_code
from gradcheck.judging.steering.coverage import Coverage
from gradcheck.judging.steering.moves import Moves, Values
from gradcheck.judging.steering.starting_points import mild_first
from gradcheck.judging.steering.untried import UntriedSide
from gradcheck.judging.steering.watching import WatchedCode

__all__ = ["Steered", "steer", "still_untried"]

_WORK = 40_000
"""Operations on arrays for one claim, beside the points that it is watched at: a fifth of a second."""

_WORK_A_SIDE = 8_000
"""Operations for one side of one comparison."""

_CLAMPED = 32
"""Changes of a point after which a number that lay on its threshold each time is taken to be held there, as
the result of a maximum is: it never comes beyond. So is one of a side that happened there already
(`a > 0` is false where `a = maximum(z, 0)` is 0), after as many changes that moved the numbers compared.
"""

_ENTRIES = 4096
"""Numbers in a point beyond which nothing is looked for from it."""

_ENOUGH = 16
"""Points after which no more are watched where every comparison went both ways."""


@dataclass(frozen=True)
class Steered:
    """Points at which a side happens that the others had not seen, and the sides that none was found for.

    ``for_side`` has the points that were looked for, each with its side. ``close`` are points just beside
    thresholds, which tell something where the code runs in balls. ``given`` are the lines, by file, that ask
    whether an argument is finite, and ``decided`` what else is asked of arguments that has one answer, as
    text.
    """

    for_side: tuple[tuple[Point, UntriedSide], ...] = ()
    points: tuple[Point, ...] = ()
    untried: tuple[UntriedSide, ...] = ()
    close: tuple[Point, ...] = ()
    given: frozenset[tuple[str, int]] = frozenset()
    decided: frozenset[tuple[str, int, str]] = frozenset()


def steer(claim: Claim, points: Sequence[Point], moves: Moves, *, beside: bool = True) -> Steered:
    """Watch a claim's code at its points, and look for points of the sides that did not happen.

    ``beside`` asks for points close to every number that values are compared with too: forward and
    hand-written code may switch over at numbers that are almost the same. Code that cannot be watched, or
    gives other values then, has nothing recorded against it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        few, many = [p for p in points if p.entries <= _ENTRIES], [p for p in points if p.entries > _ENTRIES]
        found = _Search(claim, few, moves).run(beside=beside)
    return replace(found, untried=tuple(still_untried(claim, moves, many, found.untried)))


def still_untried(
    claim: Claim,
    moves: Moves,
    points: Sequence[Point],
    sides: Sequence[UntriedSide],
    *,
    beside_zero: bool = False,
) -> list[UntriedSide]:
    """Those of the sides that do not happen at further points either, or (``beside_zero``) at zeros alone."""
    if not sides or not points:
        return list(sides)
    search = _Search(claim, points, moves)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for point in search.points:
            if (watch := search.code.run(point.args, point.delta, point)) is not None:
                search.coverage.add(point, watch)
    happened = {
        _untried(site, wanted)
        for site, extent in search.coverage.sides.items()
        for wanted in (extent.beside_zero if beside_zero else extent.sides)
    }
    return [side for side in sides if side not in happened]


def _untried(site: Site, wanted: bool) -> UntriedSide:
    never = "true" if wanted else "false"
    return UntriedSide(site.file, site.line, site.text, site.asks, never, code=site.code)


class _Search:
    def __init__(self, claim: Claim, points: Sequence[Point], moves: Moves) -> None:
        self.code = WatchedCode(claim, _WORK)
        self.moves = moves
        self.points = points
        self.coverage = Coverage()
        self.found: list[tuple[Point, UntriedSide]] = []

    def run(self, *, beside: bool) -> Steered:
        for k, point in enumerate(self.points):
            if k >= _ENOUGH and not self.coverage.wanted():
                break
            watch = self.code.run(point.args, point.delta, point)
            if watch is not None:
                self.coverage.add(point, watch)
        self.code.left = _WORK
        given_up: set[tuple[Site, bool]] = set()
        while todo := [side for side in self.coverage.wanted() if side not in given_up]:
            site, wanted = todo[0]
            if self.code.left <= 0 or not self._look_for(site, wanted):
                given_up.add((site, wanted))
        untried = [_untried(site, wanted) for site, wanted in self.coverage.missing()]
        tried = (*self.points, *(point for point, _ in self.found))
        points = numbers_of_the_code(self.code, self.moves, tried)
        close: tuple[Point, ...] = ()
        if beside:
            near_numbers = beside_constants(self.moves, self.coverage, self.points)
            close = (*near_numbers, *beside_thresholds(self.code, self.moves, self.coverage))
        found, given_lines = tuple(self.found), frozenset(self.coverage.given)
        untried = list(dict.fromkeys(untried))
        return Steered(found, tuple(points), tuple(untried), close, given_lines, self.coverage.decided)

    def _look_for(self, site: Site, wanted: bool) -> bool:
        """Look for a point at which a comparison goes the wanted way; whether one was found."""
        stop = self.code.left - _WORK_A_SIDE
        constants = sorted(self.coverage.sides[site].constants, key=abs)
        bases = self.coverage.bases[site, wanted]
        happened = wanted in self.coverage.sides[site].sides
        asked = constants if site.asks in ("==", "!=") else []  # the place of an entry, perhaps
        longer = [p for p in bases if asked and p.args[0].size > asked[-1]]
        for base in (*mild_first(longer)[:1], *mild_first(bases)):
            best: dict[int, tuple[float, Values]] = {}
            gone: dict[int, Values] = {}  # changes after which the comparison is not made
            start = self._reach(base, site, wanted, (base.args, base.delta))
            clamped, others = 0, set[float]()
            for tried, (place, values) in enumerate(self.moves.changes(base, constants)):
                held = clamped == tried == _CLAMPED or (happened and len(others) == _CLAMPED)
                if held or self.code.left <= max(stop, 0):
                    return False
                if (extent := self.code.extent(base, site, values)) is None:
                    gone.setdefault(place, values)
                    continue
                if extent.margins[wanted] == 0:
                    clamped += 1
                    others.add(extent.margins[not wanted])
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
        extent = self.code.extent(base, site, values)
        return None if extent is None else extent.beyond(wanted)

    def _follow(self, base: Point, site: Site, wanted: bool, start: float, end: Values, stop: int) -> bool:
        """Follow the line from the base through a change that came nearer, by secants."""
        s, a, t = 0.0, start, 1.0
        b = self._reach(base, site, wanted, end)
        if b == 0 and self._approach(base, site, wanted, end, stop):
            return True
        for _ in range(20):
            if b is None or b == a or self.code.left <= max(stop, 0):
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

    def _approach(self, base: Point, site: Site, wanted: bool, end: Values, stop: int) -> bool:
        """Come near to an end where two numbers are one and the side does not count: it may lie beside."""
        for halved in range(1, 40):
            if self.code.left <= max(stop, 0):
                return False
            values = self.moves.along(base, end, 1 - 2.0**-halved)
            reached = None if values is None else self._reach(base, site, wanted, values)
            if values is not None and reached is not None and reached > 0:
                return self._take(base, site, wanted, values)
        return False

    def _halve(self, base: Point, site: Site, wanted: bool, end: Values, stop: int) -> bool:
        """Halve the line from the base to where the comparison is not made: the side may lie between."""
        near, far = 0.0, 1.0
        for _ in range(30):
            if self.code.left <= max(stop, 0):
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
        watch = self.code.run(point.args, point.delta, point)
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
