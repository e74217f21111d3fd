"""Running the hand-written code: what it states, and what breaks the contract."""

import warnings

import numpy as np
import pytest

from gradcheck.arithmetic import BALLS, midpoints, precision
from gradcheck.errors import CandidateFault, Unsupported
from gradcheck.formulas.decorating import Formula
from gradcheck.formulas.quantity import gradient, updated
from gradcheck.judging.candidates.running import run_in_balls, run_in_float64

W = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
X = np.array([1.0, -1.0, 2.0])
DELTA = np.array([1.0, 10.0])


@pytest.fixture
def wx():
    return Formula(lambda W, x: W @ x, {"W": "n m", "x": "m"}, name="wx")


def state(formula, point_at, **arrays):
    """The last claim's candidate, run in float64 and in balls, which must say the same."""
    point = point_at(formula, **(arrays or {"W": W, "x": X, "delta": DELTA}))
    stated = run_in_float64(formula.claims[-1], point)
    with precision(212):
        balls = run_in_balls(formula.claims[-1], point, BALLS)
    assert set(balls) == set(stated.values)
    for name, value in stated.values.items():
        np.testing.assert_allclose(midpoints(balls[name]), value, rtol=1e-12)
    assert {n: v.shape for n, v in stated.values.items()} == {
        n: s for n, s in formula.claims[-1].shapes(point).items() if n in stated.values
    }
    return stated


def right(delta, W, x):
    return np.outer(delta, x), W.T @ delta


@pytest.mark.parametrize(
    "candidate",
    [
        right,
        lambda d, W, x: list(right(d, W, x)),
        lambda d, W, x: dict(zip(("W", "x"), right(d, W, x), strict=True)),
        lambda d, W, x: dict(zip(("x", "W"), right(d, W, x)[::-1], strict=True)),
        lambda d, W, x: (np.outer(d, x).tolist(), W.T @ d) if isinstance(d, np.ndarray) else right(d, W, x),
    ],
)
def test_gradients_come_as_tuple_list_or_dict(wx, point_at, candidate):
    """In order, or by name; lists are arrays."""
    wx.vjp(candidate)
    stated = state(wx, point_at)
    assert stated.values[gradient("W")].tolist() == np.outer(DELTA, X).tolist()
    assert stated.values[gradient("x")].tolist() == (W.T @ DELTA).tolist()
    assert stated.unchecked == ()


def test_a_bare_array_is_enough_for_one_argument(point_at):
    """A tuple of one is as good."""
    formula = Formula(np.sin, {"x": "n"})
    formula.vjp(lambda d, x: d * np.cos(x))
    formula.vjp(suffix="tuple")(lambda d, x: (d * np.cos(x),))
    assert state(formula, point_at, x=X, delta=X).values[gradient("x")].shape == (3,)


def test_none_leaves_an_argument_unchecked(wx, point_at):
    """The result lists it."""
    wx.vjp(lambda d, W, x: (None, W.T @ d))
    stated = state(wx, point_at)
    assert stated.unchecked == (gradient("W"),)
    assert set(stated.values) == {gradient("x")}


def test_scalars_and_tuples_of_outputs(point_at):
    """delta is a NumPy scalar for a scalar output, a tuple for a tuple output."""
    seen = []
    scalar = Formula(lambda x: x @ x, {"x": "n"})
    scalar.vjp(lambda d, x: (seen.append(type(d)), 2 * d * x)[1])
    state(scalar, point_at, x=X, delta=np.array(2.0))
    assert np.float64 in seen
    pair = Formula(lambda x: (2 * x, np.sum(x)), {"x": "n"})
    pair.vjp(lambda d, x: 2 * d[0] + d[1] * np.ones_like(x))
    stated = state(pair, point_at, x=X, delta=(X, np.array(5.0)))
    assert stated.values[gradient("x")].tolist() == [7.0, 3.0, 9.0]


def test_every_kind_of_claim_states_its_quantities(wx, point_at):
    """Names and shapes by kind."""
    for add, candidate, name, shape in [
        (wx.jacobian("x"), lambda W, x: W, "dz/dx", (2, 3)),
        (wx.jacobian("W"), lambda W, x: np.eye(2)[:, :, None] * x, "dz/dW", (2, 2, 3)),
        (wx.layout("W"), lambda W, x: np.kron(np.eye(2), x), "dz/dW", (2, 6)),
        (wx.entry("dJ/dW[i,j]"), lambda i, j, d, W, x: d[i] * x[j], "dJ/dW[i,j]", (2, 3)),
        (wx.entry("dz[i]/dx[j]"), lambda i, j, W, x: W[i, j], "dz[i]/dx[j]", (2, 3)),
        (wx.entry("dz/dx[j]"), lambda j, W, x: W[:, j], "dz/dx[j]", (3, 2)),
        (wx.entry("dz[0]/dx[2]"), lambda W, x: W[0, 2], "dz[0]/dx[2]", ()),
        (wx.forward, lambda W, x: np.sum(W * x, axis=1), "z", (2,)),
    ]:
        add(candidate)
        stated = state(wx, point_at)
        assert {str(q): v.shape for q, v in stated.values.items()} == {name: shape}


def test_an_update_states_new_values(point_at):
    """`None` for data that stay."""
    formula = Formula(lambda w, x: np.sum((w * x) ** 2), {"w": "n", "x": "n"})
    formula.update()(lambda rate, w, x: (w - rate * 2 * w * x * x, None))
    stated = state(formula, point_at, w=X, x=X, rate=0.25)
    assert set(stated.values) == {updated("w")}


def raising(d, W, x):
    raise ZeroDivisionError("no\nway")


def endless(d, W, x):
    return endless(d, W, x)


def mutates_argument(d, W, x):
    W[0, 0] = 0
    return right(d, W, x)


def mutates_delta(d, W, x):
    gradients = right(d, W, x)
    d *= 2
    return gradients


def yields(d, W, x):
    yield from right(d, W, x)


FAULTS = [
    (raising, "fail", "the code raises ZeroDivisionError: no (test_candidate.py:"),
    (endless, "fail", "the code never returns: maximum recursion depth exceeded"),
    (
        lambda d, W, x: (np.outer(x, d), W.T @ d),
        "fail",
        "dJ/dW: expected an array of shape (2, 3), got an array of shape (3, 2)",
    ),
    (lambda d, W, x: (np.outer(d, x), 1.0), "fail", "dJ/dx: expected an array of shape (3,), got a number"),
    (lambda d, W, x: (np.outer(d, x), (W.T @ d)[:, None]), "fail", "got an array of shape (3, 1)"),
    (
        lambda d, W, x: np.outer(d, x),
        "error",
        "expected 2 gradients, one for each of W, x, got a single ndarray",
    ),
    (
        lambda d, W, x: (np.outer(d, x),),
        "error",
        "expected 2 gradients, one for each of W, x, got 1; use None",
    ),
    (lambda d, W, x: (*right(d, W, x), None), "error", "got 3; use None for an argument that is not checked"),
    (lambda d, W, x: None, "error", "got None"),
    (lambda d, W, x: (None, None), "error", "returned None for every argument: there is nothing to check"),
    (
        lambda d, W, x: {"W": np.outer(d, x)},
        "error",
        "expected a dict with one gradient for each of W, x, got W",
    ),
    (lambda d, W, x: {"W": 1, "x": 2, "b": 3}, "error", "got W, x, b"),
    (lambda d, W, x: {}, "error", "got none"),
    (yields, "error", "returns a generator; return a tuple (is it `yield` by mistake?)"),
    (lambda d, W, x: ((v for v in d), W.T @ d), "error", "dJ/dW is a generator, not an array"),
    (
        lambda d, W, x: (np.outer(d, x).astype(object) * None if False else np.full(W.shape, None), W.T @ d),
        "error",
        "dJ/dW is no array of numbers but ndarray of dtype object",
    ),
    (lambda d, W, x: ("text", W.T @ d), "error", "dJ/dW is no array of numbers but str"),
    (lambda d, W, x: (W * 1j, W.T @ d), "error", "dJ/dW is complex; of real arguments it is real"),
    (lambda d, W, x: ([[1.0], [1.0, 2.0]], W.T @ d), "error", "dJ/dW is no array: ValueError"),
    (mutates_argument, "error", "the code changes its argument 'W' in place; work on a copy"),
    (mutates_delta, "error", "the code changes delta in place; work on a copy"),
    (
        lambda d, W, x: (np.outer(d, x) + np.random.default_rng().random(), W.T @ d),
        "error",
        "dJ/dW differs between two calls with the same arguments: the code is not deterministic",
    ),
]


@pytest.mark.parametrize(("candidate", "verdict", "words"), FAULTS, ids=[w[:40] for *_, w in FAULTS])
def test_what_breaks_the_contract(wx, point_at, candidate, verdict, words):
    """Fail or error, and the sentence that the report shows."""
    wx.vjp(candidate)
    point = point_at(wx, W=W, x=X, delta=DELTA)
    with pytest.raises(CandidateFault) as fault:
        run_in_float64(wx.claims[-1], point)
    assert fault.value.verdict == verdict
    assert words in str(fault.value)
    assert point.args[0].tolist() == W.tolist()
    assert point.delta[0].tolist() == DELTA.tolist()


def test_a_gradient_of_integers_is_refused(point_at):
    """Labels have none; None stands in its place."""
    formula = Formula(lambda x, i: x[i], {"x": "n", "i": "k"})
    formula.vjp(lambda d, x, i: (np.zeros_like(x), np.zeros(len(i))))
    point = point_at(formula, x=X, i=np.array([0, 2]))
    with pytest.raises(CandidateFault, match="'i' holds integers and has no gradient; return None"):
        run_in_float64(formula.claims[-1], point)


@pytest.mark.parametrize(
    ("candidate", "verdict", "words"),
    [
        (
            lambda i, j, d, W, x: d * x[j],
            "fail",
            "dJ/dW[i,j] at i = 0, j = 0: expected a number, got an array of shape (2,)",
        ),
        (lambda i, j, d, W, x: None, "error", "dJ/dW[i,j]: the code returned None"),
        (lambda i, j, d, W, x: W[j, i], "fail", "the code raises IndexError"),
        (lambda i, j, d, W, x: "a", "error", "no"),
        (lambda i, j, d, W, x: 1j, "error", "dJ/dW[i,j] is complex"),
        (lambda i, j, d, W, x: (v for v in x), "error", "generator"),
        (lambda i, j, d, W, x: [[1.0], [1.0, 2.0]], "error", "no"),
    ],
)
def test_what_breaks_the_contract_of_an_entry(wx, point_at, candidate, verdict, words):
    """Every entry is called for; the first that is wrong is named."""
    wx.entry("dJ/dW[i,j]")(candidate)
    with pytest.raises(CandidateFault) as fault:
        run_in_float64(wx.claims[-1], point_at(wx, W=W, x=X, delta=DELTA))
    assert fault.value.verdict == verdict
    assert words in str(fault.value)


def test_nan_is_stated_and_judged_elsewhere(wx, point_at):
    """Whether it is wrong depends on whether the derivative exists."""
    wx.vjp(lambda d, W, x: (np.full(W.shape, np.nan), W.T @ d))
    stated = run_in_float64(wx.claims[-1], point_at(wx, W=W, x=X, delta=DELTA))
    assert np.isnan(stated.values[gradient("W")]).all()


def warning(d, W, x):
    warnings.warn("careful", stacklevel=1)
    return right(d, W, x)


def test_warnings_are_captured_and_kept(wx, point_at):
    """They reach the result, not the user's process."""
    wx.vjp(warning)
    stated = run_in_float64(wx.claims[-1], point_at(wx, W=W, x=X, delta=DELTA))
    assert stated.warnings == ["careful"]


def test_warnings_are_captured_in_balls_too(wx, point_at):
    """With warnings as errors the code would not run there at all."""
    wx.vjp(warning)
    with precision(212):
        balls = run_in_balls(wx.claims[-1], point_at(wx, W=W, x=X, delta=DELTA), BALLS)
    assert set(balls) == {gradient("W"), gradient("x")}


def test_what_does_not_run_in_balls_is_unsupported_with_the_line(wx, point_at):
    """The reason names the operation and the user's own line."""
    wx.vjp(lambda d, W, x: (np.outer(d, x), W[0] * np.cov(W[0]) * 0))
    with pytest.raises(
        Unsupported, match=r"np\.cov is not available in ball arithmetic \(test_candidate\.py:\d+: "
    ):
        run_in_balls(wx.claims[-1], point_at(wx, W=W, x=X, delta=DELTA), BALLS)
