"""Tolerances: wide enough for every right way to compute, too narrow for anything wrong."""

import numpy as np
import pytest

import gradcheck
from gradcheck.errors import Unsupported
from gradcheck.judging.answers.backends import choose
from gradcheck.oracles.inputs import bind
from gradcheck.oracles.reference import Oracle
from gradcheck.oracles.sources import Sources
from gradcheck.oracles.vectors.judge import accepts
from gradcheck.oracles.vectors.tolerances import BITS, tolerances


@pytest.fixture(scope="module")
def sources():
    return Sources(choose(None))


def bounds(formula, sources, dtype="float64", delta=None, **arrays):
    return tolerances(formula, bind(formula, arrays, delta)[0], sources, dtype)


def total(x):
    return np.sum(x * x, axis=0)


COLUMNS = gradcheck.Formula(lambda x, b: x * b, {"x": "k n", "b": "n"}, name="columns")
"""Its gradient by b sums over the rows."""


def test_a_sum_may_be_taken_in_any_order(sources):
    """10^5 cancels: in one order nothing is rounded, in another the last digits are lost."""
    x = np.array([[1.1e5, 1e-3], [-1.1e5, 1e-3], [0.1, 1e-3], [0.7, 1e-3]])
    delta = np.full((4, 2), 1.3)
    right = Oracle(COLUMNS)(x, [1.0, 1.0], delta=delta).gradients["b"].value
    _, found = bounds(COLUMNS, sources, delta=delta, x=x, b=[1.0, 1.0])

    rng = np.random.default_rng(0)
    orders = [rng.permutation(4) for _ in range(20)]
    worst = max(
        abs(sum((delta * x)[order, 0], start=0.0) - right[0])  # one after the other
        for order in orders
    )
    assert 1e-12 < worst < found["b"][0]
    assert found["b"][1] < 1e-16  # and the other column pays nothing for it


def test_a_slight_error_is_outside(sources):
    """The wrong twin: one part in 10^12 at the same point."""
    x, delta = np.array([[1.5, 0.25]]), np.array([[2.0, 0.7]])
    right = {n: g.value for n, g in Oracle(COLUMNS)(x, [3.0, 1.1], delta=delta).gradients.items()}
    _, found = bounds(COLUMNS, sources, delta=delta, x=x, b=[3.0, 1.1])

    assert accepts(right, right, found)
    for name, gradient in right.items():
        assert not accepts(right, {name: gradient * (1 + 1e-12)}, found)


def test_float32_is_wider_by_what_its_bits_are_fewer(sources):
    x, delta = np.array([[1.5, 0.25]]), np.array([[2.0, 0.7]])
    given = {"x": x, "b": [3.0, 1.1], "delta": delta}
    _, double = bounds(COLUMNS, sources, "float64", **given)
    _, single = bounds(COLUMNS, sources, "float32", **given)

    for name, bound in double.items():
        assert np.allclose(single[name] / bound, 2.0**29, rtol=0.3)


def sigmoid_slopes(z):
    a = 1 / (1 + np.exp(-z))
    return {"a(1-a)": a * (1 - a), "e/(1+e)^2": np.exp(-z) / (1 + np.exp(-z)) ** 2}


def test_both_ways_to_write_a_slope_are_right_where_it_saturates(sources):
    """a (1 - a) loses 13 of 16 digits at z = 30; it is what the derivation says, all the same."""
    sigmoid = Oracle(gradcheck.oracle("sigmoid").formula)
    z = np.array([30.0, 1.0])
    right = {"z": sigmoid(z, delta=np.ones(2)).gradients["z"].value}
    _, found = bounds(sigmoid.formula, sources, delta=np.ones(2), z=z)

    slopes = sigmoid_slopes(z)
    assert abs(slopes["a(1-a)"] - right["z"])[0] > 1e-6 * right["z"][0]
    for way in slopes.values():
        assert accepts(right, {"z": way}, found)
    assert not accepts(right, {"z": slopes["a(1-a)"] * (1 + 1e-10)}, found)


def test_where_rounding_chooses_the_branch_there_is_none(sources):
    relu = gradcheck.Formula(lambda w, x: np.maximum(w * x, 1.0), {"w": "n", "x": "n"}, name="bent")
    third = np.array([1 / 3])

    bounds(relu, sources, delta=[1.0], w=third, x=[3.1])
    with pytest.raises(Unsupported, match="rounding may take a branch the other way"):
        bounds(relu, sources, delta=[1.0], w=third, x=[np.nextafter(3.0, 4.0)])


def test_what_the_dtype_cannot_hold_has_none(sources):
    square = gradcheck.Formula(lambda x: x * x, {"x": "n"}, name="square")

    bounds(square, sources, "float64", delta=[1e30], x=[1e20])
    with pytest.raises(Unsupported, match=r"beyond float32|no bound"):
        bounds(square, sources, "float32", delta=[1e30], x=[1e20])


def test_where_rounding_swamps_all_there_is_none(sources):
    apart = gradcheck.Formula(lambda x: (x + 1e14 - 1e14) ** 2, {"x": "n"}, name="apart")

    with pytest.raises(Unsupported, match="rounding to float64 swamps the result"):
        bounds(apart, sources, delta=[1e-3], x=[1 / 3])


def test_tolerances_are_short_and_positive(sources):
    values, found = bounds(COLUMNS, sources, delta=[[2.0, 0.0]], x=[[1.5, 0.25]], b=[3.0, 0.0])

    for bound in [*values, *found.values()]:
        assert (bound > 0).all()
        assert all(float(f"{b:.1e}") == b for b in bound.ravel())


def test_the_rules_name_the_bits():
    from gradcheck.oracles.vectors.tolerances import RULES

    assert set(RULES) == set(BITS)
    assert "2^53" in RULES["float64"]
    assert "24 bits" in RULES["float32"]
