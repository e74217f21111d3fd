"""Parts of a traced array: taken once, never another's, and new after a store."""

import numpy as np

import gradcheck
from gradcheck_backends._jax import primitives


def test_indices_that_look_alike_have_keys_of_their_own():
    assert primitives.key(np.s_[0:1:2]) != primitives.key(((0, 1, 2),))
    assert primitives.key(((0, 1, 2),)) is None
    assert primitives.key(np.s_[1]) != primitives.key(np.s_[True])
    assert primitives.key(np.s_[1, 2:3]) == primitives.key((np.int64(1), slice(2, 3)))
    assert primitives.key(np.s_[None, 1]) != primitives.key(np.s_[:, 1])


def forward(x):
    first = x[0] * x[1]
    y = x.copy()
    y[0] = first
    return y[0] * x[0] + y[1]


def backward(d, x):
    return d * np.concatenate([[2 * x[0] * x[1], x[0] ** 2 + 1], np.zeros(len(x) - 2)])


def test_a_part_is_taken_anew_after_a_store():
    right = gradcheck.verify(forward, backward, {"x": "n+2"}, backends=["autodiff"], max_examples=6)
    assert right.passed, right
    wrong = gradcheck.verify(
        forward, lambda d, x: backward(d, x) * (1 + 1e-9), {"x": "n+2"}, backends=["autodiff"], max_examples=6
    )
    assert wrong.verdict == "fail"
