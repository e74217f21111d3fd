"""Code that is wrong behind rounding, or right behind what looks wrong: each with its twin."""

import numpy as np
import pytest

import gradcheck
from gradcheck.catalogue import layers
from gradcheck.catalogue.layers import linear
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.kinds import Vjp
from gradcheck.running.replay import replay_counterexample
from tests.low_precision.candidates import cut_off, inside, kernel, sums_narrow, times, truncated

QUICK = {"max_examples": 6, "backends": ["autodiff"]}
VECTOR, ROWS = {"x": "n"}, {"X": "n m", "b": "m"}


def add_bias(X, b):
    return X + b


def summed_to(stop):
    """A bias gradient in float32 sums over the first rows only."""
    return lambda delta, X, b: (delta, delta.astype(np.float32)[:stop].sum(0).astype(np.float16))


def test_rows_that_are_left_out_behind_a_cast_are_missed():
    wrong = gradcheck.verify(add_bias, summed_to(64), ROWS, dtype="float16", **QUICK)
    assert wrong.verdict == "fail"
    assert wrong.counterexample.sizes["n"] > 64
    assert gradcheck.verify(add_bias, summed_to(None), ROWS, dtype="float16", **QUICK)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_a_kernel_that_leaves_the_end_of_a_long_sum_out_fails(dtype):
    """Three rows of 4,099 are no more than what every addition may round; alone they show."""
    block = kernel(lambda delta, X, b: (delta, delta[: len(delta) // 512 * 512 or None].sum(axis=0)))
    assert gradcheck.verify(add_bias, block, ROWS, dtype=dtype, **QUICK).verdict == "fail"
    whole = kernel(lambda delta, X, b: (delta, delta.sum(axis=0)))
    assert gradcheck.verify(add_bias, whole, ROWS, dtype=dtype, **QUICK)


def square(x):
    return x * x


def test_a_constant_that_vanishes_in_float32_is_no_mistake():
    near = gradcheck.verify(square, lambda d, x: 1.00000005 * 2 * d * x, VECTOR, dtype="float32", **QUICK)
    assert near.verdict == "pass"
    off = gradcheck.verify(square, lambda d, x: 1.0000005 * 2 * d * x, VECTOR, dtype="float32", **QUICK)
    assert off.verdict == "fail"
    assert off.diagnosis[0].text.startswith("your gradient is the right one times 1.0000005")


def test_where_the_numbers_are_the_same_the_sentence_shows_the_formulas():
    found = gradcheck.verify(square, lambda d, x: 1.0003 * 2 * d * x, VECTOR, dtype="float16", **QUICK)
    assert found.verdict == "fail"
    assert found.reason.startswith("as a formula, dJ/dx[0] is 2.00059")
    assert "rounded, the numbers are the same" in found.reason


def kept_by_float32(x):
    return np.where(x.astype(np.float32) == x, x * x, 2 * x)


def narrow_square(x):
    y = x.astype(np.float32)
    return np.where(y > 0, y * y, 2 * y)


def test_a_forward_that_asks_what_a_cast_leaves_is_not_judged_as_if_it_left_all():
    """Most numbers are none of float32, so that its gradient there is 2 delta."""
    found = gradcheck.verify(kept_by_float32, lambda d, x: 2 * x * d, VECTOR, max_examples=20)
    assert found.verdict == "fail"
    plain = gradcheck.verify(
        narrow_square, lambda d, x: np.where(x > 0, 2 * x * d, 2 * d), VECTOR, max_examples=20
    )
    assert (plain.verdict, plain.strength) == ("pass", "certified")


def product(x):
    return np.sin(x) * np.cos(x) * np.tanh(x) * np.exp(-x * x / 8) * x


def product_backward(delta, x):
    s, c, t, e = np.sin(x), np.cos(x), np.tanh(x), np.exp(-x * x / 8)
    inner = c * c * t * x - s * s * t * x + s * c * (1 - t * t) * x - s * c * t * x * x / 4 + s * c * t
    return delta * e * inner


def test_a_factor_shows_in_the_mean_of_many_entries_where_each_of_them_hides_it():
    """1 % is less than all roundings of a kernel together may come to; they do not all go one way."""
    near = {"x": lambda shape, rng: rng.uniform(0.5, 1.2, shape)}
    options = {"values": near, "dtype": "float16", "max_examples": 24, "backends": ["autodiff"]}
    right = gradcheck.verify(product, kernel(product_backward), VECTOR, **options)
    assert right.verdict == "pass", str(right)
    by_hundredth = times(product_backward, 1.01)
    wrong = gradcheck.verify(product, kernel(by_hundredth), VECTOR, **options)
    assert wrong.verdict == "fail"
    assert [d.kind for d in wrong.diagnosis] == ["factor"]
    assert "times 1.01 in the mean of" in wrong.diagnosis[0].text
    assert "errs either way" in wrong.reason
    assert "errs either way" in str(wrong)
    assert_shown_at_a_point(wrong, near)


def assert_shown_at_a_point(wrong, near):
    """One of the points is shown, and runs again: at it alone nothing fails."""
    shown = wrong.row.counterexample
    assert shown.together >= 16
    assert f"one of {shown.together} that tell together" in str(wrong)
    assert f"at this point dJ/dx[{shown.index[0]}] is " in wrong.reason
    assert set(wrong.counterexample.arrays) == {"x", "delta"}
    assert wrong.counterexample.sizes == {"n": len(wrong.counterexample.arrays["x"])}
    assert "max_examples=24, seed=0" in wrong.reproduce
    formula = gradcheck.formula(shapes=VECTOR, values=near, dtype="float16")(product)
    codes = (kernel(times(product_backward, 1.01)), kernel(inside(product_backward)))
    again = [replay_counterexample(Claim(formula, Vjp(), c), shown, ["autodiff"]) for c in codes]
    assert [a.status for a in again] == ["failing", "fixed"]
    assert "the same numbers as before" in again[0].text


def test_digits_that_are_cut_off_go_one_way():
    options = {"dtype": "bfloat16", "max_examples": 20, "backends": ["autodiff"]}
    vjp = linear.dense.claims[0].candidate
    cut = gradcheck.verify(linear.dense, kernel(truncated(vjp)), **options)
    assert cut.verdict == "fail"
    assert {d.kind for d in cut.diagnosis} == {"bias"}
    assert "digits are cut off, not rounded to nearest" in cut.reason
    assert gradcheck.verify(linear.dense, kernel(inside(vjp)), **options)


def cutting(name, finish):
    """A layer's backward pass in float32, with ``finish`` in place of rounding to nearest."""
    (formula,) = (f for f in layers.formulas() if f.name == name)
    options = {"dtype": "float16", "max_examples": 20, "backends": ["autodiff"]}
    return gradcheck.verify(formula, kernel(finish(formula.claims[0].candidate)), **options)


@pytest.mark.parametrize("name", ["rms_norm", "silu"])
def test_digits_that_are_cut_off_show_where_more_is_allowed(name):
    """Every entry lacks less than one unit, of several that are allowed; that all of them lack tells."""
    cut = cutting(name, cut_off)
    assert (cut.verdict, {d.kind for d in cut.diagnosis}) == ("fail", {"bias"}), str(cut)


def test_roundings_on_the_way_go_either_way():
    """They put entries off by as much as digits that are cut off."""
    assert cutting("silu", sums_narrow)


def test_halves_that_all_go_to_zero_are_rounded_to_nearest():
    """What lies in the middle of two numbers may go either way: some lack half a unit, none more."""

    def backward(delta, x):
        exact = 1.5 * delta.astype(np.float64)
        near = exact.astype(np.float16)
        smaller = np.nextafter(near, np.zeros_like(near))
        tie = near.astype(np.float64) + smaller == 2 * exact
        return np.where(tie, smaller, near)

    options = {"dtype": "float16", "max_examples": 24, "backends": ["autodiff"]}
    assert gradcheck.verify(lambda x: 1.5 * x, kernel(backward), VECTOR, **options)


def test_a_constant_that_is_stored_in_the_type_is_no_bias():
    """It puts every entry off by the same factor, of half a unit at the most."""
    constant = float(np.float16(1.0004))
    scaled = kernel(lambda delta, x: delta * np.float16(constant))
    options = {"dtype": "float16", "max_examples": 24, "backends": ["autodiff"]}
    assert constant == 1.0
    assert gradcheck.verify(lambda x: 1.0004 * x, scaled, VECTOR, **options)
