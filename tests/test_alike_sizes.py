"""Sizes beyond those that are drawn which are equal, or one apart, where nothing in the code can be read."""

import math

import numpy as np
import pytest

import gradcheck
from gradcheck.checking.further_points import _in_turn

WRONG = {
    "equal": lambda n, m: n // 13 * (1 - min(1, abs(n - m))),
    "a common divisor": lambda n, m: math.gcd(n, m) // 13,
    "one more": lambda n, m: n // 9 * (1 - min(1, abs(n - m - 1))),
    "one less": lambda n, m: n // 9 * (1 - min(1, abs(n - m + 1))),
}


def squares(W):
    return np.sum(W * W)


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_factor_of_alike_sizes_fails(wrong):
    backward = lambda d, W: 2 * d * W * (1 + wrong(*W.shape))
    assert gradcheck.verify(squares, backward, {"W": "n m"}).verdict == "fail"


def test_a_right_one_passes():
    backward = lambda d, W: 2 * d * W * (1 + 0 * math.gcd(*W.shape))
    assert gradcheck.verify(squares, backward, {"W": "n m"}, strict=True).verdict == "pass"


def test_every_way_in_which_three_sizes_are_alike_comes_up_and_each_size_in_each_place():
    in_turn = [_in_turn(k) for k in range(3)]
    assert all(sorted(sizes) == list(range(9, 57)) for sizes in in_turn)
    ways = {(n == m, m == k, n == k) for n, m, k in zip(*in_turn, strict=True)}
    assert ways == {(True,) * 3, (False,) * 3, *((a, b, c) for a, b, c in np.eye(3, dtype=bool).tolist())}
