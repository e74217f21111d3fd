"""The symbolic backend against `sympy.diff` of the whole expression, with no names in between."""

import numpy as np
import pytest
import sympy

from gradcheck.arithmetic import WIDENED, precision
from gradcheck.errors import Unsupported
from gradcheck_backends import symbolic

RNG = np.random.default_rng(4)
DIGITS = 40


def symbols(name, *shape):
    array = np.empty(shape, dtype=object)
    for index in np.ndindex(*shape):
        array[index] = sympy.Symbol(name + "_".join(map(str, index)), real=True)
    return array


def each(function):
    return np.frompyfunc(function, 1, 1)


def sigmoid(z):
    return 1 / (1 + each(sympy.exp)(-z))


def relu(z):
    return each(lambda v: sympy.Piecewise((v, v > 0), (0, True)))(z)


def softmax(z):
    e = each(sympy.exp)(z)
    return e / e.sum()


CASES = {
    "sigmoid layer": (
        lambda W, x, b: 1 / (1 + np.exp(-(W @ x + b))),
        lambda W, x, b: sigmoid(W @ x + b),
        [(2, 3), (3,), (2,)],
    ),
    "two layers of tanh": (
        lambda V, W, x: V @ np.tanh(W @ x),
        lambda V, W, x: V @ each(sympy.tanh)(W @ x),
        [(2, 2), (2, 2), (2,)],
    ),
    "softmax with a shift": (
        lambda z: np.exp(z - np.max(z)) / np.sum(np.exp(z - np.max(z))),
        softmax,
        [(3,)],
    ),
    "cross-entropy": (
        lambda z, y: -np.sum(y * (z - np.log(np.sum(np.exp(z))))),
        lambda z, y: -(y * (z - sympy.log(each(sympy.exp)(z).sum()))).sum(),
        [(3,), (3,)],
    ),
    "relu network": (
        lambda W, x: np.sum(np.maximum(W @ x, 0) ** 2),
        lambda W, x: (relu(W @ x) ** 2).sum(),
        [(3, 2), (2,)],
    ),
    "normalisation": (
        lambda x: (x - np.mean(x)) / np.sqrt(np.var(x) + 1),
        lambda x: (x - x.sum() / 4) / sympy.sqrt((((x - x.sum() / 4) ** 2).sum()) / 4 + 1),
        [(4,)],
    ),
    "a product of functions": (
        lambda x, y: np.sin(x) * np.exp(y) / (1 + x * x) + np.arctan(x * y),
        lambda x, y: each(sympy.sin)(x) * each(sympy.exp)(y) / (1 + x * x) + each(sympy.atan)(x * y),
        [(2,), (2,)],
    ),
    "absolute values": (
        lambda x, y: np.abs(x - y) * x,
        lambda x, y: each(sympy.Abs)(x - y) * x,
        [(3,), (3,)],
    ),
    "repeated factors": (
        lambda x: x[0] * x[1] ** 2 + x[1] * x[0] ** 2 + x[0] * x[1] * x[0],
        lambda x: x[0] * x[1] ** 2 + x[1] * x[0] ** 2 + x[0] * x[1] * x[0],
        [(2,)],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_gradient_is_that_of_sympy_on_the_whole_expression(problem, name):
    """To 40 digits, for every entry; a millionth off is noticed."""
    forward, expression, shapes = CASES[name]
    inputs = [np.round(RNG.standard_normal(s), 2) for s in shapes]
    asked = problem(forward, *inputs)
    delta = np.round(RNG.standard_normal(asked.output_shapes[0]), 2) + 0.25
    with precision(212):
        answers = symbolic.BACKEND.derive(asked).vjp(asked.example, [delta])
    variables = [symbols(n, *s) for n, s in zip("abc", shapes, strict=False)]
    whole = np.asarray(expression(*variables), dtype=object)
    weights = np.array([sympy.Rational(float(d)) for d in delta.ravel()], dtype=object)
    total = (whole.ravel() * weights).sum()
    values = {
        v: sympy.Rational(float(x))
        for array, given in zip(variables, inputs, strict=True)
        for v, x in zip(array.ravel(), given.ravel(), strict=True)
    }
    for i, array in enumerate(variables):
        for variable, ball in zip(array.ravel(), answers[i].values.ravel(), strict=True):
            right = sympy.diff(total, variable).subs(values).evalf(DIGITS)
            error = abs(sympy.Float(ball.str(DIGITS, radius=False), DIGITS) - right)
            assert error < sympy.Float(10) ** -(DIGITS - 4) * (1 + abs(right))
            assert abs(right * (1 + sympy.Float("1e-6")) - right) > error or right == 0


def test_definitions_stay_small_however_deep_the_computation(problem):
    """Sixteen layers give no expression of more than a few symbols."""

    def deep(x):
        for _ in range(16):
            x = np.tanh(x + x[::-1] * x)
        return x

    program = symbolic.BACKEND.derive(problem(deep, np.array([0.3, -0.2])))
    assert max(sum(len(t.free_symbols) for t in terms) for _, terms in program._domain.lets) <= 4
    assert len(program._domain.lets) < 200


def test_equal_definitions_get_one_name(problem):
    """`np.exp(z)` written twice is one let."""
    once = symbolic.BACKEND.derive(problem(lambda x: np.exp(x * x) * 2, np.array([0.5])))
    twice = symbolic.BACKEND.derive(problem(lambda x: np.exp(x * x) + np.exp(x * x), np.array([0.5])))
    assert len(twice._domain.lets) == len(once._domain.lets)


def test_a_forward_of_too_many_entries_is_declined_with_the_number(problem):
    """SymPy's time grows faster than the entries."""
    limit = symbolic.MAX_ENTRIES
    with pytest.raises(Unsupported, match=f"over SymPy's {limit}-entry limit"):
        symbolic.BACKEND.derive(problem(np.sum, np.ones(limit)))
    assert symbolic.BACKEND.derive(problem(np.sum, np.ones(limit - 1)))


def test_a_branch_on_a_value_is_declined(problem):
    """Symbols decide nothing; `np.where` can be used instead."""
    with pytest.raises(Unsupported, match="a branch on a value cannot be taken in symbols"):
        symbolic.BACKEND.derive(problem(lambda x: x * 2 if x[0] > 0 else x, np.array([1.0])))
    assert symbolic.BACKEND.derive(problem(lambda x: np.where(x[0] > 0, x * 2, x), np.array([1.0])))


def test_constants_enter_exactly_or_widened_when_numbers_are_put_in(problem):
    """One program serves both."""
    asked = problem(lambda x: 0.1 * x, np.array([1.0]))
    with precision(212):
        program = symbolic.BACKEND.derive(asked)
        exact = program.vjp(asked.example, [np.ones(1)])[0].values[0]
        wide = program.vjp(asked.example, [np.ones(1)], None, WIDENED)[0].values[0]
    assert exact.contains(0.1)
    assert float(exact.rad()) < 1e-50
    assert wide.contains(np.nextafter(0.1, 1))
    assert not exact.contains(np.nextafter(0.1, 1))


@pytest.mark.parametrize("value", [np.inf, np.nan])
def test_a_constant_that_is_not_finite_is_declined(problem, value):
    """SymPy would make `oo` or `nan` of it."""
    with pytest.raises(Unsupported, match="not finite cannot enter SymPy"):
        symbolic.BACKEND.derive(problem(lambda x: np.where(x > 0, x, value), np.array([1.0])))


@pytest.mark.parametrize("x", [2.0, -2.0])
def test_the_cube_root_is_differentiated(problem, x):
    """1 / (3 cbrt(x)^2), for negative numbers too."""
    asked = problem(np.cbrt, np.array([x]))
    with precision(212):
        answer = symbolic.BACKEND.derive(asked).vjp(asked.example, [np.ones(1)])[0].values[0]
    assert float(answer) == pytest.approx(1 / (3 * np.cbrt(x) ** 2))


def test_a_sum_of_two_traces_is_not_zero(problem):
    """SymPy 1.14 differentiates it to zero by MatrixSymbol; entries are safe."""
    asked = problem(lambda A, B: np.trace(A.T @ A) + np.trace(B.T @ B), np.eye(2) * 3, np.ones((2, 2)))
    with precision(212):
        answers = symbolic.BACKEND.derive(asked).vjp(asked.example, [np.ones(())])
    assert [float(v) for v in answers[0].values.ravel()] == [6, 0, 0, 6]
    assert [float(v) for v in answers[1].values.ravel()] == [2, 2, 2, 2]


@pytest.mark.parametrize("function", [np.linalg.cholesky, np.linalg.inv])
def test_matrices_of_sums_are_factored_and_inverted(gradients, function):
    """The entries of `X @ X.T + I` are sums; the slope is a difference's, and twice it is not."""
    X, direction = RNG.normal(size=(2, 3)), RNG.normal(size=(2, 3))
    whole = lambda X: np.sum(function(X @ X.T + np.eye(2)))

    found, _ = gradients(symbolic.BACKEND, whole, X)[0]

    slope = (whole(X + 1e-6 * direction) - whole(X - 1e-6 * direction)) / 2e-6
    assert np.isclose(np.sum(found * direction), slope, rtol=1e-6)
    assert not np.isclose(2 * np.sum(found * direction), slope, rtol=1e-3)


MASKS = {
    "x * (x > 0)": lambda x: x * (x > 0),
    "(x > 0) * (x < 1) * x": lambda x: (x > 0) * (x < 1) * x,
    "x * ((x > 0) & (x < 1))": lambda x: x * ((x > 0) & (x < 1)),
    "where(~(x > 0) | (x > 1), x, 2 x)": lambda x: np.where(~(x > 0) | (x > 1), x, 2 * x),
    "where(logical_or(x < 0, x > 1), x, 2 x)": lambda x: np.where(np.logical_or(x < 0, x > 1), x, 2 * x),
    "logical_not(x > 0) * x": lambda x: np.logical_not(x > 0) * x,
    "(x > 0) @ x": lambda x: (x > 0) @ x,
}


@pytest.mark.parametrize("name", MASKS)
def test_masks_are_differentiated(gradients, name):
    """In symbols a condition counts as 1 or 0; the slope of the other side is not the answer."""
    x = np.array([-1.5, 0.5, 2.5])
    found, _ = gradients(symbolic.BACKEND, MASKS[name], x)[0]
    slopes = [np.sum(MASKS[name](x + h) - MASKS[name](x - h)) / 0.02 for h in 0.01 * np.eye(3)]
    np.testing.assert_allclose(np.array(found, dtype=float), slopes, rtol=1e-12)


@pytest.mark.parametrize("function", [lambda x: x * ((x > 0) + (x > 1)), lambda x: x * (1 - (x > 0))])
def test_what_is_no_product_of_masks_is_declined(problem, function):
    """Two truth values add up to one truth value in NumPy, and SymPy would count to 2."""
    with pytest.raises(Unsupported):
        symbolic.BACKEND.derive(problem(function, np.array([1.5])))
