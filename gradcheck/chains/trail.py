"""Following the delta through a backward of the whole that is written by hand.

Each gradient that it gives is judged alone. Where a layer's weights have the right gradient, the delta
that reached the layer was right; so the mistake lies on the way from the last right delta to the first
wrong gradient. A backward that also gives the gradients by what lies between the layers narrows that to
one layer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcheck.formulas.claim import Claim
from gradcheck.formulas.decorating import Formula
from gradcheck.formulas.kinds import Vjp
from gradcheck.formulas.kinds.per_argument import parts
from gradcheck.formulas.quantity import gradient
from gradcheck.judging.opinions import PointResult
from gradcheck.judging.point_check import check_point
from gradcheck.judging.points.point import Point
from gradcheck.judging.points.sizes import distinct
from gradcheck.judging.session import Session

if TYPE_CHECKING:
    from gradcheck.chains.net import Net

__all__ = ["MOST_POINTS", "Trail", "failures", "follow"]

MOST_POINTS = 6
"""Failing points that are looked at: those with distinct sizes first, which tell most, then the smallest."""


@dataclass(frozen=True)
class Trail:
    """Where the delta goes wrong: in one of the layers ``first`` to ``last`` (from 0), in that order of the
    net. The delta that reaches ``last`` is right; ``wrong`` are the first wrong gradients.
    """

    first: int
    last: int
    wrong: tuple[str, ...]

    @property
    def exact(self) -> bool:
        return self.first == self.last


def failures(results: Sequence[PointResult]) -> list[PointResult]:
    """The points at which a claim failed, the telling ones first."""
    failed = [r for r in results if r.verdict == "fail"]
    failed.sort(key=lambda r: (not distinct(r.point.sizes), sum(r.point.sizes.values())))
    return failed[:MOST_POINTS]


def follow(chain: Net, claim: Claim, failed: Sequence[PointResult], session: Session) -> Trail | None:
    """The trail of a claim on the whole; None where nothing can be said, as where the code raises."""
    candidate = getattr(claim.candidate, "__wrapped__", claim.candidate)
    given, ran = _given_between(chain, candidate, failed)
    if not ran:
        return None
    probe = _Probe(chain, session) if given else None
    formula = probe.formula if probe else chain
    session = probe.session if probe else session
    asked = [(probe.point(r.point) if probe else r.point, _against(r, session)) for r in ran]
    found: dict[str, bool | None] = {}
    for name in formula.shapes.arguments:
        alone = Claim(formula, Vjp(), _only(candidate, name, chain, formula.shapes.arguments))
        found[name] = _is_right(alone, asked, session)
    return _trail(chain, found, given)


def _against(result: PointResult, session: Session) -> str | None:
    """The backend that is asked about each gradient: one that had an answer at this point."""
    against = [o.backend for o in result.opinions.values() if o.says == "differ" and not o.outvoted]
    return session.quickest(against)


def _trail(chain: Net, right: Mapping[str, bool | None], given: Sequence[str]) -> Trail | None:
    count = len(chain.layers)
    # reaching[l]: whether the delta that reaches layer l is known to be right
    names = [*(chain.between if given else [None] * (count - 1)), None]
    reaching: list[bool | None] = []
    for l in range(count):
        after = names[l]
        known = right.get(after) if after is not None else None
        if known is None and any(right.get(a) for a in _unshared(chain, l)):
            known = True
        reaching.append(True if l + 1 == count else known)
    for l in reversed(range(count)):
        before = chain.shapes.arguments[0] if l == 0 else names[l - 1]
        gives = [*([before] if before is not None else []), *_unshared(chain, l)]
        wrong = [a for a in gives if right.get(a) is False]
        if wrong:
            last = next(j for j in range(l, count) if reaching[j])
            return Trail(l, last, tuple(str(gradient(a)) for a in wrong))
    return None


def _unshared(chain: Net, l: int) -> list[str]:
    """The layer's own arguments that no other layer has: their gradients come from it alone."""
    others = {a for k, own in enumerate(chain.own) if k != l for a in own}
    return [a for a in chain.own[l] if a not in others]


def _given_between(
    chain: Net, candidate: Callable[..., Any], failed: Sequence[PointResult]
) -> tuple[tuple[str, ...], list[PointResult]]:
    """The arrays between the layers whose gradients the backward returns by name, and where it returns."""
    given: tuple[str, ...] = ()
    ran: list[PointResult] = []
    for result in failed:
        point = result.point
        deltas = [_plain(d) for d in point.delta]
        returned: Any = None
        with np.errstate(all="ignore"), suppress(Exception):  # where it raises it fails for another reason
            returned = candidate(tuple(deltas) if point.multiple else deltas[0], *map(_plain, point.args))
        if returned is not None:
            ran.append(result)
        if isinstance(returned, Mapping):
            given = tuple(n for n in chain.between if n in returned)
    return given, ran


class _Probe:
    """The chain with an argument more for every array between its layers, which is added to it and zero.

    The gradient by that argument is the gradient by the array, so every backend knows it.
    """

    def __init__(self, chain: Net, session: Session) -> None:
        self._between = chain.between
        tapped, count = chain.tapped, len(chain.shapes.arguments)
        assert tapped is not None, "every chain has one"

        def moved(*args: Any) -> Any:
            by = dict(zip(chain.between, args[count:], strict=True))
            return tapped(lambda name, value: value + by[name], *args[:count])

        shapes = {a: chain.shapes.text(a) for a in chain.shapes.arguments}
        inputs = {
            name: chain.declared(k).text(chain.layers[k].input) for k, name in enumerate(chain.between, 1)
        }
        self.formula = Formula(moved, {**shapes, **inputs}, name=chain.name)
        self.session = Session(self.formula, [u.found for u in session.backends])

    def point(self, point: Point) -> Point:
        shapes = dict(
            zip(self.formula.shapes.arguments, self.formula.shapes.concrete(point.sizes) or (), strict=True)
        )
        zeros = tuple(np.zeros(shapes[name]) for name in self._between)
        for zero in zeros:
            zero.flags.writeable = False
        return replace(point, args=(*point.args, *zeros))


def _only(candidate: Callable[..., Any], name: str, chain: Net, names: Sequence[str]) -> Callable[..., Any]:
    """The backward that gives one of its gradients, and None for every other argument."""
    own = chain.shapes.arguments

    def run(delta: Any, *args: Any) -> Any:
        returned = candidate(delta, *args[: len(own)])
        by_name = (
            returned
            if isinstance(returned, Mapping)
            else zip(own, parts(own, returned, "gradient"), strict=True)
        )
        gradient = dict(by_name).get(name)
        return tuple(gradient if n == name else None for n in names)

    return run


def _is_right(claim: Claim, asked: Sequence[tuple[Point, str | None]], session: Session) -> bool | None:
    """Whether the one gradient that a claim states is right: one wrong point is enough."""
    right: bool | None = None
    for point, only in asked:
        result = check_point(claim, point, session, only)
        if result.verdict == "fail":
            return False
        matches = [m for o in result.opinions.values() for m in o.matches.values()]
        if result.verdict == "pass" and any(m.resolved and not m.zero for m in matches):
            right = True
    return right


def _plain(array: Any) -> Any:
    return array.copy() if array.ndim else array.dtype.type(array)
