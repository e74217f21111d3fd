"""Sizes of 1 and 0: what is wrong only there is said; size 0 never changes the verdict."""

import numpy as np
import pytest

SHAPES = {"W": "n m", "x": "m"}


def forward(W, x):
    return W @ x


def right(d, W, x):
    return np.outer(d, x), W.T @ d


def squeezes(d, W, x):
    return np.squeeze(np.outer(d, x)), W.T @ d


def broadcasts(d, W, x):
    return np.outer(d, x), W.T @ d * (2.0 if len(x) == 1 else 1.0)


def softmax(z):
    e = np.exp(z - z.max())
    return e / e.sum()


def softmax_backward(d, z):
    p = softmax(z)
    return p * (d - d @ p)


@pytest.mark.parametrize(
    ("backward", "where"),
    [(squeezes, "wrong only where"), (broadcasts, "wrong only where m = 1")],
)
def test_what_is_wrong_only_at_size_one_is_said(battery, backward, where):
    """The numbers and shapes fail; the row says where."""
    judged = battery(forward, backward, SHAPES)
    assert judged.row.verdict == "fail"
    row = judged.rows["sizes of 1"]
    assert (row.outcome, row.counts) == ("fail", False)
    assert row.reason.startswith(where)
    assert 1 in row.sizes.values()


@pytest.mark.parametrize(
    ("backward", "outcome", "reason"),
    [
        (right, "pass", None),
        (lambda d, W, x: (2 * np.outer(d, x), W.T @ d), "skipped", "the code is wrong at other sizes too"),
        (lambda d, W, x: (np.outer(d, x), W @ d), "pass", None),
    ],
    ids=["right", "wrong everywhere", "wrong but at size 1"],
)
def test_what_is_not_about_size_one_is_not_said_to_be(battery, backward, outcome, reason):
    """The twins."""
    shapes = SHAPES if outcome != "pass" or backward is right else {"W": "n n", "x": "n"}
    row = battery(forward, backward, shapes).rows["sizes of 1"]
    assert (row.outcome, row.reason) == (outcome, reason)


def test_where_no_size_can_be_one_nothing_is_said(battery):
    """Fixed sizes, and a relation."""
    assert (
        battery(np.sin, lambda d, x: d * np.cos(x), {"x": "n"}, where=lambda n: n > 1)
        .rows["sizes of 1"]
        .reason
        == "no size can be 1"
    )
    assert "sizes of 1" not in battery(np.sin, lambda d, x: d * np.cos(x), {"x": "3"}).rows


def raises_at_zero(d, W, x):
    assert len(x)
    return right(d, W, x)


def divides(d, W, x):
    return np.outer(d, x), W.T @ d * (len(d) / len(d) if len(d) else np.nan) + (0 if len(d) else np.nan)


def not_zero(d, W, x):
    return np.outer(d, x), W.T @ d + (0.0 if len(d) else 1.0)


@pytest.mark.parametrize(
    ("backward", "words"),
    [
        (raises_at_zero, "at m = 0 the forward has a value, but the code raises AssertionError"),
        (divides, "at n = 0 the forward has a value, but dJ/dx is not finite"),
        (not_zero, "at n = 0 the output is empty, but dJ/dx is not 0"),
    ],
)
def test_what_goes_wrong_at_size_zero_is_a_note(battery, backward, words):
    """Sizes are 1 or more; the verdict stays."""
    judged = battery(forward, backward, SHAPES)
    assert judged.row.verdict == "pass"
    assert (judged.failed, judged.noted) == (set(), {"sizes of 0"})
    row = judged.rows["sizes of 0"]
    assert row.reason.startswith(words)
    assert 0 in row.sizes.values()
    assert not row.counts


@pytest.mark.parametrize(
    ("forward", "backward", "shapes", "outcome"),
    [
        (forward, right, SHAPES, "pass"),
        (softmax, softmax_backward, {"z": "n"}, "skipped"),
        (lambda x: x / len(x), lambda d, x: d / len(x), {"x": "n"}, "pass"),
    ],
    ids=["takes it", "the forward does not", "an empty result"],
)
def test_a_forward_that_takes_no_size_of_zero_asks_nothing_of_the_backward(
    battery, forward, backward, shapes, outcome
):
    """And code that takes it passes."""
    judged = battery(forward, backward, shapes)
    assert judged.row.verdict == "pass"
    assert judged.rows["sizes of 0"].outcome == outcome
    assert judged.noted == set()


def test_a_size_that_is_part_of_an_expression_is_not_made_zero(battery):
    """`np.convolve` swaps its arguments where the kernel is longer."""

    def conv(x, w):
        return np.convolve(x, w, "valid")

    def backward(d, x, w):
        return np.convolve(d, w[::-1]), np.convolve(x, d[::-1], "valid")[::-1]

    judged = battery(conv, backward, {"x": "n+k-1", "w": "k"})
    assert judged.row.verdict == "pass"
    assert judged.rows["sizes of 0"].outcome == "skipped"


def test_a_relation_is_kept_at_size_zero_and_may_fail_there(battery):
    """`n % k` divides by zero; derived sizes do not grow."""

    def pooled(x, w):
        return x[:: len(w)] * np.sum(w)

    def backward(d, x, w):
        dx = np.zeros_like(x)
        dx[:: len(w)] = d * np.sum(w)
        return dx, np.ones_like(w) * np.sum(d * x[:: len(w)])

    judged = battery(pooled, backward, {"x": "n", "w": "k"}, where=lambda n, k: n % k == 0)
    assert judged.row.verdict == "pass"
    assert judged.noted == set()
