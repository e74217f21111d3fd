"""The cost over the steps of a training run, as a small inline SVG."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite, log10

from gradcheck.records import Training

__all__ = ["curve"]

_WIDTH, _HEIGHT = 320, 120
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 10, 10, 22


def curve(training: Training) -> str:
    """The picture as markup, or an empty string where there is nothing to draw.

    It is made of numbers only, never of text from the log, so it may go into a page unescaped. The
    scale is logarithmic where the cost is positive and falls below a twentieth.
    """
    costs = [step.cost for step in training.steps] + [training.final_cost]
    if len(costs) < 2 or not all(isfinite(cost) for cost in costs):
        return ""
    logarithmic = min(costs) > 0 and max(costs) > 20 * min(costs)
    heights = [log10(cost) for cost in costs] if logarithmic else costs
    points = _place(heights)
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    wrong = [point for point, step in zip(points, training.steps, strict=False) if step.verdict != "pass"]
    marks = "".join(f'<circle class="wrong" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in wrong)
    last = f'<circle cx="{points[-1][0]:.1f}" cy="{points[-1][1]:.1f}" r="3"/>'
    floor = _HEIGHT - _BOTTOM
    scale = ", log scale" if logarithmic else ""
    return (
        f'<svg class="curve" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="cost from {costs[0]:.4g} to {costs[-1]:.4g} in {len(training.steps)} steps">'
        f'<path class="axis" d="M{_LEFT} {_TOP}V{floor}H{_WIDTH - _RIGHT}"/>'
        f'<polyline points="{path}"/>{marks}{last}'
        f'<text x="{_LEFT - 6}" y="{_TOP + 8}" text-anchor="end">{max(costs):.3g}</text>'
        f'<text x="{_LEFT - 6}" y="{floor}" text-anchor="end">{min(costs):.3g}</text>'
        f'<text x="{_LEFT}" y="{_HEIGHT - 6}">0</text>'
        f'<text x="{_WIDTH - _RIGHT}" y="{_HEIGHT - 6}" text-anchor="end">'
        f"step {len(training.steps)}{scale}</text></svg>"
    )


def _place(heights: Sequence[float]) -> list[tuple[float, float]]:
    low, high = min(heights), max(heights)
    # Dividing first keeps the span finite for costs near the largest float.
    span = high / 2 - low / 2 or 1.0
    width, height = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
    return [
        (_LEFT + width * i / (len(heights) - 1), _TOP + height * (1 - (h / 2 - low / 2) / span))
        for i, h in enumerate(heights)
    ]
