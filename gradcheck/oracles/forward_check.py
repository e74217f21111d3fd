"""Whether what is certified is what runs: the forward in ball arithmetic against the forward in float64."""

from __future__ import annotations

from gradcheck.arithmetic import ObjectArray, precision
from gradcheck.arithmetic.precisions import BITS, DOUBLE
from gradcheck.errors import Unsupported
from gradcheck.formulas.decorating import Formula
from gradcheck.formulas.quantity import Quantity
from gradcheck.judging.answers.forward_values import values_in_balls
from gradcheck.judging.candidates.same_code import leaves_range, same_code
from gradcheck.judging.points.point import Point

__all__ = ["check_forward"]


def check_forward(formula: Formula, point: Point) -> None:
    """Raise `Unsupported` where the forward's values in balls are not its float64 values, within rounding:
    it asks for the type of its arguments, say, so that balls take another way through it.
    """

    def run(bits: int) -> dict[Quantity, ObjectArray]:
        with precision(bits):
            return values_in_balls(formula, point)

    balls = run(BITS)
    values = dict(zip(balls, point.outputs, strict=True))
    if same_code(values, balls, lambda: run(DOUBLE), point):
        return
    if leaves_range(lambda: formula.function(*(a.copy() if a.ndim else a.dtype.type(a) for a in point.args))):
        return
    raise Unsupported(
        f"{formula.name}: the forward gives something else in float64 than in ball arithmetic, by more than "
        "rounding: does it ask for the type of its arguments?"
    )
