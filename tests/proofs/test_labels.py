"""Functions of entries that labels pick: `np.log(p[np.arange(n), y])`. No wrong twin is proved."""

import numpy as np
import pytest

import gradcheck
from gradcheck import Formula
from gradcheck.proofs import prove

SHAPES = {"z": "n 3", "y": "n"}
LABELS = {"y": gradcheck.integers(0, 3)}


def proof(forward, backward, shapes=SHAPES, **values):
    formula = Formula(forward, shapes, values={**LABELS, **values}, name="labels")
    formula.vjp(backward)
    return prove(formula.claims[0], steps=False)


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def cross_entropy(z, y):
    return -np.log(softmax(z)[np.arange(len(y)), y]).mean()


def cross_entropy_back(d, z, y):
    p = softmax(z)
    p[np.arange(len(y)), y] -= 1
    return d * p / len(y), None


def by_ranges(z, y):
    return -np.log(softmax(z)[range(len(y)), y]).sum()


def by_ranges_back(d, z, y):
    p = softmax(z)
    p[range(len(y)), y] -= 1
    return d * p, None


def from_one_on(d, z, y):
    p = softmax(z)
    p[range(1, len(y)), y[1:]] -= 1
    return d * p, None


def into_places(what):
    """A backward that stores what it makes of the picked entries in their places."""

    def backward(d, z, y):
        rows, g = np.arange(len(y)), np.zeros_like(z)
        g[rows, y] = d * what(z[rows, y], z, y)
        return g, None

    return backward


def of_picked(function):
    return lambda z, y: np.sum(function(z[np.arange(len(y)), y]))


def sigmoid(t):
    return 1 / (1 + np.exp(-t))


def in_turn(d, z, y):
    p = softmax(z)
    p[np.arange(len(y)), (y + 1) % 3] -= 1
    return d * p / len(y), None


def first_off(d, z, y):
    p = softmax(z)
    p[:, 0] -= 1
    return d * p / len(y), None


CASES = {
    "cross entropy": (
        cross_entropy,
        cross_entropy_back,
        [lambda d, z, y: (d * softmax(z) / len(y), None), first_off, in_turn],
    ),
    "rows by a range": (by_ranges, by_ranges_back, [cross_entropy_back, from_one_on]),
    "squares": (
        of_picked(np.square),
        into_places(lambda t, z, y: 2 * t),
        [into_places(lambda t, z, y: 2 * z[:, 0]), into_places(lambda t, z, y: t)],
    ),
    "sigmoid": (
        of_picked(sigmoid),
        into_places(lambda t, z, y: sigmoid(t) * (1 - sigmoid(t))),
        [into_places(lambda t, z, y: sigmoid(t) * (1 - sigmoid(t) ** 2))],
    ),
    "relu beside a constant": (
        of_picked(lambda t: np.maximum(t + 1, 0)),
        into_places(lambda t, z, y: t + 1 > 0),
        [into_places(lambda t, z, y: t > 0), into_places(lambda t, z, y: z[:, 1] + 1 > 0)],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_it_is_proved_and_no_twin_is(name):
    """One bracket of `[k = y]` is 1 and all others are 0, so the function goes to the entry."""
    forward, right, twins = CASES[name]
    found = proof(forward, right)
    assert found.status == "proved", found.reason
    assert found.assumptions[:2] == ["n >= 1", "y holds whole numbers from 0 to 2"]
    assert all(proof(forward, twin).status != "proved" for twin in twins)


def test_what_is_picked_of_positive_entries_is_positive():
    """So nothing is assumed of the logarithm; of entries of any sign it is."""
    log, slope = of_picked(np.log), into_places(lambda t, z, y: 1 / t)
    assert all("z[" not in a for a in proof(log, slope, z=gradcheck.positive).assumptions)
    assert any("> 0" in a for a in proof(log, slope).assumptions)


def shared(x, y, w):
    """1 where the two labels are equal."""
    return np.sum((y[:, None] == np.arange(3)) * (w[:, None] == np.arange(3)) * np.exp(x), axis=1)


@pytest.mark.parametrize("always", [True, False])
def test_two_labels_need_not_pick_the_same(always):
    """A sum over the places of two labels is 0 where they differ."""
    shapes = {"x": "n 3", "y": "n", "w": "n"}
    forward = lambda x, y, w: np.sum(np.where(shared(x, y, w) > 0, x[:, 0], 2 * x[:, 0]))

    def backward(d, x, y, w):
        g = np.zeros_like(x)
        g[:, 0] = d * (1 if always else np.where(y == w, 1, 2))
        return g, None, None

    found = proof(forward, backward, shapes, w=gradcheck.integers(0, 3))
    assert (found.status == "proved") <= (not always)
    result = gradcheck.verify(
        forward, backward, shapes, values={**LABELS, "w": gradcheck.integers(0, 3)}, max_examples=12
    )
    assert result.verdict == ("fail" if always else "pass")


@pytest.mark.parametrize("kinds", [list, (dict, (tuple, str)), type(None)])
def test_a_number_is_no_container(kinds):
    """What a value may be by NumPy's choice, a float or an array of no axes, is not told."""
    shapes, right = {"x": "n"}, lambda d, x: d * np.ones_like(x)
    forward = lambda x: np.sum(x) * (2 if isinstance(x[0], kinds) else 1 + isinstance(x[0], dict | list))
    told = lambda x: np.sum(x) if isinstance(np.sum(x), (float, dict)) else np.sum(x) * 2
    for function, status in ((forward, "proved"), (told, "open")):
        formula = Formula(function, shapes, name="kinds")
        formula.vjp(right)
        assert prove(formula.claims[0], steps=False).status == status
