"""Kinks seen in float64, of forwards that do not run in balls; and that nobody is measured by them."""

import numpy as np
import pytest

from gradcheck.checking.claim_check import check_claim
from gradcheck.formulas.decorating import Formula
from gradcheck.judging.answers.float_kinks import bends


def bent(point_at, function, delta=None, **arrays):
    formula = Formula(function, {n: " ".join(str(s) for s in np.shape(a)) for n, a in arrays.items()})
    return bends(formula, point_at(formula, delta=delta, **arrays))


KINKED = {
    "a tied median": (np.median, [0.0, 11.8, 0.0, 0.0, 0.0]),
    "the middle of three ties": (np.median, [0.0, -7.0, 0.0, 11.8, 0.0]),
    "a tied quantile": (lambda x: np.quantile(x, 0.25), [2.0, 2.0, 1.0, 1.0, 5.0]),
    "relu in Python floats": (lambda x: np.array([max(float(v), 0.0) for v in x]), [1.0, 0.0]),
    "abs under large values": (lambda x: np.abs(x) + 1e3, [700.0, 0.0]),
    "a spectral norm at a tie": (lambda x: np.linalg.norm(np.diag(x), 2), [2.0, 2.0]),
}
SMOOTH = {
    "a median without ties": (np.median, [0.0, 11.8, 3.0, 5.0, 4.0]),
    "relu off zero": (lambda x: np.array([max(float(v), 0.0) for v in x]), [1.0, -1e-3]),
    "relu squared": (lambda x: np.maximum(x, 0) ** 2, [0.0, 1.0]),
    "a steep sigmoid": (lambda x: 1 / (1 + np.exp(-1e6 * x)), [0.0, 1e-6]),
    "a jump": (np.floor, [1.0, 2.0]),
    "float32": (lambda x: np.tanh(x.astype(np.float32)), [0.3, 2.0, 5.0]),
    "sin(50 x)": (lambda x: np.sin(50 * x), [0.1, 3.0]),
    "log near its end": (np.log, [1e-4, 1.0]),
    "a constant": (lambda x: 0 * x, [0.0]),
}


@pytest.mark.parametrize("name", KINKED)
def test_a_kink_is_seen(point_at, name):
    """By a jump of the slope that no smaller step shrinks."""
    function, x = KINKED[name]
    assert bent(point_at, function, x=np.array(x))


@pytest.mark.parametrize("name", SMOOTH)
def test_nothing_is_seen_where_the_forward_is_smooth_or_jumps(point_at, name):
    """Neither curvature, nor noise, nor a jump of the values is a kink."""
    function, x = SMOOTH[name]
    assert not bent(point_at, function, x=np.array(x))


def test_a_kink_that_delta_does_not_weigh_is_none(point_at):
    """The sum over delta and output is smooth there."""
    arrays = {"x": np.array([0.0, 1.0])}
    assert not bent(point_at, np.abs, delta=np.array([0.0, 1.0]), **arrays)
    assert bent(point_at, np.abs, delta=np.array([1.0, 0.0]), **arrays)


def shared_among_ties(d, x):
    at = x == np.median(x)
    return d * at / at.sum()


def test_no_convention_at_a_tied_median_is_accused():
    """JAX and a difference along +-1 both contradicted shared ties."""
    formula = Formula(np.median, {"x": "5"}, values={"x": np.array([0.0, 11.8, 0.0, 0.0, 0.0])})
    formula.vjp(shared_among_ties)
    free = Formula(np.median, {"x": "5"})
    free.vjp(shared_among_ties)
    free.vjp(suffix="wrong")(lambda d, x: shared_among_ties(d, x) * 1.001)
    assert check_claim(formula.claims[0], max_examples=6).row.verdict == "inconclusive"
    assert check_claim(free.claims[0]).row.verdict == "pass"
    assert check_claim(free.claims[1]).row.verdict == "fail"
