"""Indices as people write them run in every arithmetic: labels, ranges, lists, masks that are assigned to."""

import numpy as np
import pytest

import gradcheck
from gradcheck import verify

EVERY = {"symbolic": "pass", "finite_difference": "pass", "autodiff": "pass"}


def relu(x):
    out = x.copy()
    out[x <= 0] = 0
    return out


def rows(x):
    out = 2 * x
    out[x[:, 0] <= 0] = 1.0
    return out


def picked(p, y):
    q = p * p
    q[range(p.shape[0]), y] -= 1
    return q[[0, -1]]


def spread(delta, p, y):
    g = np.zeros(p.shape)
    g[0] += delta[0]
    g[-1] += delta[1]
    return g


FORMS = {
    "a mask": (relu, lambda d, x: d * (x > 0), lambda d, x: d * (x < 0), {"x": "n m"}, {}),
    "a mask of rows": (
        rows, lambda d, x: 2 * d * (x[:, :1] > 0), lambda d, x: 2 * d * (x > 0), {"x": "n 2"}, {},
    ),
    "labels, a range, a list": (
        picked, lambda d, p, y: (2 * p * spread(d, p, y), None), lambda d, p, y: (p * spread(d, p, y), None),
        {"p": "n 3", "y": "n"}, {"y": gradcheck.integers(0, 3)},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("forward", "right", "wrong", "shapes", "values"), FORMS.values(), ids=FORMS)
def test_every_backend_answers(forward, right, wrong, shapes, values):
    """And refutes the wrong twin."""
    result = verify(forward, right, shapes, values=values, max_examples=16)
    assert result.verdict == "pass"
    assert {row.backend: row.verdict for row in result.backends} == EVERY
    assert verify(forward, wrong, shapes, values=values, max_examples=16).verdict == "fail"


def test_what_a_mask_cannot_say_is_declined_with_the_reason():
    """An array stored where a mask holds, on symbols: which entries go where is not known."""

    def halved(x):
        out = x.copy()
        out[x > 0] = out[x > 0] / 2
        return out

    result = verify(halved, lambda d, x: np.where(x > 0, d / 2, d), {"x": "n"}, max_examples=16)
    assert result.verdict == "pass"
    said = {row.backend: row.reason for row in result.backends}
    assert "indexing with a mask" in said["symbolic"]
