"""Code that is another formula, but rounds as the right one does: guards, and series near zero."""

import math

import numpy as np
import pytest

import gradcheck

VECTOR = {"x": "n"}


def sinc(x):
    safe = np.where(x == 0, 1, x)
    return np.where(x == 0, 1.0, np.sin(safe) / safe)


def sinc_backward(below, last):
    def backward(delta, x):
        near = np.abs(x) < below
        safe = np.where(near, 1, x)
        series = -x / 3 + x**3 / 30 - x**5 / last
        return delta * np.where(near, series, (safe * np.cos(safe) - np.sin(safe)) / safe**2)

    return backward


def relative_exponential(x):
    safe = np.where(x == 0, 1, x)
    return np.where(x == 0, 1.0, np.expm1(safe) / safe)


def relative_exponential_backward(terms):
    def backward(delta, x):
        near = np.abs(x) < 1e-2
        safe = np.where(near, 1, x)
        series = sum(x**k * ((k + 1) / math.factorial(k + 2)) for k in range(terms))
        return delta * np.where(near, series, (np.exp(safe) * (safe - 1) + 1) / safe**2)

    return backward


def softplus(x):
    return np.logaddexp(0, x)


def guarded_softplus(x):
    return np.where(x > 40, x, np.log1p(np.exp(np.minimum(x, 40))))


def guarded_sigmoid(above, limit=1.0):
    return lambda delta, x: delta * np.where(x > above, limit, 1 / (1 + np.exp(-np.minimum(x, above))))


def sigmoid(delta, x):
    return delta / (1 + np.exp(-x))


CASES = [
    ("a series near zero", sinc, sinc_backward(1e-3, 840), sinc_backward(1e-3, 84)),
    ("a series that is long enough", sinc, sinc_backward(1e-3, 840), sinc_backward(0.1, 840)),
    ("rounded factorials", relative_exponential, *map(relative_exponential_backward, (9, 5))),
    ("a guard in the backward", softplus, guarded_sigmoid(40), guarded_sigmoid(20)),
    ("its limit", softplus, guarded_sigmoid(40), guarded_sigmoid(40, 1 + 2.0**-50)),
    ("a guard in the forward", guarded_softplus, sigmoid, guarded_sigmoid(30)),
]


@pytest.mark.parametrize(("forward", "right"), [pytest.param(f, r, id=i) for i, f, r, _ in CASES])
def test_what_rounds_as_the_right_formula_does_passes_as_agreed(forward, right):
    found = gradcheck.verify(forward, right, VECTOR)
    assert (found.verdict, found.strength) == ("pass", "agreed"), found
    assert "off by less than half a unit in the last place of float64" in " ".join(str(found).split())


@pytest.mark.parametrize(("forward", "wrong"), [pytest.param(f, w, id=i) for i, f, _, w in CASES])
def test_what_float64_can_tell_from_it_fails(forward, wrong):
    assert gradcheck.verify(forward, wrong, VECTOR).verdict == "fail"


def test_what_sympy_says_of_a_value_set_at_one_point_is_no_derivative():
    """There it gives 0, the derivative of the number that is set, and the function has 1/2."""
    found = gradcheck.verify(
        relative_exponential, relative_exponential_backward(9), VECTOR, backends=["symbolic"]
    )
    assert found.verdict == "pass"
