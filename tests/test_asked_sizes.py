"""Sizes that code asks about: the user's numbers are found in every wrapper of ours, and ours are not."""

from math import prod

import numpy as np
import pytest

import gradcheck
from gradcheck.checking.further_points import points_of_asked_sizes
from gradcheck.formulas.decorating import Formula
from gradcheck.judging.points.asked_sizes import asked_sizes
from gradcheck.judging.session import Session

SHAPES = {"x": "n"}


def cubes(x):
    return (x**3).sum()


def hidden(x):
    return (x**3).sum() * (1.0 if len(x) != 77 else 2.0)


class Layer:
    def forward(self, x):
        self.x = x
        return x**3

    def backward(self, d):
        return 3 * d * self.x**2


class Hidden(Layer):
    def forward(self, x):
        self.x = x
        return x**3 if len(x) != 77 else x


def claim_of(pair):
    formula = Formula(pair[0], SHAPES)
    formula.vjp(pair[1])
    return formula.claims[0]


def second_order(forward):
    formula = Formula(forward, SHAPES)
    formula.hessian("x")(lambda x: np.diag(6 * x))
    return formula.claims[0]


WRAPPED = {
    "hessian": (lambda: second_order(cubes), lambda: second_order(hidden)),
    "layer": (lambda: claim_of(gradcheck.layer(Layer())), lambda: claim_of(gradcheck.layer(Hidden()))),
    "value and grad": (
        lambda: claim_of(gradcheck.value_and_grad(lambda x: (cubes(x), 3 * x**2))),
        lambda: claim_of(gradcheck.value_and_grad(lambda x: (hidden(x), 3 * x**2))),
    ),
    "loss": (
        lambda: claim_of(gradcheck.loss(cubes, lambda x: 3 * x**2)),
        lambda: claim_of(gradcheck.loss(hidden, lambda x: 3 * x**2)),
    ),
    "cache": (
        lambda: claim_of(gradcheck.with_cache(lambda x: (cubes(x), x), lambda d, x: 3 * d * x**2)),
        lambda: claim_of(gradcheck.with_cache(lambda x: (hidden(x), x), lambda d, x: 3 * d * x**2)),
    ),
}


@pytest.mark.parametrize("name", WRAPPED)
def test_numbers_of_ours_are_no_sizes_and_those_of_the_user_are(name):
    plain, asking = (make() for make in WRAPPED[name])

    assert asked_sizes(plain.formula, plain.candidate) == []
    assert {"n": 77} in asked_sizes(asking.formula, asking.candidate)


def test_hessians_at_sizes_that_are_asked_about_have_a_price():
    """Coefficients look like sizes. A gradient at these sizes has as many numbers as the arguments."""

    def f(x):
        return np.sum(100 * x**2 + 400 * x + 900)

    formula = Formula(f, SHAPES)
    formula.hessian("x")(lambda x: 200 * np.eye(len(x)))
    formula.vjp(lambda d, x: d * (200 * x + 400))

    def sizes(claim):
        session = Session(claim.formula, [])
        return [point.sizes["n"] for point in points_of_asked_sizes(claim, session, 0, None)]

    hessian, gradient = map(sizes, formula.claims)

    assert {100, 200} <= set(hessian)
    assert sum(prod((n, n)) for n in hessian) <= 2**17 + sum(hessian)
    assert 900 in gradient


@pytest.mark.parametrize("size", [13, None])
def test_a_hessian_that_is_wrong_at_a_size_that_it_asks_about_is_refuted(size):
    def hessian(x):
        return np.diag(6 * x) * (1.0 if len(x) != size else 2.0)

    wrong = gradcheck.verify(cubes, hessian=hessian, shapes=SHAPES, max_examples=6)

    assert wrong.verdict == ("pass" if size is None else "fail")


def test_a_hessian_that_is_wrong_at_a_written_size_is_refuted():
    def hessian(x):
        return np.diag(6 * x) if x.shape != (13,) else 0 * np.diag(x)

    assert gradcheck.verify(cubes, hessian=hessian, shapes=SHAPES, max_examples=6).verdict == "fail"
