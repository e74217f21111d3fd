"""A side counts as tried only where a wrong answer could have been seen."""

import numpy as np
import pytest

import gradcheck


def cube(x):
    return x * x * x


def branch(condition, factor):
    return lambda d, x: factor * d * x * x if condition(d, x) else 3 * d * x * x


TINY = {
    "a maximum": lambda d, x: np.max(np.abs(x)) < 1e-20,
    "a norm": lambda d, x: np.linalg.norm(x) < 1e-20,
    "allclose": lambda d, x: np.allclose(x, 0, atol=1e-20),
    "a sum": lambda d, x: x.any() and np.abs(x).sum() < 1e-20,
}
ALONG = {
    "a correlation": lambda d, x: len(x) > 5 and np.corrcoef(x, d)[0, 1] > 0.99999,
    "an angle": lambda d, x: len(x) > 2 and x @ d < -0.99999 * np.linalg.norm(x) * np.linalg.norm(d),
    "across": lambda d, x: len(x) > 2 and x.any() and abs(x @ d) < 1e-12,
}


@pytest.mark.parametrize("condition", TINY.values(), ids=TINY)
def test_a_wrong_branch_that_only_tiny_numbers_reach_is_untried(condition):
    """Gradients of 1e-40 are cut off in right code, too, so it is no failure there."""
    found = gradcheck.verify(cube, branch(condition, 2), {"x": "n"})
    assert found.verdict == "pass"
    assert found.untried
    assert all(u.what.endswith("was never true where a mistake would show") for u in found.untried)


@pytest.mark.parametrize("condition", TINY.values(), ids=TINY)
def test_a_right_one_has_shown_it(condition):
    found = gradcheck.verify(cube, branch(condition, 3), {"x": "n"}, strict=True)
    assert (found.verdict, found.untried) == ("pass", ())


@pytest.mark.parametrize("condition", ALONG.values(), ids=ALONG)
def test_a_delta_along_an_argument_or_across_it_is_tried(condition):
    assert gradcheck.verify(cube, branch(condition, 2), {"x": "n"}).verdict == "fail"
    found = gradcheck.verify(cube, branch(condition, 3), {"x": "n"}, strict=True)
    assert (found.verdict, found.untried) == ("pass", ())


GUARDS = {
    "zeros": branch(lambda d, x: not x.any(), 0),
    "saturated": lambda d, x: d * np.where(np.abs(x) > 350, 0.0, 1.0 / np.cosh(x) ** 2),
    "cut off": lambda d, x: d * np.exp(-x * x) * np.where(np.abs(x) > 30, 0.0, -2 * x),
}
FORWARDS = {"zeros": cube, "saturated": np.tanh, "cut off": lambda x: np.exp(-x * x)}


@pytest.mark.parametrize("name", GUARDS)
def test_right_guards_are_not_untried(name):
    found = gradcheck.verify(FORWARDS[name], GUARDS[name], {"x": "n"}, strict=True)
    assert (found.verdict, found.untried) == ("pass", ())


ORDER = np.array([2, 0, 4, 1, 3])
PRODUCTS = {
    "a function": lambda d, x: d * x * x * (3 + np.prod(np.argsort(x) == ORDER) if len(x) == 5 else 3),
    "a method": lambda d, x: d * x * x * (3 + (np.argsort(x) == ORDER).prod() if len(x) == 5 else 3),
}


@pytest.mark.parametrize("backward", PRODUCTS.values(), ids=PRODUCTS)
def test_a_product_of_truth_values_asks_whether_all_are_true(backward):
    """Also on a line whose own branch was entered."""
    found = gradcheck.verify(cube, backward, {"x": "n"})
    assert (found.verdict, ["np.prod was never true" in u.what for u in found.untried]) == ("pass", [True])


def test_a_product_that_is_met_is_tried():
    wrong = lambda d, x: d * x * x * (3 + np.prod(x > 5))
    right = lambda d, x: d * x * x * (3 + 0 * np.prod(x > 5))
    assert gradcheck.verify(cube, wrong, {"x": "n"}).verdict == "fail"
    found = gradcheck.verify(cube, right, {"x": "n"}, strict=True)
    assert (found.verdict, found.untried) == ("pass", ())
