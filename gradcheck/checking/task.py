"""One claim to be checked: with what, from which seed, and what has been found so far."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

from gradcheck.checking.settled import check_further
from gradcheck.checking.time_limit import Clock
from gradcheck.checking.verdict import Decision, rule
from gradcheck.errors import Escaped, FaultKind, UsageError, user_code
from gradcheck.formulas.calling.user_lines import named, user_line
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.values import Values
from gradcheck.judging.opinions import PointResult, PointVerdict
from gradcheck.judging.point_check import check_point
from gradcheck.judging.points.point import Point
from gradcheck.judging.reasons import Fault
from gradcheck.judging.session import Session

__all__ = ["Task", "stopped_by"]


@dataclass(frozen=True, slots=True)
class Task:
    """``strict``: what no point tried and no proof covers makes the claim weak. ``clock`` keeps what was
    found at each point, so that a claim whose time is over still has it.
    """

    claim: Claim
    session: Session
    clock: Clock
    seed: int
    delta: Values | None
    strict: bool
    started: float = field(default_factory=time.perf_counter)

    @property
    def results(self) -> list[PointResult]:
        return self.clock.found

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self.started

    @property
    def is_decided(self) -> bool:
        """Whether some point has settled the claim already."""
        return any(r.verdict in (PointVerdict.FAIL, PointVerdict.ERROR) for r in self.results)

    def rule(self) -> Decision:
        return rule(self.claim, self.session, self.results)

    def judge(self, point: Point, check: Callable[..., PointResult] = check_point) -> PointResult:
        """`check_point`; a bug of ours at one point is an error of this claim, not the end of the run."""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the candidate's are recorded where it runs in float64
                with user_code:
                    return check(self.claim, point, self.session)
        except Exception as error:
            return PointResult(point, PointVerdict.ERROR, fault=Fault(FaultKind.INTERNAL, stopped_by(error)))

    def judge_further(self, point: Point) -> PointResult:
        """`check_further`, behind all that was found so far."""
        return self.judge(point, partial(check_further, before=self.results))

    def keep(self, points: Iterable[Point]) -> None:
        """Judge the points and keep what was found."""
        for point in points:
            self.clock.keep(self.judge(point))

    def keep_further(self, points: Iterable[Point]) -> None:
        """Judge points of a claim about which the others may have said enough, and keep what was found."""
        for point in points:
            self.clock.keep(self.judge_further(point))


def stopped_by(error: Exception) -> str:
    """The reason of a claim whose check ended with an exception that nobody expected there."""
    if isinstance(error, UsageError):
        return str(error)
    if isinstance(error, Escaped):
        return f"user code raises {named(error)}{user_line(error)}"
    return f"gradcheck itself failed here, please report it: {named(error)}"
