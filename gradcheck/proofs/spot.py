"""Beside a proof: the entry formulas as numbers at a few points. Evidence that the arithmetic is sound,
and no part of the proof.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.arithmetic import BALLS, WIDENED, enclose, precision
from gradcheck.arithmetic.balls.domains import BallDomain
from gradcheck.arithmetic.precisions import BITS
from gradcheck.backend import Answer
from gradcheck.errors import Unsupported
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.quantity import Quantity
from gradcheck.judging.candidates.running import run_in_balls
from gradcheck.judging.points.point import Point
from gradcheck.proofs.branches import Branch
from gradcheck.proofs.comparing import ruled
from gradcheck.proofs.conditions import Condition
from gradcheck.proofs.indexed import Expr
from gradcheck.proofs.indexed.algebra.evaluation import BALL_RULES, FLOAT_RULES, Numbers, Rules
from gradcheck.proofs.memory import Memory
from gradcheck.proofs.stating import Symbolic, index_codes, right_answers
from gradcheck.proofs.truth import Truth

__all__ = ["AMPLIFIED", "Spot", "spot_check", "truth_holds", "violated"]

_MOST_ENTRIES = 400
_POINTS = 2


@dataclass(frozen=True)
class Spot:
    """``wrong``: the formulas and the code differ; ``points``: how many were compared; and in words."""

    wrong: bool
    points: int
    words: str


def spot_check(claim: Claim, memory: Memory, points: Iterable[Point]) -> Spot:
    """The true entry formulas against the code, run in ball arithmetic, at a few points.

    Points where either has no value are passed over. Where a constant of the code is rounded
    (`k ** -0.5` for a size k), the balls of constants widened by their rounding have to meet.
    """
    truth = memory.truth(Branch())
    forms = _Forms(claim, truth)
    small = sorted(points, key=lambda p: sum(a.size for a in p.args))
    seen: list[str] = []
    rounded = False
    for point in small[1:] or small:  # the very smallest has size 1 everywhere
        if len(seen) == _POINTS or sum(a.size for a in point.args) > _MOST_ENTRIES:
            break
        if _sizes(point) in seen or not _is_general(truth, point):
            continue
        try:
            wrong = _differs(claim, truth, forms, point, BALLS)
            if wrong is not None:
                wrong, rounded = _differs(claim, truth, forms, point, WIDENED), True
            if wrong is not None and _differs(claim, truth, forms, point, BALLS, part=AMPLIFIED) is None:
                why = f"the code computes constants of its own, whose rounding shows in {wrong}"
                return Spot(wrong=False, points=0, words=why)
        except (Unsupported, ValueError, ZeroDivisionError, IndexError):
            continue
        if wrong is not None:
            return Spot(wrong=True, points=len(seen), words=f"{wrong} differs at {_sizes(point)}")
        seen.append(_sizes(point))
    if not seen:
        return Spot(wrong=False, points=0, words="no point could be evaluated")
    but = ", but for rounded constants" if rounded else ""
    words = f"spot check in ball arithmetic: code and entry formulas agree{but} at {'; '.join(seen)}"
    return Spot(wrong=False, points=len(seen), words=words)


def truth_holds(
    claim: Claim, memory: Memory, point: Point, answers: Mapping[Quantity, Answer], *, part: float = 0.0
) -> bool:
    """Whether the true entry formulas are what a backend has at a point, in every entry that it gives, but
    for a part of the largest one.

    Then a failure of the code there says that it does something else than it did on symbols, and nothing
    against the derivative on symbols.
    """
    held = False
    try:
        truth = memory.truth(Branch())
        if not _is_general(truth, point):
            truth = memory.truth(Branch({name: (((), size),) for name, size in point.sizes.items()}))
        forms = _Forms(claim, truth)
        with precision(BITS):
            numbers = _numbers(truth, point, BALL_RULES)
            for name, answer in answers.items():
                if answer.direction is not None:
                    continue
                right = numbers.at(*forms.of(name))
                pairs = zip(right.reshape(-1), answer.values.reshape(-1), strict=True)
                if not _meet(list(pairs), part):
                    return False
                held = True
    except (Unsupported, ValueError, ZeroDivisionError, IndexError):
        return False
    return held


def _is_general(truth: Truth, point: Point) -> bool:
    """Whether a point's sizes answer what the forward asks about sizes as the formulas at hand do."""
    return all(
        question.relation == "is" or question.holds(point.sizes) == answer
        for question, answer in truth.asked.items()
    )


def _sizes(point: Point) -> str:
    return ", ".join(f"{n} = {s}" for n, s in point.sizes.items()) or "the only sizes"


class _Forms:
    """The true entry of every quantity, with the rules put in once for all points, and its indices."""

    def __init__(self, claim: Claim, truth: Truth) -> None:
        self._wanted: dict[Quantity, Symbolic] | None = None
        self._found: dict[Quantity, tuple[Expr, tuple[int, ...]]] = {}
        self._claim, self._truth = claim, truth

    def of(self, name: Quantity) -> tuple[Expr, tuple[int, ...]]:
        """Raises `Unsupported`."""
        if name not in self._found:
            if self._wanted is None:
                self._wanted = right_answers(self._claim, self._truth)
            free = tuple(index_codes(self._claim, self._truth).values())
            wanted = self._wanted[name]
            self._found[name] = ruled(self._truth, wanted.truth), (*free, *wanted.codes)
        return self._found[name]


AMPLIFIED = 2.0**-20
"""A part of an entry that rounded constants may amount to where a matrix of them is inverted."""


def _differs(
    claim: Claim, truth: Truth, forms: _Forms, point: Point, domain: BallDomain, *, part: float = 0.0
) -> Quantity | None:
    """The first quantity that differs in some entry, by more than a part of the largest one."""
    with precision(BITS):
        stated = run_in_balls(claim, point, domain)
        numbers = _numbers(truth, point, BALL_RULES)
        for name, value in stated.items():
            right = numbers.at(*forms.of(name))
            pairs = list(zip(right.reshape(-1), value.reshape(-1), strict=True))
            if not all(x.is_finite() and y.is_finite() for x, y in pairs):
                raise Unsupported("not finite")
            if not _meet(pairs, part):
                return name
    return None


def _meet(pairs: Sequence[tuple[Any, Any]], part: float) -> bool:
    """Whether the balls of every pair overlap, or are no farther apart than a part of the largest one."""
    granted = part * max((float(abs(x).upper()) for x, _ in pairs), default=0.0)
    return all(x.overlaps(y) or abs(x - y) <= granted for x, y in pairs)


def _numbers(truth: Truth, point: Point, rules: Rules) -> Numbers:
    values: dict[int, Any] = {}
    lift = enclose if rules is BALL_RULES else (lambda a: np.asarray(a, dtype=float))
    for head, array in zip(truth.arguments.heads, point.args, strict=True):
        values[head] = lift(np.asarray(array, dtype=float))
        if head in truth.arguments.rules:
            values[truth.arguments.rules[head]] = values[head]
    for head, delta in zip(truth.delta_heads, point.delta, strict=True):
        values[head] = lift(np.asarray(delta, dtype=float))
    values[truth.rate_head] = lift(np.asarray(point.rate, dtype=float))
    return Numbers(truth.space, point.sizes, values, rules)


def violated(truth: Truth, conditions: Iterable[Condition], point: Point) -> Condition | None:
    """The first condition that does not hold at a point (or cannot be evaluated there)."""
    for relation, expression in conditions:
        try:
            numbers = _numbers(truth, point, FLOAT_RULES)
            if relation == "once":
                if numbers.attained_twice(expression):
                    return relation, expression
                continue
            found = numbers.at(expression, sorted(expression.free))
        except Exception:
            return relation, expression
        holds = {">": found > 0, ">=": found >= 0, "!=": found != 0}[relation]
        if not np.all(holds & np.isfinite(found)):
            return relation, expression
    return None
