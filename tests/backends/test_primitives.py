"""JAX primitives in ball arithmetic, each against `jax.lax` itself: what NumPy code makes is not compiled."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from gradcheck.arithmetic import BALLS, enclose, midpoints, precision
from gradcheck.errors import NoAnswer
from gradcheck_backends import autodiff
from gradcheck_backends._jax.in_balls import evaluate
from gradcheck_backends._jax.rules import RULES
from gradcheck_backends._jax.traces import float64

RNG = np.random.default_rng(5)


def both(function, *arrays):
    """A JAX function's results in float64 by JAX, and in balls by our evaluator."""
    with float64(), precision(120):
        expected = function(*(jnp.asarray(a) for a in arrays))
        closed = jax.make_jaxpr(function)(*arrays)
        given = [enclose(a) if a.dtype.kind == "f" else a for a in map(np.asarray, arrays)]
        found = evaluate(closed.jaxpr, closed.consts, given, BALLS, [])
        found = [midpoints(f) if f.dtype == object else f for f in found]
        return found, [np.asarray(e) for e in (expected if isinstance(expected, tuple) else (expected,))]


def holds(function, *arrays):
    found, expected = both(function, *arrays)
    for f, e in zip(found, expected, strict=True):
        assert f.shape == e.shape
        np.testing.assert_allclose(f, e, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(
    ("image", "kernel", "how"),
    [
        ((2, 3, 7), (4, 3, 2), {"window_strides": (1,), "padding": [(0, 0)]}),
        ((2, 3, 7), (4, 3, 2), {"window_strides": (2,), "padding": [(1, 2)], "lhs_dilation": (2,)}),
        ((1, 2, 6, 5), (3, 2, 2, 3), {"window_strides": (1, 2), "padding": "SAME", "rhs_dilation": (2, 1)}),
        ((2, 4, 6), (6, 2, 3), {"window_strides": (1,), "padding": [(-1, 1)], "feature_group_count": 2}),
        ((4, 3, 5), (2, 3, 2), {"window_strides": (1,), "padding": [(0, 0)], "batch_group_count": 2}),
        ((1, 1, 2), (1, 1, 3), {"window_strides": (1,), "padding": [(0, 0)]}),  # no window fits
    ],
)
def test_convolutions(image, kernel, how):
    """Strides, dilations, padding that cuts off, groups of channels and of images."""
    convolve = lambda x, k: lax.conv_general_dilated(x, k, **how)
    holds(convolve, RNG.normal(size=image), RNG.normal(size=kernel))


def test_loops_of_jax_itself():
    """`scan` forwards and backwards, and `while`."""
    step = lambda carry, row: (carry * 0.5 + row, jnp.tanh(carry) * row)
    x = RNG.normal(size=(4, 2))
    holds(lambda x: lax.scan(step, jnp.ones(2), x), x)
    holds(lambda x: lax.scan(step, jnp.ones(2), x, reverse=True)[1], x)
    holds(
        lambda x: lax.while_loop(lambda c: c[0] < 5.0, lambda c: (c[0] * 2, c[1] + c[0]), (x, x))[1], x[0, 0]
    )


@pytest.mark.parametrize(
    "function",
    [
        lambda x: jnp.tile(x, (2, 3)),
        lambda x: lax.cummin(x, axis=1),
        lambda x: jnp.round(3 * x),
        lambda x: jnp.interp(x[0], jnp.array([-1.0, 0.0, 1.0]), jnp.array([2.0, -1.0, 3.0])),
    ],
)
def test_single_primitives(function):
    """As `jax.lax` has them."""
    holds(function, RNG.normal(size=(3, 4)))


def test_the_middle_between_two_integers_goes_to_the_even_one():
    """And a ball around it holds both."""
    holds(jnp.round, np.array([-1.5, -0.5, 0.5, 1.5, 2.5, 2.4999]))
    with precision(60):
        around = BALLS.ufuncs["rint"](enclose(np.array([0.5]), 1e-9))[0]
    assert around.contains(0)
    assert around.contains(1)


def test_what_is_left_empty_is_no_number():
    """A result that used it would not be finite, and so no answer."""
    with precision(60):
        assert not RULES["empty2"](BALLS, {"dtype": np.dtype(float)}).item().is_finite()


@pytest.mark.parametrize(
    ("function", "shape"),
    [
        (lambda A: np.sum(np.diag(A) ** 3), (3, 3)),
        (np.linalg.det, (3, 3)),
        (lambda A: np.linalg.cholesky(A @ A.T + np.eye(3)), (3, 3)),
        (lambda x: np.convolve(x, np.array([1.0, 2.0, -1.0])), (5,)),
        (lambda x: np.correlate(x, x[:3] ** 2, mode="valid"), (5,)),
    ],
)
def test_nothing_is_compiled_for_functions_in_daily_use(problem, function, shape):
    """The slope of what JAX derives, in balls, is that of a difference; twice it is not."""
    x = RNG.normal(size=shape)
    asked = problem(function, x)
    deltas = [RNG.normal(size=s) for s in asked.output_shapes]
    with precision(212):
        program = autodiff.BACKEND.derive(asked)
        gradient = midpoints(program.vjp(asked.example, deltas)[0].values)
    assert program.exact_answers, program.method
    direction = RNG.normal(size=shape)
    value = lambda t: float(np.sum(deltas[0] * function(x + t * direction)))
    slope = (value(1e-5) - value(-1e-5)) / 2e-5
    assert np.isclose(np.sum(gradient * direction), slope, rtol=1e-6)
    assert not np.isclose(np.sum(gradient * direction) * 2, slope, rtol=1e-3)


def test_a_matrix_without_a_factor_has_no_answer(problem):
    """Cholesky of what is not positive definite."""
    asked = problem(lambda A: np.linalg.cholesky(A @ A), np.eye(2))
    with precision(100), pytest.raises(NoAnswer):
        autodiff.BACKEND.derive(asked).vjp((np.array([[0.0, 1.0], [-1.0, 0.0]]),), [np.ones((2, 2))])
