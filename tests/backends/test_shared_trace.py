"""One trace for all shapes: right where it is used, refused where the code asks about a size."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck.arithmetic import midpoints, precision
from gradcheck.backend import Problem
from gradcheck.errors import Unsupported

autodiff = pytest.importorskip("gradcheck_backends.autodiff")


def programs(function, dimensions, shapes_of_sizes, memory=None):
    """The function's program at each tuple of sizes, all with one memory."""
    memory = {} if memory is None else memory
    rng = np.random.default_rng(5)
    for sizes in shapes_of_sizes:
        args = tuple(rng.uniform(0.5, 2, [sizes.get(d, d) for d in dims]) for dims in dimensions)
        output = np.shape(function(*args))
        wrt = tuple(range(len(args)))
        names = tuple(f"a{i}" for i in wrt)
        problem = Problem(
            function, names, args, wrt, (output,), sizes, memory,
            lambda known: [[known.get(d, d) for d in dims] for dims in dimensions],
        )  # fmt: skip
        yield autodiff.BACKEND.derive(problem), args, [rng.uniform(0.5, 2, output)]


def by_shape(program, args, deltas):
    """The same derivative, traced for its own shapes alone."""
    p = program.problem
    alone = autodiff.BACKEND.derive(Problem(p.function, p.names, p.example, p.wrt, p.output_shapes))
    return alone.vjp(args, deltas)


SIZES = [{"n": 3, "m": 4}, {"n": 1, "m": 2}, {"n": 2, "m": 2}, {"n": 5, "m": 1}, {"n": 1, "m": 1}]


def scaled_scores(Q, K):
    return np.exp(Q @ K.T / np.sqrt(Q.shape[1]))


def power_of_a_size(Q, K):
    return np.tanh(Q @ K.T * Q.shape[1] ** -0.5) + 1 / Q.shape[0]


def mean_by_hand(Q, K):
    n, m = Q.shape
    return (Q**2).sum() / (n * m - 0.5) + K.sum(axis=0) @ Q.sum(axis=0) * (n - 1)


def reshaped(Q, K):
    return np.reshape(Q, (Q.shape[0], 1, Q.shape[1])) * K[None, :, :]


def keeps_dims(Q, K):
    e = np.exp(Q - Q.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True) @ K.T


def kept(memory):
    """What is remembered for all shapes: the trace, or the refusal."""

    def never():
        raise AssertionError("it was not tried")

    try:
        return memory["for all shapes"].get("trace", never)
    except Unsupported as refusal:
        return refusal


@pytest.mark.parametrize("function", [scaled_scores, power_of_a_size, mean_by_hand, reshaped, keeps_dims])
def test_one_trace_serves_every_shape(function):
    memory = {}
    dimensions = (("n", "m"), ("n", "m")) if function is not keeps_dims else (("n", "m"), (3, "m"))
    for program, args, deltas in programs(function, dimensions, SIZES, memory):
        assert program._shared is kept(memory)
        with precision(212):
            shared, alone = program.vjp(args, deltas), by_shape(program, args, deltas)
        for i in alone:
            # bit for bit: numbers made from sizes are rounded as the code rounds them
            assert np.array_equal(midpoints(shared[i].values), midpoints(alone[i].values))
            assert all(
                abs(a - b) < 1e-50
                for a, b in zip(shared[i].values.reshape(-1), alone[i].values.reshape(-1), strict=True)
            )


def asks_for_equality(Q, K):
    return Q.sum() if Q.shape[0] == Q.shape[1] else (Q @ K.T).sum()


def asks_for_one(Q, K):
    return Q.sum() * (2.0 if Q.shape[0] == 1 else 3.0)


def asks_for_order(Q, K):
    return Q.sum() * max(Q.shape)


def asks_by_length(Q, K):
    return Q.sum() * 2.0 ** len(Q)


def loops(Q, K):
    return sum(Q[i].sum() * i for i in range(Q.shape[0]))


def compares_shapes(Q, K):
    return Q.sum() if Q.shape == Q.T.shape else K.sum()


def asks_numpy(Q, K):
    return Q.sum() if np.shape(Q)[0] == np.shape(Q)[1] else K.sum()


def remainder(Q, K):
    return Q.sum() * (Q.shape[0] % 2)


@pytest.mark.parametrize(
    "function",
    [
        *(asks_for_equality, asks_for_one, asks_for_order, asks_by_length, loops, compares_shapes),
        *(asks_numpy, remainder),
    ],
)
def test_code_that_asks_about_a_size_is_traced_shape_by_shape(function):
    """JAX would answer `n == m` with False, and the trace would be wrong for every square."""
    memory = {}
    for program, args, deltas in programs(function, (("n", "m"), ("n", "m")), SIZES, memory):
        assert isinstance(kept(memory), Unsupported)
        with precision(212):
            found, alone = program.vjp(args, deltas), by_shape(program, args, deltas)
        for i in alone:
            assert np.array_equal(midpoints(found[i].values), midpoints(alone[i].values))


def test_a_determinant_is_right_at_size_1():
    """JAX's rule for it asks whether the size is 1, and would take a symbol for another."""
    sizes = [{"n": 3}, {"n": 1}, {"n": 2}]
    for program, (A,), (d,) in programs(np.linalg.det, [("n", "n")], sizes):
        with precision(212):
            found = midpoints(program.vjp((A,), [d])[0].values)
        assert np.allclose(found, d * np.linalg.det(A) * np.linalg.inv(A).T, rtol=1e-12, atol=0)


def labelled(function, labels, sizes, memory):
    """A program of a function of float64 values and integers, and its arguments."""
    values = np.random.default_rng(len(labels)).uniform(0.5, 2, sizes["n"])
    args = (values, labels)
    problem = Problem(
        function, ("x", "k"), args, (0,), (np.shape(function(*args)),), sizes, memory,
        lambda known: [(known["n"],), (known["m"],)],
    )  # fmt: skip
    return autodiff.BACKEND.derive(problem), args


def picks(x, k):
    return np.tanh(x[k])


def weighs(x, k):
    return np.exp(x).sum() * np.where(k > 0, 1 - k, 0.5)[0] + x.mean() * (k**2 * k[::-1]).sum()


@pytest.mark.parametrize("function", [picks, weighs])
def test_integers_are_inputs_of_the_one_trace(function):
    """Labels and indices change from point to point, which must not cost a trace each, nor stay as they
    were at the first point.
    """
    memory = {}
    for labels, n in (([0, 2], 3), ([1, 1, 0], 3), ([4], 5), ([-1, 0], 2)):
        labels = np.array(labels)
        sizes = {"n": n, "m": len(labels)}
        program, args = labelled(function, labels, sizes, memory)
        alone, _ = labelled(function, labels, sizes, {"shape by shape": True})
        assert program._shared is kept(memory)
        assert alone._shared is None
        delta = [np.arange(1.0, 1 + len(labels)) if function is picks else np.array(2.0)]
        with precision(212):
            found, expected = (p.vjp(args, delta)[0].values for p in (program, alone))
        assert program._shared is not None  # it was used
        assert np.array_equal(midpoints(found), midpoints(expected))


@pytest.mark.parametrize(
    "function",
    [
        lambda x, k: np.exp(x).sum() * np.where(k > 0, k, 0.5).mean(),
        lambda x, k: x.sum() * (k / 3.0).sum(),
        lambda x, k: x.sum() * np.exp(k)[0],
        lambda x, k: x.sum() * (k**-1.0)[0],
        lambda x, k: np.tanh(x).sum() * (0.1 * k).sum(),
        lambda x, k: x.sum() / (k.sum() / k.shape[0]),
    ],
)
def test_numbers_that_are_computed_from_integers_alone_are_rounded_as_numpy_rounds_them(function):
    """They are float64 constants to the hand-written code, so the trace is made at every point."""
    memory = {}
    for labels in ([2, 3, 5], [7]):
        labels = np.array(labels)
        program, args = labelled(function, labels, {"n": 3, "m": len(labels)}, memory)
        assert program._shared is None
        assert not isinstance(kept(memory), Unsupported)  # JAX could trace it
        with precision(212):
            (answer,) = program.vjp(args, [np.ones(())]).values()
        assert np.isfinite(midpoints(answer.values)).all()


def test_code_that_needs_the_numbers_is_traced_point_by_point():
    """A loop over a number that is given, which no trace can hold open."""
    memory = {}

    def loop(x, k):
        return sum(x * i for i in range(int(k[0])))

    for label in (2, 4):
        program, args = labelled(loop, np.array([label]), {"n": 3, "m": 1}, memory)
        assert isinstance(kept(memory), Unsupported)
        with precision(212):
            found = midpoints(program.vjp(args, [np.ones(3)])[0].values)
        assert found.tolist() == [sum(range(label))] * 3


def equations(function, dimensions, sizes):
    """The primitives of the trace for all shapes, with the gradients at one."""
    ((program, args, deltas),) = programs(function, dimensions, [sizes])
    closed, _ = program._shared
    return [e.primitive.name for e in closed.jaxpr.eqns], program.vjp(args, deltas)


def test_what_a_derivative_does_not_need_is_not_run():
    """Of a linear layer's forward that is nothing; of a sum of `tanh` it is `tanh`, and not the sum."""
    names, gradients = equations(lambda W, x: W @ x, [("n", "m"), ("m",)], {"n": 3, "m": 2})
    assert names.count("dot_general") == 2
    assert gradients.keys() == {0, 1}
    names, _ = equations(lambda x: np.sum(np.tanh(x)), [("n",)], {"n": 3})
    assert "tanh" in names
    assert "reduce_sum" not in names


def test_what_may_meet_a_tie_is_run():
    """At a tie JAX's derivative is a convention, and is not taken for one elsewhere."""

    def hinge(x, y):
        return np.sum(np.maximum(x, y))

    for y, tied in ((1.0, True), (2.0, False)):
        ((program, (x, _), deltas),) = programs(hinge, [("n",), ("n",)], [{"n": 3}])
        found = program.vjp((np.ones_like(x), np.full_like(x, y)), deltas)
        assert {a.convention for a in found.values()} == {tied}
