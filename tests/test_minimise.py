"""From a failure to the smallest one."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck.checking.claim_check import check_claim
from gradcheck.checking.minimise import minimise
from gradcheck.formulas.decorating import Formula
from gradcheck.judging.answers.backends import choose
from gradcheck.judging.point_check import check_point
from gradcheck.judging.points.point import make_point
from gradcheck.judging.session import Session


def smallest(candidate, forward=lambda W, x: W @ x, shapes=None, **how):
    formula = Formula(forward, shapes or {"W": "n m", "x": "m"}, **how)
    formula.vjp(candidate)
    return check_claim(formula.claims[0], max_examples=12)


def minimal_sizes(outcome):
    assert outcome.row.verdict == "fail"
    assert outcome.row.counterexample.shape_minimal
    return outcome.row.counterexample.sizes


def test_a_wrong_factor_shows_at_the_smallest_shape():
    """One by one."""
    found = smallest(lambda d, W, x: (2 * np.outer(d, x), W.T @ d))
    assert minimal_sizes(found) == {"n": 1, "m": 1}


def test_a_transposed_gradient_shows_at_the_smallest_shape_that_is_not_square():
    """A square one could not show it."""
    found = smallest(lambda d, W, x: (np.outer(x, d), W.T @ d))
    assert sorted(minimal_sizes(found).values()) == [1, 2]


def test_a_transposed_matrix_of_square_shape_shows_at_two_by_two():
    """W where W.T belongs: at one by one they are the same."""
    found = smallest(lambda d, A, x: (np.outer(d, x), A @ d), lambda A, x: A @ x, {"A": "n n", "x": "n"})
    assert minimal_sizes(found) == {"n": 2}


@pytest.mark.parametrize("limit", [2, 4, 7])
def test_an_error_that_starts_at_a_size_shows_at_that_size(limit):
    """A loop that forgets the tail."""

    def backward(d, x):
        g = 2 * d * x
        return np.where(np.arange(x.size) < limit, g, 0.0)

    found = smallest(backward, lambda x: x * x, {"x": "n"})
    assert minimal_sizes(found) == {"n": limit + 1}


def test_values_become_simple_and_the_claim_still_fails():
    """Small integers, where the claim allows any numbers."""
    found = smallest(lambda d, W, x: (np.outer(d, x), 2 * W.T @ d))
    point = found.minimal.result.point
    assert all(np.array_equal(a, np.round(a)) for a in (*point.args, *point.delta))
    assert found.minimal.result.verdict == "fail"


def test_values_stay_among_those_that_are_declared():
    """A probability is not simplified to zero, an array not at all."""
    from gradcheck import unit_interval

    found = smallest(lambda d, p: 2 * d / p, np.log, {"p": "n"}, values={"p": unit_interval})
    assert ((found.minimal.result.point.args[0] > 0) & (found.minimal.result.point.args[0] < 1)).all()
    fixed = smallest(lambda d, W, x: (None, W @ d), values={"W": np.array([[1.5, 2.5], [0.5, 4.0]])})
    assert fixed.minimal.result.point.args[0].tolist() == [[1.5, 2.5], [0.5, 4.0]]
    assert minimal_sizes(fixed) == {"n": 2, "m": 2}


def test_a_relation_between_sizes_is_kept():
    """No smaller shape than it allows."""
    found = smallest(
        lambda d, x, w: (None, 2.0 * w),
        lambda x, w: np.sum(x) * np.sum(w * w),
        {"x": "n", "w": "k"},
        where=lambda n, k: n >= k + 2,
    )
    assert minimal_sizes(found) == {"n": 3, "k": 1}


def test_a_given_delta_is_kept():
    """It is not replaced by ones."""
    formula = Formula(lambda x: x * x, {"x": "n"})
    formula.vjp(lambda d, x: d * x)
    outcome = check_claim(formula.claims[0], max_examples=6, delta=lambda shape, rng: np.full(shape, 0.75))
    assert set(outcome.minimal.result.point.delta[0]) == {0.75}


def test_an_error_is_minimised_like_a_failure():
    """A backward that changes its input from a size on."""

    def backward(d, x):
        if x.size >= 3:
            x[0] = 0
        return 2 * d * x

    outcome = smallest(backward, lambda x: x * x, {"x": "n"})
    assert outcome.row.verdict == "error"
    assert outcome.row.counterexample.sizes == {"n": 3}


def test_elements_of_a_strategy_are_minimised_among_its_own():
    """The smallest counterexample holds only what the strategy can draw."""
    outcome = smallest(
        lambda d, x: d * x, lambda x: x * x, {"x": "n"}, values={"x": st.sampled_from([0.5, 2.0])}
    )
    assert minimal_sizes(outcome) == {"n": 1}
    assert set(outcome.minimal.result.point.args[0]) <= {0.5, 2.0}


def test_elements_of_a_strategy_are_minimised_inside_a_users_given():
    """`verify` works there."""
    verdicts = []

    @settings(max_examples=1, database=None)
    @given(st.none())
    def inside(_):
        outcome = smallest(
            lambda d, x: d * x, lambda x: x * x, {"x": "n"}, values={"x": st.sampled_from([0.5, 2.0])}
        )
        verdicts.append(outcome.row.verdict)

    inside()
    assert verdicts == ["fail"]


def minimised(forward, backward, x):
    """From a failing point of our own."""
    formula = Formula(forward, {"x": "n"})
    formula.vjp(backward)
    claim, session = formula.claims[0], Session(formula, choose(None))
    drawn = make_point(formula, {"n": len(x)}, np.random.default_rng(0))
    args = (np.array(x),)
    point = replace(drawn, args=args, outputs=(np.asarray(forward(*args)),))
    return minimise(claim, check_point(claim, point, session), session, 0, None)


def test_smaller_shapes_get_the_zeros_of_the_point_that_was_found():
    """A division by x is NaN at a zero only, which hardly anything that is drawn has."""

    def by_division(d, x):
        return np.cumsum((d * np.cumprod(x))[::-1])[::-1] / x

    minimal = minimised(np.cumprod, by_division, [1.0, 0.0, 2.0])
    assert minimal.shape_minimal
    assert minimal.result.point.args[0].tolist() == [0.0]


def test_smaller_shapes_get_the_ties_of_the_point_that_was_found():
    """Wrong where two neighbours are equal; the twin, which is wrong where none are, needs one entry."""

    def tied(d, x):
        return d * np.where(np.any(np.diff(x) == 0), 3.0, 2.0) * x

    def apart(d, x):
        return d * np.where(np.any(np.diff(x) == 0), 2.0, 3.0) * x

    minimal = minimised(np.square, tied, [1.0, 2.5, -4.0, 7.0, 7.0])
    assert minimal.shape_minimal
    assert minimal.result.point.sizes == {"n": 2}
    assert minimised(np.square, apart, [1.0, 2.5, -4.0]).result.point.sizes == {"n": 1}


def test_code_that_raises_is_no_smaller_case_of_a_wrong_number():
    """It is not told in place of it, and no shape is called the smallest then."""

    def backward(d, x):
        if len(x) == 1:
            raise ZeroDivisionError("one")
        return 3 * d * x

    minimal = minimised(np.square, backward, [1.0, 2.0, 3.0])
    assert minimal.result.fault is None
    assert minimal.result.point.sizes == {"n": 2}
    assert not minimal.shape_minimal


def test_the_smallest_failure_has_numbers_to_show():
    """Zeros are simpler, but at them ReLU has no derivative, and a slope between two others is no example."""
    found = smallest(
        lambda d, x, b: (d * (x > 0), d * b),
        lambda x, b: np.sum(np.maximum(x, 0)) + np.sum(b * b),
        {"x": "n", "b": "m"},
    )

    assert minimal_sizes(found) == {"n": 1, "m": 1}
    assert "no derivative" not in found.row.counterexample.message
    assert found.row.counterexample.candidate is not None
