"""What is said of mistakes in low precision: a sentence that is true, or that nothing simple explains it."""

import ml_dtypes
import numpy as np
import pytest

import gradcheck
from tests.low_precision.candidates import kernel

QUICK = {"dtype": "float16", "max_examples": 8, "backends": ["autodiff"]}
SHAPES = {"x": "n m", "W": "m k"}


def product(x, W):
    return x @ W


def up(array):
    return array.astype(np.float32)


def with_constant(delta, x, W):
    return delta @ W.T, (up(x).T @ up(delta)).astype(np.float16) + np.float16(6e-5)


def half_of_it_zero(shape, rng):
    """A number so small shows where the right value is zero."""
    return rng.normal(size=shape) * (rng.random(shape[-1]) < 0.5)


WORDS = "plus 6e-05 in every entry"
NAMED = "the constant 6.002187728881836e-05"


@pytest.mark.parametrize(
    ("hidden", "kind", "words"), [(True, "extra-term", WORDS), (False, "constant", NAMED)]
)
def test_a_number_that_is_added_to_a_gradient_is_not_called_lost_digits(hidden, kind, words):
    backward = kernel(with_constant) if hidden else with_constant
    found = gradcheck.verify(product, backward, SHAPES, values={"x": half_of_it_zero}, **QUICK)
    assert found.verdict == "fail"
    (told,) = found.diagnosis
    assert (told.quantity, told.kind) == ("dJ/dW", kind)
    assert words in told.text


def test_a_number_added_to_a_few_entries_is_not_said_to_be_in_every_one():
    def in_a_row(delta, x, W):
        dW = x.T @ delta
        dW[0] += np.float16(1)
        return delta @ W.T, dW

    found = gradcheck.verify(product, kernel(in_a_row), SHAPES, where=lambda m: m > 1, **QUICK)
    assert found.verdict == "fail"
    assert "every entry" not in str(found)


def square(x):
    return x * x


def test_what_code_does_in_one_type_alone_is_found_there():
    def in_float16(delta, x):
        return 2 * x * delta * (1.25 if delta.dtype == np.float16 else 1)

    found = gradcheck.verify(square, in_float16, {"x": "n"}, **QUICK)
    assert found.verdict == "fail"
    (told,) = found.diagnosis
    assert told.kind == "factor"
    assert "times 1.25" in told.text
    other = gradcheck.verify(square, in_float16, {"x": "n"}, **{**QUICK, "dtype": "bfloat16"})
    assert other.verdict == "pass"


def test_a_type_that_holds_less_than_the_code_s_own_is_still_named():
    def in_eight_bits(delta, x):
        return (2 * x * delta).astype(ml_dtypes.bfloat16).astype(x.dtype)

    found = gradcheck.verify(square, kernel(in_eight_bits), {"x": "n"}, **{**QUICK, "dtype": "float32"})
    assert found.verdict == "fail"
    assert {d.kind for d in found.diagnosis} == {"float32"}
    assert "bfloat16" in found.diagnosis[0].text


def normalised(x, g, b):
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5) * g + b


def normalised_backward(slip):
    """In float32, with 1e-5 rounded to it: as formulas, the gradients differ by that constant."""

    def backward(delta, x, g, b):
        dtype = x.dtype
        delta, x, g = (a.astype(np.float32) for a in (delta, x, g))
        centred = x - x.mean(-1, keepdims=True)
        spread = np.sqrt((centred**2).mean(-1, keepdims=True) + np.float32(1e-5))
        hat, dh = centred / spread, delta * g
        through_spread = 0 if slip == "dJ/dx" else hat * (dh * hat).mean(-1, keepdims=True)
        dx = (dh - dh.mean(-1, keepdims=True) - through_spread) / spread
        dg = (delta * hat).sum(0) / (len(x) if slip == "dJ/dg" else 1)
        return dx.astype(dtype), dg.astype(dtype), delta.sum(0).astype(dtype)

    return backward


@pytest.mark.parametrize("slip", ["dJ/dx", "dJ/dg"])
def test_of_a_gradient_that_is_right_within_rounding_nothing_is_said(slip):
    options = {"shapes": {"x": "n m", "g": "m", "b": "m"}, "dtype": "bfloat16", "max_examples": 4}
    options |= {"backends": ["autodiff"], "where": lambda n, m: n < 9 and m < 9}
    assert gradcheck.verify(normalised, normalised_backward(None), **options)
    wrong = gradcheck.verify(normalised, normalised_backward(slip), **options)
    assert [d.quantity for d in wrong.diagnosis] == [slip]
    assert not any("plus" in d.text for d in wrong.diagnosis)
