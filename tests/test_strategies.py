"""Public strategies: what they draw, what they shrink towards, and that they are ordinary strategies."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import find, given, seed, settings
from hypothesis import strategies as st

import gradcheck
from gradcheck import UsageError, strategies
from gradcheck.judging.points.sizes import box

SHAPES = {"W": "n m", "x": "m"}
FRESH = settings(database=None, max_examples=500)


def forward(W, x):
    return W @ x


def smallest(strategy, condition=lambda value: True):
    return find(strategy, condition, settings=FRESH)


@given(strategies.points(forward, SHAPES))
def test_a_point_has_shapes_that_belong_together(point):
    """Sizes, arguments by name and in order, delta of the output's shape."""
    n, m = point.sizes["n"], point.sizes["m"]
    assert (point["W"].shape, point["x"].shape, point.delta.shape) == ((n, m), (m,), (n,))
    assert point.args[0] is point["W"]
    assert np.any(point.delta)
    point["W"][...] = 0  # the arrays are the test's own


def backward_with_a_mistake(d, W, x):
    return np.outer(d, x), W.T @ d * (2.0 if len(x) > 2 else 1.0)


def test_a_users_own_given_finds_a_mistake_and_shrinks_it():
    """A test as a user writes it: the smallest sizes and the plainest values at which it fails."""
    failed = []

    @seed(1)
    @settings(FRESH, max_examples=100)
    @given(strategies.points(forward, SHAPES))
    def test(point):
        _, dx = backward_with_a_mistake(point.delta, *point.args)
        wrong = not np.array_equal(dx, point["W"].T @ point.delta)
        failed.append(point) if wrong else None
        assert not wrong

    with pytest.raises(AssertionError):
        test()
    assert failed[-1].sizes == {"n": 1, "m": 3}
    assert np.array_equal(failed[-1]["x"], np.zeros(3))
    assert np.array_equal(failed[-1].delta, [1.0])


@pytest.mark.parametrize(
    ("strategy", "condition", "expected"),
    [
        (strategies.sizes(SHAPES), lambda s: True, {"n": 1, "m": 1}),
        (strategies.sizes(SHAPES), lambda s: s["n"] > s["m"], {"n": 2, "m": 1}),
        (strategies.sizes(SHAPES, where=lambda n, m: n * m >= 6), lambda s: True, {"n": 1, "m": 6}),
        (strategies.sizes(SHAPES, where=lambda n, m: n * m == 12), lambda s: True, {"n": 3, "m": 4}),
        (strategies.sizes({"x": "n-k+1", "w": "k"}), lambda s: s["n"] > 2, {"n": 3, "k": 1}),
        (strategies.shapes(SHAPES), lambda s: s["x"] != (1,), {"W": (1, 2), "x": (2,)}),
        (strategies.shapes({"x": "3", "s": ""}), lambda s: True, {"x": (3,), "s": ()}),
        (strategies.sizes(SHAPES, min_size=3), lambda s: True, {"n": 3, "m": 3}),
    ],
)
def test_sizes_shrink_to_the_smallest_that_are_allowed(strategy, condition, expected):
    """All 1, unless a relation, an expression or the test itself forbids it."""
    assert smallest(strategy, condition) == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (lambda a: True, [0.0, 0.0, 0.0]),
        (lambda a: a.all(), [1.0, 1.0, 1.0]),
        (lambda a: len(set(a)) == 3 and a.all(), [1.0, 2.0, 3.0]),
    ],
)
def test_arrays_shrink_to_plain_values(condition, expected):
    """Zeros, ones, counting."""
    assert smallest(strategies.arrays((3,)), condition).tolist() == expected


def test_arrays_that_are_drawn_are_like_those_of_verify():
    """Decimals of several scales and either sign, and mostly not plain."""
    drawn = []

    @settings(FRESH, max_examples=100)
    @given(strategies.arrays((2, 3)))
    def collect(array):
        drawn.append(array)

    collect()
    assert all(np.array_equal(a, np.round(a, 4)) for a in drawn)
    assert any((a < 0).any() for a in drawn)
    assert any((np.abs(a) > 5).any() for a in drawn)
    assert len({a.tobytes() for a in drawn}) > 50


@given(
    strategies.arguments(
        {"y": "b c", "i": "b", "p": "b", "e": "c", "w": "2", "s": ""},
        values={
            "y": gradcheck.one_hot,
            "i": gradcheck.integers(0, 3),
            "p": gradcheck.positive,
            "e": st.floats(-1, 1),
            "w": np.array([4.0, 5.0]),
        },
    )
)
def test_declared_values_are_kept(args):
    """Presets, elements of a strategy, fixed arrays; a scalar is a scalar."""
    assert (args["y"].sum(axis=-1) == 1).all()
    assert args["i"].dtype.kind == "i"
    assert (args["p"] > 0).all()
    assert (np.abs(args["e"]) <= 1).all()
    assert args["w"].tolist() == [4.0, 5.0]
    assert isinstance(args["s"], np.float64)
    assert list(args) == ["y", "i", "p", "e", "w", "s"]


@given(strategies.points(lambda x: (x * x, np.sum(x)), {"x": "n"}))
def test_several_outputs_have_a_delta_each(point):
    """A tuple; a NumPy scalar for a scalar output."""
    vector, number = point.delta
    assert vector.shape == point["x"].shape
    assert isinstance(number, np.float64)


@given(strategies.points(np.log, {"x": "n"}))
def test_points_where_the_forward_is_not_finite_are_rejected(point):
    """log needs positive numbers."""
    assert (point["x"] > 0).all()


@given(strategies.points(np.sum, {"x": "n"}, delta=gradcheck.positive))
def test_delta_can_be_declared(point):
    """Like any argument."""
    assert point.delta > 0


def test_a_formula_brings_its_declarations():
    """And they can be narrowed."""

    @gradcheck.formula(
        shapes={"x": "n", "w": "k"}, where=lambda n, k: k <= n, values={"w": gradcheck.positive}
    )
    def conv(x, w):
        return np.convolve(x, w, "valid")

    point = smallest(strategies.points(conv), lambda p: p.sizes["n"] > 2)
    assert point.sizes == {"n": 3, "k": 1}
    assert (point["w"] > 0).all()
    narrowed = smallest(strategies.points(conv, where=lambda n, k: n > k + 1))
    assert narrowed.sizes == {"n": 3, "k": 1}
    assert smallest(strategies.sizes(conv, where=lambda k: k > 1)) == {"n": 1, "k": 2}


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: strategies.sizes({"x": "n"}, where=lambda n: n > 8), "shapes: no sizes from 1 to 8 satisfy"),
        (
            lambda: strategies.sizes({"x": "n"}, min_size=0),
            "expected 1 <= min_size <= max_size, got min_size=0",
        ),
        (lambda: strategies.shapes({"x": "n"}, min_size=4, max_size=3), "got min_size=4 and max_size=3"),
        (lambda: strategies.points(forward), "points: shapes is missing"),
        (lambda: strategies.points(forward, {"x": "m", "W": "n m"}), "the same names in another order"),
        (
            lambda: strategies.arrays((3,), np.ones(2)),
            "values: an array of shape (2,) was given for the shape",
        ),
        (lambda: strategies.arguments(SHAPES, values={"w": np.ones(2)}), "Did you mean 'W'?"),
        (
            lambda: smallest(strategies.points(lambda x: x[1], {"x": "n"})),
            "the forward raises IndexError",
        ),
        (
            lambda: smallest(strategies.points(lambda x: (x, x), {"x": "n"}, delta=(np.ones(1),))),
            "delta: the forward has 2 outputs, but 1 were given",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(make, words):
    """When the strategy is made, or as soon as it is drawn from."""
    with pytest.raises(UsageError) as error:
        make()
    assert words in str(error.value)


def test_many_dimensions_keep_the_list_of_choices_short():
    """The largest size is lowered; with very many, the plan's sizes are left."""
    for count in (2, 5, 8, 12, 14):
        names = tuple(f"n{i}" for i in range(count))
        choices = box(names, lambda s: True, 1, 8)
        assert 1 < len(choices) <= 4096
        assert max(max(c.values()) for c in choices) > 1
    assert box(("n",), lambda s: s["n"] != 1, 1, 3) == [{"n": 2}, {"n": 3}]
    assert box(("n",), lambda s: False, 1, 3) == []
    assert box(("n",), lambda s: True, 2, 2) == [{"n": 2}]


def test_hypothesis_is_imported_with_the_first_strategy_only():
    """`gradcheck.strategies` alone does not."""
    code = (
        "import sys, gradcheck; gradcheck.strategies.points; assert 'hypothesis' not in sys.modules;"
        "gradcheck.strategies.sizes({'x': 'n'}); assert 'hypothesis' in sys.modules"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)
