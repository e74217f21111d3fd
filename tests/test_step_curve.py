"""The step-size curve converges to the right value, within its bound, for every kind of claim."""

import numpy as np
import pytest
from flint import arb

from gradcheck.arithmetic import precision
from gradcheck.checking.claim_check import check_claim
from gradcheck.checking.writing.step_curve import step_curve
from gradcheck.formulas.decorating import Formula
from gradcheck.formulas.quantity import derivative
from gradcheck.judging.answers.backends import choose
from gradcheck.judging.points.point import Point


def softmax(x):
    e = np.exp(x - np.max(x))
    return e / np.sum(e)


def product(A, x):
    return np.tanh(A @ x)


def slope(A, x):
    return 1 - np.tanh(A @ x) ** 2


def cost(w, x):
    return np.sum((w * np.sin(x)) ** 2)


def claim_of(name):
    """A claim of every kind, each wrong by a factor of two."""
    layer = Formula(product, {"A": "n m", "x": "m"})
    layer.vjp(lambda d, A, x: (2 * np.outer(d * slope(A, x), x), A.T @ (d * slope(A, x))))
    layer.jacobian("x")(lambda A, x: 2 * slope(A, x)[:, None] * A)
    layer.jacobian("A", layout="numerator")(
        lambda A, x: 2 * np.einsum("ij,i,k->ijk", np.eye(A.shape[0]), slope(A, x), x).reshape(A.shape[0], -1)
    )
    layer.entry("dz[i]/dA[i,j]")(lambda i, j, A, x: 2 * slope(A, x)[i] * x[j])
    layer.entry("dJ/dx[j]")(lambda j, d, A, x: 2 * np.sum(d * slope(A, x) * A[:, j]))
    layer.entry("dz/dx[j]")(lambda j, A, x: 2 * slope(A, x) * A[:, j])
    loss = Formula(cost, {"w": "", "x": "n"})
    loss.update()(lambda rate, w, x: (w - 4 * rate * w * np.sum(np.sin(x) ** 2), None))
    loss.layout("x", layout="own")(lambda w, x: 4 * w**2 * np.sin(x) * np.cos(x))
    return {c.uid: c for f in (layer, loss) for c in f.claims}[name]


KINDS = (
    "product.vjp",
    "product.jacobian-x",
    "product.jacobian-A",
    "product.entry-dz[i]_dA[i,j]",
    "product.entry-dJ_dx[j]",
    "product.entry-dz_dx[j]",
    "cost.update",
    "cost.layout-x",
)


@pytest.mark.parametrize("name", KINDS)
def test_it_is_the_curve_of_the_entry_that_is_wrong(name):
    """A difference by any other entry would not converge to the right value."""
    found = check_claim(claim_of(name), max_examples=6).row.counterexample
    curve = found.step_curve

    assert (curve.quantity, curve.index) == (found.quantity, found.index)
    assert curve.exact[-1] < 1e-30
    assert curve.gap > 0.01
    assert curve.steps == sorted(curve.steps, reverse=True)
    assert len(curve.steps) == len(curve.error) == len(curve.exact) == len(curve.bound) == 30


def curve_at(function, x, stated, right, **values):
    formula = Formula(function, {"x": "n"})
    formula.jacobian("x", layout="own" if np.ndim(function(np.array([x]))) == 0 else "tensor")(lambda x: x)
    claim = formula.claims[0]
    point = Point({"n": 1}, (np.array([x]),), (np.asarray(function(np.array([x]))),), (np.ones(()),), False)
    index = [0] if np.ndim(point.outputs[0]) == 0 else [0, 0]
    return step_curve(claim, point, derivative("x"), index, stated, right, "told")


@pytest.mark.parametrize(
    ("function", "x", "right"),
    [
        (lambda x: np.sum(np.sin(50 * x)), 0.3, lambda x: 50 * (50 * x).cos()),
        (lambda x: np.sum(np.exp(x)), 3.7, arb.exp),
        (lambda x: np.sum(x**3), 1e4, lambda x: 3 * x**2),
        (np.tanh, -0.7, lambda x: 1 / x.cosh() ** 2),
    ],
)
def test_the_float64_difference_stays_within_its_bound(function, x, right):
    """Where truncation rules and where rounding does, and neither comes near a wrong value."""
    with precision(300):
        true = right(arb(x))
    curve = curve_at(function, x, 1.5 * float(true), true)

    assert all(error <= bound for error, bound in zip(curve.error, curve.bound, strict=True))
    assert min(curve.error) < 1e-8
    assert curve.exact[-1] < 1e-25
    assert curve.gap == pytest.approx(1 / 3, rel=1e-2)


def test_a_wrong_reference_is_not_converged_to():
    """The twin: were the accused value right, the picture would say so."""
    right = arb(0.5).exp()

    curve = curve_at(lambda x: np.sum(np.exp(x)), 0.5, float(right), 2 * right)

    assert min(curve.error[:25]) > 0.3
    assert min(curve.exact) > 0.4


def test_steps_that_leave_the_domain_are_left_out():
    curve = curve_at(lambda x: np.sum(np.log(x)), 1e-3, 7.0, arb(1000))

    assert max(curve.steps) < 1e-3
    assert 20 < len(curve.steps) < 30


@pytest.mark.parametrize("stated", [float("nan"), float("inf")])
def test_no_curve_for_a_value_that_is_not_finite(stated):
    assert curve_at(lambda x: np.sum(np.exp(x)), 0.5, stated, arb(1)) is None


def test_no_curve_where_the_forward_does_not_run_beside_the_point():
    def picky(x):
        if x[0] != 0.5:
            raise ValueError("only 0.5")
        return np.sum(x)

    assert curve_at(picky, 0.5, 7.0, arb(1)) is None


def test_no_curve_for_two_zeros():
    assert curve_at(lambda x: np.sum(x * 0), 0.5, 0.0, arb(0)) is None


def test_a_forward_claim_has_none():
    formula = Formula(lambda x: np.sum(x**2), {"x": "n"})
    formula.forward(lambda x: np.sum(x**2) + 1)

    row = check_claim(formula.claims[0], max_examples=5, found=choose(["finite_difference"])).row

    assert row.counterexample.candidate is not None
    assert row.counterexample.step_curve is None
