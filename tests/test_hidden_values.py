"""Values that draws hardly ever are, and at which wrong code shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck import Verdict

Code = Callable[..., Any]


def _square(x: Any) -> Any:
    return x * x


def _verdict(backward: Code, **given: Any) -> Verdict:
    return gradcheck.verify(_square, backward, shapes={"x": "n"}, **given).verdict


@pytest.mark.parametrize(
    "backward",
    [
        lambda delta, x: 2 * delta * np.round(x, 9),
        lambda delta, x: np.round(2 * delta * x, 8),
        lambda delta, x: 2 * np.round(delta, 6) * x,
        lambda delta, x: 2 * delta * np.array([float(f"{v:.7f}") for v in x]),
    ],
)
def test_numbers_of_many_digits(backward: Code) -> None:
    assert _verdict(backward) is Verdict.FAIL


def test_code_that_goes_through_text_whole() -> None:
    assert _verdict(lambda delta, x: 2 * delta * np.array([float(f"{v:.17g}") for v in x])) is Verdict.PASS


@pytest.mark.parametrize("declared", [gradcheck.normal, gradcheck.positive])
def test_declared_deltas_are_steered(declared: Any) -> None:
    assert _verdict(lambda delta, x: 2 * x * delta * (delta < 100), delta=declared) is Verdict.FAIL


def test_declared_deltas_stay_where_they_are_declared() -> None:
    wrong_below_zero = lambda delta, x: 2 * x * np.abs(delta)
    assert _verdict(wrong_below_zero, delta=gradcheck.positive) is Verdict.PASS
    assert _verdict(wrong_below_zero, delta=gradcheck.normal) is Verdict.FAIL


@pytest.mark.parametrize(
    "backward",
    [
        lambda delta, x: delta * 2 * x * (1 + (x[0] > 100) * (x[-1] < -100)),
        lambda delta, x: delta * 2 * x * (1 + np.all(np.diff(x) > 0) * (len(x) > 4)),
        lambda delta, x: delta * 2 * x * (1 + np.all(x == x[0]) * (len(x) > 2)),
        lambda delta, x: delta * 2 * x * (1.0 + (np.argmin(x) == 5)),
        lambda delta, x: delta * 2 * x * (1.0 + (np.argmax(x) == 7)),
    ],
)
def test_both_sides_of_conditions_on_several_things(backward: Code) -> None:
    assert _verdict(backward) is Verdict.FAIL


def test_a_condition_that_sizes_decide_is_named() -> None:
    backward = lambda delta, x: delta * 2 * x * (1 + (x > 20) * (len(x) > 900))
    result = gradcheck.verify(_square, backward, shapes={"x": "n"})
    assert result.verdict is Verdict.FAIL or result.untried


@pytest.mark.parametrize(
    "close",
    [
        np.isclose,
        lambda x, y: np.abs(x - y) <= 1e-8 + 1e-5 * np.abs(y),
        np.allclose,
    ],
)
def test_close_to_one_another_and_not_equal(close: Code) -> None:
    def backward(wrong: float) -> Code:
        def of_both(delta: Any, x: Any, y: Any) -> Any:
            g = 2 * delta * (x - y)
            g = np.where(close(x, y), wrong * g, g)
            return g, -g

        return of_both

    forward = lambda x, y: (x - y) ** 2
    shapes = {"x": "n", "y": "n"}
    assert gradcheck.verify(forward, backward(0.0), shapes=shapes).verdict is Verdict.FAIL
    assert gradcheck.verify(forward, backward(1.0), shapes=shapes).verdict is Verdict.PASS


class _Counting:
    """A dense layer that counts its calls, and may be wrong from some call on."""

    def __init__(self, wrong: bool, last: int = 5000) -> None:
        self.W, self.t, self.wrong, self.last = np.ones((2, 3)), 0, wrong, last

    def forward(self, x: Any) -> Any:
        self.x = x
        self.t += 1
        return x @ self.W

    def backward(self, delta: Any) -> Any:
        self.dW = self.x.T @ delta
        if self.wrong and self.t >= self.last:
            return 0 * self.x
        return delta @ self.W.T


def test_a_branch_on_what_is_counted_is_not_proved() -> None:
    shapes = {"x": "N n", "W": "n m"}
    result = gradcheck.verify(*gradcheck.layer(_Counting(True), parameters=("W",)), shapes=shapes)
    assert result.verdict is Verdict.PASS
    assert result.strength is not gradcheck.Strength.PROVED
    assert any("self.t >= self.last" in u.what for u in result.untried)


def test_what_is_only_counted_is_proved() -> None:
    class Plain(_Counting):
        def backward(self, delta: Any) -> Any:
            self.dW = self.x.T @ delta
            return delta @ self.W.T

    shapes = {"x": "N n", "W": "n m"}
    result = gradcheck.verify(*gradcheck.layer(Plain(False), parameters=("W",)), shapes=shapes)
    assert result.strength is gradcheck.Strength.PROVED
