"""The formula's own value in ball arithmetic, for claims that state another expression for it."""

from __future__ import annotations

from gradcheck.arithmetic import BALLS, ElementArray, ObjectArray, call_in, enclose, wrap
from gradcheck.errors import Unsupported
from gradcheck.formulas.declaration import Declaration
from gradcheck.formulas.quantity import Quantity, outputs
from gradcheck.judging.points.point import Point

__all__ = ["values_in_balls"]


def values_in_balls(formula: Declaration, point: Point) -> dict[Quantity, ObjectArray]:
    """The outputs as balls, by quantity.

    Raises `Unsupported` where the forward does not run in balls.
    """
    args = [wrap(enclose(a), BALLS) if i in point.wrt else a for i, a in enumerate(point.args)]
    try:
        result = call_in(BALLS, formula.function, args)
    except Unsupported:
        raise
    except Exception as error:
        raise Unsupported(f"the forward does not run in balls: {type(error).__name__}: {error}") from error
    parts = list(result) if point.multiple else [result]
    balls = [p.data if isinstance(p, ElementArray) else wrap(BALLS.lift_array(p), BALLS).data for p in parts]
    return dict(zip(outputs(len(balls)), balls, strict=True))
