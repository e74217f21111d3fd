"""Points too large for ball arithmetic: right code passes, wrong code is found down to one entry."""

from __future__ import annotations

import time

import numpy as np
import pytest

import gradcheck
from gradcheck.checking.claim_check import check_claim
from gradcheck.formulas.decorating import Formula
from gradcheck.judging.large_points import difference
from gradcheck.judging.points.generation import generate
from gradcheck.judging.points.long_directions import Direction
from gradcheck.judging.points.point import LARGE

SHAPES = {"X": "4 300", "W": "300 300", "b": "300"}  # 92,700 numbers


def affine(X, W, b):
    return X @ W + b


def affine_backward(delta, X, W, b):
    return delta @ W.T, X.T @ delta, delta.sum(axis=0)


def layer(X, W, b):
    return np.tanh(X @ W / 300 + b)


def layer_backward(delta, X, W, b):
    dz = delta * (1 - np.tanh(X @ W / 300 + b) ** 2)
    return dz @ W.T / 300, X.T @ dz / 300, dz.sum(axis=0)


def relu(X, W, b):
    return np.maximum(X @ W + b, 0)


def relu_backward(delta, X, W, b):
    return affine_backward(delta * (X @ W + b > 0), X, W, b)


def check(forward, backward, **options):
    return gradcheck.verify(forward, backward, shapes=SHAPES, max_examples=3, **options)


@pytest.mark.parametrize(
    ("forward", "backward"), [(affine, affine_backward), (layer, layer_backward), (relu, relu_backward)]
)
def test_right_code_passes_in_float64(forward, backward):
    result = check(forward, backward)
    assert (result.verdict, result.strength) == ("pass", "agreed"), str(result)
    by_name = {row.backend: row for row in result.backends}
    assert by_name["finite_difference"].agreed == 3
    assert "too large" in by_name["symbolic"].reason


def changed(backward, position, change):
    def wrong(delta, *args):
        gradients = [g.copy() for g in backward(delta, *args)]
        gradients[position] = change(gradients[position], *args)
        return tuple(gradients)

    return wrong


def one_entry(index, factor):
    def change(gradient, *_):
        gradient[index] *= factor
        return gradient

    return change


@pytest.mark.parametrize(
    ("forward", "wrong", "quantity"),
    [
        (layer, affine_backward, "dJ/dX"),
        (affine, changed(affine_backward, 1, lambda g, *_: g.T), "dJ/dW"),
        (affine, changed(affine_backward, 1, lambda g, *_: g * 1.0001), "dJ/dW"),
        (affine, changed(affine_backward, 2, lambda g, *_: g / 4), "dJ/db"),
        (affine, changed(affine_backward, 0, lambda g, *_: -g), "dJ/dX"),
        (affine, changed(affine_backward, 1, lambda g, *_: np.zeros_like(g)), "dJ/dW"),
        (relu, affine_backward, "dJ/dX"),
    ],
)
def test_wrong_code_fails_and_the_argument_is_named(forward, wrong, quantity):
    result = check(forward, wrong)
    assert result.verdict == "fail", str(result)
    assert result.row.counterexample.quantity == quantity


def test_one_wrong_entry_of_ninety_thousand_is_found_and_named():
    result = check(affine, changed(affine_backward, 1, one_entry((7, 11), 1.01)))
    found = result.row.counterexample
    assert (result.verdict, found.quantity, found.index) == ("fail", "dJ/dW", [7, 11])
    assert "dJ/dW[7, 11]" in str(result)
    assert found.inputs == {}  # a log does not hold millions of numbers


def writes_into_its_argument(delta, X, W, b):
    X *= 2
    return affine_backward(delta, X, W, b)


def changes_its_answer():
    rng = np.random.default_rng(0)
    return changed(affine_backward, 2, lambda g, *_: g + rng.normal(size=g.shape) * 1e-9)


def of_the_wrong_shape(delta, X, W, b):
    return delta @ W.T, delta.T @ X[:, :5], delta.sum(axis=0)


def not_finite(delta, X, W, b):
    return affine_backward(np.where(delta > 0, delta, np.nan), X, W, b)


@pytest.mark.parametrize(
    ("backward", "verdict", "words"),
    [
        (writes_into_its_argument, "error", "read-only"),
        (changes_its_answer(), "error", "differs between two calls"),
        (of_the_wrong_shape, "fail", "expected an array of shape (300, 300)"),
        (not_finite, "fail", "not finite"),
        (lambda delta, X, W, b: (None, None, None), "error", "None for every argument"),
    ],
)
def test_broken_contracts_are_told(backward, verdict, words):
    result = check(affine, backward)
    assert result.verdict == verdict, str(result)
    assert words in result.row.reason


def test_an_unchecked_argument_is_listed():
    result = check(affine, lambda delta, X, W, b: (None, X.T @ delta, delta.sum(axis=0)))
    assert result.verdict == "pass", str(result)
    assert result.row.unchecked == ["dJ/dX"]


def test_a_point_at_kinks_everywhere_is_no_failure():
    """Half of the entries are at the kink of relu: no slope along a direction means anything."""

    def at_the_kink(shape, rng):
        return np.where(rng.random(shape) < 0.5, 0.0, rng.normal(size=shape))

    result = gradcheck.verify(
        lambda x: np.maximum(x, 0),
        lambda delta, x: delta * (x > 0),
        shapes={"x": "100000"},
        values={"x": at_the_kink},
        max_examples=2,
    )
    assert result.verdict == "inconclusive", str(result)


def test_other_kinds_of_claims_say_that_they_are_too_large():
    formula = Formula(np.tanh, {"x": "100000"}, name="long")
    formula.jacobian("x")(lambda x: np.diag(1 - np.tanh(x) ** 2))
    row = check_claim(formula.claims[0], max_examples=2).row
    assert row.verdict == "inconclusive"
    assert any("too large for a jacobian claim: 200,000 numbers" in note for note in row.notes)


def test_fewer_points_are_drawn_where_each_is_huge():
    formula = Formula(lambda x: x, {"x": "5000000"}, name="huge")
    drawn = generate(formula, max_examples=50, seed=0)
    assert len(drawn.points) == 1
    assert "1 of 50 points" in drawn.notes[-1]


# -- directions


@pytest.mark.parametrize("shape", [(), (5,), (3, 4), (2, 3, 4)])
def test_a_direction_is_what_it_says(shape):
    array = np.arange(1.0, np.prod(shape, dtype=int) + 1).reshape(shape)
    direction = Direction(array, seed=1)
    dense = direction.shifted(np.zeros(shape), 1.0, np.empty(shape))
    assert direction.dot(array) == pytest.approx(np.sum(dense * array))
    assert np.all(np.abs(dense) > 0)
    if array.size > 1:
        first, second = direction.halves()
        parts = [h.shifted(np.zeros(shape), 1.0, np.empty(shape)) for h in (first, second)]
        assert np.array_equal(parts[0] + parts[1], dense)
        assert first.dot(array) + second.dot(array) == pytest.approx(direction.dot(array))


def test_the_bound_holds_what_the_difference_misses():
    """Against the derivative that is known: the bound covers the gap, and is small."""
    x = np.random.default_rng(0).normal(size=70_000)
    formula = Formula(lambda x: np.sin(3 * x), {"x": "70000"}, name="waves")
    formula.vjp(lambda delta, x: 3 * delta * np.cos(3 * x))
    point = generate(formula, max_examples=1, seed=0).points[0]
    direction = Direction(point.args[0], seed=3)
    slope, bound, scale = difference(formula.function, point, {0: direction})
    exact = direction.dot(3 * point.delta[0] * np.cos(3 * point.args[0]))
    assert abs(slope - exact) <= bound < 1e-6 * scale
    assert len(x) > LARGE


# -- memory


def test_the_second_answer_s_memory_is_written_over_only_where_nobody_else_holds_it():
    kept = []

    def keeps(delta, X, W, b):
        gradients = affine_backward(delta, X, W, b)
        if type(X) is np.ndarray:  # symbols answer isinstance as arrays do
            kept.append([g.copy() for g in gradients] + list(gradients))
        return gradients

    assert check(affine, keeps).verdict == "pass"
    assert len(kept) >= 6
    for answers in kept:
        assert all(map(np.array_equal, answers[:3], answers[3:]))


def test_a_gradient_that_is_always_the_same_array_is_not_written_over():
    slot = np.empty((300, 300))

    def reuses(delta, X, W, b):
        np.matmul(X.T, delta, out=slot)
        return delta @ W.T, slot, delta.sum(axis=0)

    assert check(affine, reuses).verdict == "pass"


def test_a_large_forward_that_writes_into_its_argument_is_told():
    def writes(X, W, b):
        X *= 2
        return X @ W + b

    result = check(writes, affine_backward)
    assert result.verdict == "error", str(result)
    assert "changes its argument 'X' in place" in result.row.reason


def test_a_large_forward_may_restore_what_it_writes():
    def restores(X, W, b):
        X *= 2
        result = X @ W / 2 + b
        X /= 2
        return result

    formula = Formula(restores, SHAPES, name="restores")
    assert len(generate(formula, max_examples=1, seed=0).points) == 1


def spent(work):
    """CPU seconds of this thread, and of all others, for fifty runs."""
    process, thread = time.process_time(), time.thread_time()
    for _ in range(50):
        work()
        time.sleep(0.0005)
    own = time.thread_time() - thread
    return own, time.process_time() - process - own


def test_a_direction_wakes_no_other_core():
    """BLAS shares a dot product of 10,000 numbers among all cores, which wait for each other for long."""
    array = np.linspace(-1.0, 1.0, 40_000).reshape(200, 200)
    own, others = spent(lambda: Direction(array, 0))
    assert others < own, (own, others)
    size = np.abs(Direction(array, 0).columns).max()
    assert 0.5 * np.sqrt(np.mean(array**2)) < size <= np.sqrt(np.mean(array**2)) * (1 + 1e-12)
