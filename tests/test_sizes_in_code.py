"""Sizes that code asks about without a branch are tried, or named."""

import dataclasses

import numpy as np
import pytest

import gradcheck


@dataclasses.dataclass
class Affine:
    W: np.ndarray
    b: np.ndarray


SHAPES = {"p": Affine("n m", "n"), "x": "m"}


def dense(p, x):
    return np.tanh(p.W @ x + p.b)


def dense_backward(factor):
    def backward(delta, p, x):
        dz = delta * (1 - np.tanh(p.W @ x + p.b) ** 2)
        return Affine(np.outer(dz, x), dz * factor(len(dz), x)), p.W.T @ dz

    return backward


ASKED = {
    "two lengths": lambda n, x: 1 + (n == 5 and len(x) == 7),
    "a small one": lambda n, x: 1 + (n == 1 and len(x) == 4),
    "a shape": lambda n, x: 1 + (n == 5 and x.shape == (7,)),
}


@pytest.mark.parametrize("factor", ASKED.values(), ids=ASKED)
def test_a_pair_of_sizes_that_is_asked_for_in_arithmetic_is_tried(factor):
    assert gradcheck.verify(dense, dense_backward(factor), SHAPES).verdict == "fail"


def test_right_code_that_asks_for_a_pair_passes():
    factor = lambda n, x: 2 - (n == 5 and len(x) == 7) - (n != 5 or len(x) != 7)
    assert gradcheck.verify(dense, dense_backward(factor), SHAPES).verdict == "pass"


def square(x):
    return x * x


def cut_off(delta, x):
    g = 2 * x * delta
    g[1500:] = 0
    return g


def compared(delta, x):
    return 2 * x * delta * (1 + (len(x) > 1500))


def written_twice(delta, x):
    g = 2 * x * delta
    g[:3] = 2 * x[:3] * delta[:3]
    return g


@pytest.mark.parametrize(
    ("backward", "untried"),
    [
        (cut_off, "a size beyond 1500 was not tried"),
        (compared, "`len(x) > 1500` was never true where a mistake would show"),
    ],
)
def test_a_size_that_is_too_large_to_try_is_named(backward, untried):
    found = gradcheck.verify(square, backward, {"x": "n"})
    assert found.verdict == "pass"
    assert [u.what.partition(": ")[2] for u in found.untried] == [untried]
    assert gradcheck.verify(square, backward, {"x": "n"}, strict=True).verdict == "weak"


def test_sizes_that_were_tried_are_not():
    found = gradcheck.verify(square, written_twice, {"x": "n"}, strict=True)
    assert (found.verdict, found.untried) == ("pass", ())


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def rosenbrock_backward(delta, x):
    g = np.zeros_like(x)
    g[:-1] += -400 * (x[1:] - x[:-1] ** 2) * x[:-1] - 2 * (1 - x[:-1])
    g[1:] += 200 * (x[1:] - x[:-1] ** 2)
    return delta * g


MASKS = {}


def by_length(delta, x):
    if len(x) not in MASKS:
        MASKS[len(x)] = np.ones(len(x))
    return 2 * x * delta * MASKS[len(x)]


def scaled_by_its_maximum(x):
    m = np.max(x)
    return np.where(np.isfinite(m), x * x, x)


@pytest.mark.parametrize(
    ("forward", "backward"),
    [
        (rosenbrock, rosenbrock_backward),
        (square, by_length),
        (scaled_by_its_maximum, lambda d, x: d * np.where(np.isfinite(x.max()), 2 * x, 1)),
    ],
    ids=["coefficients beside slices", "what is not in a cache", "finite arguments"],
)
def test_nothing_is_called_untried_that_cannot_be_or_was(forward, backward):
    found = gradcheck.verify(forward, backward, {"x": "n"})
    assert (found.verdict, found.untried) == ("pass", ())
