"""Sums that a loop makes, in the hand-written code and in the forward: the grades that they meet."""

import numpy as np
import pytest

import gradcheck
from tests.low_precision.candidates import kernel

QUICK = {"dtype": "float16", "max_examples": 2, "backends": ["autodiff"]}
SHAPES = {"x": "n", "b": "1"}
SHORTER = {"where": lambda n: n <= 515}  # 4,099 steps of a loop in balls take their time


def scaled(x, b):
    return (x * b).sum(keepdims=True)


def in_a_loop(x, b):
    total = 0 * b
    for i in range(len(x)):
        total = total + x[i] * b
    return total


def with_sum(add, start):
    def backward(delta, x, b):
        total = start(b)
        for i in range(len(x)):
            total = add(total, x[i], delta)
        return delta * b * np.ones_like(x), total.astype(b.dtype)

    return backward


def in_place(total, x, delta):
    total += x * delta
    return total


def narrow(b):
    return np.zeros_like(b)


def wide(b):
    return np.zeros(np.shape(b), dtype=np.float32)


def stored_each_time(total, x, delta):
    return (total.astype(np.float32) + x * delta).astype(total.dtype)


NARROW = {
    "in place": in_place,
    "another object": lambda total, x, delta: total + x * delta,
    "subtracted": lambda total, x, delta: total - -x * delta,
    "cast each time": stored_each_time,
}


@pytest.mark.parametrize("add", NARROW.values(), ids=NARROW)
def test_a_loop_that_sums_in_the_type_is_no_float32_sum(add):
    backward = with_sum(add, narrow)
    claimed = gradcheck.verify(scaled, backward, SHAPES, grade="sums", **SHORTER, **QUICK)
    assert claimed.verdict == "fail"
    assert [d.kind for d in claimed.diagnosis] == ["rounding"]


def test_without_a_grade_the_right_one_is_named():
    found = gradcheck.verify(scaled, with_sum(in_place, narrow), SHAPES, **SHORTER, **QUICK)
    assert found.verdict == "pass"
    assert [g.name for g in found.accuracy.grades if g.met] == ["float16 throughout"]
    assert "meets float16 throughout: " in str(found)


@pytest.mark.parametrize("hidden", [False, True])
def test_a_loop_that_sums_in_float32_is_one(hidden):
    """Each product is rounded to the type before it is added."""
    backward = with_sum(in_place, wide)
    found = gradcheck.verify(scaled, kernel(backward) if hidden else backward, SHAPES, grade="sums", **QUICK)
    assert found.verdict == "pass"
    assert found.accuracy.up_to == {}


def test_a_few_terms_may_be_written_out():
    def polynomial(x):
        return x + x**2 + x**3 + x**4

    def written_out(delta, x):
        return delta * (1 + 2 * x + 3 * x * x + 4 * x * x * x)

    found = gradcheck.verify(polynomial, written_out, {"x": "n"}, grade="sums", **QUICK)
    assert found.verdict == "pass"
    assert [g.met for g in found.accuracy.grades] == [False, True]


def test_a_forward_in_a_loop_is_tried_as_long_as_it_is_cheap_and_says_so():
    right = gradcheck.verify(in_a_loop, with_sum(in_place, wide), SHAPES, grade="sums", **QUICK)
    assert right.verdict == "pass"
    (longest,) = right.accuracy.up_to.values()
    assert 64 < longest < 515
    assert f"up to n = {longest}: " in str(right)
    assert any(f"grades are known up to n = {longest}" in note for note in right.row.notes)
    alike = {"x": lambda shape, rng: rng.uniform(0.5, 1, shape)}
    wrong = gradcheck.verify(
        in_a_loop, with_sum(in_place, narrow), SHAPES, values=alike, grade="sums", **QUICK
    )
    assert wrong.verdict == "fail"
    assert [d.kind for d in wrong.diagnosis] == ["rounding"]


def test_a_size_that_is_bounded_by_declaration_was_tried_as_far_as_it_goes():
    found = gradcheck.verify(
        scaled, with_sum(in_place, wide), SHAPES, where=lambda n: n <= 8, grade="sums", **QUICK
    )
    assert found.verdict == "pass"
    assert found.accuracy.up_to == {}


def test_a_scalar_delta_is_made_positive_too():
    """The output of a loss has no axis."""
    mean = lambda x: x.mean()
    right = lambda d, x: np.full_like(x, d / x.size)
    wrong = lambda d, x: np.full_like(x, d / x.size) * (2 if x.size > 600 else 1)
    assert gradcheck.verify(mean, right, {"x": "n"}, dtype="float32").verdict == "pass"
    assert gradcheck.verify(mean, wrong, {"x": "n"}, dtype="float32").verdict == "fail"
