"""One list of scenarios that every backend runs: a forward, its inputs, the gradient written by hand.

A scenario says which backends may decline it; declining anything else is a failure. Every answer is
compared in balls, and must be far from the wrong twin: the same gradient, a millionth larger.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from gradcheck.arithmetic import WIDENED, precision
from gradcheck.errors import Unsupported
from gradcheck_backends import autodiff, finite_difference, symbolic

BACKENDS = {
    "symbolic": symbolic.BACKEND,
    "finite_difference": finite_difference.BACKEND,
    "autodiff": autodiff.BACKEND,
}
RNG = np.random.default_rng(11)


def normal(*shape):
    return np.round(RNG.standard_normal(shape), 3)


def spd(n):
    root = normal(n, n)
    return np.round(root @ root.T, 2) + n * np.eye(n)


@dataclass(frozen=True)
class Scenario:
    forward: Any
    inputs: tuple
    gradient: Any  # (delta, *inputs) -> one gradient per input
    declined: frozenset = frozenset()  # backends that may say Unsupported
    estimated: frozenset = frozenset()  # backends that may answer in float64, with an estimated bound


def scenario(forward, inputs, gradient, declined=(), estimated=()):
    return Scenario(forward, inputs, gradient, frozenset(declined), frozenset(estimated))


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(z):
    e = np.exp(z - np.max(z, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def softmax_gradient(d, z):
    p = softmax(z)
    return (p * (d - np.sum(d * p, axis=-1, keepdims=True)),)


def batch_norm(x):
    c = x - np.mean(x, axis=0)
    return c / np.sqrt(np.mean(c * c, axis=0) + 0.5)


def batch_norm_gradient(d, x):
    c = x - np.mean(x, axis=0)
    s = np.sqrt(np.mean(c * c, axis=0) + 0.5)
    y = c / s
    return ((d - np.mean(d, axis=0) - y * np.mean(d * y, axis=0)) / s,)


def loop(W, x):
    z = np.zeros(W.shape[0])
    for i in range(W.shape[0]):
        for j in range(W.shape[1]):
            z[i] += W[i, j] * x[j]
    return z


def convolution_gradient(d, x, w):
    gx, gw = np.zeros_like(x), np.zeros_like(w)
    for i in range(d.shape[0]):
        for k in range(w.shape[0]):
            gx[i + k] = gx[i + k] + d[i] * w[k]
            gw[k] = gw[k] + d[i] * x[i + k]
    return gx, gw


def convolution(x, w):
    return np.stack([np.sum(x[i : i + w.shape[0]] * w) for i in range(x.shape[0] - w.shape[0] + 1)])


def two_layers(W, b, V, x):
    return np.sum((V @ np.tanh(W @ x + b)) ** 2)


def two_layers_gradient(d, W, b, V, x):
    h = np.tanh(W @ x + b)
    r = 2 * d * (V @ h)
    g = (V.T @ r) * (1 - h * h)
    return np.outer(g, x), g, np.outer(r, h), W.T @ g


X = normal(3, 4)
SCENARIOS = {
    "product": scenario(
        lambda W, x: W @ x, (normal(2, 3), normal(3)), lambda d, W, x: (np.outer(d, x), W.T @ d)
    ),
    "layer of a batch": scenario(
        lambda X, W, b: X @ W + b,
        (normal(3, 2), normal(2, 4), normal(4)),
        lambda d, X, W, b: (d @ W.T, X.T @ d, np.sum(d, axis=0)),
    ),
    "scalars": scenario(
        lambda a, b: a * b + np.sin(a),
        (np.array(0.7), np.array(-1.3)),
        lambda d, a, b: (d * (b + np.cos(a)), d * a),
    ),
    "sigmoid": scenario(sigmoid, (normal(4),), lambda d, x: (d * sigmoid(x) * (1 - sigmoid(x)),)),
    "tanh of a matrix": scenario(np.tanh, (X,), lambda d, x: (d * (1 - np.tanh(x) ** 2),)),
    "relu": scenario(lambda x: np.maximum(x, 0), (normal(5),), lambda d, x: (d * (x > 0),)),
    "where": scenario(
        lambda x: np.where(x > 0, x, 0.1 * x), (normal(5),), lambda d, x: (np.where(x > 0, d, 0.1 * d),)
    ),
    "abs": scenario(np.abs, (normal(5),), lambda d, x: (d * np.sign(x),)),
    "maximum of an axis": scenario(
        lambda x: np.max(x, axis=1),
        (X,),
        lambda d, x: (d[:, None] * (x == np.max(x, axis=1, keepdims=True)),),
    ),
    "softmax": scenario(softmax, (normal(2, 3),), softmax_gradient),
    "cross-entropy": scenario(
        lambda z, y: -np.sum(y * np.log(softmax(z))),
        (normal(2, 3), np.eye(3)[[2, 0]]),
        lambda d, z, y: (d * (softmax(z) * np.sum(y, axis=-1, keepdims=True) - y), -d * np.log(softmax(z))),
    ),
    "labels": scenario(
        lambda z, y: -np.sum(np.log(softmax(z))[np.arange(len(y)), y]),
        (normal(3, 4), np.array([1, 3, 0])),
        lambda d, z, y: (d * (softmax(z) - np.eye(4)[y]), None),
    ),
    "embedding": scenario(
        lambda E, i: E[i],
        (normal(4, 2), np.array([1, 3, 1])),
        lambda d, E, i: (
            np.stack([sum((d[k] for k in range(3) if i[k] == r), np.zeros(2) * d[0]) for r in range(4)]),
            None,
        ),
    ),
    "batch norm": scenario(batch_norm, (normal(4, 2),), batch_norm_gradient),
    "quadratic form": scenario(
        lambda x, A: x @ A @ x,
        (normal(3), normal(3, 3)),
        lambda d, x, A: (d * (A + A.T) @ x, d * np.outer(x, x)),
    ),
    "norm": scenario(
        lambda x: np.sqrt(np.sum(x * x)), (normal(4),), lambda d, x: (d * x / np.sqrt(np.sum(x * x)),)
    ),
    "two outputs": scenario(
        lambda x: (x * x, np.sum(x)), (normal(3),), lambda d, e, x: (2 * d * x + e * np.ones_like(x),)
    ),
    "two layers": scenario(
        two_layers, (normal(3, 2), normal(3), normal(2, 3), normal(2)), two_layers_gradient
    ),
    "loop into a buffer": scenario(
        loop, (normal(2, 3), normal(3)), lambda d, W, x: (np.outer(d, x), W.T @ d)
    ),
    "convolution": scenario(
        convolution, (normal(6), normal(3)), convolution_gradient, estimated={"autodiff"}
    ),
    "einsum": scenario(
        lambda A, B: np.einsum("ij,kj->ik", A, B),
        (normal(2, 3), normal(4, 3)),
        lambda d, A, B: (d @ B, d.T @ A),
    ),
    "powers": scenario(
        lambda x: x**3 + x**-2 + x**0.5,
        (np.abs(normal(3)) + 0.5,),
        lambda d, x: (d * (3 * x**2 - 2 * x**-3 + 0.5 * x**-0.5),),
    ),
    "logarithms": scenario(
        lambda x: np.log(x) + np.log1p(x),
        (np.abs(normal(3)) + 0.5,),
        lambda d, x: (d * (1 / x + 1 / (1 + x)),),
    ),
    "exponentials": scenario(
        lambda x: np.expm1(x) + np.exp2(x),
        (normal(3),),
        lambda d, x: (d * (np.exp(x) + np.exp2(x) * np.log(2 + 0 * x)),),
    ),
    "trigonometry": scenario(
        lambda x: np.sin(x) * np.cos(x) + np.tan(x) + np.arctan(x),
        (normal(3),),
        lambda d, x: (d * (np.cos(2 * x) + 1 / np.cos(x) ** 2 + 1 / (1 + x * x)),),
    ),
    "hyperbolic": scenario(
        lambda x: np.sinh(x) + np.cosh(x) + np.arcsinh(x),
        (normal(3),),
        lambda d, x: (d * (np.cosh(x) + np.sinh(x) + 1 / np.sqrt(1 + x * x)),),
    ),
    "arcs": scenario(
        lambda x: np.arcsin(x) + np.arccos(x / 2) + np.arctanh(x / 3),
        (normal(3) / 8,),
        lambda d, x: (
            d * (1 / np.sqrt(1 - x * x) - 0.5 / np.sqrt(1 - x * x / 4) + (1 / (1 - x * x / 9)) / 3),
        ),
    ),
    "angle and length": scenario(
        lambda a, b: np.arctan2(a, b) * np.hypot(a, b),
        (normal(3), normal(3)),
        lambda d, a, b: (
            d * (b / np.hypot(a, b) + np.arctan2(a, b) * a / np.hypot(a, b)),
            d * (-a / np.hypot(a, b) + np.arctan2(a, b) * b / np.hypot(a, b)),
        ),
    ),
    "logaddexp": scenario(
        np.logaddexp, (normal(3), normal(3)), lambda d, a, b: (d * sigmoid(a - b), d * sigmoid(b - a))
    ),
    "statistics": scenario(
        lambda x: np.var(x) + np.mean(x, axis=0) @ np.ones(4),
        (X,),
        lambda d, x: (d * (2 * (x - np.mean(x)) / x.size + 1 / np.float64(3) * 0 + np.ones_like(x) / 3),),
    ),
    "cumulative": scenario(
        lambda x: np.cumsum(x) ** 2,
        (normal(4),),
        lambda d, x: (np.cumsum((2 * d * np.cumsum(x))[::-1])[::-1],),
    ),
    "transposes": scenario(
        lambda X: np.concatenate([X.T, X.T], axis=1)[::-1, 1:],
        (normal(2, 3),),
        lambda d, X: (_untransposed(d),),
    ),
    "clip": scenario(
        lambda x: np.clip(x, -0.5, 0.5), (normal(6),), lambda d, x: (d * ((x > -0.5) & (x < 0.5)),)
    ),
    "sign is flat": scenario(
        lambda x: np.sign(x) * x, (normal(4),), lambda d, x: (d * np.sign(x),), declined={"symbolic"}
    ),
    "sorted": scenario(
        lambda x: np.sort(x) * np.arange(1.0, 5),
        (np.array([3.0, -1.0, 2.0, 0.5]),),
        lambda d, x: ((d * np.arange(1.0, 5))[np.argsort(np.argsort(x))],),
        declined={"symbolic"},
        estimated={"autodiff"},
    ),
    "determinant": scenario(
        np.linalg.det,
        (spd(3),),
        lambda d, A: (d * np.linalg.det(A) * np.linalg.inv(A).T,),
        declined={"symbolic"},
        estimated={"autodiff"},
    ),
    "inverse": scenario(
        np.linalg.inv,
        (spd(2),),
        lambda d, A: (-np.linalg.inv(A).T @ d @ np.linalg.inv(A).T,),
        declined={"symbolic"},
        estimated={"autodiff"},
    ),
    "a constant": scenario(lambda x: x * 0.1 + 0.3, (normal(3),), lambda d, x: (d * 0.1,)),
    "an argument that is not used": scenario(
        lambda x, y: x * 2.0, (normal(3), normal(2)), lambda d, x, y: (2 * d, np.zeros_like(y))
    ),
}


def _untransposed(d):
    full = np.concatenate([np.zeros((3, 1)) * d[:, :1], d], axis=1)[::-1]
    return (full[:, :2] + full[:, 2:]).T


CASES = [(name, backend) for name in SCENARIOS for backend in BACKENDS]


def deltas_of(problem):
    rng = np.random.default_rng(5)
    return [np.round(rng.standard_normal(s), 2) + 0.25 for s in problem.output_shapes]


def answers_of(problem, backend, directions=None):
    with precision(212):
        program = BACKENDS[backend].derive(problem)
        deltas = deltas_of(problem)
        return program.vjp(problem.example, deltas, directions), deltas


@pytest.mark.parametrize(("name", "backend"), CASES)
def test_a_backend_gives_the_hand_written_gradient_and_not_its_wrong_twin(problem, exactly, name, backend):
    """Entry by entry, in balls."""
    s = SCENARIOS[name]
    asked = problem(s.forward, *s.inputs)
    try:
        answers, deltas = answers_of(asked, backend)
    except Unsupported as refusal:
        assert str(refusal)
        assert backend in s.declined
        return
    right = exactly(s.gradient, *deltas, *s.inputs)
    assert set(answers) == set(asked.wrt)
    for i, answer in answers.items():
        assert answer.values.shape == asked.example[i].shape
        assert answer.rigorous or backend in s.estimated
        pairs = list(zip(answer.values.ravel(), right[i].ravel(), strict=True))
        with precision(250):
            assert all(a.overlaps(r) for a, r in pairs)
            width = max(float(a.rad()) for a, _ in pairs)
            assert width < (1e-35 if answer.rigorous else 1e-9)
            twins = [(a, r * 1.000001) for a, r in pairs if abs(float(r)) > 1e-3]
            assert not any(a.overlaps(r) for a, r in twins)


@pytest.mark.parametrize(("name", "backend"), CASES)
def test_a_slope_along_a_direction_is_the_gradients_slope(problem, exactly, name, backend):
    """A backend may answer with slopes; then they are right too."""
    s = SCENARIOS[name]
    asked = problem(s.forward, *s.inputs)
    rng = np.random.default_rng(2)
    directions = {i: rng.integers(-8, 9, asked.example[i].shape) / 8 for i in asked.wrt}
    try:
        answers, deltas = answers_of(asked, backend, directions)
    except Unsupported:
        assert backend in s.declined
        return
    right = exactly(s.gradient, *deltas, *s.inputs)
    for i, answer in answers.items():
        if answer.direction is None:
            assert answer.values.shape == asked.example[i].shape
            continue
        with precision(250):
            slope = sum(
                (g * float(u) for g, u in zip(right[i].ravel(), answer.direction.ravel(), strict=True)), 0
            )
            assert answer.values.shape == ()
            assert answer.values.item().overlaps(slope)
            assert not answer.values.item().overlaps(slope + 1)


JACOBIANS = [
    (name, backend)
    for name in ("product", "softmax", "two outputs", "quadratic form", "scalars")
    for backend in BACKENDS
]


@pytest.mark.parametrize(("name", "backend"), JACOBIANS)
def test_a_jacobian_is_the_stack_of_its_gradients(problem, name, backend):
    """Whatever way a backend makes it."""
    s = SCENARIOS[name]
    asked = problem(s.forward, *s.inputs)
    with precision(212):
        program = BACKENDS[backend].derive(asked)
        jacobians = program.jacobian(asked.example, 0)
        assert [j.shape for j in jacobians] == [o + asked.example[0].shape for o in asked.output_shapes]
        deltas = deltas_of(asked)
        gradient = program.vjp(asked.example, deltas)[0].values.ravel()
        columns = [j.reshape(-1, gradient.size) for j in jacobians]
        for k, entry in enumerate(gradient):
            total = sum(
                (
                    d * c
                    for block, delta in zip(columns, deltas, strict=True)
                    for d, c in zip(delta.ravel().tolist(), block[:, k], strict=True)
                ),
                0,
            )
            assert entry.overlaps(total)
            assert not entry.overlaps(total + 1)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", ["two layers", "relu", "embedding"])
def test_a_program_serves_other_values_and_leaves_its_inputs_alone(problem, exactly, name, backend):
    """It was derived at one point and is right at another of the same shapes."""
    s = SCENARIOS[name]
    asked = problem(s.forward, *s.inputs)
    others = [a if a.dtype.kind != "f" else np.round(a[::-1] * 0.5 + 0.125, 3) for a in asked.example]
    before = [a.copy() for a in others]
    deltas = deltas_of(asked)
    with precision(212):
        program = BACKENDS[backend].derive(asked)
        first = program.vjp(others, deltas)
        second = program.vjp(others, deltas)
    right = exactly(s.gradient, *deltas, *others)
    with precision(250):
        for i in asked.wrt:
            assert all(a.overlaps(r) for a, r in zip(first[i].values.ravel(), right[i].ravel(), strict=True))
            assert all(
                a.overlaps(b) for a, b in zip(first[i].values.ravel(), second[i].values.ravel(), strict=True)
            )
    assert all(np.array_equal(a, b) for a, b in zip(others, before, strict=True))


@pytest.mark.parametrize("backend", BACKENDS)
def test_other_bases_of_logarithms_are_right_up_to_rounded_constants(problem, exactly, backend):
    """JAX divides by a float64 log(2); where constants are widened, its answer holds the true one."""
    x = np.array([0.75, 2.5])
    asked = problem(lambda x: np.log2(x) + np.log10(x), x)
    with precision(212):
        answer = BACKENDS[backend].derive(asked).vjp(asked.example, [np.ones(2)], None, WIDENED)[0]
    (right,) = exactly(lambda x: 1 / (x * np.log(2 + 0 * x)) + 1 / (x * np.log(10 + 0 * x)), x)
    with precision(250):
        assert all(a.overlaps(r) for a, r in zip(answer.values, right, strict=True))
        assert not any(a.overlaps(r * 1.000001) for a, r in zip(answer.values, right, strict=True))


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_forward_that_runs_in_float64_only(problem, backend):
    """It is declined with a reason, or answered with an estimated bound that says so.

    What JAX makes of a covariance runs in balls, and is an enclosure.
    """
    asked = problem(lambda x: np.cov(x) * x, np.array([1.0, 2.0, 4.0]))
    if backend == "symbolic":
        with pytest.raises(Unsupported, match=r"np\.cov is not available"):
            answers_of(asked, backend)
        return
    answers, (delta,) = answers_of(asked, backend)
    x = asked.example[0]
    right = np.var(x, ddof=1) * delta + (x - x.mean()) * (delta @ x)
    assert answers[0].rigorous == (backend == "autodiff")
    near = [
        a.contains(float(r)) or abs(a - float(r)) < 1e-12
        for a, r in zip(answers[0].values, right, strict=True)
    ]
    assert all(near)
    assert not any(a.contains(float(r) + 1e-6) for a, r in zip(answers[0].values, right, strict=True))


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_backend_has_a_name_a_version_and_a_way_to_install_it(backend):
    """As the entry point promises."""
    import re

    found = BACKENDS[backend]
    assert found.name == backend
    assert found.install.startswith("pip install ")
    assert re.fullmatch(r"(sympy|python-flint|jax) \d+\.\d+.*", found.version())
