"""Forwards and backwards that are not what they should be: the wording of every refusal."""

import dataclasses
import functools
import sys

import numpy as np
import pytest

import gradcheck
from gradcheck import UsageError, verify
from tests.wording import beyond

X = {"x": "n"}
SHAPES = {"W": "n m", "x": "m"}


def square(x):
    return x * x


def multiply(x1, x2, out=None):
    return np.multiply(x1, x2, out)


def square_backward(d, x):
    return 2 * d * x


class Layer:
    """An object with methods, and one that is called."""

    factor = 2.0

    def forward(self, x):
        return x * self.factor

    def backward(self, d, x):
        return d * self.factor

    __call__ = forward


@dataclasses.dataclass
class Scaled:
    """Dataclasses have no hash."""

    factor: float = 2.0

    def __call__(self, x):
        return x * self.factor


@dataclasses.dataclass
class ScaledBackward:
    factor: float = 2.0

    def __call__(self, d, x):
        return d * self.factor


class Asynchronous:
    async def __call__(self, x):
        return x


async def coroutine(x):
    return x * x


async def asynchronous_generator(x):
    yield x * x


def raises_silently(*args):
    raise ValueError


def scaled(k, x):
    return k * x


def with_keyword(x, *, k):
    return k * x


LAYER = Layer()


@pytest.mark.parametrize(
    ("forward", "backward"),
    [
        (lambda x: x * x, lambda d, x: 2 * d * x),
        (functools.partial(scaled, 3.0), functools.partial(lambda k, d, x: k * d, 3.0)),
        (functools.partial(with_keyword, k=3.0), lambda d, x: 3.0 * d),
        (LAYER.forward, LAYER.backward),
        (LAYER, LAYER.backward),
        (Scaled(3.0), ScaledBackward(3.0)),
        (np.exp, lambda d, x: d * np.exp(x)),
        (lambda *args: args[0] * 2, lambda *args: args[0] * 2),
        (lambda x, eps=1.0: x * eps, lambda d, x, eps=1.0: d * eps),
        (np.vectorize(lambda v: 3.0 * v), lambda d, x: 3.0 * d),
    ],
    ids=[
        "lambdas",
        "partials",
        "bound keyword",
        "methods",
        "an object that is called",
        "no hash",
        "a ufunc",
        "any arguments",
        "defaults",
        "vectorize",
    ],
)
def test_whatever_can_be_called_with_the_arguments_is_taken(forward, backward):
    """The right twins; each result prints."""
    result = verify(forward, backward, X, max_examples=6)
    assert result.verdict == "pass"
    assert "nan" not in str(result)
    assert result.reproduce.startswith("gradcheck.verify(")


REFUSED = [
    (Layer, square_backward, X, "Layer: the forward Layer is a class: calling it makes an object, no array"),
    (
        square,
        Layer,
        X,
        "square.vjp: the backward Layer is a class: calling it makes an object, no array. Give",
    ),
    (coroutine, square_backward, X, "the forward coroutine is async: it gives a coroutine, no array"),
    (square, functools.partial(coroutine), X, "the backward is async: it gives a coroutine, no array"),
    (asynchronous_generator, square_backward, X, "the forward asynchronous_generator is async"),
    (Asynchronous(), square_backward, X, "forward: the forward is async"),
    (
        Layer.forward,
        Layer.backward,
        X,
        "It is a method without its object: give that of an object, such as layer.forward.",
    ),
    (
        with_keyword,
        square_backward,
        X,
        "needs the keyword argument 'k', but it is called as (x). Give it a default or bind it with",
    ),
    (lambda: 1.0, square_backward, X, "forward: the forward takes (), but it is called as (x): 1 argument."),
    (lambda **k: 1.0, square_backward, X, "forward: the forward takes (), but it is called as (x)"),
    (
        square_backward,
        square,
        X,
        "1 argument. Are forward and backward interchanged? Else shapes needs an entry for each of d, x.",
    ),
    (
        square,
        square,
        X,
        (
            "2 arguments. Are forward and backward interchanged, or is delta, the first argument, missing? "
            "A gradient without delta, as SciPy takes it, is given as jac=."
        ),
    ),
    (
        square,
        lambda x, d: 2 * d * x,
        X,
        "the backward takes (x, d), but it is called as (delta, x): delta, which d seems to be, comes first.",
    ),
    (
        square,
        lambda dout, cache, more: dout,
        X,
        "(delta, x): 2 arguments. For a forward that returns a cache see gradcheck.with_cache.",
    ),
    (
        lambda W, x: W @ x,
        lambda d, W, x: None,
        {"W": "n m"},
        "1 argument. Give shapes an entry for 'x' too, or bind it with functools.partial.",
    ),
    (multiply, square_backward, X, "the forward multiply takes (x1, x2, out), but it is called as (x)"),
    (None, square_backward, X, "forward: expected a function, got NoneType."),
    (np.ones(3), square_backward, X, "forward: expected a function, got ndarray."),
    (square, np.ones(3), X, "backward: expected a function, got ndarray."),
    (square, "square_backward", X, "backward: expected a function, got str."),
    (square, None, X, "verify: expected a forward and a backward; the backward is missing."),
]


@pytest.mark.parametrize(
    ("forward", "backward", "shapes", "words"), REFUSED, ids=[r[3][:50] for r in REFUSED]
)
def test_what_cannot_be_called_like_that_is_refused_before_it_is_called(forward, backward, shapes, words):
    """A UsageError that names the function and says what to do."""
    with pytest.raises(UsageError) as error:
        verify(forward, backward, shapes)
    assert words in str(error.value)


def test_a_formula_checks_its_claims_alike():
    """Whatever the kind."""
    formula = gradcheck.Formula(square, X)
    with pytest.raises(UsageError, match="the jacobian candidate Layer is a class"):
        formula.jacobian("x")(Layer)
    with pytest.raises(UsageError, match=r"the update candidate coroutine is async"):
        formula.update()(coroutine)


RETURNS = [
    (
        lambda x: sys.exit(3),
        "at n = 2 the forward ends the program, with sys.exit(3) (test_bad_callables.py:",
    ),
    (
        lambda x: np.ma.masked_less(x, 0.0),
        "the forward's result is a masked array, whose masked entries have no",
    ),
    (
        lambda x: np.array([1.0, None]),
        "no array of floats but ndarray of dtype object; np.array(values, dtype=f",
    ),
    (
        lambda x: x.astype(object),
        "no array of floats but ndarray of dtype object; np.array(values, dtype=float)",
    ),
    (
        lambda x: {"z": x},
        "no array of floats but dict of dtype object; return an array, or a tuple of arrays",
    ),
    (lambda x: (v for v in x), "generator of dtype object; return an array (is it `yield` by mistake?)"),
    (lambda x: map(float, x), "no array of floats but map of dtype object; return an array"),
    (lambda x: {1.0}, "no array of floats but set of dtype object; return an array"),
    (raises_silently, "at n = 2 the forward raises ValueError (test_bad_callables.py:"),
    (
        lambda x: (x, x) if x.size > 1 else x,
        "the forward gives a tuple of 2 at n = 2, but one output at n = 1; it must give as many at all sizes",
    ),
    (lambda x: x[1] * x, "at n = 1 the forward raises IndexError: " + beyond(1, 1)),
]


@pytest.mark.parametrize(("forward", "words"), RETURNS, ids=[r[1][:50] for r in RETURNS])
def test_a_forward_that_gives_no_array_of_floats_is_an_error(forward, words):
    """With the sizes, and the line where there is one."""
    result = verify(forward, lambda d, x: (x,), X, max_examples=6)
    assert result.verdict == "error"
    assert words in result.reason
    assert words in str(result)


def gradients(d, W, x):
    return np.outer(d, x), W.T @ d


GIVES = [
    (
        lambda d, W, x: sys.exit(3),
        "fail",
        "the code ends the program, with sys.exit(3) (test_bad_callables.py:",
    ),
    (lambda d, W, x: map(np.asarray, gradients(d, W, x)), "error", "the code returns a map; return a tuple"),
    (lambda d, W, x: zip(gradients(d, W, x), strict=True), "error", "the code returns a zip; return a tuple"),
    (
        lambda d, W, x: dict(zip("Wx", gradients(d, W, x), strict=True)).values(),
        "error",
        "the code returns a dict_values; return a tuple",
    ),
    (lambda d, W, x: {1.0}, "error", "the code returns a set; return a tuple"),
    (raises_silently, "fail", "the code raises ValueError (test_bad_callables.py:"),
    (
        lambda d, W, x: dict(zip(("dW", "dx"), gradients(d, W, x), strict=True)),
        "error",
        "got dW, dx; use None for an argument that is not checked. Did you mean 'W'?",
    ),
    (
        lambda d, W, x: (np.ma.masked_less(np.outer(d, x), 0), W.T @ d),
        "error",
        "dJ/dW is a masked array, whose masked entries have no value; .filled(0) makes an ndarray of it",
    ),
    (
        lambda d, W, x: (np.outer(d, x), np.matrix(W.T @ d)),
        "fail",
        "(a numpy.matrix is always 2-d; return an ndarray)",
    ),
    (
        lambda d, W, x: (np.outer(d, x).astype(object), W.T @ d),
        "error",
        "dJ/dW is no array of numbers but ndarray of dtype object; np.array(values, dtype=float) makes one",
    ),
]


@pytest.mark.parametrize(("backward", "verdict", "words"), GIVES, ids=[g[2][:50] for g in GIVES])
def test_a_backward_that_gives_no_gradients(backward, verdict, words):
    """Each message says what to do."""
    result = verify(lambda W, x: W @ x, backward, SHAPES, max_examples=6)
    assert result.verdict == verdict
    assert words in result.reason
    assert verify(lambda W, x: W @ x, gradients, SHAPES, max_examples=6).verdict == "pass"


def test_a_list_of_numbers_is_not_one_gradient():
    """It has one entry per argument, as a tuple has."""
    result = verify(square, lambda d, x: list(2 * d * x), X, max_examples=6)
    assert result.verdict == "error"
    assert "expected 1 gradient, for x, got 2; use None" in result.reason
    assert result.reason.endswith("return np.array([...]) where one array is meant")
    assert verify(square, lambda d, x: [2 * d * x], X, max_examples=6).verdict == "pass"


class Wrapped:
    """What other libraries give: no ndarray, and NumPy can make one of it."""

    def __init__(self, values):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.values)


def test_what_numpy_can_make_an_array_of_is_taken_in_float64():
    """Ball arithmetic cannot look inside; that is no failure of the code."""
    result = verify(square, lambda d, x: Wrapped(2 * d * x), X, max_examples=6)
    assert (result.verdict, result.strength) == ("pass", "agreed")
    wrong = verify(square, lambda d, x: Wrapped(3 * d * x), X, max_examples=6)
    assert wrong.verdict == "fail"
    assert verify(lambda x: Wrapped(x * x), square_backward, X, max_examples=6).verdict in (
        "pass",
        "inconclusive",
    )


def test_integers_alone_have_nothing_to_check():
    """Labels and indices only."""
    result = verify(lambda i: i * 1.0, lambda d, i: None, {"i": "n"}, values={"i": gradcheck.integers(0, 5)})
    assert result.verdict == "error"
    assert result.reason.startswith("every argument holds integers, which have no derivative; give floats")


def test_a_matrix_of_the_right_shape_is_taken():
    """It has the right numbers; the forward may use one too."""
    right = lambda d, W, x: (np.matrix(np.outer(d, x)), W.T @ d)
    assert verify(lambda W, x: W @ x, right, SHAPES, max_examples=6).verdict == "pass"
    result = verify(
        lambda X: np.matrix(X) * 2.0, lambda d, X: 2.0 * np.asarray(d), {"X": "n m"}, max_examples=6
    )
    assert result.verdict == "pass"


@pytest.mark.parametrize(
    "forward", [lambda x: x * (np.random.random() > 0.5), lambda x: x[: np.random.randint(2) + 1]]
)
def test_a_forward_whose_result_or_shape_changes_is_not_deterministic(forward):
    """Whichever call comes out odd."""
    np.random.seed(0)
    result = verify(forward, lambda d, x: d, {"x": "5"}, max_examples=12)
    assert result.verdict == "error"
    assert "the forward is not deterministic" in result.reason
