"""How a typed project uses the public names. Read by mypy in `test_typing.py`, and run there too."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import gradcheck

Array = NDArray[np.float64]


def forward(W: Array, x: Array) -> Array:
    return np.asarray(W @ x)


def backward(delta: Array, W: Array, x: Array) -> tuple[Array, Array]:
    return np.outer(delta, x), np.asarray(W.T @ delta)


def one_call() -> gradcheck.Verdict:
    result = gradcheck.verify(
        forward,
        backward,
        shapes={"W": "n m", "x": ("m",)},
        values={"x": gradcheck.normal, "W": st.floats(-5, 5)},
        where=lambda n, m: n <= 8,
        delta=gradcheck.positive,
        batch="n",
        backends=["finite_difference"],
        max_examples=6,
        seed=1,
    )
    strength: gradcheck.Strength | None = result.strength
    reason: str | None = result.reason
    assert strength in (gradcheck.Strength.CERTIFIED, gradcheck.Strength.PROVED), reason
    assert result.counterexample is None
    assert not result.diagnosis
    checks: dict[str, bool] = {row.check: row.counts for row in result.battery}
    assert checks["linearity"]
    kinds: list[str] = [found.kind for found in result.diagnosis]
    assert kinds == []
    return result.verdict


def one_assertion() -> gradcheck.Result:
    return gradcheck.assert_correct(forward, backward, {"W": "n m", "x": "m"}, max_examples=6, seed=2)


def declared() -> gradcheck.Formula:
    @gradcheck.formula(shapes={"W": "n m", "x": "m"}, id="D09")
    def wx(W: Array, x: Array) -> Array:
        return forward(W, x)

    @wx.vjp
    def wx_backward(delta: Array, W: Array, x: Array) -> tuple[Array, Array]:
        return backward(delta, W, x)

    @wx.jacobian("x")
    def wx_jacobian(W: Array, x: Array) -> Array:
        return W

    # decorators keep the types of what they decorate
    again: Callable[[Array, Array], Array] = wx_jacobian
    assert again is wx_jacobian
    first, second = wx_backward(np.ones(2), np.ones((2, 3)), np.ones(3))
    assert (first.shape, second.shape) == ((2, 3), (3,))
    return wx


def caught() -> str:
    try:
        gradcheck.assert_correct(forward, lambda delta, W, x: (W, x), {"W": "n m", "x": "m"}, max_examples=6)
    except gradcheck.GradientError as error:
        return str(error)
    return ""


@given(gradcheck.strategies.points(forward, {"W": "n m", "x": "m"}, max_size=3))
def own_test(point: gradcheck.strategies.Point) -> None:
    n: int = point.sizes["n"]
    assert point.delta.shape == (n,)
