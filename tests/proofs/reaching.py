"""What a case of `test_reach` is: a forward, a right backward, and wrong ones as people get them wrong."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradcheck.formulas.decorating import Formula
from gradcheck.judging.points.point import make_point

SIZES = {"n": 4, "m": 3, "k": 2, "c": 2, "h": 3, "d": 2}
STEP = 1e-6


@dataclass(frozen=True)
class Case:
    """``wrong`` are at least two."""

    shapes: Mapping[str, str]
    forward: Callable[..., Any]
    right: Callable[..., Any]
    wrong: tuple[Callable[..., Any], ...]
    values: Mapping[str, Any] = field(default_factory=dict)
    where: Callable[..., bool] | None = None

    def claim(self, backward: Callable[..., Any]) -> Any:
        formula = Formula(self.forward, self.shapes, values=self.values, where=self.where)
        formula.vjp(backward)
        return formula.claims[-1]

    def error(self, backward: Callable[..., Any]) -> float:
        """How far the backward is from central differences of the forward, at one point."""
        claim = self.claim(backward)
        sizes = {name: SIZES[name] for name in claim.formula.shapes.names}
        point = make_point(claim.formula, sizes, np.random.default_rng(3), origin="plan")
        delta = [np.asarray(d, dtype=float) for d in point.delta]
        stated = backward(delta[0] if len(delta) == 1 else tuple(delta), *(a.copy() for a in point.args))
        parts = stated if isinstance(stated, tuple) else (stated,)
        worst = 0.0
        for place, (argument, gradient) in enumerate(zip(point.args, parts, strict=True)):
            if gradient is None:
                continue
            direction = np.random.default_rng(4).normal(size=np.shape(argument))
            ends = []
            for sign in (1, -1):
                moved = [a.copy() for a in point.args]
                moved[place] = argument + sign * STEP * direction
                ends.append(self._cost(moved, delta))
            slope = (ends[0] - ends[1]) / (2 * STEP)
            worst = max(worst, abs(slope - float(np.sum(direction * gradient))))
        return worst

    def _cost(self, args: list[Any], delta: list[Any]) -> float:
        result = self.forward(*args)
        parts = result if isinstance(result, tuple) else (result,)
        return float(sum(np.sum(d * p) for d, p in zip(delta, parts, strict=True)))
