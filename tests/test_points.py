"""Points: how arguments and delta are drawn, and what a forward may not do."""

import numpy as np
import pytest

from gradcheck.errors import UsageError
from gradcheck.formulas.decorating import Formula
from gradcheck.formulas.values import integers, normal
from gradcheck.judging.points.point import (
    Discarded,
    ForwardFault,
    draw_arguments,
    evaluate_forward,
    make_point,
)
from tests.wording import READ_ONLY


def rng(seed=0):
    return np.random.default_rng(seed)


def test_a_point_is_reproducible_and_read_only():
    """The same generator gives the same point; nobody can write into it."""
    formula = Formula(lambda W, x: W @ x, {"W": "n m", "x": "m"})
    one, two = (make_point(formula, {"n": 2, "m": 3}, rng(5)) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one.args, two.args, strict=True))
    assert np.array_equal(one.delta[0], two.delta[0])
    assert (one.output_shapes, one.wrt, one.multiple) == (((2,),), (0, 1), False)
    with pytest.raises(ValueError, match=READ_ONLY):
        one.args[0][0, 0] = 1
    assert not np.array_equal(one.args[0], make_point(formula, {"n": 2, "m": 3}, rng(6)).args[0])


def test_integers_are_not_differentiated():
    """Labels and indices keep their dtype."""
    formula = Formula(lambda x, i: x[i], {"x": "n", "i": "k"}, values={"i": integers(0, 1)})
    point = make_point(formula, {"n": 3, "k": 2}, rng())
    assert point.args[1].dtype == np.int64
    assert point.wrt == (0,)


def test_scalars_reach_the_forward_as_numpy_scalars():
    """A 0-d argument is a number to the user's code."""
    seen = []
    formula = Formula(lambda s: (seen.append(type(s)), s * 2.0)[1], {"s": ""})
    make_point(formula, {}, rng())
    assert seen == [np.float64]


def test_delta_is_never_all_zero_unless_it_is_asked_for():
    """A zero delta makes every gradient right."""
    formula = Formula(np.sum, {"x": "n"})
    assert all(make_point(formula, {"n": 1}, rng(s)).delta[0] != 0 for s in range(60))
    assert make_point(formula, {"n": 1}, rng(), delta=np.zeros(())).delta[0] == 0


def test_one_delta_per_output():
    """A tuple output takes a tuple of deltas, or one kind for all."""
    formula = Formula(lambda x: (x, np.sum(x)), {"x": "n"})
    point = make_point(formula, {"n": 3}, rng(), delta=(np.array([1.0, 2.0, 3.0]), np.array(4.0)))
    assert point.multiple
    assert [d.tolist() for d in point.delta] == [[1.0, 2.0, 3.0], 4.0]
    assert [d.shape for d in make_point(formula, {"n": 3}, rng(), delta=normal).delta] == [(3,), ()]
    with pytest.raises(UsageError, match="the forward has 2 outputs, but 1 were given"):
        make_point(formula, {"n": 3}, rng(), delta=(np.ones(3),))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (
            lambda shape, rng: np.zeros((*shape, 1)),
            "expected an array of shape (3,), got one of shape (3, 1)",
        ),
        (lambda shape, rng: np.full(shape, np.nan), "values that are not finite were drawn"),
        (
            lambda shape, rng: np.full(shape, "a"),
            "what was drawn is no array of numbers but ndarray of dtype <U1",
        ),
        (lambda shape, rng: None, "expected real numbers; what was drawn is None: is a return missing?"),
    ],
)
def test_what_a_users_filler_may_not_draw(value, words):
    """The wrong shape, NaN, text, nothing, complex numbers."""
    formula = Formula(lambda x: x, {"x": "n"}, values={"x": value})
    with pytest.raises(UsageError) as error:
        draw_arguments(formula, {"n": 3}, rng())
    assert str(error.value).startswith("values['x']: ")
    assert words in str(error.value)


def test_a_users_filler_is_the_only_source():
    """What it gives is what is tried."""
    formula = Formula(lambda x: x, {"x": "n"}, values={"x": lambda shape, rng: np.full(shape, 0.5)})
    assert draw_arguments(formula, {"n": 3}, rng())[0].tolist() == [0.5] * 3


def shapes_of(function, *args):
    formula = Formula(function, {f"a{i}": " ".join("n" * np.ndim(a)) for i, a in enumerate(args)})
    return evaluate_forward(formula, tuple(np.asarray(a) for a in args))


def raising(x):
    raise ValueError("no good")


def endless(x):
    return endless(x)


def mutating(x):
    x *= 2
    return x


def generating(x):
    yield from x


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (raising, "the forward raises ValueError: no good"),
        (endless, "the forward never returns: maximum recursion depth exceeded"),
        (mutating, "the forward changes its argument 'a0' in place; work on a copy"),
        (generating, "the forward's result is no array of floats but generator of dtype object"),
        (lambda x: None, "the forward's result is None: is a return missing?"),
        (lambda x: (), "the forward returns an empty tuple"),
        (lambda x: (x, None), "output 1 of the forward is None"),
        (lambda x: x > 0, "no array of floats but ndarray of dtype bool"),
        (len, "no array of floats but int of dtype int64"),
        (lambda x: x + 1j, "the forward's result is complex"),
        (lambda x: "text", "no array of floats but str"),
        (lambda x: {"z": x}, "no array of floats but dict of dtype object"),
    ],
)
def test_a_forward_that_cannot_be_checked(function, words):
    """Each is told apart in words."""
    with pytest.raises(ForwardFault) as error:
        shapes_of(function, np.array([1.0, 2.0]))
    assert words in str(error.value)


@pytest.mark.parametrize("result", [np.array([1.0, 2.0]), [1.0, 2.0], 3.0, np.float32(2), (np.ones(2),)])
def test_a_forward_that_can_be_checked(result):
    """Arrays, numbers, sequences of outputs; all become float64."""
    outputs, multiple = shapes_of(lambda x: result, np.array([1.0, 2.0]))
    assert all(o.dtype == np.float64 for o in outputs)
    assert multiple == isinstance(result, list | tuple)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_where_the_forward_is_not_finite_the_point_says_nothing(value):
    """It is discarded, not failed; no warning reaches the user."""
    with pytest.raises(Discarded):
        shapes_of(lambda x: np.array([1.0, value]), np.array([1.0]))
    with pytest.raises(Discarded):
        shapes_of(np.log, np.array([0.0]))


def test_a_point_keeps_everything_but_the_values_that_are_replaced():
    """`with_values` gives a new point."""
    formula = Formula(lambda x: x, {"x": "n"})
    point = make_point(formula, {"n": 2}, rng())
    moved = point.with_values((np.zeros(2),), (np.ones(2),))
    assert moved.args[0].tolist() == [0, 0]
    assert moved.sizes == point.sizes
    assert not np.array_equal(point.args[0], moved.args[0])
