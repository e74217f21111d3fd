"""float64 and balls must have run the same computation, for candidates and for forwards."""

import numpy as np
import pytest

from gradcheck import verify
from gradcheck.arithmetic import enclose, precision
from gradcheck.judging.candidates.same_code import same_code
from gradcheck.judging.points.point import Point

POINT = Point({}, (np.array([1.0, 2.0]),), (np.zeros(2),), (np.ones(2),), multiple=False)


def _balls(values, bits=212):
    with precision(bits):
        return {"z": enclose(np.asarray(values)) / 3}


def test_rounding_is_the_same_code():
    """A third in float64 is a third in balls."""
    assert same_code(
        {"z": np.array([1.0, 2.0]) / 3}, _balls([1.0, 2.0]), lambda: _balls([1.0, 2.0], 53), POINT
    )


@pytest.mark.parametrize(
    "values", [np.float32([1.0, 2.0]) / 3, np.array([1.0, 2.0]), np.array([[1.0, 2.0]]) / 3]
)
def test_float32_other_values_and_other_shapes_are_not(values):
    """Seven digits are no rounding of float64."""
    balls = _balls([1.0, 2.0])

    assert not same_code({"z": np.asarray(values, dtype=float)}, balls, lambda: _balls([1.0, 2.0], 53), POINT)


def test_cancellation_is_forgiven_by_the_running_error():
    """What float64 loses by cancelling, the radius at 53 bits loses too."""
    x = np.array([0.1])

    def run(bits):
        with precision(bits):
            ball = enclose(x) / 3
            return {"z": (ball + 1) - 1}

    assert same_code({"z": (x / 3 + 1) - 1}, run(212), lambda: run(53), POINT)


def test_another_order_of_summation_is_the_same_code():
    """One order cancels exactly, the other does not."""
    x = np.array([0.1, 0.3, -0.1, -0.3])
    point = Point({}, (x,), (np.zeros(()),), (np.ones(()),), multiple=False)
    with precision(212):
        exact = {"z": np.array(enclose(x)[0] - enclose(x)[0], dtype=object)}

    assert same_code({"z": np.asarray(5.6e-17)}, exact, lambda: exact, point)
    assert not same_code({"z": np.asarray(1e-9)}, exact, lambda: exact, point)


def test_a_forward_that_asks_for_types_is_an_error_and_not_certified():
    """Everything would be proved about code that nobody runs."""
    result = verify(lambda x: 3 * x if isinstance(x, np.ndarray) else x, lambda d, x: d, {"x": "n"})

    assert result.verdict == "error"
    assert "something else in float64" in result.row.reason


def test_a_forward_that_does_not_ask_passes():
    """The right twin."""
    assert verify(lambda x: 3 * x, lambda d, x: 3 * d, {"x": "n"}).verdict == "pass"


@pytest.mark.parametrize(("factor", "verdict"), [(1.0, "pass"), (1.01, "fail")])
def test_code_that_is_wrong_in_other_arithmetics_alone_is_no_bug_of_ours(factor, verdict):
    """It is what runs that is judged; and balls tell nothing of what float32 loses."""

    def backward(d, x):
        return factor * d * np.cos(x) if isinstance(x, np.ndarray) else 2 * d * np.cos(x)

    found = verify(np.sin, backward, {"x": "n"})
    assert found.verdict == verdict
    assert "please report" not in str(found)
    assert found.row.precision in (None, [])
