"""Matrices that are close to singular: float64 loses its digits, and that is nothing against the code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import gradcheck
from gradcheck import Verdict


def _hilbert(n: Any) -> Any:
    i = np.arange(n)
    return 1.0 / (i[:, None] + i[None, :] + 1.0)


def _powers(n: Any) -> Any:
    return np.vander(np.linspace(0.1, 1.1, n))


def _of_hilbert(b: Any) -> Any:
    return np.linalg.solve(_hilbert(len(b)), b)


def _of_powers(b: Any) -> Any:
    return np.linalg.solve(_powers(len(b)), b)


@pytest.mark.parametrize(
    ("forward", "backward"),
    [
        (_of_hilbert, lambda delta, b: np.linalg.solve(_hilbert(len(b)).T, delta)),
        (_of_hilbert, lambda delta, b: np.linalg.solve(_hilbert(len(b)), delta)),
        (_of_powers, lambda delta, b: np.linalg.solve(_powers(len(b)).T, delta)),
    ],
)
def test_lost_digits_are_no_mistake(forward: Callable[..., Any], backward: Callable[..., Any]) -> None:
    result = gradcheck.verify(forward, backward, shapes={"b": "n"})
    assert result.verdict is Verdict.PASS, str(result)


@pytest.mark.parametrize(
    ("forward", "backward"),
    [
        (_of_powers, lambda delta, b: np.linalg.solve(_powers(len(b)), delta)),
        (_of_hilbert, lambda delta, b: 1.01 * np.linalg.solve(_hilbert(len(b)), delta)),
        (_of_hilbert, lambda delta, b: np.linalg.solve(_hilbert(len(b)), delta) * (1 + (len(b) == 11))),
    ],
)
def test_a_mistake_is_seen_beside_lost_digits(
    forward: Callable[..., Any], backward: Callable[..., Any]
) -> None:
    result = gradcheck.verify(forward, backward, shapes={"b": "n"})
    assert result.verdict is Verdict.FAIL, str(result)


def test_rounding_that_is_no_matrixs_stays_a_mistake() -> None:
    """Terms that cancel in the code alone hide no wrong digits behind a solver's."""
    backward = lambda delta, b: (np.linalg.solve(_powers(len(b)).T, delta) + 1e30) - 1e30
    assert gradcheck.verify(_of_powers, backward, shapes={"b": "n"}).verdict is Verdict.FAIL


@pytest.mark.parametrize(("factor", "verdict"), [(1.0, "inconclusive"), (2.0, "fail")])
def test_an_inverse_of_numbers_that_has_lost_its_digits_is_no_bug_of_ours(
    factor: float, verdict: str
) -> None:
    """It is not symmetric any more, though Hilbert's matrix is."""
    result = gradcheck.verify(
        lambda x: np.linalg.inv(_hilbert(len(x))) @ x,
        lambda d, x: factor * np.linalg.inv(_hilbert(len(x))) @ d,
        {"x": "n"},
    )
    assert result.verdict == verdict
    assert "please report" not in str(result)
