"""Forward and backward that branch on the same sizes: proved on every branch, and no contradiction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck import Strength, Verdict


def _capped(x: Any) -> Any:
    return np.sum(x * x) / min(len(x), 5)


def _gained(x: Any, W: Any) -> Any:
    gain = 2.0 if W.shape[0] >= W.shape[1] else 1.0
    return gain * x @ W


def _same_size(x: Any, y: Any) -> Any:
    return np.sum(x) * np.sum(y) * (3 if len(x) == len(y) else 1)


def _long(x: Any) -> Any:
    return np.sum(x * x) * (1 + max(0, len(x) - 300))


RIGHT: list[tuple[Callable[..., Any], Callable[..., Any], dict[str, str]]] = [
    (_capped, lambda delta, x: 2 * delta * x / min(len(x), 5), {"x": "n"}),
    (
        _gained,
        lambda delta, x, W: (
            (2.0 if W.shape[0] >= W.shape[1] else 1.0) * W @ delta,
            (2.0 if W.shape[0] >= W.shape[1] else 1.0) * np.outer(x, delta),
        ),
        {"x": "n", "W": "n m"},
    ),
    (
        _same_size,
        lambda delta, x, y: (
            delta * np.sum(y) * (3 if len(x) == len(y) else 1) + 0 * x,
            delta * np.sum(x) * (3 if len(x) == len(y) else 1) + 0 * y,
        ),
        {"x": "n", "y": "m"},
    ),
    (_long, lambda delta, x: 2 * delta * x * (1 + max(0, len(x) - 300)), {"x": "n"}),
]

WRONG: list[tuple[Callable[..., Any], Callable[..., Any], dict[str, str]]] = [
    (_capped, lambda delta, x: 2 * delta * x / min(len(x), 6), {"x": "n"}),
    (
        _gained,
        lambda delta, x, W: (
            (2.0 if W.shape[0] > W.shape[1] else 1.0) * W @ delta,
            (2.0 if W.shape[0] > W.shape[1] else 1.0) * np.outer(x, delta),
        ),
        {"x": "n", "W": "n m"},
    ),
    (
        _same_size,
        lambda delta, x, y: (delta * np.sum(y) + 0 * x, delta * np.sum(x) + 0 * y),
        {"x": "n", "y": "m"},
    ),
    (_long, lambda delta, x: 2 * delta * x * (1 + max(0, len(x) - 299)), {"x": "n"}),
]


@pytest.mark.parametrize(("forward", "backward", "shapes"), RIGHT)
def test_right_on_every_branch(
    forward: Callable[..., Any], backward: Callable[..., Any], shapes: dict[str, str]
) -> None:
    result = gradcheck.verify(forward, backward, shapes=shapes)
    assert (result.verdict, result.strength) == (Verdict.PASS, Strength.PROVED), str(result)


@pytest.mark.parametrize(("forward", "backward", "shapes"), WRONG)
def test_wrong_on_one_branch(
    forward: Callable[..., Any], backward: Callable[..., Any], shapes: dict[str, str]
) -> None:
    result = gradcheck.verify(forward, backward, shapes=shapes)
    assert result.verdict is Verdict.FAIL, str(result)
