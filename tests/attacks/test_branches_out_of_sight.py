"""Branches whose condition is no comparison of arrays: of sizes, bits, lists, sets, one entry of delta.

Each condition doubles one gradient where it holds: refuted. With the right value there instead: a pass, and
nothing is untried.
"""

import math

import numpy as np
import pytest

import gradcheck

pytestmark = pytest.mark.usefixtures("undiagnosed")

SHAPES = {"A": "n m", "x": "m"}


def forward(A, x):
    return np.tanh(A @ x) * x.sum()


def gradients(d, A, x):
    t, s = np.tanh(A @ x), x.sum()
    z = d * (1 - t * t) * s
    return np.outer(z, x), A.T @ z + (d * t).sum()


TABLE = dict.fromkeys(range(1, 120), 1) | {57: 2}

CONDITIONS = {
    "one entry is large": lambda d, A, x: (np.abs(A) > 1e3).any(),
    "delta has one entry": lambda d, A, x: len(d) > 1 and np.count_nonzero(d) == 1,
    "delta is constant": lambda d, A, x: len(d) > 2 and len(set(d.tolist())) == 1,
    "delta is all ones": lambda d, A, x: all(v == 1 for v in d),
    "no delta": lambda d, A, x: not d.any(),
    "a table of sizes": lambda d, A, x: TABLE.get(len(x)) == 2,
    "a whole number": lambda d, A, x: float(x[0]).is_integer() and x[0] != 0,
    "the identity": lambda d, A, x: len(x) > 1 and A.shape == (len(x),) * 2 and (np.eye(len(x)) == A).all(),
    "columns add up to 1": lambda d, A, x: len(A) > 1 and np.allclose(A.sum(0), 1),
    "one divides the other": lambda d, A, x: A.shape[0] > A.shape[1] > 3 and A.shape[0] % A.shape[1] == 0,
    "a common divisor": lambda d, A, x: math.gcd(*A.shape) == 6,
    "bits of the size": lambda d, A, x: A.size.bit_length() == 9,
    "bytes": lambda d, A, x: A.nbytes == 616,
    "pairs": lambda d, A, x: math.comb(len(x), 2) == 1081,
    "two are the same": lambda d, A, x: len(x) > 2 and x[0] == x[2] and x[0] != x[1],
    "two are opposite": lambda d, A, x: len(x) > 1 and x[0] == -x[1] and x[0] != 0,
    "in order": lambda d, A, x: len(x) > 4 and sorted(x.tolist()) == x.tolist(),
    "none is negative": lambda d, A, x: x.size > 6 and (x >= 0).all(),
    "a sign": lambda d, A, x: np.sign(x[0] - 120.5) > 0,
    "an edge": lambda d, A, x: np.digitize(x, [0, 90.0]).max() == 2,
}


def verdict(condition, factor):
    def backward(d, A, x):
        gA, gx = gradients(d, A, x)
        more = (factor - 1) * (not d.any())
        if condition(d, A, x):
            gx = factor * gx + more
        return gA, gx

    return gradcheck.verify(forward, backward, SHAPES)


@pytest.mark.corpus(3)
@pytest.mark.parametrize("name", CONDITIONS)
def test_wrong_there_it_fails_and_right_there_it_passes(name):
    assert verdict(CONDITIONS[name], 2.0).verdict == "fail"
    result = verdict(CONDITIONS[name], 1.0)
    assert (result.verdict, result.untried) == ("pass", ())


def test_what_is_never_entered_is_said_with_its_condition():
    """And strict calls it weak; a setting or a guard that raises is none."""

    def backward(d, A, x, training=True):
        if A.ndim != 2:
            raise ValueError("A has two axes")
        if not training:
            return d, x
        gA, gx = gradients(d, A, x)
        return gA, 2 * gx if hash(x.tobytes()) == 7 else gx

    result = gradcheck.verify(forward, backward, SHAPES, max_examples=5)
    (untried,) = result.untried
    assert "`hash(x.tobytes()) == 7` was never true" in untried.what
    assert gradcheck.verify(forward, backward, SHAPES, max_examples=5, strict=True).verdict == "weak"


def test_of_two_conditions_the_one_that_never_held_is_named():
    """`len(A) > 3` was true at many points."""

    def backward(d, A, x):
        gA, gx = gradients(d, A, x)
        return gA, 2 * gx if len(A) > 3 and np.array_equal(x, 1.7 * np.arange(len(x))) else gx

    (untried,) = gradcheck.verify(forward, backward, SHAPES).untried
    assert ": `np.array_equal(x, 1.7 * np.arange(len(x)))` was never true" in untried.what


def test_sizes_without_a_branch_are_asked_for_a_slope():
    wrong = lambda d, x: d * np.cos(x) * (1.0 + (math.comb(len(x), 2) == 1081))
    result = gradcheck.verify(np.sin, wrong, {"x": "n"})
    assert (result.verdict, result.counterexample.sizes) == ("fail", {"n": 47})
    right = lambda d, x: d * np.cos(x) * (1.0 + 0.0 * (math.comb(len(x), 2) == 1081))
    assert gradcheck.verify(np.sin, right, {"x": "n"}).verdict == "pass"


def test_outputs_whose_results_are_large_are_not_run_at_sizes_that_take_all_memory():
    held = []

    def kron(a, b):
        held.extend([a.size * b.size] if type(a) is np.ndarray else [])
        return np.kron(a, b)

    def backward(d, a, b):
        D = d.reshape(a.shape[0], b.shape[0], a.shape[1], b.shape[1])
        return np.einsum("iajb,ab->ij", D, b), np.einsum("iajb,ij->ab", D, a)

    assert gradcheck.verify(kron, backward, {"a": "n m", "b": "p q"}, max_examples=5).verdict == "pass"
    assert max(held) < 2**24


def halved_where(is_large):
    return lambda delta, x: x * delta if is_large(x) else 2 * x * delta


WITHOUT_ANSWER = {
    "a number of Python": lambda x: float(x[0]) > 1e7,
    "a list": lambda x: min(x.tolist()) > 1e7,
}


@pytest.mark.parametrize("is_large", WITHOUT_ANSWER.values(), ids=WITHOUT_ANSWER)
def test_a_branch_where_nobody_has_an_answer_is_untried(is_large):
    """What rounding may leave there is granted, so nobody can tell."""
    found = gradcheck.verify(lambda x: x * x, halved_where(is_large), {"x": "n"})
    assert found.verdict == "fail" or any("never true" in u.what for u in found.untried)
    right = gradcheck.verify(
        lambda x: x * x, lambda d, x: x * d * 2 if is_large(x) else 2 * x * d, {"x": "n"}
    )
    assert right.verdict == "pass"
