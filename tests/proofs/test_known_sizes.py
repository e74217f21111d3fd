"""Sizes that are plain numbers: one comparison at the only shape is a proof, and no wrong twin has one."""

import numpy as np
import pytest

from gradcheck import Formula, verify
from gradcheck.proofs import prove


def proof(forward, backward, **shapes):
    formula = Formula(forward, shapes, name="known sizes")
    formula.vjp(backward)
    return prove(formula.claims[0], steps=False)


def first_times_rest(q):
    return q[1:] * q[0]


def first_times_rest_back(d, q):
    return np.concatenate(([d @ q[1:]], d * q[0]))


def filled(q):
    out = np.empty(4)
    out[1:] = q * q
    out[0] = q[0]
    return out


def filled_back(d, q):
    g = 2 * d[1:] * q
    g[0] += d[0]
    return g


def shifted(x):
    return x[:, 1:] * x[:, :-1]


def shifted_back(d, x):
    g = np.zeros(x.shape)
    g[:, 1:] += d * x[:, :-1]
    g[:, :-1] += d * x[:, 1:]
    return g


def summed(x):
    return np.cumsum(x) ** 2


def summed_back(d, x):
    return np.cumsum((2 * d * np.cumsum(x))[::-1])[::-1]


def steps(x):
    return np.diff(x) ** 2


def steps_back(d, x):
    each = 2 * d * np.diff(x)
    return np.concatenate(([0.0], each)) - np.concatenate((each, [0.0]))


def in_rows(a):
    return a.reshape(2, 3) @ np.array([1.0, 2.0, -1.0])


def in_rows_back(d, a):
    return np.outer(d, [1.0, 2.0, -1.0]).reshape(-1)


def turned(x):
    return np.flip(x) * x[0]


def turned_back(d, x):
    return np.flip(d) * x[0] + np.array([d @ np.flip(x), 0.0, 0.0])


def side_by_side(a, b):
    return np.hstack([a, b]) ** 2


def side_by_side_back(d, a, b):
    return 2 * d[:, :2] * a, 2 * d[:, 2:] * b


def every_second_back(d, x):
    return np.array([3 * d[0], 0.0, 3 * d[1], 0.0, 3 * d[2]])


CASES = {
    "slices": (first_times_rest, first_times_rest_back, {"q": "4"}),
    "cross": (np.cross, lambda d, u, v: (np.cross(v, d), np.cross(d, u)), {"u": "3", "v": "3"}),
    "cumsum": (summed, summed_back, {"x": "5"}),
    "diff": (steps, steps_back, {"x": "4"}),
    "reshape": (in_rows, in_rows_back, {"a": "6"}),
    "buffer": (filled, filled_back, {"q": "3"}),
    "every second": (lambda x: x[::2] * 3.0, every_second_back, {"x": "5"}),
    "beside a symbol": (shifted, shifted_back, {"x": "n 3"}),
    "hstack": (side_by_side, side_by_side_back, {"a": "n 2", "b": "n 3"}),
    "flip": (turned, turned_back, {"x": "3"}),
}


@pytest.mark.parametrize("name", CASES)
def test_it_is_proved(name):
    """As its code stands."""
    forward, backward, shapes = CASES[name]
    found = proof(forward, backward, **shapes)
    assert found.status == "proved", found.reason


@pytest.mark.parametrize("name", CASES)
def test_no_twin_is_proved(name):
    """One entry twice as large, entries in another order, and one gradient for another."""
    forward, backward, shapes = CASES[name]

    def edited(change):
        def wrong(d, *args):
            parts = backward(d, *args)
            first, *rest = parts if isinstance(parts, tuple) else (parts,)
            return change(first), *rest

        return wrong

    def doubled(g):
        rows = [g[..., k] * (2.0 if k == g.shape[-1] - 1 else 1.0) for k in range(g.shape[-1])]
        return np.stack(rows, axis=-1)

    for change in (doubled, lambda g: g[..., ::-1], lambda g: g * 2.0):
        assert proof(forward, edited(change), **shapes).status != "proved"


def back_into_a_view(d, x):
    g = 2 * d * x
    tail = g[1:]
    tail += d[1:]  # changes g as well
    return g


def back_into_a_flip(d, x):
    g = 2 * d * x
    other = np.flip(g)
    other += 1.0
    return g


def back_after_a_view(d, x):
    g = 2 * d * x
    tail = g[1:]
    g[2] = 0.0
    return np.concatenate(([g[0]], tail))


def back_into_a_reshape(d, x):
    g = 2 * d * x
    g.reshape(2, 2)[0] += 1.0
    return g


@pytest.mark.parametrize(
    "backward", [back_into_a_view, back_into_a_flip, back_after_a_view, back_into_a_reshape]
)
def test_what_shares_memory_is_followed_or_refused(backward):
    """None of these is right, and none looks right because a part was taken for a copy."""
    assert proof(lambda x: x * x, backward, x="4").status != "proved"


def test_a_part_that_is_changed_changes_the_whole():
    """The right one of the twins above."""

    def back(d, x):
        g = 1 * d * x
        tail = g[1:]
        tail += d[1:] * x[1:]
        g[0] = g[0] + d[0] * x[0]
        return g

    assert proof(lambda x: x * x, back, x="4").status == "proved"


@pytest.mark.parametrize(
    "function", [lambda x: x[1:], np.cumsum, np.diff, np.flip, lambda x: np.concatenate([x, x])]
)
def test_a_wrong_claim_of_symbolic_sizes_is_open(function):
    """Though no sum over their entries can be written out, the forms are there, and differ."""
    found = proof(lambda x: np.sum(function(x)), lambda d, x: d * x, x="n+1")
    assert found.status == "open"
    assert found.reason == "the normal forms differ"


def right_for_three(d, x):
    return d * (2 * x if len(x) == 3 else x)


@pytest.mark.parametrize(
    ("declared", "assumed"),
    [
        ({"args": (np.ones(3),)}, ["x of shape (3,)"]),
        ({"shapes": {"x": "3"}}, ["x of shape (3,)"]),
        ({"shapes": {"x": "n"}, "values": {"x": np.ones(3)}}, ["n = 3"]),
    ],
)
def test_given_arrays_are_proved_at_their_sizes_and_it_is_said(declared, assumed):
    """The proof knows nothing of others, where this code is wrong."""
    result = verify(lambda x: np.sum(x * x), right_for_three, **declared)
    assert result.strength == "proved"
    assert result.row.proof.assumptions == assumed
    wrong = verify(lambda x: np.sum(x * x), lambda d, x: d * x, **declared)
    assert [d.text for d in wrong.diagnosis] == ["your gradient is too small by the factor 2"]


def test_free_sizes_are_not_proved_by_one():
    """The twin: every size is meant, and then the code is wrong."""
    result = verify(lambda x: np.sum(x * x), right_for_three, shapes={"x": "n"})
    assert result.verdict == "fail"


LABELS = (np.ones((4, 3)), np.array([2, 1, 1, 0]))


def picked(p, y):
    return -np.sum(p[np.arange(len(p)), y])


def picked_back(d, p, y):
    g = np.zeros_like(p)
    g[np.arange(len(p)), y] = -d
    return g, None


def picked_wrong(d, p, y):
    return picked_back(d, p, y)[0] * (1 + np.sum(y == 2)), None


def test_labels_that_are_given_are_within_their_axis():
    """As those of `integers(0, 3)` are; a count of them is not 0 because nothing was declared."""
    right, wrong = verify(picked, picked_back, args=LABELS), verify(picked, picked_wrong, args=LABELS)
    assert (right.strength, wrong.verdict) == ("proved", "fail")
    assert "y holds whole numbers from 0 to 2" in right.row.proof.assumptions
    below = verify(picked, picked_back, args=(LABELS[0], np.array([2, -1, 1, 0])))
    assert (below.verdict, below.strength) == ("pass", "certified")


def test_truth_values_that_are_given_are_no_numbers_of_a_proof():
    """`m + m` is `m` for them, and `x[m]` no choice by labels."""
    m = np.array([True, False, True])
    result = verify(lambda x, m: np.sum(x[m]), lambda d, x, m: (d * (m + m), None), args=(np.ones(3), m))
    assert (result.verdict, result.strength) == ("pass", "certified")
    assert "given as bool" in result.row.proof.reason
