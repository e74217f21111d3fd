"""What today's checkers get wrong, measured on them, and gradcheck has to get right.

Each item has its wrong gradient, which must fail, and its right one, which must pass: a checker that
accuses correct code is no better than one that lets errors through.
"""

import numpy as np
import pytest

import gradcheck
from gradcheck import verify

RNG = np.random.default_rng(20)


def affine(X, W, b):
    return X @ W + b


def affine_gradient(d, X, W, b):
    return d @ W.T, X.T @ d, np.sum(d, axis=0)


AFFINE = {"X": "N d", "W": "d k", "b": "k"}


def scaled(factor):
    return lambda d, X, W, b: (d @ W.T, factor * (X.T @ d), np.sum(d, axis=0))


def zeroed(d, X, W, b):
    dX, dW, db = affine_gradient(d, X, W, b)
    return dX, np.where(np.arange(W.size).reshape(W.shape) == W.size // 2, 0.0, dW), db


def last_sample_zero(d, X, W, b):
    dX, dW, db = affine_gradient(d, X, W, b)
    return dX * (np.arange(len(X)) < len(X) - 1)[:, None], dW, db


MUTANTS = {
    "dW * 1.001": scaled(1.001),  # torch, slow and fast
    "dW * 1.0005": scaled(1.0005),  # torch, slow and fast
    "dW * (1 + 1e-12)": scaled(1 + 1e-12),  # all
    "db not summed over the batch": lambda d, X, W, b: (d @ W.T, X.T @ d, d),  # torch
    "db is a mean": lambda d, X, W, b: (d @ W.T, X.T @ d, np.mean(d, axis=0)),
    "dW / N": lambda d, X, W, b: (d @ W.T, X.T @ d / len(X), np.sum(d, axis=0)),
    "sign of dX": lambda d, X, W, b: (-(d @ W.T), X.T @ d, np.sum(d, axis=0)),
    "one entry of dW is zero": zeroed,
    "dX of the last sample is zero": last_sample_zero,
    "delta is ignored": lambda d, X, W, b: affine_gradient(np.ones_like(d), X, W, b),
    "NaN": lambda d, X, W, b: (d @ W.T, X.T @ d * np.nan, np.sum(d, axis=0)),  # jax, gradbench
}


@pytest.mark.parametrize("name", MUTANTS)
def test_every_wrong_gradient_of_a_linear_layer_is_caught(name):
    """On generated shapes, by every backend."""
    result = verify(affine, MUTANTS[name], AFFINE, max_examples=12)
    assert result.verdict == "fail"
    assert {r.verdict for r in result.backends} == {"fail"}


def test_the_right_gradient_of_a_linear_layer_passes():
    """Proved, and every backend agrees."""
    result = verify(affine, affine_gradient, AFFINE, max_examples=12)
    assert (result.verdict, result.strength) == ("pass", "proved")
    assert {r.verdict for r in result.backends} == {"pass"}


LARGE = {
    "X": np.round(RNG.standard_normal((32, 48)), 3),
    "W": np.round(RNG.standard_normal((48, 64)), 3),
    "b": np.round(RNG.standard_normal(64), 3),
}


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("one entry of dW is zero", "fail"),  # torch's fast mode passes it
        ("dX of the last sample is zero", "fail"),  # torch's fast mode passes it
        (None, "pass"),
    ],
)
def test_one_wrong_entry_in_a_layer_of_32_by_48_by_64_is_caught(name, verdict):
    """Sensitivity does not fall with the size."""
    candidate = MUTANTS[name] if name else affine_gradient
    result = verify(affine, candidate, AFFINE, values=LARGE, max_examples=1)
    assert result.verdict == verdict


def test_a_zero_gradient_of_a_long_vector_is_caught():
    """JAX's tolerance grows with the size: there a zero JVP passes at n = 1e5."""
    one = {"values": {"x": np.round(RNG.standard_normal(4000), 3)}, "max_examples": 1}
    assert verify(np.sin, lambda d, x: 0 * d, {"x": "n"}, **one).verdict == "fail"
    assert verify(np.sin, lambda d, x: 1.01 * d * np.cos(x), {"x": "n"}, **one).verdict == "fail"
    assert verify(np.sin, lambda d, x: d * np.cos(x), {"x": "n"}, **one).verdict == "pass"


@pytest.mark.parametrize(("forward", "value"), [(lambda x: x * 2.0, 0.5), (np.arccosh, 1.5)])
def test_nan_is_not_equal_to_nan(forward, value):
    """Where the derivative exists, NaN fails."""
    result = verify(
        forward, lambda d, x: d * np.nan, {"x": "n"}, values={"x": np.full(2, value)}, max_examples=1
    )
    assert result.verdict == "fail"


def test_where_the_forward_is_not_finite_nan_is_no_agreement():
    """arccosh(0.5): nothing was checked, so nothing passed."""
    result = verify(
        np.arccosh, lambda d, x: d * np.nan, {"x": "n"}, values={"x": np.full(2, 0.5)}, max_examples=1
    )
    assert result.verdict == "inconclusive"


@pytest.mark.parametrize("n", [10, 1000])
def test_a_fast_oscillation_is_no_false_alarm(n):
    """sin(50 x) fails under a fixed step of 1e-4; the wrong frequency is caught."""
    one = {"values": {"x": np.round(RNG.standard_normal(n), 3)}, "max_examples": 1}
    right = verify(lambda x: np.sin(50 * x), lambda d, x: 50 * d * np.cos(50 * x), {"x": "n"}, **one)
    assert right.verdict == "pass"
    wrong = verify(lambda x: np.sin(50 * x), lambda d, x: 50.00001 * d * np.cos(50 * x), {"x": "n"}, **one)
    assert wrong.verdict == "fail"


@pytest.mark.parametrize("seed", range(4))
def test_relu_of_normal_data_is_no_false_alarm(seed):
    """Fixed steps cross zero: 22 of 50 correct ones fail in JAX at n = 1e4."""
    one = {"values": {"x": np.random.default_rng(seed).standard_normal(1000)}, "max_examples": 1}
    relu = lambda x: np.maximum(x, 0)
    assert verify(relu, lambda d, x: d * (x > 0), {"x": "n"}, **one).verdict == "pass"
    assert verify(relu, lambda d, x: d * (x > 0.5), {"x": "n"}, **one).verdict == "fail"


@pytest.mark.parametrize("convention", [0.0, 0.5, 1.0])
def test_relu_at_zero_is_allowed_every_convention(convention):
    """On the default values, zeros and ties among them."""
    relu = lambda x: np.maximum(x, 0)
    candidate = lambda d, x: d * np.where(x > 0, 1.0, np.where(x == 0, convention, 0.0))
    assert verify(relu, candidate, {"x": "n"}, max_examples=25).verdict == "pass"
    assert (
        verify(relu, lambda d, x: d * np.where(x == 0, 2.0, x > 0), {"x": "n"}, max_examples=40).verdict
        == "fail"
    )


BROADCAST = {
    "a scalar": lambda d, x: 6.0,
    "(n, 1)": lambda d, x: (2 * d * x)[:, None],
    "(1,)": lambda d, x: np.array([6.0]),
    "(1, n)": lambda d, x: (2 * d * x)[None],
}


@pytest.mark.parametrize("name", BROADCAST)
def test_a_gradient_of_the_wrong_shape_is_not_broadcast(name):
    """SciPy scores it zero wherever the values agree."""
    equal = {"values": {"x": np.full(3, 3.0)}, "delta": np.ones(3), "max_examples": 1}
    result = verify(lambda x: x * x, BROADCAST[name], {"x": "n"}, **equal)
    assert result.verdict == "fail"
    assert "expected an array of shape (3,)" in result.row.reason


@pytest.mark.parametrize("wrong", [0, 1, 2])
def test_a_wrong_gradient_of_any_argument_is_caught(wrong):
    """autograd checks the first one only."""

    def candidate(d, X, W, b):
        parts = list(affine_gradient(d, X, W, b))
        parts[wrong] = parts[wrong] * 1.5
        return parts

    result = verify(affine, candidate, AFFINE, max_examples=10)
    assert result.verdict == "fail"
    assert result.row.counterexample.quantity == f"dJ/d{'XWb'[wrong]}"


@pytest.mark.parametrize("scale", [1e-6, 1e-12, 1e-100])
def test_a_zero_gradient_of_something_small_is_caught(scale):
    """Absolute tolerances pass it."""
    forward = lambda x: scale * x * x
    assert verify(forward, lambda d, x: 0 * x, {"x": "n"}, max_examples=6).verdict == "fail"
    assert verify(forward, lambda d, x: 2 * scale * d * x, {"x": "n"}, max_examples=6).verdict == "pass"


def test_all_ones_for_a_maximum_of_three_ties_are_refuted():
    """Each one would be allowed alone; together they are no subgradient."""
    ties = {"values": {"x": np.full(3, 2.0)}, "max_examples": 1}
    mask = lambda d, x: d * (x == np.max(x))
    share = lambda d, x: d * (x == np.max(x)) / np.sum(x == np.max(x))
    first = lambda d, x: d * (np.arange(x.size) == np.argmax(x))
    result = verify(np.max, mask, {"x": "n"}, **ties)
    assert result.verdict == "fail"
    assert "no derivative exists here (a kink)" in result.row.reason
    for allowed in (share, first):
        assert verify(np.max, allowed, {"x": "n"}, **ties).verdict == "inconclusive"
        assert verify(np.max, allowed, {"x": "n"}, max_examples=25).verdict == "pass"


def test_square_data_do_not_hide_a_transpose():
    """Sizes of three everywhere would."""
    wrong = lambda d, A, x: (np.outer(x, d), A.T @ d)
    right = lambda d, A, x: (np.outer(d, x), A.T @ d)
    shapes = {"A": "n n", "x": "n"}
    assert verify(lambda A, x: A @ x, wrong, shapes, max_examples=8).verdict == "fail"
    assert verify(lambda A, x: A @ x, right, shapes, max_examples=8).verdict == "pass"
    ones = {"values": {"A": np.ones((3, 3)), "x": np.ones(3)}, "delta": np.ones(3), "max_examples": 1}
    assert verify(lambda A, x: A @ x, wrong, shapes, **ones).verdict == "pass"  # why shapes are generated


def test_a_backend_that_is_wrong_does_not_fail_correct_code(entry_points, told):
    """SymPy's sum of two traces has been such a source: here one that says zero."""
    entry_points(symbolic=told("symbolic", lambda d, A: 0 * A).backend)
    trace = lambda A: np.trace(A.T @ A)
    result = verify(trace, lambda d, A: 2 * d * A, {"A": "n n"}, max_examples=8)
    assert result.verdict == "pass"
    rows = {r.backend: r for r in result.backends}
    assert rows["symbolic"].outlier > 0
    assert rows["autodiff"].outlier == 0


HIJACKED = (
    "where constants are widened, finite differences borrow another backend's answer instead of their own"
)


def test_a_backend_that_shares_the_candidates_mistake_does_not_save_it(entry_points, told):
    """Two sources against one."""
    entry_points(symbolic=told("symbolic", lambda d, A: 0 * A).backend)
    result = verify(lambda A: np.trace(A.T @ A), lambda d, A: 0 * A, {"A": "n n"}, max_examples=8)
    assert result.verdict == "fail"


def test_the_derivative_of_a_cube_root_is_not_one():
    """With the backends as they are installed."""
    shapes, values = {"x": "n"}, {"x": gradcheck.positive}
    assert verify(
        np.cbrt, lambda d, x: d / (3 * np.cbrt(x) ** 2), shapes, values=values, max_examples=8
    ).passed
    assert verify(np.cbrt, lambda d, x: d, shapes, values=values, max_examples=8).verdict == "fail"


# -- holes of our own kind: what all arithmetics of this house could get wrong together


COMMON = {
    "vec(X) by reshape": (
        lambda X: X.reshape(-1, order="F") * np.arange(1.0, X.size + 1),
        lambda d, X: np.reshape(d * np.arange(1.0, X.size + 1), X.shape, order="F"),
        lambda d, X: np.reshape(d * np.arange(1.0, X.size + 1), X.shape),
    ),
    "vec(X) by flatten": (
        lambda X: X.flatten("F") * np.arange(1.0, X.size + 1),
        lambda d, X: np.reshape(d * np.arange(1.0, X.size + 1), X.shape, order="F"),
        lambda d, X: np.reshape(d * np.arange(1.0, X.size + 1), X.shape),
    ),
    "clipped in place": (
        lambda X: _clipped_in_place(2 * X),
        lambda d, X: 2 * d * ((X > 0) & (2 * X < 1)),
        lambda d, X: 2 * d,
    ),
    "summed into a buffer": (
        lambda X: _summed_into(X * X),
        lambda d, X: 2 * X * d,
        lambda d, X: 0 * X,
    ),
    "masked by argmax": (
        lambda X: X * (np.arange(X.shape[1]) == np.argmax(X, axis=1, keepdims=True)),
        lambda d, X: d * (np.arange(X.shape[1]) == np.argmax(X, axis=1)[:, None]),
        lambda d, X: d * (np.arange(X.shape[1]) == np.argmax(X, axis=1)[:, None]) * 1.5,
    ),
}


def _clipped_in_place(z):
    np.clip(z, 0, 1, out=z)
    return z


def _summed_into(z):
    total = np.zeros_like(z[0])
    np.sum(z, axis=0, out=total)
    return total


RIGHT_FAILS = {
    "vec(X) by reshape",
    "clipped in place",
    "summed into a buffer",
    "vec(X) by flatten",
    "masked by argmax",
}


DISTINCT = {"n": lambda shape, rng: np.round(rng.permutation(np.prod(shape)).reshape(shape) / 4 - 1.03, 4)}


def test_a_forward_in_float32_is_no_false_alarm():
    """Its values are known to seven digits, so a difference of them is no refutation."""
    single = lambda x: (x.astype(np.float32) ** 2).astype(np.float64)
    result = verify(single, lambda d, x: 2 * d * x, {"x": "n"}, max_examples=10)
    assert result.verdict in ("pass", "inconclusive")


@pytest.mark.parametrize("name", list(COMMON))
def test_a_right_gradient_of_common_numpy_code_does_not_fail(name):
    """It passes, or the arithmetic says that it cannot run the code."""
    forward, right, _ = COMMON[name]
    result = verify(forward, right, {"X": "n m"}, values={"X": DISTINCT["n"]}, max_examples=10)
    assert result.verdict in ("pass", "inconclusive")
    assert result.verdict == "inconclusive" or not any(r.outlier for r in result.backends)


@pytest.mark.parametrize("name", list(COMMON))
def test_a_wrong_gradient_of_common_numpy_code_does_not_pass(name):
    """The twin."""
    forward, _, wrong = COMMON[name]
    result = verify(forward, wrong, {"X": "n m"}, values={"X": DISTINCT["n"]}, max_examples=10)
    assert result.verdict in ("fail", "inconclusive")


FLOAT64_ONLY = {
    "a branch on the type": lambda d, x: 3 * d * x if isinstance(x, np.ndarray) else 2 * d * x,
    "float32 on the way": lambda d, x: np.multiply(2 * d, x, dtype=np.float32),
    "a sum in float32": lambda d, x: 2 * d * x + (np.sum(x, dtype=np.float32) - np.sum(x)),
}


@pytest.mark.parametrize("name", FLOAT64_ONLY)
def test_code_that_is_right_in_balls_only_does_not_pass(name):
    """The user ships float64: what runs there is what is checked."""
    result = verify(lambda x: x * x, FLOAT64_ONLY[name], {"x": "n"}, max_examples=10)
    assert result.verdict != "pass"


def test_code_that_is_right_in_float64_passes_whatever_its_style():
    """The twin: type checks that change nothing."""

    def careful(d, x):
        x = np.asarray(x)
        if isinstance(d, float):
            d = np.float64(d)
        return 2 * d * x

    assert verify(lambda x: x * x, careful, {"x": "n"}, max_examples=10).verdict == "pass"


def softplus(x):
    return np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0)


def log_softmax(x):
    return x - np.max(x) - np.log(np.sum(np.exp(x - np.max(x))))


KINKS_THAT_CANCEL = {
    "a stable softplus": (softplus, lambda d, x: d / (1 + np.exp(-x)), gradcheck.normal),
    "a shifted log-softmax": (
        log_softmax,
        lambda d, x: d - np.sum(d) * np.exp(log_softmax(x)),
        gradcheck.normal,
    ),
    "a norm off zero": (np.linalg.norm, lambda d, x: d * x / np.linalg.norm(x), gradcheck.positive),
}


@pytest.mark.parametrize("name", KINKS_THAT_CANCEL)
def test_kinks_that_cancel_or_are_never_met_are_no_false_alarm(name):
    """A stable softplus has a kink in each term and none in the sum."""
    forward, right, values = KINKS_THAT_CANCEL[name]
    given = {"values": {"x": values}, "max_examples": 25}
    assert verify(forward, right, {"x": "n"}, **given).verdict == "pass"
    assert verify(forward, lambda d, x: 1.0001 * right(d, x), {"x": "n"}, **given).verdict == "fail"
