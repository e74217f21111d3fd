"""The training loop of an update claim: run on generated data, every step's gradient verified."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.errors import CandidateFault
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.kinds import Descent, Update
from gradcheck.formulas.quantity import Quantity
from gradcheck.judging.candidates.running import run_in_float64
from gradcheck.judging.opinions import PointResult
from gradcheck.judging.point_check import check_point
from gradcheck.judging.points.point import Discarded, ForwardFault, Point, evaluate_forward, make_point
from gradcheck.judging.session import Session
from gradcheck.records.types import Training, TrainingStep

__all__ = ["Trained", "train"]

_HALVINGS = 40
"""Halvings of the rate before the loop gives up on lowering the cost: 2^-40 of the first rate is far
below 1 / L for any curvature L that the drawn data can make."""


@dataclass(frozen=True)
class Trained:
    """The points of a training loop, its record, and whether it got ``stuck``: no rate lowered the cost."""

    results: list[PointResult]
    training: Training
    stuck: bool = False


def train(claim: Claim, session: Session, seed: int) -> Trained:
    """Run gradient descent with the claim's hand-written update.

    From a random start, each step is checked like any other point (its new values are compared with
    `argument - rate * gradient` of every backend) and must lower the cost for some rate small enough:
    where it does not, the rate is halved. The loop ends after the declared number of steps, or where
    the cost has stopped changing in float64.
    """
    assert isinstance(claim.kind, Update) and claim.kind.descent is not None
    descent = claim.kind.descent
    point = _start(claim, descent, seed)
    rate = descent.rate
    results: list[PointResult] = []
    steps: list[TrainingStep] = []
    stopped, stuck = f"after {descent.steps} steps", False
    cost = float(point.outputs[0])
    for _ in range(descent.steps):
        moved: Point | None = None
        for _ in range(_HALVINGS):
            here = replace(point, rate=rate, origin="training")
            moved = _step(claim, here)
            if moved is not None and float(moved.outputs[0]) <= cost:
                break
            rate /= 2
            moved = None
        else:
            if steps and _is_flat(claim, point, cost):
                stopped = "the cost no longer changes: a minimum within float64"
            else:
                stopped = "failed: no rate, however small, lowers the cost along the stated update"
                stuck = True
            break
        result = check_point(claim, here, session)
        results.append(result)
        steps.append(TrainingStep(cost=cost, rate=rate, verdict=result.verdict))
        assert moved is not None
        if result.verdict in ("fail", "error"):
            stopped = f"at step {len(steps)}: the update was refuted"
            break
        following = float(moved.outputs[0])
        point, cost = moved, following
    training = Training(sizes=dict(point.sizes), steps=steps, final_cost=cost, stopped=stopped)
    return Trained(results, training, stuck)


def _start(claim: Claim, descent: Descent, seed: int) -> Point:
    for attempt in range(100):
        rng = np.random.default_rng([seed, 21, attempt])
        try:
            return make_point(claim.formula, descent.sizes, rng, delta=np.ones(()), origin="training")
        except Discarded:
            continue
    raise ForwardFault("the training loop found no start at which the cost is finite")


def _step(claim: Claim, point: Point) -> Point | None:
    """The point after one update, or None where the candidate or the cost breaks down there."""
    try:
        stated = run_in_float64(claim, point)
        args = tuple(_after(claim, point, i, stated.values) for i in range(len(point.args)))
        outputs, multiple = evaluate_forward(claim.formula, args)
    except (CandidateFault, Discarded, ForwardFault):
        return None
    return replace(point, args=args, outputs=outputs, multiple=multiple)


def _after(claim: Claim, point: Point, position: int, new: Mapping[Quantity, Any]) -> NDArray[Any]:
    value = new.get(claim.quantity(claim.formula.shapes.arguments[position]))
    if value is None:
        return point.args[position]
    frozen = np.array(value, dtype=np.float64)
    frozen.flags.writeable = False
    return frozen


def _is_flat(claim: Claim, point: Point, cost: float) -> bool:
    """The stated step is so short that float64 cannot show a lower cost."""
    stated = run_in_float64(claim, point)
    largest = max(
        float(np.max(np.abs(v - point.args[i]), initial=0.0))
        for i in point.wrt
        if (v := stated.values.get(claim.quantity(claim.formula.shapes.arguments[i]))) is not None
    )
    return largest**2 <= 2.0**-50 * max(abs(cost), 2.0**-50) * max(point.rate, 1.0)
