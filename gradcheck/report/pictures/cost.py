"""The cost over the steps of a training run, with the gradient check of every step."""

from __future__ import annotations

from math import isfinite, log10

from markupsafe import Markup

from gradcheck.records.types import Training
from gradcheck.report.pictures.svg import Axes, label, number, picture
from gradcheck.report.text import plural

__all__ = ["cost_picture"]

_WIDTH, _HEIGHT = 360, 170


def cost_picture(training: Training) -> Markup:
    """The picture, or nothing where there is nothing to draw.

    The scale is logarithmic where the cost is positive and falls below a twentieth. A step whose gradient
    passed is a dot, any other a cross.
    """
    costs = [step.cost for step in training.steps] + [training.final_cost]
    if len(costs) < 2 or not all(isfinite(cost) for cost in costs):
        return Markup("")
    logarithmic = min(costs) > 0 and max(costs) > 20 * min(costs)
    heights = [log10(cost) for cost in costs] if logarithmic else costs
    axes = Axes(58, _WIDTH - 12, 10, _HEIGHT - 36, (0, len(costs) - 1), (min(heights), max(heights)))
    ends = [(max(heights), f"{max(costs):.3g}"), (min(heights), f"{min(costs):.3g}")]
    last = len(costs) - 1
    x_ticks = [(float(i), str(i)) for i in dict.fromkeys([0, last // 2, last])]
    marks, wrong = [], 0
    for i, step in enumerate(training.steps):
        x, y = number(axes.across(i)), number(axes.down(heights[i]))
        if step.verdict == "pass":
            marks.append(f'<circle class="right" cx="{x}" cy="{y}" r="2"/>')
        else:
            wrong += 1
            marks.append(f'<path class="wrong" d="M{x} {y}m-4 -4l8 8m0 -8l-8 8"/>')
    scale = ", log scale" if logarithmic else ""
    parts = [
        axes.frame(x_ticks, ends),
        axes.line(list(enumerate(heights)), "cost"),
        *marks,
        label((axes.left + axes.right) / 2, _HEIGHT - 4, f"cost by step{scale}"),
    ]
    text = (
        f"Cost from {costs[0]:.4g} to {costs[-1]:.4g} in {plural(len(training.steps), 'step')}; the gradient "
        f"passed at {len(training.steps) - wrong} of them."
    )
    return picture("cost", _WIDTH, _HEIGHT, text, parts)
