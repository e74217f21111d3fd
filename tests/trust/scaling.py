"""The same formula on values of another size, and on values that float32 holds exactly."""

from __future__ import annotations

import numpy as np

import gradcheck
from gradcheck import Formula

SCALES = (1e-6, 1e-3, 1.0, 1e3, 1e6)

_SCALABLE = (gradcheck.normal, gradcheck.positive, gradcheck.spd)
"""What is still of its kind after a multiplication; one-hot rows, probabilities and masks are not."""


def rescaled(formula: Formula, scale: float, *, single: bool = False) -> Formula:
    """The formula on draws that are multiplied by ``scale``; ``single`` rounds them to float32."""

    def filler(draw):
        def fill(shape, rng):
            values = np.asarray(draw(shape, rng))
            if draw in _SCALABLE:
                values = values * scale
            if single and values.dtype == np.float64:
                values = np.float64(np.float32(values))
            return values

        return fill

    shapes = {a: formula.shapes.text(a) for a in formula.shapes.arguments}
    values = {a: filler(formula.values.get(a, gradcheck.normal)) for a in formula.shapes.arguments}
    other = Formula(formula.function, shapes, name=formula.name, values=values, where=formula.where)
    other.vjp(formula.claims[-1].candidate)
    return other
