"""JAX's derivative for all shapes as NumPy calls: in float64, against the same derivative in balls."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck.arithmetic import BALLS, enclose, midpoints, precision, wrap
from gradcheck.backend import Problem
from gradcheck.errors import Unsupported

autodiff = pytest.importorskip("gradcheck_backends.autodiff")

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
from jax import lax  # noqa: E402

from gradcheck_backends._jax import dimensions, replay_table  # noqa: E402
from gradcheck_backends._jax.replay import replay  # noqa: E402
from gradcheck_backends._jax.traces import float64  # noqa: E402

SIZES = [{"n": 3, "m": 4}, {"n": 2, "m": 2}, {"n": 1, "m": 3}, {"n": 4, "m": 1}]


def softmax(A, B):
    e = np.exp(A - A.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True) * B


def log_sum_exp(A, B):
    return np.log(np.sum(np.exp(A - np.max(A, axis=0)), axis=0)) @ B.T


def kinks(A, B):
    return np.maximum(A, 0) * np.abs(B) + np.minimum(A, B) + np.clip(A, -0.5, 0.5) * np.sign(B)


def masks(A, B):
    return np.where((A > 0) & ~(B > A), A**2, B) + np.where(A >= 0, 1.0, np.exp(A))


def lowest(A, B):
    return A.min(axis=1) * B.max()


def functions(A, B):
    p = A * A + 0.5
    return np.tanh(A) + np.sqrt(p) * np.log(p) + np.log1p(p) * np.sin(B) * np.cos(A) + p**-1.5 + np.arctan(B)


def logaddexp(A, B):
    return np.logaddexp(A, B) * np.expm1(A) + 1 / (1 + np.exp(-B))


def products(A, B):
    return np.einsum("ij,kj->ik", A, B) @ np.outer(A.sum(axis=1), B.mean(axis=0)) + (A @ B.T).T @ B


def trace(A, B):
    return np.trace(A @ B.T) * A + np.trace(A.T @ B)


def sizes_as_numbers(A, B):
    n, m = A.shape
    return A / n + B * m**-0.5 + (n * m - 1) * np.mean(A, axis=0) + A.var(axis=1, keepdims=True)


def shapes(A, B):
    return np.squeeze(A[:, None, :] * np.expand_dims(B, 1), axis=1).T.reshape(A.shape[1], 1, A.shape[0])


def stacked(A, B):
    return np.stack([A.sum(), B.mean(), (A * B).sum()])


FUNCTIONS = [
    *(softmax, log_sum_exp, kinks, masks, lowest, functions, logaddexp, products, trace),
    *(sizes_as_numbers, shapes),
]


def positions(axis):
    return lax.broadcasted_iota(np.int64, (3, 4, 4), axis)


def positions_last():
    return lax.broadcasted_iota(np.int32, (4, 4, 3), 2).astype(np.int64)


CONSTANT = np.arange(12.0).reshape(3, 4)

PRIMITIVES = {
    "logistic": lax.logistic,
    "rsqrt": lambda x: lax.rsqrt(x * x + 1),
    "clamp": lambda x: lax.clamp(-0.5, x, 0.5),
    "square": lax.square,
    "integer_pow": lambda x: lax.integer_pow(x, -3),
    "pow": lambda x: lax.pow(x * x, 1.5),
    "sinh": lambda x: lax.sinh(x) * lax.cosh(x) + lax.tan(x),
    "exp2": lambda x: lax.exp2(x) + lax.cbrt(x),
    "atan2": lambda x: lax.atan2(x, x + 1) + lax.asin(x / 9) + lax.acos(x / 9),
    "logic": lambda x: jnp.where(((x > 0) & ~(x > 1)) | ((x < -1) ^ (x <= -2)), x, -1.0),
    "is_finite": lambda x: jnp.where(lax.is_finite(x), x, jnp.nan),
    "cumsum": lambda x: lax.cumsum(x, axis=1) * lax.cumsum(x, axis=0, reverse=True),
    "reduce_prod": lambda x: jnp.prod(x, axis=1) + jnp.min(x, axis=1),
    "expand_dims": lambda x: lax.squeeze(lax.expand_dims(x, (1,)), (1,)),
    "dot_general, batched": lambda x: lax.dot_general(
        lax.broadcast(x, (2,)), lax.broadcast(x, (2,)), (((2,), (2,)), ((0,), (0,)))
    ),
    "eq of positions": lambda x: jnp.where(positions(1) == positions(2), x[:, None] * x[:, :, None], 0.0),
    "eq along one axis": lambda x: jnp.where(positions(2) == positions(2) + 0, 1.0, 0.0) * x[:, None],
    "transpose of positions": lambda x: jnp.where(
        jnp.transpose(positions(0), (1, 2, 0)) == positions_last(),
        1.0,
        0.0,
    ) * x.sum(),
    "constants": lambda x: x * CONSTANT + jnp.float64(2),
    "stop_gradient": lambda x: lax.stop_gradient(x) * 3,
    "calls": lambda x: jax.jit(jnp.tanh)(x) + jax.checkpoint(jnp.sin)(x),
}  # fmt: skip
if hasattr(lax, "stack_p"):  # JAX before 0.10.1 writes a stack as a concatenation, which is not replayed
    FUNCTIONS.append(stacked)
    PRIMITIVES["stack"] = lambda x: jnp.stack([x.sum(axis=1), x.max(axis=1)], axis=1)


@pytest.mark.parametrize("name", PRIMITIVES)
def test_each_primitive_means_what_jax_means(name):
    """Its values in NumPy beside those of JAX."""
    x = np.random.default_rng(8).normal(size=(3, 4))
    with float64():
        closed = jax.make_jaxpr(PRIMITIVES[name])(x)
        right = np.asarray(PRIMITIVES[name](x))
        found = replay(closed, {}, [x])
    assert np.asarray(found[0]).shape == right.shape
    assert np.allclose(found[0], right, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: lax.concatenate([x, x], 0), "the JAX primitive concatenate"),
        (lambda x: x.astype(np.float32) * 2, "the JAX primitive convert_element_type of float32"),
        (lambda x: x.astype(np.int64) * 2, "the JAX primitive convert_element_type to int64"),
        (lambda x: x * lax.div(jnp.int64(3), jnp.int64(2)), "the JAX primitive div of integers"),
        (lambda x: x * (jnp.int64(3) & jnp.int64(2)), "the JAX primitive and of integers"),
        (
            lambda x: x * (lax.iota(np.int64, 4) == lax.select_n(jnp.int32(0), *[lax.iota(np.int64, 4)] * 3)),
            "the JAX primitive select_n with more than two cases",
        ),
        (
            lambda x: x * (lax.broadcasted_iota(int, (3, 4), 0) == lax.broadcasted_iota(int, (3, 4), 1)),
            "positions compared along axes of different sizes",
        ),
        (lambda x: x * lax.iota(np.int64, 4), "the JAX primitive convert_element_type of positions (iota)"),
    ],
)
def test_what_has_no_meaning_here_is_refused(function, words):
    """Never done approximately."""
    x = np.ones((3, 4))
    with float64(), pytest.raises(Unsupported) as caught:
        replay(jax.make_jaxpr(function)(x), {}, [x])
    assert str(caught.value) == words


def problem_at(function, sizes, memory, seed=3):
    rng = np.random.default_rng(seed)
    shape = (sizes["n"], sizes["m"])
    args = (rng.normal(size=shape), rng.normal(size=shape))
    output = np.shape(function(*args))
    problem = Problem(
        function, ("A", "B"), args, (0, 1), (output,), sizes, memory,
        lambda s: [(s["n"], s["m"])] * 2,
    )  # fmt: skip
    return problem, [rng.normal(size=output)]


def gaps(function):
    """The largest relative gap at every tuple of sizes; one trace for all of them."""
    memory = {}
    for sizes in SIZES:
        problem, deltas = problem_at(function, sizes, memory)
        found = autodiff.BACKEND.derive_for_all_shapes(problem).gradients(sizes, problem.example, deltas)
        with precision(120):
            right = autodiff.BACKEND.derive(problem).vjp(problem.example, deltas)
        for k, answer in right.items():
            wanted = midpoints(answer.values)
            assert found[k].shape == wanted.shape
            yield np.max(np.abs(found[k] - wanted)) / max(1.0, np.max(np.abs(wanted)))
    assert memory["for all shapes"] is not None


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_same_numbers_at_every_shape(function):
    """Float64 against balls; the bound is some hundred roundings."""
    assert max(gaps(function)) < 1e-13


@pytest.mark.parametrize(
    ("primitive", "function", "wrong"),
    [
        ("tanh", functions, lambda call, x: x),
        ("transpose", products, lambda call, x: x if len(set(np.shape(x))) > 1 else np.negative(x)),
        ("reduce_max", lowest, lambda call, x: np.min(x, axis=call.params["axes"])),
        ("eq", kinks, lambda call, a, b: np.not_equal(a, b)),
        ("select_n", masks, lambda call, which, no, yes: np.where(which, no, yes)),
        ("dim_as_value", sizes_as_numbers, lambda call: 2 * call.params["dim"]),
    ],
)
def test_a_wrong_rule_would_be_noticed(primitive, function, wrong, monkeypatch):
    """The twin. A shape that is not right raises."""
    monkeypatch.setitem(replay_table.RULES, primitive, wrong)
    try:
        assert max(gaps(function)) > 1e-6
    except (ValueError, AssertionError):
        assert primitive == "transpose"


@pytest.mark.parametrize("function", [softmax, kinks, sizes_as_numbers, trace])
def test_it_runs_in_any_arithmetic_with_numpys_face(function):
    """In balls, through the protocols alone."""
    problem, deltas = problem_at(function, SIZES[0], {})
    derivative = autodiff.BACKEND.derive_for_all_shapes(problem)
    with precision(200):
        given = [wrap(enclose(a), BALLS) for a in problem.example]
        found = derivative.gradients(SIZES[0], given, [wrap(enclose(d), BALLS) for d in deltas])
        right = autodiff.BACKEND.derive(problem).vjp(problem.example, deltas)
        for k, answer in right.items():
            pairs = zip(found[k].data.reshape(-1), answer.values.reshape(-1), strict=True)
            assert all(x.overlaps(y) and abs(x - y) < 1e-40 for x, y in pairs)


def refused(function, *dimensions, wrt=None, example=None):
    sizes = {"n": 3, "m": 4}
    args = example or tuple(np.ones([sizes[d] for d in dims]) for dims in dimensions)
    wrt = tuple(range(len(args))) if wrt is None else wrt
    output = np.shape(function(*args))
    problem = Problem(
        function, tuple("ABC"[: len(args)]), args, wrt, (output,), sizes, {},
        lambda s: [tuple(s[d] for d in dims) for dims in dimensions],
    )  # fmt: skip
    with pytest.raises(Unsupported) as caught:
        autodiff.BACKEND.derive_for_all_shapes(problem).gradients(sizes, args, [np.ones(output)])
    return str(caught.value)


def test_what_is_not_known_is_named():
    """A primitive without a rule; code that asks about a size; a shape that nobody declared."""
    assert refused(lambda A: np.flip(A, axis=0), ("n", "m")) == "the JAX primitive rev"
    assert "a question about a size" in refused(lambda A: A if A.shape[0] == 3 else 2 * A, ("n", "m"))
    problem = Problem(np.exp, ("x",), (np.ones(3),), (0,), ((3,),))
    with pytest.raises(Unsupported, match="the declared shapes are not known"):
        autodiff.BACKEND.derive_for_all_shapes(problem).gradients({}, problem.example, [np.ones(3)])


def test_integers_are_arguments_too():
    """They are not differentiated, and the trace holds for all of their values."""
    memory = {}
    y = np.array([0, 1, 1])
    problem = Problem(
        lambda x, y: (y * x**2).sum(), ("x", "y"), (np.ones(3), y), (0,), ((),), {"n": 3}, memory,
        lambda s: [(s["n"],)] * 2,
    )  # fmt: skip
    derivative = autodiff.BACKEND.derive_for_all_shapes(problem)
    x = np.arange(5.0)
    found = derivative.gradients({"n": 5}, [x, np.array([1, 0, 2, 0, 1])], [np.array(3.0)])
    assert list(found) == [0]
    assert found[0].tolist() == [0, 0, 24, 0, 24]


def test_positions_are_compared_and_nothing_else():
    """`iota` stands for no numbers here."""
    positions = replay_table.Positions((3, 3), 0)
    call = replay_table.Call({}, (3, 3), np.dtype(bool), np.dtype(int), np.ones(2))
    equal = replay_table.RULES["eq"](call, positions, replay_table.Positions((3, 3), 1))
    assert equal.tolist() == np.eye(3, dtype=bool).tolist()
    for primitive, values in (
        ("ge", (positions, positions)),
        ("mul", (positions, 2)),
        ("add", (positions, 1)),
    ):
        with pytest.raises(Unsupported, match=f"the JAX primitive {primitive} of positions"):
            replay_table.RULES[primitive](call, *values)


def test_infinity_and_nan_are_guards():
    """No number of an exact arithmetic equals them; in float64 one can."""
    call = replay_table.Call({}, (3,), np.dtype(float), np.dtype(float), np.ones(2))
    eq, broadcast = replay_table.RULES["eq"], replay_table.RULES["broadcast_in_dim"]
    x = np.array([1.0, np.inf, -np.inf])
    assert eq(call, x, np.inf).tolist() == [False, True, False]
    assert eq(call, -np.inf, x).tolist() == [False, False, True]
    assert eq(call, x, np.nan).tolist() == [False, False, False]
    guard = replay_table.Call({"broadcast_dimensions": ()}, (3,), np.dtype(float), np.dtype(float), x)
    select = replay_table.Call({}, (3,), np.dtype(float), np.dtype(bool), x)
    nan = broadcast(guard, np.nan)
    assert replay_table.RULES["select_n"](select, np.array([True] * 3), nan, x) is x
    assert replay_table.RULES["select_n"](select, np.array([False] * 3), x, nan) is x
    mixed = replay_table.RULES["select_n"](select, np.array([True, False, False]), nan, x)
    assert np.isnan(mixed).tolist() == [False, True, True]


class Symbol:
    """A size that knows sums and products, and is no integer."""

    def __init__(self, text):
        self.text = text

    def __add__(self, other):
        return Symbol(f"({self.text} + {getattr(other, 'text', other)})")

    def __mul__(self, other):
        return Symbol(f"{self.text} {getattr(other, 'text', other)}")


def test_dimensions_are_computed_in_sizes_of_any_kind():
    """JAX's own evaluation asks whether a factor is 1, which a symbol does not answer."""
    n, m = dimensions.symbols(("n", "m")).values()
    sizes = dimensions.stand_ins({"n": Symbol("N"), "m": Symbol("M")})
    assert dimensions.concrete((n * m, 3, n), sizes)[0].text in ("N M", "M N")
    assert dimensions.concrete((n, 3), sizes)[1] == 3
    assert "N" in dimensions.concrete(2 * n + 1, sizes).text
    assert dimensions.concrete(2 * n + m, dimensions.stand_ins({"n": 4, "m": 5})) == 13
    with pytest.raises(Unsupported, match="a quotient or a remainder of sizes"):
        dimensions.concrete(n // 2, sizes)
