"""Declarations of values, delta, sizes and options that make no sense: the wording of every refusal."""

import numpy as np
import pytest
from hypothesis import strategies as st

import gradcheck
from gradcheck import UsageError, verify

SHAPES = {"W": "n m", "x": "m"}


def forward(W, x):
    return W @ x


def backward(d, W, x):
    return np.outer(d, x), W.T @ d


def scaling(rng, shape):
    return np.ones(shape)


REFUSED = [
    ({"shapes": ["n m", "m"]}, "got ['n m', 'm']. Is it shapes={'W': 'n m', 'x': 'm'}?"),
    (
        {"shapes": "n m"},
        "shapes: expected one entry per argument, such as {'W': 'n m', 'x': 'm'}, got 'n m'.",
    ),
    ({"shapes": {0: "n m", 1: "m"}}, "shapes: the keys are the arguments' names, such as 'x', got 0."),
    ({"shapes": {"W": np.ones((2, 3)), "x": "m"}}, "An array of values is given with values={...}."),
    ({"values": [1, 2]}, "values: expected a dict with what some arguments may hold, as in {'W': gradcheck."),
    ({"values": gradcheck.positive}, "values: expected a dict with what some arguments may hold"),
    (
        {"values": {"w": gradcheck.positive}},
        "there is no argument 'w'; the arguments are W, x. Did you mean 'W'?",
    ),
    ({"values": {"x": "positive"}}, "got 'positive'. Is it gradcheck.positive without quotes?"),
    (
        {"values": {"x": gradcheck.integers}},
        "values['x']: integers needs its bounds, as in gradcheck.integers(0",
    ),
    (
        {"values": {"x": lambda shape: np.ones(shape) * 2}},
        "values['x']: the function takes (shape), but it is called as (shape, rng): 2 arguments.",
    ),
    ({"values": {"x": scaling}}, "values['x']: the function scaling takes (rng, shape), but it is called as"),
    (
        {"values": {"x": lambda shape, rng: 1 / 0}},
        "values['x']: expected a function (shape, rng) -> array, but for the shape (2,) it raises Zero",
    ),
    (
        {"values": {"x": lambda shape, rng: None}},
        "values['x']: expected real numbers; what was drawn is None",
    ),
    ({"values": {"x": lambda shape, rng: np.full(shape, np.inf)}}, "values that are not finite were drawn."),
    ({"values": {"x": np.ma.masked_less([1.0, -1.0], 0)}}, "what was given is a masked array, whose masked"),
    (
        {"values": {"x": np.array([1.0, "a"], dtype=object)}},
        "np.array(values, dtype=float) makes one of floats",
    ),
    ({"values": {"x": [np.nan]}}, "values that are not finite (NaN or infinite), and there is no derivative"),
    ({"values": {"x": []}}, "values['x']: an empty array of shape (0,) was given; sizes are 1 or more."),
    (
        {"shapes": {"W": "3 m", "x": "m"}, "values": {"W": np.ones((2, 3))}},
        "'W' has shape (2, 3), but is declared as '3 m': axis 0 must have the size 3.",
    ),
    (
        {"shapes": {"W": "n m", "x": "2*k"}, "values": {"x": np.ones(5)}},
        "'x' has shape (5,), but no k of 1 or more makes 2*k = 5.",
    ),
    ({"values": {"x": st.nothing()}}, "values['x']: the strategy draws nothing usable."),
    (
        {"delta": lambda shape: np.ones(shape) * 2},
        "delta: the function takes (shape), but it is called as (shape, rng",
    ),
    (
        {"delta": lambda shape, rng: np.full(shape, 1j)},
        "delta: expected real numbers; what was drawn is complex",
    ),
    ({"delta": np.array([1j])}, "delta: expected real numbers; what was given is complex"),
    ({"delta": 1.0}, "forward: delta: expected the shape of the forward's result, which is ("),
    ({"where": lambda n, N: True}, "where takes 'N', but the dimensions are n, m. Did you mean 'n'?"),
    (
        {"where": lambda n: n < 0},
        "no sizes from 1 to 13 satisfy the shapes and where. There is nothing to check.",
    ),
    (
        {"where": lambda n: n > 100},
        "There is nothing to check. Larger sizes are declared in shapes, as in '20' or 'n+20'.",
    ),
    (
        {"where": lambda n: 1 / 0},
        "where must give True or False for all sizes of 1 or more, but at n = 3 it raises",
    ),
    ({"where": lambda n, m: np.array([n, m]) > 1}, "but at n = 3, m = 2 it raises ValueError"),
    ({"where": lambda n: None}, "forward: where gives None: is a return missing?"),
    (
        {"where": lambda **sizes: True},
        "where takes **sizes; it must name the dimensions that it relates, such as",
    ),
    ({"where": lambda *sizes: True}, "where takes *sizes; it must name the dimensions that it relates"),
    (
        {"where": "n < m"},
        "where must be a function of dimension names, such as lambda n, k: k <= n; got 'n < m'.",
    ),
    ({"where": True}, "where must be a function of dimension names, such as lambda n, k: k <= n; got True."),
    (
        {"batch": "N"},
        "batch: expected the name of a dimension, got 'N'; the dimensions are n, m. Did you mean 'n'?",
    ),
    ({"batch": 0}, "batch: expected the name of a dimension, got 0; the dimensions are n, m."),
    ({"max_examples": 0}, "max_examples: expected an integer of 1 or more, got 0."),
    ({"max_examples": 5.0}, "max_examples: expected an integer of 1 or more, got 5.0."),
    ({"max_examples": "5"}, "max_examples: expected an integer of 1 or more, got '5'."),
    ({"max_examples": True}, "max_examples: expected an integer of 1 or more, got True."),
    ({"seed": None}, "seed: expected an integer of 0 or more, got None."),
    ({"seed": -1}, "seed: expected an integer of 0 or more, got -1."),
    (
        {"backends": "symbolic"},
        "backends: expected a list of names, as in ['symbolic'], got 'symbolic'",
    ),
    (
        {"backends": 3},
        "backends: expected a list of names, as in ['symbolic'], got 3; None stands for",
    ),
    ({"backends": []}, "backends: the list is empty; leave it out to use all that are installed."),
    (
        {"shapes": {"W": "n m", "x": 10**12}},
        "the arguments have 1000000000001 entries, and at most",
    ),
    (
        {"shapes": {"W": 10**5, "x": "10000000000"}},
        "Declare sizes by name, as in shapes={'x': 'n'}, or give smaller",
    ),
]


@pytest.mark.parametrize(("how", "words"), REFUSED, ids=[r[1][:60] for r in REFUSED])
def test_what_makes_no_sense_is_refused_with_what_to_do(how, words):
    """A UsageError, which is a ValueError."""
    with pytest.raises(UsageError) as error:
        verify(**{"forward": forward, "backward": backward, "shapes": SHAPES, "max_examples": 6, **how})
    assert words in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "how",
    [
        {"shapes": {"W": "(n, m)", "x": ("m",)}},
        {"shapes": {"W": (np.int64(3), "m"), "x": "m"}},
        {"shapes": {"W": "µ ν", "x": "ν"}},
        {"values": {"W": [[1, 2.5, 0], [3, 4, 0]]}},
        {"values": {"x": st.floats(-2, 2)}},
        {"values": {"x": st.integers(-5, 5)}},
        {"values": {"x": gradcheck.unit_interval, "W": lambda shape, rng: rng.normal(size=shape)}},
        {"where": lambda n, m: n >= m},
        {"where": lambda: True},
        {"delta": gradcheck.positive},
        {"delta": st.floats(-2, 2)},
        {"delta": np.array([1.0, 2.0, 3.0])},
        {"delta": [1.0, 2.0, 3.0]},
        {"max_examples": np.int64(6), "seed": np.uint8(3)},
        {"seed": 10**30},
        {"backends": ("finite_difference",)},
        {"batch": None, "values": None, "where": None, "delta": None},
    ],
)
def test_what_makes_sense_is_taken(how):
    """The right twins."""
    result = verify(**{"forward": forward, "backward": backward, "shapes": SHAPES, "max_examples": 12, **how})
    assert result.verdict == "pass"


def test_an_array_for_delta_fixes_the_sizes_of_the_result():
    """As an array of values does for its argument; other sizes stay free."""
    result = verify(forward, backward, SHAPES, delta=np.array([1.0, -2.0, 4.0]), max_examples=12)
    assert {s["n"] for s in result.row.shapes} == {3}
    assert len({s["m"] for s in result.row.shapes}) > 2


def test_a_delta_for_each_of_several_outputs():
    """None is what it would be anyway; arrays fix sizes; too few are refused."""
    two = lambda x: (x * x, np.sum(x))
    gradient = lambda d, x: 2 * x * d[0] + d[1]
    for delta in ((None, np.array(2.0)), (np.ones(4), None), [gradcheck.positive, None]):
        assert verify(two, gradient, {"x": "n"}, delta=delta, max_examples=8).verdict == "pass"
    fixed = verify(two, gradient, {"x": "n"}, delta=(np.ones(4), None), max_examples=8)
    assert {s["n"] for s in fixed.row.shapes} == {4}
    with pytest.raises(UsageError, match="delta: the forward has 2 outputs, but 1 were given"):
        verify(two, gradient, {"x": "n"}, delta=(None,), max_examples=8)


def test_fixed_arrays_fix_derived_sizes_too():
    """`n+1` of length 5 makes n = 4."""
    shapes = {"x": "n+1", "w": "n"}
    f, g = lambda x, w: x[1:] * w, lambda d, x, w: (np.concatenate([[0.0], d * w]), d * x[1:])
    result = verify(f, g, shapes, values={"x": np.arange(5.0)}, max_examples=8)
    assert result.verdict == "pass"
    assert {s["n"] for s in result.row.shapes} == {4}
    halved = verify(
        lambda x: x * 2, lambda d, x: 2 * d, {"x": "n//2"}, values={"x": np.ones(3)}, max_examples=8
    )
    assert {s["n"] for s in halved.row.shapes} == {6, 7}


def test_a_forward_that_is_finite_nowhere_says_what_to_do():
    """Not an error of the code: its arguments were the wrong ones."""
    result = verify(lambda x: np.log(-np.abs(x) - 1), lambda d, x: d, {"x": "n"}, max_examples=6)
    assert result.verdict == "inconclusive"
    assert result.reason.endswith("say what its arguments may hold, with values={...}")
