"""Intermediates: the forward once more, with names on what lies on the way."""

import numpy as np
import pytest

import gradcheck
from gradcheck.errors import UsageError

W, X = np.array([[1.0, -2.0], [0.5, 3.0]]), np.array([0.25, -1.0])


def make(tapped=None, **options):
    formula = gradcheck.Formula(
        lambda W, x: np.tanh(W @ x) ** 2, {"W": "n m", "x": "m"}, name="two", **options
    )
    if tapped is not None:
        formula.intermediates(tapped)
    return formula


def right_one(tap, W, x):
    return tap("a", np.tanh(tap("z", W @ x))) ** 2


def test_values_and_deltas():
    delta = np.array([2.0, -1.0])

    right = gradcheck.oracle(make(right_one))(W, X, delta=delta)

    a = np.tanh(W @ X)
    assert np.allclose(right.intermediates["z"], W @ X)
    assert np.allclose(right.deltas["a"], delta * 2 * a)
    assert np.allclose(right.deltas["z"], delta * 2 * a * (1 - a**2), rtol=1e-13)
    assert np.array_equal(right.gradients["x"].value, right.gradients["x"].value)


def test_an_intermediate_may_be_called_like_an_argument():
    formula = gradcheck.Formula(lambda x, step: np.sin(x) * step, {"x": "n", "step": "n"}, name="named")
    formula.intermediates(lambda tap, x, step: tap("step", np.sin(tap("x", x))) * step)

    right = gradcheck.oracle(formula)([0.5], [2.0], delta=[1.0])

    assert right.deltas["x"].value == right.gradients["x"].value == pytest.approx(2 * np.cos(0.5))
    assert right.deltas["step"].value.tolist() == [2.0]
    assert right.intermediates["step"].value == pytest.approx(np.sin(0.5))


def test_the_keyword_is_the_same_as_the_decorator():
    right = gradcheck.oracle(make(intermediates=right_one))(W, X, delta=np.ones(2))

    assert list(right.intermediates) == ["z", "a"]


def test_without_a_declaration_there_are_none():
    assert gradcheck.oracle(make())(W, X, delta=np.ones(2)).intermediates == {}


def test_buffers_and_loops_may_be_used():
    def looped(tap, W, x):
        z = np.zeros(len(W))
        for i, row in enumerate(W):
            z[i] = tap(f"z{i}", row @ x)
        return np.tanh(z) ** 2

    right = gradcheck.oracle(make(looped))(W, X, delta=np.ones(2))

    assert list(right.intermediates) == ["z0", "z1"]
    assert float(right.intermediates["z1"].value) == (W @ X)[1]


@pytest.mark.parametrize(
    ("tapped", "message"),
    [
        (lambda tap, W, x: np.tanh(tap("z", W @ x)) ** 3, "end in another output than the forward"),
        (lambda tap, W, x: np.tanh(tap("z", W @ x))[:1] ** 2, "end in another output than the forward"),
        (lambda tap, W, x: (tap("z", W @ x), x), "return 2 outputs, the forward 1"),
        (lambda tap, W, x: tap("z", np.tanh(tap("z", W @ x))) ** 2, "expected another name .* got 'z' again"),
        (lambda tap, W, x: tap(3, W @ x), "expected another name .* got 3"),
        (lambda tap, W, x: np.tanh(W @ x + 0 * tap("n", len(x))) ** 2, "'n' is no array of floats"),
        (lambda tap, W, x: W @ tap("x", x).T.foo, "the intermediates raise AttributeError"),
    ],
)
def test_a_wrong_declaration_is_told(tapped, message):
    with pytest.raises(UsageError, match=message):
        gradcheck.oracle(make(tapped))(W, X, delta=np.ones(2))


def test_a_declaration_with_other_arguments_is_refused_at_once():
    with pytest.raises(UsageError, match=r"two: the intermediates .* is called as"):
        make(lambda tap, W: W)


def test_a_constant_that_is_rounded_differently_is_the_same_output():
    k = 3
    formula = gradcheck.Formula(lambda x: x * (1 / k) ** 2, {"x": "n"}, name="f")
    formula.intermediates(lambda tap, x: tap("h", x * (1 / k)) / k)

    right = gradcheck.oracle(formula)([1.0, 2.0], delta=[1.0, 1.0])

    assert list(right.intermediates) == ["h"]
