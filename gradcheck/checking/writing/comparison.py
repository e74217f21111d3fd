"""The judge's matches as records."""

from __future__ import annotations

import numpy as np

from gradcheck.formulas.quantity import Quantity
from gradcheck.judging.comparing import Match
from gradcheck.judging.points.point import Point
from gradcheck.records.types import Comparison

__all__ = ["comparison"]


def comparison(backend: str, quantity: Quantity, match: Match, point: Point) -> Comparison:
    """A match as a record; floats that are not finite become the largest float."""
    name = f"<{quantity}, u>" if match.slope else str(quantity)
    return Comparison(
        quantity=name,
        index=list(match.index),
        candidate=match.candidate,
        truth=match.truth,
        source=backend,
        gap=_finite(match.gap),
        bound=_finite(match.bound),
        scale=_finite(match.scale),
        sizes=dict(point.sizes),
    )


def _finite(value: float) -> float:
    return float(np.nan_to_num(value, nan=0.0))
