"""Points of spaces that code treats apart: poles, the identity, and what lies just beside them."""

from __future__ import annotations

from typing import Any

import numpy as np

import gradcheck
from gradcheck import Verdict


def _log_of_quaternion(q: Any) -> Any:
    angle = np.arccos(q[0])
    return angle * q[1:] / np.sin(angle)


def _backward_of_log(delta: Any, q: Any) -> Any:
    angle = np.arccos(q[0])
    sine = np.sin(angle)
    by_angle = (sine - angle * np.cos(angle)) / sine**2
    first = -np.sum(delta * q[1:]) * by_angle / np.sqrt(1 - q[0] ** 2)
    return np.concatenate([[first], angle / sine * delta])


def test_a_naive_logarithm_is_right_close_to_the_pole() -> None:
    result = gradcheck.verify(
        _log_of_quaternion, _backward_of_log, shapes={"q": "4"}, spaces={"q": gradcheck.sphere}
    )
    assert result.verdict is Verdict.PASS, str(result)


def _angle(R: Any) -> Any:
    return np.arccos((np.trace(R) - 1) / 2)


def _backward_of_angle(delta: Any, R: Any) -> Any:
    cosine = (np.trace(R) - 1) / 2
    return -delta * np.eye(3) / (2 * np.sqrt(1 - cosine**2))


def test_no_derivative_at_the_identity() -> None:
    """Along a straight line the trace stays 3, and the angle 0; in the space the angle has a kink."""
    given: dict[str, Any] = {"shapes": {"R": "3 3"}, "spaces": {"R": gradcheck.rotations}}
    assert gradcheck.verify(_angle, _backward_of_angle, **given).verdict is Verdict.PASS
    wrong = lambda delta, R: -_backward_of_angle(delta, R)
    assert gradcheck.verify(_angle, wrong, **given).verdict is Verdict.FAIL


def test_a_branch_close_to_a_pole_is_met() -> None:
    def backward(delta: Any, q: Any) -> Any:
        return 6 * q * delta if q[0] < 0.999 else 5 * q * delta

    result = gradcheck.verify(
        lambda q: 3 * q * q, backward, shapes={"q": "4"}, spaces={"q": gradcheck.sphere}
    )
    assert result.verdict is Verdict.FAIL, str(result)
