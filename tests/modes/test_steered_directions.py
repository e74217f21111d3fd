"""Cotangents and tangents are steered as arguments are: a wrong branch on them is found."""

import numpy as np
import pytest

import gradcheck

VECTOR = {"x": "n"}


def square(x):
    return x * x


def doubly(clipped):
    def backward(grads, delta, x):
        (g,) = grads
        return 2 * x * g, 2 * delta * (np.where(g > 5e3, 0, g) if clipped else np.where(g > 5e3, g, 1 * g))

    return backward


def cubes(x):
    return np.sum(x**3)


def product(clipped):
    def hvp(v, x):
        (u,) = v
        return 6 * x * (np.where(u > 5e3, 0, u) if clipped else np.where(u > 5e3, u, 1 * u))

    return hvp


def tangent(clipped):
    def jvp(tangents, x):
        (u,) = tangents
        return 2 * x * (np.where(u > 5e3, 0, u) if clipped else np.where(u > 5e3, u, 1 * u))

    return jvp


MODES = {
    "double_backward": (square, doubly),
    "hvp": (cubes, product),
    "jvp": (square, tangent),
}


@pytest.mark.parametrize("mode", MODES)
def test_a_direction_is_moved_over_a_threshold(mode):
    forward, made = MODES[mode]
    wrong = gradcheck.verify(forward, shapes=VECTOR, max_examples=12, **{mode: made(clipped=True)})
    right = gradcheck.verify(forward, shapes=VECTOR, max_examples=12, **{mode: made(clipped=False)})
    assert (wrong.verdict, right.verdict) == ("fail", "pass")
    assert right.untried == ()
