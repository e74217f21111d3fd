"""Explanations have to do at shapes and values other than those at which the mistake was seen."""

from __future__ import annotations

from typing import Any

import numpy as np

import gradcheck


def _texts(forward: Any, backward: Any, **given: Any) -> str:
    result = gradcheck.verify(forward, backward, **given)
    assert result.verdict is gradcheck.Verdict.FAIL, str(result)
    return " ".join(d.text for d in result.diagnosis)


def _square(x: Any) -> Any:
    return x * x


def test_a_mean_that_is_scaled_is_no_forgotten_sum() -> None:
    forward = lambda x, b: np.tanh(x) + b[:, None, None]
    backward = lambda delta, x, b: (
        delta * (1 - np.tanh(x) ** 2),
        delta.mean((1, 2)) * delta.shape[1] * delta.shape[1],
    )
    shapes = {"x": "c H W", "b": "c"}
    told = _texts(forward, backward, shapes=shapes, where=lambda H, W: H <= 7 and W <= 7, max_examples=20)
    assert "should be the sum" not in told


def test_a_tail_of_one_entry_is_not_all_but_the_first() -> None:
    def forward(x: Any) -> Any:
        s = np.add.reduceat(x, np.arange(0, len(x), 3))
        return s * s

    def backward(delta: Any, x: Any) -> Any:
        n = len(x)
        g = np.repeat(2 * delta * np.add.reduceat(x, np.arange(0, n, 3)), 3)[:n]
        if n % 3 == 2:
            g[-1] = 0
        return g

    assert "from index 1 on" not in _texts(forward, backward, shapes={"x": "n"})


def test_a_changed_condition_moves_the_mistake_elsewhere() -> None:
    told = _texts(
        _square,
        lambda delta, x: delta * 2 * x * (2 if (x[0] > 100 and x[-1] < -100) else 1),
        shapes={"x": "n"},
    )
    assert "should be <" not in told
    told = _texts(_square, lambda delta, x: delta * (2 * x + (x == 5) * 1e-3), shapes={"x": "n"})
    assert "should not be there" in told


def test_a_threshold_at_the_wrong_place_is_still_found() -> None:
    forward = lambda x: np.where(np.abs(x) < 2, x * x / 2, 2 * np.abs(x) - 2)
    backward = lambda delta, x: delta * np.where(np.abs(x) < 2.5, x, 2 * np.sign(x))
    assert "< 2" in _texts(forward, backward, shapes={"x": "n"})


def test_too_small_is_not_called_too_large() -> None:
    def backward(delta: Any, x: Any) -> Any:
        k = min(len(x), 3)
        g = np.zeros_like(x)
        g[np.argsort(x)[::-1][:k]] = delta / 3
        return g

    forward = lambda x: np.sort(x)[-min(len(x), 3) :].sum() / min(len(x), 3)
    assert "too large" not in _texts(forward, backward, shapes={"x": "n"})


def test_sizes_apart_by_a_number() -> None:
    def backward(delta: Any, W: Any, x: Any) -> Any:
        n, m = W.shape
        if n == m + 333:
            return np.outer(delta, x) * 2, W.T @ delta
        return np.outer(delta, x), W.T @ delta

    told = _texts(lambda W, x: W @ x, backward, shapes={"W": "n m", "x": "m"}, max_examples=5)
    assert "wrong only where n = m + 333" in told


def test_a_size_too_large_to_ask_beside_has_no_condition() -> None:
    def backward(delta: Any, W: Any, x: Any) -> Any:
        return np.outer(delta, x) * (2 if W.shape[0] in (1500, 1501) else 1), W.T @ delta

    result = gradcheck.verify(lambda W, x: W @ x, backward, shapes={"W": "n m", "x": "m"}, max_examples=5)
    assert "only where" not in result.diagnosis[0].text
    assert not result.untried


def test_values_that_are_all_the_same() -> None:
    forward = lambda k, x: np.where(k == 0, 1.0, x**k)
    backward = lambda delta, k, x: (None, delta * k * x ** (k - 1.0))
    told = _texts(forward, backward, shapes={"k": "n", "x": "n"}, values={"k": gradcheck.integers(0, 4)})
    assert "1 <" not in told
