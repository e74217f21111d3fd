"""How a backward of the whole is wired wrongly although every layer's own backward is right.

The layers' backwards are put together in wrong ways: one left out, two exchanged, one given another
layer's weights. What the backward by hand gives is compared with each of them, in ball arithmetic, at
points where it is wrong. A way that gives the same numbers at all of them explains the mistake.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcheck.arithmetic import BALLS, ElementArray, call_in, enclose, precision, wrap
from gradcheck.arithmetic.precisions import BITS
from gradcheck.chains.composing import gradients_of
from gradcheck.chains.wirings import Step, Wiring, straight, wrong_ways
from gradcheck.formulas.kinds.per_argument import parts
from gradcheck.judging.comparing import RESOLUTION
from gradcheck.judging.points.point import Point
from gradcheck.judging.points.sizes import distinct

if TYPE_CHECKING:
    from gradcheck.chains.net import Net
    from gradcheck.formulas.claim import Claim

__all__ = ["explain"]

_MOST_EXPLANATIONS = 2
"""More ways that fit equally well explain nothing."""

Backward = Callable[..., Sequence[Any]]
Gradients = Sequence[Any]  # an object array of balls for each argument, or None


def explain(chain: Net, claim: Claim, points: Sequence[Point]) -> str | None:
    """The wrong ways that give what the claim's backward gives, in words; None where there is none.

    Without a point of distinct sizes nothing is said: at square shapes too much looks alike.
    """
    candidate = getattr(claim.candidate, "__wrapped__", claim.candidate)
    if not chain.complete or not any(distinct(p.sizes) for p in points):
        return None
    fitting = list(wrong_ways(chain))
    with precision(BITS):
        for point in points:
            stated = _run(lambda *a: _stated(chain, candidate, *a), point)
            right = _run(_wired(chain, Wiring("", straight(chain))), point)
            if stated is None or right is None or _same(right, stated):
                return None  # not the wiring: in ball arithmetic there is nothing wrong with it
            fitting = [w for w in fitting if (g := _run(_wired(chain, w), point)) and _same(g, stated)]
    if not 0 < len(fitting) <= _MOST_EXPLANATIONS:
        return None
    return ", or ".join(w.text for w in fitting)


def _wired(chain: Net, wiring: Wiring) -> Backward:
    """A backward that is wired so; it raises whatever does not conform."""

    def run(delta: Any, *args: Any) -> list[Any]:
        reached = [args[0], *[forward(*args) for forward in chain.forwards]]
        flow = np.ones_like(delta) if wiring.ones else delta
        deltas = {len(chain.layers): flow}  # by the layer whose input each belongs to
        result: list[Any] = [None] * len(args)
        for step in wiring.steps:
            by_input, *by_own = _called(chain, step, flow, reached, args)
            flow = by_input if step.passes else flow
            deltas[step.layer] = flow
            if step.from_ is None:
                _add(result, chain.places[step.layer], by_own)
        for step in wiring.steps:
            if step.from_ is not None:
                _, *by_own = _called(chain, step, deltas[step.from_], reached, args)
                _add(result, chain.places[step.layer], by_own)
        result[0] = flow if result[0] is None else result[0] + flow
        if wiring.exchanged is not None:
            i, j = wiring.exchanged
            result[i], result[j] = result[j], result[i]
        return result

    return run


def _called(chain: Net, step: Step, flow: Any, reached: Sequence[Any], args: Sequence[Any]) -> list[Any]:
    layer = chain.layers[step.layer]
    assert layer.backward is not None, "explain asks only where every layer has one"
    own = [args[i] for i in chain.places[step.own]]
    swapped = [(reached[step.at], reached[step.layer])]
    swapped += [(a, args[i]) for a, i in zip(own, chain.places[step.layer], strict=True)]
    if any(np.shape(given) != np.shape(meant) for given, meant in swapped):
        raise ValueError("something of another shape is no likely mistake, and may broadcast")
    returned = layer.backward(flow, reached[step.at], *own)
    return gradients_of(returned, layer.arguments, chain.layer_names[step.layer])


def _add(result: list[Any], places: Sequence[int], more: Sequence[Any]) -> None:
    for place, gradient in zip(places, more, strict=True):
        result[place] = gradient if result[place] is None or gradient is None else result[place] + gradient


def _stated(chain: Net, candidate: Callable[..., Any], delta: Any, *args: Any) -> list[Any]:
    returned = candidate(delta, *args)
    names = chain.shapes.arguments
    if isinstance(returned, Mapping):
        return [returned[name] for name in names]
    return parts(names, returned, "gradient")


def _run(backward: Backward, point: Point) -> Gradients | None:
    """What a backward gives in balls, whatever its shapes; None where it fails."""
    args = [wrap(enclose(a), BALLS) if i in point.wrt else a for i, a in enumerate(point.args)]
    deltas = [wrap(enclose(d), BALLS) for d in point.delta]
    try:
        with np.errstate(all="ignore"):
            given = call_in(BALLS, backward, (tuple(deltas) if point.multiple else deltas[0], *args))
        return [None if g is None else _balls(g) for g in given]
    except Exception:  # wrong ways mostly do not conform, and may raise anything
        return None


def _balls(value: Any) -> Any:
    return value.data if isinstance(value, ElementArray) else wrap(BALLS.lift_array(value), BALLS).data


def _same(wired: Gradients, stated: Gradients) -> bool:
    """Whether a way gives the same in every gradient that was stated."""
    return all(b is None or (a is not None and _equal(a, b)) for a, b in zip(wired, stated, strict=True))


def _equal(one: Any, other: Any) -> bool:
    if one.shape != other.shape:
        return False
    pairs = list(zip(one.reshape(-1), other.reshape(-1), strict=True))
    scale = sum(abs(a).upper() + abs(b).upper() for a, b in pairs)
    return all(abs(a - b).upper() <= scale * RESOLUTION for a, b in pairs)
