"""Which points a claim is judged at: those drawn, then the sizes and comparisons that the code asks about."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from gradcheck.checking.further_points import points_of_asked_sizes, points_of_long_sums
from gradcheck.checking.task import Task
from gradcheck.checking.telling import tells
from gradcheck.checking.training import Trained, train
from gradcheck.errors import FaultKind
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.kinds import Update
from gradcheck.judging.opinions import PointVerdict
from gradcheck.judging.points.asked_sizes import numbers
from gradcheck.judging.points.generation import Generated
from gradcheck.judging.points.point import Point
from gradcheck.judging.steering.branches import Branches
from gradcheck.judging.steering.comparisons import steer, still_untried
from gradcheck.judging.steering.exploring import explore, points_of_compared_sizes
from gradcheck.judging.steering.moves import Moves
from gradcheck.judging.steering.plain_values import near_numbers, plain_values
from gradcheck.judging.steering.sizes_in_code import sizes_beyond
from gradcheck.judging.steering.untried import UntriedSide

__all__ = ["Misread", "Tried", "try_points"]


class Misread(Exception):
    """What was declared or returned cannot be what was meant; nothing else is looked into."""


@dataclass(frozen=True, slots=True)
class Tried:
    points: Generated
    trained: Trained | None
    untried: tuple[UntriedSide, ...] = ()


def try_points(task: Task, points: Generated) -> Tried:
    """Judge the claim wherever it is to be judged, until it is settled. Raises `Misread`."""
    points = points.in_dtype(task.claim.formula, task.claim.dtype)
    _drawn(task, points)
    trained = _trained(task)
    if task.is_decided:
        return Tried(points, trained)
    task.keep_further(points_of_asked_sizes(task.claim, task.session, task.seed, task.delta))
    if task.claim.formula.dtype.is_low and not task.is_decided:
        task.keep_further(points_of_long_sums(task.claim, task.session, task.seed, task.delta))
    return Tried(points, trained, _steered(task))


def _drawn(task: Task, points: Generated) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        misread = task.session.misread(points.points)
    if misread is not None:
        raise Misread(misread)
    task.session.foresee(points.points)
    for point in points.points:
        task.clock.keep(task.judge_further(point))
        found = task.results[0].fault
        if found is not None and found.kind is FaultKind.FORM:
            raise Misread(str(found))


def _trained(task: Task) -> Trained | None:
    kind = task.claim.kind
    if not (isinstance(kind, Update) and kind.descent) or task.is_decided:
        return None
    trained = train(task.claim, task.session, task.seed)
    for result in trained.results:
        task.clock.keep(result)
    return trained


def _numbers(claim: Claim) -> dict[float, None]:
    """The numbers that are written in forward and hand-written code."""
    found = (*numbers(claim.formula.function), *numbers(claim.candidate))
    return dict.fromkeys(found)


def _steered(task: Task) -> tuple[UntriedSide, ...]:
    """Judge the claim at points of the sides and branches that none had met; gives those still not met."""
    unchecked = {u for r in task.results if r.stated for u in r.stated.unchecked}
    moves = Moves(task.claim, task.delta, unchecked)
    task.keep_further(plain_values(moves, [r.point for r in task.results]))
    task.keep_further(near_numbers(moves, [r.point for r in task.results], _numbers(task.claim)))
    steered = steer(
        task.claim,
        _answered(task),
        moves,
        beside=any(r.in_float64 is None for r in task.results),
    )
    unseen = _unseen(task, steered.for_side)
    task.keep_further(steered.points)
    for point in steered.close:
        if (found := task.judge(point)).in_float64 is None:
            task.clock.keep(found)
    if task.is_decided:
        return (*steered.untried, *unseen)
    branches = Branches(task.claim)
    points = [r.point for r in task.results if tells(task, r)]
    nothing = [p.with_values(p.args, tuple(map(np.zeros_like, p.delta))) for p in points[:1]]
    for point in (*points, *nothing):  # the battery asks for gradients of no delta
        branches.run(point)
    explored = []
    for point in explore(task.session, moves, branches, points, task.seed, task.delta):
        result = task.judge_further(point)
        task.clock.keep(result)
        if tells(task, result):
            explored.append(point)
        else:
            branches.take_back()
    codes = branches.codes
    for point in points_of_compared_sizes(task.session, task.claim, codes, task.seed, task.delta):
        result = task.judge_further(point)
        task.clock.keep(result)
        if tells(task, result):
            branches.run(point)
            explored.append(point)
    left = still_untried(task.claim, moves, explored, steered.untried)
    left = [side for side in left if not branches.has_entered(side)]
    hidden = still_untried(task.claim, moves, explored, unseen, beside_zero=True)
    left += [side for side in hidden if not branches.has_entered(side, seen=True)]
    largest = max((size for r in task.results for size in r.point.sizes.values()), default=1)
    entered = [
        side
        for side in branches.untried()
        if not side.asks_what_is_given(steered.given)
        and (side.file, side.line, side.asks.strip("`")) not in steered.decided
    ]
    beyond = sizes_beyond(codes, max(largest, _LARGE))
    by_line = {(side.file, side.line): side for side in reversed((*entered, *beyond))}
    for side in left:
        by_line.pop((side.file, side.line), None)
    return (*left, *reversed(by_line.values()))


_LARGE = 200
"""Sizes up to here are run in float64 anyway, as far as the cost allows."""


def _answered(task: Task) -> list[Point]:
    """The points so far but those at which nobody had an answer: what the code does there is not judged."""
    return [r.point for r in task.results if r.verdict is not PointVerdict.NONE]


def _unseen(task: Task, for_side: Iterable[tuple[Point, UntriedSide]]) -> list[UntriedSide]:
    """Judge the claim at points that were looked for; gives the sides of which none of them tells."""
    told: dict[UntriedSide, bool] = {}
    for point, side in for_side:
        result = task.judge_further(point)
        task.clock.keep(result)
        told[side] = told.get(side, False) or tells(task, result)
    return [side for side, is_told in told.items() if not is_told]
