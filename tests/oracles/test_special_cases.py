"""The inputs of vectors: every special case is there, and they are what their flags say."""

import numpy as np
import pytest

import gradcheck
from gradcheck.errors import UsageError
from gradcheck.oracles.vectors.flags import NOTES
from gradcheck.oracles.vectors.special_cases import cases
from gradcheck.running.registry import catalogue


def formula_of(name):
    return next(f for f in catalogue() if f.name == name)


def flagged(name, flag, seed=0):
    return [c for c in cases(formula_of(name), seed) if flag in c.flags]


def entries(case):
    return np.concatenate([a.ravel() for a in case.point.args])


def test_every_case_is_there():
    found = {flag for case in cases(formula_of("rows_chain2_relu_mse")) for flag in case.flags}

    assert found == {
        *("DistinctSizes", "FullPrecision", "SizeOne", "SquareSizes", "Zeros", "NegativeZero", "Ties"),
        *("LargeMagnitudes", "SmallMagnitudes", "DeltaNotOne"),
    }
    assert found <= NOTES.keys()


def test_sizes_are_as_flagged():
    for case in cases(formula_of("xw_batch")):
        sizes = list(case.point.sizes.values())
        if "DistinctSizes" in case.flags:
            assert len(set(sizes)) == 3
            assert min(sizes) > 1
        if "SquareSizes" in case.flags:
            assert len(set(sizes)) == 1
            assert sizes[0] > 1
        if "SizeOne" in case.flags:
            assert 1 in sizes
    orders = [tuple(c.point.sizes.values()) for c in flagged("xw_batch", "DistinctSizes")]
    assert len(set(orders)) == 2


def test_values_are_as_flagged():
    assert (entries(flagged("wx", "Zeros")[0]) == 0).any()
    negative = entries(flagged("wx", "NegativeZero")[0])
    assert np.signbit(negative[negative == 0]).all()
    assert np.unique(entries(flagged("wx", "Ties")[0])).size < 4
    assert abs(entries(flagged("wx", "LargeMagnitudes")[-1])).max() > 50
    assert abs(entries(flagged("wx", "SmallMagnitudes")[0])).max() < 1e-3


def test_numbers_are_exact_in_half_precision_unless_they_are_to_show_float32():
    for case in cases(formula_of("chain2_sigmoid_mse")):
        numbers = entries(case)
        if "FullPrecision" in case.flags:
            assert (numbers.astype(np.float32) != numbers).mean() > 0.9
        else:
            assert np.array_equal(numbers.astype(np.float16), numbers)


def test_declared_values_stay_as_declared():
    for case in cases(formula_of("softmax_cross_entropy")):
        assert "OneHot" in case.flags
        assert case.point.args[1].sum() == 1
        assert case.point.sizes["n"] >= 2
    for case in cases(formula_of("logistic_cross_entropy_batch")):
        assert "Integers" in case.flags
        assert case.point.args[1].dtype.kind == "i"


def test_a_scalar_output_meets_a_delta_of_one_first_and_others_after():
    first, *others = cases(formula_of("mse"))

    assert first.point.delta[0] == 1
    assert "DeltaNotOne" not in first.flags
    assert all("DeltaNotOne" in c.flags and c.point.delta[0] != 1 for c in others)


def test_the_same_seed_gives_the_same_inputs():
    one, two, other = ([entries(c) for c in cases(formula_of("wx"), seed)] for seed in (3, 3, 4))

    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))
    assert not np.array_equal(one[0], other[0])


def test_where_sizes_are_bound_to_each_other_some_are_found():
    square = gradcheck.Formula(lambda x: x, {"x": "n m"}, where=lambda n, m: n == 2 * m, name="f")

    found = list(cases(square))

    assert found
    assert all(c.point.sizes["n"] == 2 * c.point.sizes["m"] for c in found)


def test_no_sizes_at_all_is_told():
    with pytest.raises(UsageError, match="no sizes from 1 on satisfy"):
        list(cases(gradcheck.Formula(lambda x: x, {"x": "n"}, where=lambda n: n < 0, name="f")))


def test_fixed_arrays_and_strategies_are_kept():
    from hypothesis import strategies as st

    fixed = np.array([[1.0, 2.0]])
    formula = gradcheck.Formula(
        lambda W, x: W @ x,
        {"W": "n m", "x": "m"},
        values={"W": fixed, "x": st.floats(2.0, 3.0)},
        name="f",
    )

    for case in cases(formula):
        assert np.array_equal(case.point.args[0], fixed)
        assert ((case.point.args[1] >= 2) & (case.point.args[1] <= 3)).all()


def test_points_at_which_the_forward_is_not_finite_are_left_out():
    inverse = gradcheck.Formula(lambda x: 1 / x, {"x": "n"}, name="inverse")

    assert not [c for c in cases(inverse) if (entries(c) == 0).any()]
    assert list(cases(inverse))
