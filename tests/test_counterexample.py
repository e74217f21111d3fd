"""A counterexample shows what the code said and what is right, also where shapes do not fit."""

import numpy as np
import pytest

from gradcheck.checking.claim_check import check_claim
from gradcheck.formulas.decorating import Formula
from gradcheck.records.arrays import decode


def witness(backward):
    formula = Formula(lambda W, x: W @ x, {"W": "n m", "x": "m"})
    formula.vjp(backward)
    return check_claim(formula.claims[0], max_examples=6).row.counterexample


def test_an_array_of_the_wrong_shape_is_shown_beside_the_right_one():
    found = witness(lambda d, W, x: (np.outer(x, d), W.T @ d))

    right = np.outer(decode(found.delta[0]), decode(found.inputs["x"]))
    assert found.quantity == "dJ/dW"
    assert np.array_equal(decode(found.candidate), right.T)
    assert np.array_equal(decode(found.truth), right)
    assert (found.index, found.step_curve) == (None, None)


def test_a_number_where_an_array_belongs_is_shown():
    found = witness(lambda d, W, x: (d[0] * x[0], W.T @ d))

    assert decode(found.candidate).shape == ()


@pytest.mark.parametrize("value", ["text", [[1], [2, 3]], 1j])
def test_what_is_no_array_of_numbers_is_not_shown(value):
    found = witness(lambda d, W, x: (value, W.T @ d))

    assert found is None  # a mistake in the use is told after one call, without a point


def test_code_that_raises_has_nothing_to_show():
    def raises(d, W, x):
        raise ValueError("no")

    assert witness(raises).candidate is None


def test_a_wrong_value_has_a_curve_and_a_worst_entry():
    found = witness(lambda d, W, x: (2 * np.outer(d, x), W.T @ d))

    assert found.index is not None
    assert found.step_curve.index == found.index
