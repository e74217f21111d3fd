"""Gradients by arguments beside one that lives in a space, by code that uses what holds on the space.

A point of a curved space is rounded, and the identity is off by as much; what is wrong by more fails.
"""

import numpy as np
import pytest

import gradcheck

SPHERE = {"shapes": {"q": "n", "x": "n"}, "spaces": {"q": gradcheck.sphere}}
ROWS = {"shapes": {"q": "b n", "x": "b n"}, "spaces": {"q": gradcheck.sphere}}
ROTATION = {"shapes": {"R": "n n", "x": "n"}, "spaces": {"R": gradcheck.rotations}}
SIMPLEX = {"shapes": {"p": "n", "x": "n"}, "spaces": {"p": gradcheck.simplex}}


def stretched(q, x):
    return x * (q @ q)


def projected(q, x):
    return x - q * (q @ x) / (q @ q)


def lengths(q, x):
    return x * np.sum(q * q, axis=1, keepdims=True)


def turned_back(R, x):
    return np.linalg.inv(R) @ x


def with_volume(R, x):
    return np.linalg.det(R) * x


def weighed(p, x):
    return x * p.sum() + p


CASES = {
    "length 1": (stretched, SPHERE, lambda d, q, x: d, lambda d, q, x: d * (1 + 1e-11)),
    "length 1, of rows": (lengths, ROWS, lambda d, q, x: d, lambda d, q, x: d + 1e-12 * x),
    "the projection": (
        *(projected, SPHERE, lambda d, q, x: d - q * (q @ d)),
        lambda d, q, x: d - q * (q @ d) * (1 - 1e-11),
    ),
    "the inverse is the transpose": (turned_back, ROTATION, lambda d, R, x: R @ d, lambda d, R, x: R.T @ d),
    "the determinant": (with_volume, ROTATION, lambda d, R, x: d, lambda d, R, x: d * R[0, 0]),
    "the sum": (weighed, SIMPLEX, lambda d, p, x: d, lambda d, p, x: d * np.sum(p * p)),
}


def checked(forward, options, gradient):
    backward = lambda delta, point, x: (None, gradient(delta, point, x))
    return gradcheck.verify(forward, backward, max_examples=5, **options)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.usefixtures("undiagnosed")
def test_what_holds_on_the_space_may_be_used_and_nothing_else(name):
    forward, options, right, wrong = CASES[name]
    found = checked(forward, options, right)
    assert (found.verdict, found.strength) == ("pass", "agreed"), str(found)
    assert checked(forward, options, wrong).verdict == "fail"


@pytest.mark.usefixtures("undiagnosed")
def test_what_does_not_move_with_the_point_is_granted_nothing():
    """The last digit of a gradient on which the space has no influence is compared as elsewhere."""
    added = lambda q, x: x + q
    assert checked(added, SPHERE, lambda d, q, x: d).verdict == "pass"
    assert checked(added, SPHERE, lambda d, q, x: d + 2.0**-51 * np.abs(x)).verdict == "fail"
