"""Explanations of a complex gradient as a whole: conjugates, conventions, Wirtinger's halves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from gradcheck.arithmetic import enclose
from gradcheck.diagnosis.case import Case
from gradcheck.diagnosis.explanation import Explanation, Sides
from gradcheck.diagnosis.samples import How, Sample
from gradcheck.formulas.quantity import Quantity

__all__ = ["complex_changes"]

Turn = Callable[[Any, Any, Any], tuple[Any, Any]]
"""What becomes of the right real and imaginary part; the third argument is one half."""


def complex_changes(case: Case, quantity: Quantity) -> Iterator[Explanation]:
    """What one simple change of the right complex gradient would give; nothing for real arguments."""
    formula, noun, kind = case.claim.formula, case.noun, case.claim.kind
    pair = kind.complex_pair(formula, quantity)
    if pair is None:
        return
    right = noun.replace("your", "the right", 1)
    own, other = ("torch", "jax") if formula.complex_convention == "torch" else ("jax", "torch")

    def explained(mistake: str, text: str, cost: float, sides: Sides) -> Explanation:
        return Explanation(mistake, text, cost, sides, whole=True)

    def turned(turn: Turn) -> Sides:
        def sides(s: Sample, q: Quantity, how: How) -> tuple[Any, Any]:
            half: Any = 0.5 if how is None else enclose(np.asarray(0.5))[()]
            right = turn(s.right(pair[0], how), s.right(pair[1], how), half)
            return _both(s.mine(pair[0], how), s.mine(pair[1], how)), _both(*right)

        return sides

    if kind.is_backward:
        yield explained(
            "conjugate",
            f"{noun} is right under complex_convention={other!r}, not under {own!r}: a conjugate is "
            "forgotten",
            0.8,
            _under_the_other(pair),
        )
    yield explained("conjugate", f"{noun} is the conjugate of {right}", 0.85, turned(lambda a, b, h: (a, -b)))
    star = "dJ/d" + (quantity.argument or "").removesuffix(".real").removesuffix(".imag")
    gradient = kind.by_argument or not kind.argument  # of something real, by something complex
    wirtinger = f": Wirtinger's {star}* is half of dJ/dRe + i dJ/dIm" if gradient else ""
    conjugated = f"{wirtinger}, and {star} the conjugate of that" if gradient else ""
    yield explained(
        "factor",
        f"{noun} is half {right}{wirtinger}",
        0.9,
        turned(lambda a, b, h: (a * h, b * h)),
    )
    yield explained(
        "conjugate",
        f"{noun} is half the conjugate of {right}{conjugated}",
        0.95,
        turned(lambda a, b, h: (a * h, -b * h)),
    )
    yield explained("factor", f"{noun} is twice {right}", 0.95, turned(lambda a, b, h: (a + a, b + b)))
    yield explained(
        "sign",
        f"the sign is wrong: {noun} is minus {right}",
        0.95,
        turned(lambda a, b, h: (-a, -b)),
    )
    yield explained(
        "sign",
        f"{noun} is minus the conjugate of {right}",
        0.98,
        turned(lambda a, b, h: (-a, b)),
    )
    yield explained(
        "missing-term",
        f"{noun} is the real part of {right}: its imaginary part is lost",
        0.9,
        turned(lambda a, b, h: (a, 0 * b)),
    )
    yield explained(
        "missing-term",
        f"{noun} has the imaginary part of {right} only: its real part is lost",
        0.9,
        turned(lambda a, b, h: (0 * a, b)),
    )
    for text, turn in _QUARTERS.items():
        yield explained("factor", f"{noun} is {text} {right}", 0.98, turned(turn))


_QUARTERS: dict[str, Turn] = {
    "i times": lambda a, b, h: (-b, a),
    "-i times": lambda a, b, h: (b, -a),
    "i times the conjugate of": lambda a, b, h: (b, a),
}


def _both(re: Any, im: Any) -> Any:
    return np.stack([np.asarray(re), np.asarray(im)])


def _under_the_other(pair: tuple[Quantity, Quantity]) -> Sides:
    """What the code gives for the conjugate of delta, conjugated, against the right gradient."""

    def sides(s: Sample, q: Quantity, how: How) -> tuple[Any, Any]:
        form = s.claim.formula.outputs
        there = s
        if form is not None:
            point = s.point.with_values(s.point.args, form.conjugated(s.point.delta, "jax"))
            there = s.remember("at the conjugate of delta", lambda: s.at(point))
        mine = _both(there.mine(pair[0], how), -there.mine(pair[1], how))
        return mine, _both(s.right(pair[0], how), s.right(pair[1], how))

    return sides
