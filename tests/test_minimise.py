"""From a failure to the smallest one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradcheck.checking.claim_check import check_claim
from gradcheck.formulas.decorating import Formula


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
