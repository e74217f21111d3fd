"""A forward that rounds to float32 is judged as a formula, and nothing else is let through with it."""

import numpy as np
import pytest

import gradcheck

HOW = {"shapes": {"x": "n"}, "max_examples": 8, "backends": ["symbolic", "finite_difference"]}


def narrow(x):
    out = np.zeros(x.shape, dtype=np.float32)
    for i in range(len(x)):
        out[i] = np.tanh(x[i])
    return out


def right(delta, x):
    return delta * (1 - narrow(x) ** 2)


def by_type(delta, x):
    """Right in every arithmetic but in the one that people run."""
    return right(delta, x) * (1.001 if isinstance(x, np.ndarray) else 1)


def test_a_right_gradient_is_certified_and_it_is_said():
    """With the digits that float32 costs."""
    result = gradcheck.verify(narrow, right, **HOW)
    assert result.strength == "certified", str(result)
    assert "the forward rounds to float32: judged is the formula, not its rounding" in str(result)
    lost = next(p for p in result.row.precision if p.dtype == "float64")
    assert lost.lost > 6


@pytest.mark.parametrize(
    "wrong",
    [lambda d, x: d * (1 - narrow(x)), lambda d, x: d * (1 - narrow(x) ** 2 * 1.0001), by_type],
    ids=["formula", "a small factor", "by type"],
)
def test_a_wrong_one_fails(wrong):
    """Also by less than a percent, and where only the float64 run is wrong."""
    assert gradcheck.verify(narrow, wrong, **HOW).verdict == "fail"


def test_float32_in_the_backward_alone_still_fails():
    """The formula is one of float64, and the gradient has seven digits."""
    result = gradcheck.verify(np.tanh, lambda d, x: right(d, x).astype(np.float32), **HOW)
    assert result.verdict == "fail"
    assert {d.kind for d in result.diagnosis} == {"float32"}


def test_a_forward_that_asks_for_types_is_no_formula():
    """More than float32's rounding lies between its values."""
    forward = lambda x: narrow(x) * (1.001 if isinstance(x, np.ndarray) else 1)
    result = gradcheck.verify(forward, right, **HOW)
    assert result.verdict == "error"
    assert "does it ask for the type of its arguments?" in result.reason


def a_number(x):
    y = x.astype(np.float32)
    return float(np.sum(y * y))


@pytest.mark.parametrize(("factor", "verdict"), [(2, "pass"), (2.001, "fail")])
def test_float_of_a_float32_has_its_value(factor, verdict):
    """A loss that is handed out as a number of Python was `inconclusive`."""
    backward = lambda d, x: (factor * d * x.astype(np.float32)).astype(np.float64)
    assert gradcheck.verify(a_number, backward, **HOW).verdict == verdict


def test_float_is_a_type_besides():
    def mean(x):
        out = np.zeros(len(x), dtype=float)
        out[:] = x.astype(np.float32)
        return float(np.mean(out)) if isinstance(0.5, float) else None

    assert gradcheck.verify(mean, lambda d, x: d * np.ones(len(x)) / len(x), **HOW).verdict == "pass"
