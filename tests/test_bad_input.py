"""Every kind of bad input: the verdict and the wording of its message."""

import random

import numpy as np
import pytest

import gradcheck
from gradcheck import UsageError, verify

SHAPES = {"W": "n m", "x": "m"}


def forward(W, x):
    return W @ x


def right(d, W, x):
    return np.outer(d, x), W.T @ d


def check(function=forward, backward=right, shapes=None, **how):
    return verify(function, backward, shapes or SHAPES, **{"max_examples": 9, **how})


def test_the_right_twin_of_all_that_follows_passes():
    """So that what is caught below is the mistake."""
    assert check().verdict == "pass"
    assert check(lambda x: x * x, lambda d, x: 2 * d * x, {"x": "n"}).verdict == "pass"


# -- forwards


def raises(x):
    raise OSError("disk full")


def endless(x):
    return endless(x)


def mutates(x):
    x += 1
    return x


def needs_two(x):
    return x[0] * x[1]


def generates(x):
    yield from x


FORWARDS = [
    (raises, "the forward raises OSError: disk full"),
    (needs_two, "the forward raises IndexError"),
    (endless, "the forward never returns: maximum recursion depth exceeded"),
    (lambda x: None, "the forward's result is None: is a return missing?"),
    (len, "the forward's result is no array of floats but int of dtype int64"),
    (lambda x: np.arange(3), "of dtype int64; derivatives need floating-point values"),
    (lambda x: x > 0, "the forward's result is no array of floats but ndarray of dtype bool"),
    (lambda x: True, "but bool of dtype bool"),
    (generates, "the forward's result is no array of floats but generator of dtype object"),
    (lambda x: {"z": x}, "but dict of dtype object"),
    (lambda x: "z", "but str of dtype"),
    (lambda x: (x, None), "output 1 of the forward is None"),
    (lambda x: (), "the forward returns an empty tuple"),
    (mutates, "the forward changes its argument 'x' in place; work on a copy"),
]


@pytest.mark.parametrize(("function", "words"), FORWARDS, ids=[w for _, w in FORWARDS])
def test_a_forward_that_cannot_be_checked_is_an_error(function, words):
    """Every backend has a row that says so; printing the result works."""
    result = check(function, lambda d, x: x, {"x": "n"})
    assert result.verdict == "error"
    assert words in result.row.reason
    assert words in str(result)
    assert {r.verdict for r in result.backends} == {"error"}


def test_a_forward_that_is_not_deterministic_is_an_error():
    """Dropout without a fixed mask."""
    result = check(lambda x: x * x * (random.random() < 0.5), lambda d, x: 2 * d * x, {"x": "n"})
    assert result.verdict == "error"
    assert "not deterministic" in result.row.reason


# -- backwards


def raising(d, W, x):
    raise LookupError("no rule")


def mutates_input(d, W, x):
    W *= 2
    return right(d, W, x)


def mutates_delta(d, W, x):
    g = right(d.copy(), W, x)
    d[:] = 0
    return g


def yields(d, W, x):
    yield from right(d, W, x)


BACKWARDS = [
    ("raises", raising, "fail", "the code raises LookupError: no rule (test_bad_input.py:"),
    (
        "recursion",
        lambda d, W, x: endless(d),
        "fail",
        "the code never returns: maximum recursion depth exceeded",
    ),
    (
        "too few",
        lambda d, W, x: right(d, W, x)[:1],
        "error",
        "expected 2 gradients, one for each of W, x, got 1",
    ),
    (
        "too many",
        lambda d, W, x: (*right(d, W, x), d),
        "error",
        "expected 2 gradients, one for each of W, x, got 3",
    ),
    (
        "single array",
        lambda d, W, x: W.T @ d,
        "error",
        "one for each of W, x, got a single ndarray; use None for an argument that is not checked",
    ),
    ("nothing", lambda d, W, x: None, "error", "got None"),
    (
        "all None",
        lambda d, W, x: (None, None),
        "error",
        "the code returned None for every argument: there is nothing to check",
    ),
    (
        "unknown name",
        lambda d, W, x: dict(zip(("W", "y"), right(d, W, x), strict=True)),
        "error",
        "expected a dict with one gradient for each of W, x, got W, y",
    ),
    (
        "missing name",
        lambda d, W, x: {"x": W.T @ d},
        "error",
        "expected a dict with one gradient for each of W, x, got x; use None",
    ),
    ("transposed", lambda d, W, x: (np.outer(x, d), W.T @ d), "fail", "dJ/dW: expected an array of shape"),
    ("scalar", lambda d, W, x: (np.outer(d, x), np.sum(d)), "fail", "dJ/dx: expected an array of shape"),
    (
        "column",
        lambda d, W, x: (np.outer(d, x), (W.T @ d)[:, None]),
        "fail",
        "dJ/dx: expected an array of shape",
    ),
    (
        "wrong length",
        lambda d, W, x: (np.outer(d, x), np.concatenate([W.T @ d, [0.0]])),
        "fail",
        "dJ/dx: expected an array of shape",
    ),
    (
        "NaN",
        lambda d, W, x: (np.outer(d, x) * np.nan, W.T @ d),
        "fail",
        "is nan although the derivative exists",
    ),
    (
        "one NaN",
        lambda d, W, x: (np.outer(d, x), W.T @ d + np.where(np.arange(x.size) == 1, np.nan, 0)),
        "fail",
        "dJ/dx[1] is nan although the derivative exists",
    ),
    (
        "infinity",
        lambda d, W, x: (np.outer(d, x), W.T @ d + np.inf),
        "fail",
        "dJ/dx[0] is inf although the derivative exists",
    ),
    ("mutates input", mutates_input, "error", "the code changes its argument 'W' in place; work on a copy"),
    ("mutates delta", mutates_delta, "error", "the code changes delta in place; work on a copy"),
    (
        "differs from call to call",
        lambda d, W, x: (np.outer(d, x) * random.random(), W.T @ d),
        "error",
        "differs between two calls with the same arguments: the code is not deterministic",
    ),
    (
        "generator",
        yields,
        "error",
        "the code returns a generator; return a tuple (is it `yield` by mistake?)",
    ),
    (
        "generator inside",
        lambda d, W, x: ((v for v in d), W.T @ d),
        "error",
        "dJ/dW is a generator, not an array",
    ),
    (
        "object array",
        lambda d, W, x: (np.full(W.shape, None), W.T @ d),
        "error",
        "dJ/dW is no array of numbers but ndarray of dtype object",
    ),
    (
        "complex",
        lambda d, W, x: (np.outer(d, x) + 0j, W.T @ d),
        "error",
        "dJ/dW is complex; of real arguments it is real: return np.real(...) of it",
    ),
    ("text", lambda d, W, x: ("dW", W.T @ d), "error", "dJ/dW is no array of numbers but str"),
    ("ragged", lambda d, W, x: ([[1.0], [2.0, 3.0]], W.T @ d), "error", "dJ/dW is no array: ValueError"),
]


OF_ANOTHER_FORM = {
    *("too few", "too many", "single array", "nothing", "all None", "unknown name", "missing name"),
    *("generator", "generator inside", "object array", "complex", "text", "ragged"),
}


@pytest.mark.parametrize(("name", "backward", "verdict", "words"), BACKWARDS, ids=[b[0] for b in BACKWARDS])
def test_a_backward_that_breaks_the_contract(name, backward, verdict, words):
    """Fail where the derivative exists and is not given; error where the check cannot be made."""
    result = check(backward=backward)
    assert result.verdict == verdict
    assert words in result.row.reason
    assert words in str(result)
    if name in OF_ANOTHER_FORM:  # seen in one call, before any points are drawn, and told once
        assert result.row.counterexample is None
        assert result.row.points == 0
        assert str(result).count(words) == 1
    else:
        assert result.row.counterexample.sizes


def test_a_wrong_shape_is_never_broadcast():
    """Where the values agree at every place, the shape is still wrong."""
    shapes = {"x": "n"}
    ones = {"values": {"x": np.array([2.0, 2.0])}, "delta": np.array([1.0, 1.0])}
    for wrong in (lambda d, x: 4.0, lambda d, x: np.array([4.0]), lambda d, x: np.array([[4.0], [4.0]])):
        result = check(lambda x: x * x, wrong, shapes, **ones)
        assert result.verdict == "fail"
        assert "expected an array of shape (2,)" in result.row.reason
    assert check(lambda x: x * x, lambda d, x: 2 * d * x, shapes, **ones).verdict == "pass"


def test_a_gradient_of_shape_one_for_a_scalar_argument_is_wrong():
    """A number is a number."""
    assert check(lambda s: s * s, lambda d, s: 2 * d * s, {"s": ""}).verdict == "pass"
    result = check(lambda s: s * s, lambda d, s: np.array([2 * d * s]), {"s": ""})
    assert result.verdict == "fail"
    assert "expected a number, got an array of shape (1,)" in result.row.reason


def test_a_number_where_nan_is_right_is_not_asked_for():
    """x -> sqrt(x) at zero has no finite derivative: NaN and infinity are noted, not failed."""
    zero = {"values": {"x": np.zeros(2)}}
    result = check(np.sqrt, lambda d, x: d / (2 * np.sqrt(x)), {"x": "n"}, **zero)
    assert result.verdict == "inconclusive"
    assert check(np.sqrt, lambda d, x: d * np.nan, {"x": "n"}, values={"x": np.ones(2)}).verdict == "fail"


# -- declarations


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"shapes": {"W": "n m", "x": "k m+"}}, "shapes['x']: cannot read the size 'm+'"),
        ({"shapes": {"x": "m", "W": "n m"}}, "the same names in another order"),
        (
            {"shapes": {"W": "n m"}},
            "takes (W, x), but it is called as (W): 1 argument. Give shapes an entry for 'x' too",
        ),
        ({"shapes": {"W": "n m", "x": "m", "b": "n"}}, "it is called as (W, x, b): 3 arguments"),
        ({"shapes": {}}, "shapes: expected one entry per argument"),
        ({"shapes": "n m"}, "shapes: expected one entry per argument"),
        ({"values": {"y": gradcheck.one_hot}}, "values: there is no argument 'y'; the arguments are W, x"),
        ({"values": {"x": "normal"}}, "values['x']: expected gradcheck.normal"),
        (
            {"values": {"W": np.zeros((2, 3)), "x": np.zeros(4)}},
            "makes m = 4, but 'W' with shape (2, 3) makes m = 3",
        ),
        (
            {"values": {"W": np.zeros(3)}},
            "an array of shape (3,) was given, but the argument is declared as 'n m'",
        ),
        ({"values": {"x": gradcheck.spd}}, "spd: the last two axes must be equal"),
        ({"values": {"x": lambda shape, rng: np.zeros((7, 7))}}, "values['x']: expected an array of shape"),
        ({"where": lambda n, k: k <= n}, "where takes 'k', but the dimensions are n, m"),
        ({"where": lambda n: False}, "no sizes from 1 to 13 satisfy the shapes and where"),
        ({"where": 3}, "where must be a function of dimension names"),
        (
            {"backends": ["symbolik"]},
            "'symbolik'; there are symbolic, finite_difference, autodiff. Did you mean 'symbolic'?",
        ),
        ({"backends": ["jax"]}, "unknown backend 'jax'"),
        ({"backward": lambda W, x: None}, "takes (W, x), but it is called as (delta, W, x): 3 arguments"),
        ({"backward": lambda W, x, delta: None}, "the same names in another order"),
        ({"backward": lambda delta, x, W: None}, "the same names in another order"),
        ({"max_examples": -3}, "max_examples: expected an integer of 1 or more, got -3"),
        (
            {"delta": np.ones((2, 2))},
            "delta: expected the shape of the forward's result, which is (13,) at n = 13, m = 13, got (2, 2)",
        ),
        ({"delta": (np.ones(2),)}, "delta: a tuple was given, but the forward has one output; give an array"),
        ({"delta": "ones"}, "delta: expected gradcheck.normal (positive, one_hot, ...)"),
    ],
)
def test_misuse_of_gradcheck_itself_raises_a_usage_error(how, words):
    """A ValueError that says what was expected and what came."""
    call = {"forward": forward, "backward": right, "shapes": SHAPES, "max_examples": 9, **how}
    with pytest.raises(UsageError) as error:
        verify(**call)
    assert words in str(error.value)


def test_a_filler_that_makes_no_array_is_a_usage_error():
    """Like any other wrong value."""
    with pytest.raises(UsageError):
        check(lambda x: x, lambda d, x: d, {"x": "n"}, values={"x": lambda shape, rng: [[1.0], [1.0, 2.0]]})


def test_a_gradient_for_integers_is_an_error_and_none_is_right():
    """Labels are not differentiated."""
    shapes, values = {"x": "n", "i": "k"}, {"i": gradcheck.integers(0, 1)}

    def pick(x, i):
        return x[i] * 2.0

    def gradient(d, x, i):
        g = np.zeros_like(x)
        np.add.at(g, i, 2.0 * d)
        return g

    good = check(pick, lambda d, x, i: (gradient(d, x, i), None), shapes, values=values)
    assert good.verdict == "pass"
    bad = check(pick, lambda d, x, i: (gradient(d, x, i), np.zeros(len(i))), shapes, values=values)
    assert bad.verdict == "error"
    assert "'i' holds integers and has no gradient; return None in its place" in bad.row.reason


# -- broken installations


@pytest.mark.parametrize(("broken", "rest"), [("autodiff", 2), ("symbolic", 2)])
def test_with_jax_or_sympy_broken_the_rest_decides(entry_points, broken, rest):
    """And a wrong gradient is still found."""
    entry_points(**{broken: ImportError("libbroken.so")})
    good, bad = check(), check(backward=lambda d, W, x: (np.outer(d, x) * 1.01, W.T @ d))
    assert (good.verdict, bad.verdict) == ("pass", "fail")
    for result in (good, bad):
        rows = {r.backend: r for r in result.backends}
        assert rows[broken].verdict == "unsupported"
        assert "libbroken.so" in rows[broken].reason
        assert sum(r.answered > 0 for r in rows.values()) == rest
    with pytest.raises(UsageError, match=f"the backend '{broken}' cannot be used: ImportError: libbroken.so"):
        check(backends=[broken])
