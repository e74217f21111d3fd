"""What public teaching code does wrong, and sentences that would be false of it."""

import numpy as np
import pytest

import gradcheck


def doubled(x):
    return x.repeat(2, axis=0).repeat(2, axis=1)


def summed(d):
    return d[::2, ::2] + d[1::2, ::2] + d[::2, 1::2] + d[1::2, 1::2]


CASES = {
    "one of four": (
        doubled,
        lambda d, x: d[::2, ::2],
        {"x": "n m"},
        "only one of 4 entries of delta counts (every 2nd along axis 0 and every 2nd along axis 1); the sum",
    ),
    "one of three": (
        lambda x: x.repeat(3, axis=1),
        lambda d, x: d[:, ::3],
        {"x": "n m"},
        "only one of 3 entries of delta counts (every 3rd along axis 1)",
    ),
    "mean of four": (doubled, lambda d, x: summed(d) / 4, {"x": "n m"}, "too small by the factor 4"),
}


def checked(forward, backward, shapes):
    return gradcheck.verify(forward, backward, shapes, max_examples=8, backends=["symbolic"])


@pytest.mark.parametrize(("forward", "wrong", "shapes", "words"), CASES.values(), ids=CASES)
def test_it_is_named(forward, wrong, shapes, words):
    """In the first sentence."""
    result = checked(forward, wrong, shapes)
    assert result.verdict == "fail"
    assert words in result.diagnosis[0].text


def test_the_right_sum_passes():
    """Over all copies of an entry."""
    assert checked(doubled, lambda d, x: summed(d), {"x": "n m"}).verdict == "pass"


def test_numbers_of_float32_that_are_off_by_more_are_not_called_accurate():
    """A factor of 1.001 beside a cast is no lack of digits."""
    forward, shapes = np.tanh, {"x": "n"}

    def narrow(d, x):
        return (d * (1 - np.tanh(x) ** 2)).astype(np.float32)

    assert "float32" in {d.kind for d in checked(forward, narrow, shapes).diagnosis}
    off = checked(forward, lambda d, x: 1.001 * narrow(d, x), shapes)
    assert off.verdict == "fail"
    assert not any("accurate to" in d.text for d in off.diagnosis)
