"""Code that knows floating point only is judged by its numbers: not for rounding, but when it is wrong."""

import dataclasses

import numpy as np
import pytest

import gradcheck
from gradcheck.arithmetic.precisions import SINGLE
from gradcheck.checking.claim_check import check_claim
from gradcheck.errors import Unsupported
from gradcheck.formulas.calling.foreign import float_only
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.decorating import Formula
from gradcheck.formulas.kinds import Vjp


def _sigmoid(z):
    return 1 / (1 + np.exp(-z))


def by_value(delta, z):
    a = _sigmoid(z)
    return delta * a * (1 - a)


def sigmoid(*, by_hand):
    """Its derivative by the backends, `exp(-z) / (1 + exp(-z))^2`, keeps the digits that `1 - a` loses."""
    formula = Formula(_sigmoid, {"z": "n"}, name="sigmoid")
    if by_hand:
        formula.vjp(by_value)
    return formula


def relu():
    return Formula(lambda z: np.maximum(z, 0), {"z": "n"}, name="relu")


def layer():
    return Formula(lambda W, x, b: W @ x + b, {"W": "n m", "x": "m", "b": "n"}, name="layer")


def check(formula, candidate, *, bits=53, backends=None, points=30):
    claim = Claim(formula, Vjp(), float_only(candidate, "a program"), bits=bits)
    return check_claim(claim, max_examples=points, backends=backends).row


def in_float32(candidate):
    """The candidate with every argument in float32, as a program in float32 computes."""

    def single(delta, *args):
        result = candidate(np.float32(delta), *(np.float32(a) for a in args))
        assert all(np.asarray(g).dtype == np.float32 for g in result)
        return tuple(np.float64(g) for g in result)

    return single


@pytest.mark.parametrize("by_hand", [True, False])
@pytest.mark.parametrize("backends", [None, ["symbolic", "finite_difference"], ["finite_difference"]])
def test_digits_lost_by_terms_that_cancel_are_no_mistake(by_hand, backends):
    """Right at every z; where z is large, `1 - a` has lost what the backends' derivation keeps."""
    row = check(sigmoid(by_hand=by_hand), by_value, backends=backends)

    assert (row.verdict, row.strength) == ("pass", "agreed"), row.reason


@pytest.mark.parametrize(
    "wrong",
    [
        lambda delta, z: delta * _sigmoid(z),
        lambda delta, z: by_value(delta, z) * (1 + 1e-9),
        lambda delta, z: np.float64(np.float32(by_value(delta, z))),
    ],
    ids=["slope missing", "one part in a billion", "float32 on the way"],
)
@pytest.mark.parametrize("by_hand", [True, False])
def test_what_is_more_than_rounding_is_a_mistake(wrong, by_hand):
    """The twin: what is granted to rounding hides none of these."""
    row = check(sigmoid(by_hand=by_hand), wrong)

    assert row.verdict == "fail"
    assert row.counterexample.sizes == {"n": 1}


@pytest.mark.parametrize(
    ("at_zero", "verdict"), [(0.0, "pass"), (0.5, "pass"), (1.0, "pass"), (2.0, "fail"), (-0.1, "fail")]
)
def test_at_a_kink_its_numbers_must_lie_between_the_slopes(at_zero, verdict):
    """Any convention between the one-sided slopes of ReLU is right, nothing outside is."""

    def relu_back(delta, z):
        return delta * np.where(z > 0, 1.0, np.where(z == 0, at_zero, 0.0))

    assert check(relu(), relu_back, points=50).verdict == verdict


def layer_back(delta, W, x, b):
    return np.outer(delta, x), W.T @ delta, delta


@pytest.mark.parametrize("backends", [None, ["finite_difference"]])
def test_float32_is_granted_the_rounding_of_float32(backends):
    """At points that float32 holds, shapes of the plan among them."""
    row = check(layer(), in_float32(layer_back), bits=SINGLE, backends=backends)

    assert (row.verdict, row.strength) == ("pass", "agreed"), row.reason


def test_float32_given_as_float64_is_caught():
    """The twin of the grant: the same numbers, held to 53 bits."""
    row = check(layer(), in_float32(layer_back))

    assert row.verdict == "fail"


@pytest.mark.parametrize(
    "change",
    [
        lambda dW, dx, db: (dW.T.reshape(dW.shape), dx, db),
        lambda dW, dx, db: (dW * np.float32(1.001), dx, db),
        lambda dW, dx, db: (dW, dx, np.float32(np.float16(db))),
        lambda dW, dx, db: (dW, -dx, db),
    ],
    ids=["column order", "a thousandth", "half precision", "sign"],
)
def test_mistakes_show_in_float32_too(change):
    """And the counterexample's values are ones that float32 holds."""
    row = check(layer(), in_float32(lambda *args: change(*layer_back(*args))), bits=SINGLE)

    assert row.verdict == "fail"
    for array in row.counterexample.inputs.values():
        values = gradcheck.records.arrays.decode(array)
        assert np.array_equal(values, np.float32(values))


def test_points_of_a_float32_claim_hold_float32_values_only():
    """Whatever is drawn, and also while a failure is made smaller."""
    seen = []

    def watched(delta, *args):
        seen.extend([delta, *args])
        return tuple(-g for g in layer_back(delta, *args))

    check(layer(), watched, bits=SINGLE)

    assert len(seen) > 100
    assert all(np.array_equal(a, np.float32(a)) for a in seen)


def test_a_case_that_is_declined_is_unsupported_with_the_reason():
    """Nothing for or against the code; what it declines everywhere is inconclusive."""

    def declining(delta, W, x, b):
        raise Unsupported("skipped by the program: no matrices yet")

    claim = Claim(layer(), Vjp(), declining)
    outcome = check_claim(claim, max_examples=12)

    assert outcome.row.verdict == "inconclusive"
    assert "no matrices yet" in outcome.row.reason
    assert {row.verdict for row in outcome.backends} == {"unsupported"}
    assert dataclasses.replace(claim, candidate=layer_back).bits == 53


def test_declined_cases_do_not_hide_a_failure():
    """The twin: what it does answer is judged."""

    def half(delta, W, x, b):
        if len(x) > 2:
            raise Unsupported("skipped by the program: too large")
        return np.outer(delta, x), 2 * (W.T @ delta), delta

    row = check(layer(), half)

    assert row.verdict == "fail"
    assert row.counterexample.sizes == {"n": 1, "m": 1}
