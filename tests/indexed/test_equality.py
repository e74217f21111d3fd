"""Equality off ties: steps and places of maxima, each as NumPy compares numbers that differ."""

import numpy as np
import pytest

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed import rebound, vanishes

from .conftest import Symbols

SIZES = {"n": 3, "m": 4}
SHAPES = {"A": ("n", "m"), "B": ("n", "m"), "x": ("m",)}


def larger(A, B):
    return np.maximum(A, B) == A


def smaller_is_not(A, B):
    return np.minimum(A, B) != B


def twice(A, B):
    return np.maximum(A, B) == np.maximum(np.maximum(A, B), A)


def row_maximum(A):
    return A.max(axis=1, keepdims=True) == A


def row_minimum(A):
    return A.min(axis=1, keepdims=True) == A


def shifted_maximum(A, x):
    return A + x == (A + x).max(axis=0)


def whole_maximum(A):
    return A.max() == A


def scaled_maximum(A):
    return np.max(3 * A, axis=1, keepdims=True) == 3 * A


def of_function(A, x):
    return np.exp(A @ x) == np.max(np.exp(A @ x))


def the_same(A, B):
    return (A + B) ** 2 == A**2 + 2 * A * B + B**2


def others(A, B):
    return A + 1 == B


def other_maximum(A, B):
    return B.max(axis=1, keepdims=True) == A


COMPARED = [
    *(larger, smaller_is_not, twice, row_maximum, row_minimum, shifted_maximum, whole_maximum),
    *(scaled_maximum, of_function, others, other_maximum),
]


def made(function, *, off_ties=True):
    symbols = Symbols()
    symbols.space.off_ties = off_ties
    names = function.__code__.co_varnames[: function.__code__.co_argcount]
    result = rebound(function, symbols.space)(*(symbols.array(n, *SHAPES[n]) for n in names))
    return symbols, names, result


@pytest.mark.parametrize("function", COMPARED)
def test_it_is_what_numpy_says_of_numbers_that_differ(function):
    """At random values, which have no ties."""
    symbols, names, result = made(function)
    rng = np.random.default_rng(1)
    values = {n: rng.normal(size=[SIZES[s] for s in SHAPES[n]]) for n in names}
    if function is of_function:
        values["A"] *= 0.1  # exp is compared exactly
    wanted = function(*values.values())
    assert symbols.value(result, SIZES, values).tolist() == wanted.astype(float).tolist()
    assert 0 < wanted.sum() < wanted.size or function in (others, other_maximum, twice)


def test_what_is_one_expression_is_equal_everywhere():
    """However it is written; floats would differ in the last place."""
    assert made(the_same)[2].entry.number == 1


def test_the_place_of_a_maximum_counts_once():
    """A count of ties is 1 off ties, so dividing by it changes nothing; its twin, a count of all, is not."""

    def over_ties(A):
        mask = A.max(axis=1, keepdims=True) == A
        return mask / mask.sum(axis=1, keepdims=True) - mask

    def over_all(A):
        mask = A.max(axis=1, keepdims=True) == A
        return mask / (mask * 0 + 1).sum(axis=1, keepdims=True) - mask

    assert vanishes(made(over_ties)[2].entry)
    assert not vanishes(made(over_all)[2].entry)


def test_half_at_a_tie_is_nothing_off_ties():
    """What JAX derives for `maximum(A, B)`: a mask over 2 at ties and over 1 elsewhere."""

    def balanced(A, B):
        z = np.maximum(A, B)
        return np.where(z == A, 1.0, 0.0) / np.where(z == B, 2.0, 1.0) - (A > B)

    def unbalanced(A, B):
        z = np.maximum(A, B)
        return np.where(z == A, 1.0, 0.0) / np.where(z == A, 2.0, 1.0) - (A > B)

    assert not made(balanced)[2].entry
    assert made(unbalanced)[2].entry


OF_ARGUMENTS = [row_maximum, row_minimum, whole_maximum]


@pytest.mark.parametrize("function", OF_ARGUMENTS)
def test_hand_written_code_may_ask_where_the_greatest_argument_is(function):
    """What it takes for granted is written down."""
    symbols, _, result = made(function, off_ties=False)
    assert result.entry.terms == made(function)[2].entry.terms
    assert symbols.space.uses.once


@pytest.mark.parametrize("function", [f for f in COMPARED if f not in OF_ARGUMENTS])
def test_hand_written_code_gets_no_such_answer(function):
    """It may be asked at a tie, or floats may differ where numbers do not."""
    with pytest.raises(Unsupported, match="a comparison of values for equality"):
        made(function, off_ties=False)


def test_masks_that_are_the_same_everywhere_have_an_answer_as_a_whole():
    """`np.all(np.isfinite(x))`: every number is finite. Any other mask is a branch on values."""

    def finite(A):
        return A if np.all(np.isfinite(A)) and not np.any(np.isnan(A)) else -A

    def above(A):
        return A if (A > 0).all() else -A

    symbols, _, result = made(finite, off_ties=False)
    assert result.entry == symbols.array("A", "n", "m").entry or vanishes(
        result.entry - symbols.array("A", "n", "m").entry
    )
    with pytest.raises(Unsupported, match="whether all or any values are so"):
        made(above, off_ties=False)
