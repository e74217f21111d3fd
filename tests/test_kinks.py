"""Kinks: found where there is one, not where there is none, and what a gradient may be there."""

import numpy as np
import pytest

from gradcheck.arithmetic import enclose
from gradcheck.errors import Undecided, Unsupported
from gradcheck.formulas.decorating import Formula
from gradcheck.judging.answers.kinks import examine, outside


def kink_of(point_at, function, delta=None, **arrays):
    formula = Formula(function, {n: " ".join(str(s) for s in np.shape(a)) for n, a in arrays.items()})
    return examine(formula, point_at(formula, delta=delta, **arrays))


def relu(x):
    return np.maximum(x, 0)


KINKED = {
    "relu at zero": (relu, {"x": np.array([1.0, 0.0])}),
    "abs at zero": (np.abs, {"x": np.array([0.0])}),
    "a tied maximum": (np.max, {"x": np.array([2.0, 2.0, 1.0])}),
    "where at its boundary": (lambda x: np.where(x > 1, x, 2 * x - 1), {"x": np.array([1.0])}),
    "a norm at zero": (lambda x: np.sqrt(np.sum(x * x)), {"x": np.zeros(2)}),
    "clip at its bound": (lambda x: np.clip(x, 0, 1), {"x": np.array([0.5, 1.0])}),
    "one of two arguments": (lambda x, y: np.abs(x) + y * y, {"x": np.array([0.0]), "y": np.array([1.0])}),
    "sorted ties": (lambda x: np.max(np.stack([x[0], x[1]])) * 3, {"x": np.array([1.0, 1.0])}),
    "the middle of three ties": (lambda x: np.sort(x)[2], {"x": np.array([0.0, -7.0, 0.0, 11.8, 0.0])}),
}
SMOOTH = {
    "relu off zero": (relu, {"x": np.array([1.0, -1e-4])}),
    "relu squared at zero": (lambda x: relu(x) ** 2, {"x": np.array([0.0])}),
    "a max of tied but unused entries": (np.max, {"x": np.array([1.0, 1.0, 2.0])}),
    "softmax with a tied shift": (
        lambda x: np.exp(x - np.max(x)) / np.sum(np.exp(x - np.max(x))),
        {"x": np.array([2.0, 2.0])},
    ),
    "where of one function": (lambda x: np.where(x > 0, x, x), {"x": np.array([0.0])}),
    "a steep sigmoid": (lambda x: 1 / (1 + np.exp(-1e6 * x)), {"x": np.array([0.0])}),
    "sin(50 x)": (lambda x: np.sin(50 * x), {"x": np.linspace(-3, 3, 20)}),
    "abs of a square": (lambda x: np.abs(x * x), {"x": np.array([0.0])}),
    "the middle of three numbers": (lambda x: np.sort(x)[1], {"x": np.array([3.0, 0.0, 5.0])}),
    "products": (lambda x: np.prod(x) * 1e9, {"x": np.array([2.0, 3.0, 0.5])}),
    "a constant": (lambda x: 0 * x, {"x": np.array([0.0])}),
}


@pytest.mark.parametrize("name", KINKED)
def test_a_kink_is_found(point_at, name):
    """By one-sided slopes that differ."""
    function, arrays = KINKED[name]
    assert kink_of(point_at, function, **arrays) is not None


@pytest.mark.parametrize("name", SMOOTH)
def test_no_kink_is_found_where_there_is_none(point_at, name):
    """However steep or tied the code is on the way."""
    function, arrays = SMOOTH[name]
    assert kink_of(point_at, function, **arrays) is None


def test_a_kink_that_delta_does_not_see_is_none(point_at):
    """ReLU at zero in an output whose delta is zero."""
    x = np.array([1.0, 0.0])
    assert kink_of(point_at, relu, delta=np.array([1.0, 0.0]), x=x) is None
    assert kink_of(point_at, relu, delta=np.array([1.0, 1.0]), x=x) is not None


def test_a_kink_in_integers_is_not_looked_for(point_at):
    """Labels do not move."""
    assert kink_of(point_at, lambda x, i: x * i, x=np.array([1.0]), i=np.array([0])) is None


GRADIENTS = {
    "relu at zero": (relu, np.array([0.0]), [[0.0], [0.5], [1.0], [0.3]], [[-0.1], [1.1], [2.0]]),
    "concave": (lambda x: -np.abs(x), np.array([0.0]), [[-1.0], [0.0], [1.0]], [[1.5], [-2.0]]),
    "abs at zero": (np.abs, np.array([0.0]), [[-1.0], [0.0], [1.0]], [[1.001], [-3.0]]),
    "maximum of three ties": (
        np.max,
        np.array([2.0, 2.0, 2.0]),
        [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [1 / 4, 1 / 4, 1 / 2], [0.5, 0.25, 0.25]],
        [[1.0, 1.0, 1.0], [0.0, 0.0, 0.0], [0.5, 0.5, 0.5], [2.0, -1.0, 0.0]],
    ),
    "beside a smooth entry": (
        lambda x: np.sum(relu(x)),
        np.array([3.0, 0.0]),
        [[1.0, 0.0], [1.0, 1.0]],
        [[0.5, 0.0], [0.0, 1.0], [1.0, 2.0]],
    ),
}


@pytest.mark.parametrize("name", GRADIENTS)
def test_at_a_simple_kink_a_gradient_must_lie_between_the_slopes(point_at, name):
    """Every convention is allowed, what leaves the subdifferential is not."""
    function, x, allowed, forbidden = GRADIENTS[name]
    kink = kink_of(point_at, function, x=x)
    assert kink.simple
    for gradient in allowed:
        assert outside(kink, {0: enclose(np.array(gradient))}) is None
    for gradient in forbidden:
        sentence = outside(kink, {0: enclose(np.array(gradient))})
        assert sentence.startswith(
            "no derivative exists here (a kink), and the stated gradients have the slope "
        )
        assert "which is not between the one-sided slopes" in sentence or sentence.endswith("to both sides")


def test_where_kinks_of_opposite_sense_meet_nothing_is_concluded(point_at):
    """relu(x) - relu(2 x - y) at zero: the usual conventions themselves fall outside."""
    kink = kink_of(point_at, lambda x: relu(x[0]) - relu(x[1]), x=np.zeros(2))
    assert not kink.simple
    assert outside(kink, {0: enclose(np.array([5.0, 5.0]))}) is None


def test_a_gradient_that_is_not_stated_leaves_the_question_open(point_at):
    """Both arguments are needed for a joint direction."""
    kink = kink_of(point_at, lambda x, y: np.abs(x + y), x=np.array([1.0]), y=np.array([-1.0]))
    assert outside(kink, {0: enclose(np.array([9.0]))}) is None
    assert outside(kink, {0: enclose(np.array([9.0])), 1: enclose(np.array([9.0]))}) is not None


def test_what_cannot_be_examined_raises(point_at):
    """A forward without balls, one that leaves its domain, a tie that no precision decides."""
    with pytest.raises(Unsupported, match="cov"):
        kink_of(point_at, lambda x: x * np.cov(x), x=np.array([1.0, 2.0]))
    with pytest.raises(Unsupported, match="leaves its domain"):
        kink_of(point_at, np.sqrt, x=np.array([0.0]))
    with pytest.raises(Undecided):
        kink_of(point_at, lambda x: x if x[0] / 3 == 2 * x[0] / 6 else -x, x=np.array([1.0]))
