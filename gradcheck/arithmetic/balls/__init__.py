"""Ball arithmetic: intervals that are certain to hold the true number, and what computes with them."""

from __future__ import annotations

from gradcheck.arithmetic.balls.domains import (
    BALLS,
    ROUNDED_CONSTANTS,
    SHIFTED,
    STORED,
    UNDERFLOWING,
    WIDENED,
    BallDomain,
    dot,
    enclose,
    midpoints,
    precision,
    radii,
)

__all__ = [
    "BALLS",
    "ROUNDED_CONSTANTS",
    "SHIFTED",
    "STORED",
    "UNDERFLOWING",
    "WIDENED",
    "BallDomain",
    "dot",
    "enclose",
    "midpoints",
    "precision",
    "radii",
]
