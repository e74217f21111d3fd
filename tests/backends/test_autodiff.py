"""The autodiff backend: plain NumPy traced by JAX, its jaxpr run in balls, the process left alone."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gradcheck.arithmetic import BALLS, enclose, precision, wrap
from gradcheck.errors import NoAnswer, Unsupported
from gradcheck_backends import autodiff


def gradient_of(problem, function, *arrays, delta=None):
    asked = problem(function, *arrays)
    deltas = (
        [np.asarray(d, dtype=float) for d in delta] if delta else [np.ones(s) for s in asked.output_shapes]
    )
    with precision(212):
        program = autodiff.BACKEND.derive(asked)
        return program, program.vjp(asked.example, deltas)


def test_jaxs_global_switch_is_never_touched(problem):
    """JAX is in float32 for the user before, during and after."""
    before = jax.config.jax_enable_x64
    _, answers = gradient_of(problem, lambda x: x * x, np.array([0.1]))
    assert jax.config.jax_enable_x64 == before
    assert jnp.ones(2).dtype == (jnp.float64 if before else jnp.float32)
    assert abs(float(answers[0].values[0]) - 0.2) < 1e-16  # float32 would be off by 1e-9


def test_a_jaxpr_in_balls_has_no_truncation(problem):
    """The radius is rounding only, about 2^-212 of the value."""
    program, answers = gradient_of(problem, np.tanh, np.array([0.3, -2.0]))
    assert program.exact_answers
    assert "jaxpr" in program.method
    assert max(float(b.rad()) for b in answers[0].values) < 1e-55


@pytest.mark.parametrize(
    ("function", "x"),
    [
        (lambda x: np.maximum(x, 1.0), [1.0, 2.0]),
        (np.abs, [0.0, 2.0]),
        (np.max, [2.0, 2.0]),
        (lambda x: np.where(x > 1.0, x, x * x), [1.0, 3.0]),
    ],
)
def test_a_tie_is_marked_as_a_convention(problem, function, x):
    """JAX takes 1/2 for maximum, 1 for abs: one convention among several."""
    _, tied = gradient_of(problem, function, np.array(x))
    _, free = gradient_of(problem, function, np.array(x) + np.array([0.25, 0.5]))
    assert tied[0].convention
    assert not free[0].convention


def test_one_ball_met_twice_is_no_tie(problem):
    """`max(x, x)` of one and the same number."""
    _, answers = gradient_of(problem, lambda x: x - np.max(x), np.array([1.0, 2.0]))
    assert not answers[0].convention


@pytest.mark.parametrize("function", [np.remainder, np.fmod])
def test_what_is_left_of_a_division_runs_in_balls(problem, function):
    """By the first argument the slope is 1, by the second minus the quotient, rounded as each does."""
    x, y = np.array([5.3, -5.3]), np.array([2.0, 2.0])
    program, answers = gradient_of(problem, lambda x, y: function(x, y) * 1.0, x, y)
    assert program.exact_answers
    quotient = np.floor(x / y) if function is np.remainder else np.trunc(x / y)
    assert [float(v) for v in answers[0].values] == [1.0, 1.0]
    assert [float(v) for v in answers[1].values] == (-quotient).tolist()


def test_xla_answers_for_an_argument_that_is_a_number(problem):
    """A spread is kept for it too."""
    A, s = np.diag([4.0, 3.0]), np.array(2.0)
    program, answers = gradient_of(problem, lambda A, s: s * np.sum(np.linalg.eigvalsh(A)), A, s)
    assert "XLA in float64" in program.method
    assert answers[1].values[()].contains(7)
    assert not answers[1].values[()].contains(7.000001)


def test_an_unknown_primitive_is_evaluated_by_xla_with_an_estimated_bound(problem):
    """The method and the answer say so; the bound covers the true gradient and is small."""
    A = np.array([[4.0, 1.0], [1.0, 3.0]])
    program, answers = gradient_of(problem, lambda A: np.sum(np.linalg.eigvalsh(A) ** 2), A)
    assert "XLA in float64" in program.method
    assert not answers[0].rigorous
    assert not program.exact_answers
    # the sum of squared eigenvalues is the squared norm of the symmetric matrix with A's lower triangle,
    # which is all that NumPy reads
    right = np.array([[8.0, 0.0], [4.0, 6.0]])
    assert all(b.contains(float(r)) for b, r in zip(answers[0].values.ravel(), right.ravel(), strict=True))
    assert not any(
        b.contains(float(r) * 1.000001 + 1e-6)
        for b, r in zip(answers[0].values.ravel(), right.ravel(), strict=True)
    )


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: x * 2 if x[0] > 0 else x, "a branch on a value"),
        (lambda x: x * float(x[0]), r"float\(\)"),
        (lambda x: np.copyto(np.zeros(1), x), "copyto"),
        (lambda x: x.astype(np.float32), "a cast to float32"),
    ],
)
def test_what_jax_cannot_trace_is_unsupported_with_the_reason(problem, function, words):
    """By name, never another exception."""
    from gradcheck.backend import Problem

    x = np.array([1.5])
    with pytest.raises(Unsupported, match=words):
        autodiff.BACKEND.derive(Problem(function, ("x",), (x,), (0,), ((1,),))).vjp((x,), [np.ones(1)])


def test_storing_into_a_traced_array_is_traced(problem):
    """Buffers, slices, masks, in-place operators."""

    def stores(x):
        z = np.zeros_like(x)
        z[0] = x[1] * 3
        z[1:] += x[1:] ** 2
        z *= 2
        return z

    _, answers = gradient_of(problem, stores, np.array([1.0, 2.0, 3.0]))
    assert [float(b) for b in answers[0].values] == [0.0, 14.0, 12.0]


def through_a_slice(x):
    z = x * 2.0
    tail = z[1:]
    tail[0] = 5.0
    return z


def through_a_row(x):
    z = x * 2.0
    for row in z:
        row *= 4.0
    return z


def reshaped(x):
    z = 2.0 * x
    flat = z.reshape(-1)
    flat[0] = 0.0
    return z


def transposed(x):
    z = x * 3.0
    z.T[0] = 1.0
    return z


def changed_under_a_view(x):
    z = x * 2.0
    tail = z[1:]
    z[1] = 0.0
    return tail


def in_place_under_a_view(x):
    z = x * 2.0
    view = z[:]
    z *= 3.0
    return view


VIEWS = {
    through_a_slice: lambda x: np.where(np.arange(len(x))[:, None] == 1, 0.0, 2.0) * np.ones_like(x),
    through_a_row: lambda x: np.full_like(x, 8.0),
    changed_under_a_view: lambda x: np.where(np.arange(len(x))[:, None] > 1, 2.0, 0.0) * np.ones_like(x),
    in_place_under_a_view: lambda x: np.full_like(x, 6.0),
    reshaped: lambda x: np.where(np.arange(x.size).reshape(x.shape) == 0, 0.0, 2.0),
    transposed: lambda x: np.stack([np.zeros(len(x)), *[np.full(len(x), 3.0)] * (x.shape[1] - 1)], axis=1),
}


@pytest.mark.parametrize("function", VIEWS)
def test_memory_shared_through_a_view_is_right_or_refused(problem, function):
    """No answer is better than the derivative of another function."""
    x = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    try:
        _, answers = gradient_of(problem, function, x)
    except Unsupported:
        return
    right = VIEWS[function](x)
    assert [float(b) for b in answers[0].values.ravel()] == right.ravel().tolist()


def test_a_stack_of_traced_numbers_runs_in_balls(problem):
    """`np.stack([...])` of parts is common enough."""
    program, _ = gradient_of(problem, lambda x: np.stack([x[0] * x[1], x[1]]), np.array([1.0, 2.0]))
    assert program.exact_answers


def test_several_outputs_and_integer_arguments(problem):
    """Deltas go with outputs; indices are part of the problem."""
    _, answers = gradient_of(
        problem,
        lambda x, i: (x[i] * 2, np.sum(x)),
        np.array([1.0, 2.0, 3.0]),
        np.array([2, 0]),
        delta=([1.0, 10.0], 100.0),
    )
    assert list(answers) == [0]
    assert [float(b) for b in answers[0].values] == [120.0, 100.0, 102.0]


@pytest.mark.parametrize("uplo", ["L", "U"])
def test_one_triangle_of_a_symmetric_matrix_is_read_as_numpy_reads_it(problem, uplo):
    """JAX averages the two, and its derivative by the entries would be another function's."""
    A = np.array([[4.0, 1.0], [2.0, 3.0]])
    _, answers = gradient_of(problem, lambda A: np.sum(np.linalg.eigvalsh(A, uplo) ** 2), A)
    read = A[1, 0] if uplo == "L" else A[0, 1]
    right = np.array([[8.0, 0.0], [4 * read, 6.0]])
    right = right if uplo == "L" else right.T
    assert all(b.contains(float(r)) for b, r in zip(answers[0].values.ravel(), right.ravel(), strict=True))
    assert not any(
        b.contains(float(r) + 1e-6) for b, r in zip(answers[0].values.ravel(), right.ravel(), strict=True)
    )


def test_the_estimated_bound_covers_an_algorithm_that_loses_digits(problem):
    """The pseudo-inverse of a matrix that is nearly singular, against `-inv^T inv^T` in balls."""
    A = np.array([[-0.2896, -1.0405, 1.4303], [-1.1466, 1.402, -0.0376], [0.0403, 0.042, -0.0413]])
    _, answers = gradient_of(problem, np.linalg.pinv, A)
    with precision(212):
        inverse = np.linalg.inv(wrap(enclose(A), BALLS))
        right = (-inverse.T @ np.ones((3, 3)) @ inverse.T).data
    pairs = list(zip(answers[0].values.ravel(), right.ravel(), strict=True))
    assert all(b.overlaps(r) for b, r in pairs)
    assert not any(b.overlaps(r * 1.00001) for b, r in pairs)


def test_a_function_that_jax_has_with_other_values_is_not_answered(problem):
    """Its derivative would be right, of another function."""
    with pytest.raises(Unsupported, match="another order"):
        gradient_of(problem, lambda x: np.partition(x, 1), np.array([3.0, 1.0, 2.0, 0.0]))

    def turned(x):  # an eigenvector that NumPy code may turn round, and JAX not
        vectors = np.linalg.eigh(x)[1]
        return vectors if type(x) is not np.ndarray else -vectors

    with pytest.raises(NoAnswer, match="other values"):
        gradient_of(problem, turned, np.array([[4.0, 1.0], [1.0, 3.0]]))
    _, answers = gradient_of(
        problem, lambda x: np.abs(np.linalg.eigh(x)[1]), np.array([[4.0, 1.0], [1.0, 3.0]])
    )
    assert answers[0].values.shape == (2, 2)


def test_away_from_its_kink_relu_is_no_tie(problem):
    """`max(x, 0.0)` is compared with another 0.0 of the code: the same number, though written twice."""
    program = autodiff.BACKEND.derive(problem(lambda x: np.maximum(x, 0.0), np.array([-1.0, 2.0])))
    with precision(200):
        away = program.vjp([np.array([-1.0, 2.0])], [np.ones(2)])[0]
        at = program.vjp([np.array([0.0, 2.0])], [np.ones(2)])[0]
    assert not away.convention
    assert at.convention
