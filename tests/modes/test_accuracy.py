"""A forward that is right to some accuracy only is judged as the function that it comes near to."""

import numpy as np
import pytest

import gradcheck
from gradcheck_backends._differences.within_accuracy import slope_within


def root(a):
    """`y` with `y**3 + y = a`, by Newton's method, stopped early."""
    y = np.zeros_like(a)
    for _ in range(200):
        step = (y**3 + y - a) / (3 * y**2 + 1)
        y = y - step
        if np.max(np.abs(step)) < 1e-4 * np.max(np.abs(y)):
            break
    return y


def implicit(delta, a):
    return delta / (3 * root(a) ** 2 + 1)


def conjugate_gradients(A, b):
    x, r = np.zeros_like(b), b
    p, rs = r, r @ r
    for _ in range(100):
        if rs <= 1e-20 * (b @ b):
            break
        Ap = A @ p
        x, r = x + rs / (p @ Ap) * p, r - rs / (p @ Ap) * Ap
        p, rs = r + (r @ r) / rs * p, r @ r
    return x


def adjoint(delta, A, b):
    x, multiplier = conjugate_gradients(A, b), conjugate_gradients(A.T, delta)
    return -np.outer(multiplier, x), multiplier


GRID = np.linspace(-8, 8, 20001)
VALUES = np.tanh(GRID)


def table(x):
    return np.interp(np.clip(x, -8, 8), GRID, VALUES)


def inside(shape, rng):
    return rng.uniform(-3, 3, shape)


def fixed_point(W, x):
    """`z = tanh(0.4 W z / |W| + x)`, as a deep equilibrium layer has it."""
    A, z = 0.4 * W / (1e-9 + np.linalg.norm(W)), np.zeros_like(x)
    for _ in range(200):
        before, z = z, np.tanh(A @ z + x)
        if np.max(np.abs(z - before)) < 1e-9:
            break
    return z


def through_the_fixed_point(delta, W, x, sign=-1):
    size = 1e-9 + np.linalg.norm(W)
    z = fixed_point(W, x)
    slope = 1 - z**2
    g = slope * np.linalg.solve((np.eye(len(x)) + sign * slope[:, None] * 0.4 * W / size).T, delta)
    by_A = np.outer(g, z)
    return 0.4 * (by_A / size - np.sum(by_A * W) * W / size**2 / (size - 1e-9)), g


def plan(C):
    n, m = C.shape
    K, u = np.exp(-C), np.ones(n)
    for _ in range(300):
        v = (1 / m) / (K.T @ u)
        before, u = u, (1 / n) / (K @ v)
        if np.max(np.abs(u / before - 1)) < 1e-10:
            break
    return u[:, None] * K * v


def transport(C):
    """The cost of Sinkhorn's plan, whose gradient is the plan, by the envelope theorem."""
    P = plan(C)
    return np.sum(P * C) + np.sum(P * np.log(P))


SOLVE = {"shapes": {"A": "n n", "b": "n"}, "values": {"A": gradcheck.spd}, "accuracy": 1e-8}
TABLE = {"shapes": {"x": "n"}, "values": {"x": inside}, "accuracy": 1e-6}
ROOT = {"shapes": {"a": "n"}, "accuracy": 1e-7}
FIXED = {"shapes": {"W": "n n", "x": "n"}, "accuracy": 1e-8}
COSTS = lambda shape, rng: rng.uniform(0, 3, shape)
PLAN = {"shapes": {"C": "n m"}, "values": {"C": COSTS}, "accuracy": 1e-9}
CASES = {
    "fixed point": (fixed_point, through_the_fixed_point, FIXED),
    "transport": (transport, lambda d, C: d * plan(C), PLAN),
    "root": (root, implicit, ROOT),
    "solver": (conjugate_gradients, adjoint, SOLVE),
    "table": (table, lambda d, x: d * (1 - np.tanh(x) ** 2), TABLE),
}
TWINS = {
    "fixed point, sign": (fixed_point, lambda *a: through_the_fixed_point(*a, sign=1), FIXED),
    "fixed point, one step": (
        fixed_point,
        lambda d, W, x: (None, d * (1 - fixed_point(W, x) ** 2)),
        FIXED,
    ),
    "transport, wrong by 0.1 %": (transport, lambda d, C: 1.001 * d * plan(C), PLAN),
    "transport, through the logarithm": (transport, lambda d, C: d * plan(C) * (1 + C), PLAN),
    "root, a constant left out": (root, lambda d, a: d / (3 * root(a) ** 2 + 1.5), ROOT),
    "root, wrong by 0.1 %": (root, lambda d, a: 1.001 * implicit(d, a), ROOT),
    "solver, transposed": (conjugate_gradients, lambda d, A, b: (adjoint(d, A, b)[0].T, None), SOLVE),
    "solver, sign": (conjugate_gradients, lambda d, A, b: (-adjoint(d, A, b)[0], None), SOLVE),
    "table, square left out": (table, lambda d, x: d * (1 - np.tanh(x)), TABLE),
    "table, wrong by 1 %": (table, lambda d, x: 1.01 * d * (1 - np.tanh(x) ** 2), TABLE),
}


def checked(forward, backward, options, **other):
    return gradcheck.verify(forward, backward, max_examples=7, **{**options, **other})


@pytest.mark.parametrize("name", CASES)
def test_a_right_gradient_passes(name):
    """By differences over long steps: the derivative of the iterate itself says nothing."""
    found = checked(*CASES[name])
    assert (found.verdict, found.strength) == ("pass", "agreed")
    assert [b.backend for b in found.backends if b.agreed] == ["finite_difference"]
    assert "only" in found.proof.reason


@pytest.mark.parametrize("name", TWINS)
@pytest.mark.usefixtures("undiagnosed")
def test_a_wrong_one_fails(name):
    assert checked(*TWINS[name]).verdict == "fail"


@pytest.mark.usefixtures("undiagnosed")
def test_without_the_word_the_gradient_is_held_against_the_iterate():
    """As before: the implicit gradient is not the stopped iterate's."""
    assert checked(*CASES["solver"], accuracy=None, backends=["finite_difference"]).verdict == "fail"


def test_forward_mode_of_a_solver():
    jvp = lambda t, a: t.a / (3 * root(a) ** 2 + 1)
    assert gradcheck.verify(root, jvp=jvp, max_examples=8, **ROOT).passed
    wrong = lambda t, a: t.a / (3 * root(a) ** 2 + 1.5)
    assert gradcheck.verify(root, jvp=wrong, max_examples=8, **ROOT).verdict == "fail"


@pytest.mark.parametrize("accuracy", [0, 1, -1e-8, True, "1e-8"])
def test_an_accuracy_that_makes_no_sense_is_refused(accuracy):
    with pytest.raises(gradcheck.UsageError, match="accuracy is how near the forward comes"):
        checked(root, implicit, ROOT, accuracy=accuracy)


def test_second_derivatives_are_not_to_be_had():
    with pytest.raises(gradcheck.UsageError, match="leaves nothing to tell second derivatives by"):
        gradcheck.verify(lambda a: np.sum(root(a)), hvp=lambda v, a: v[0], **ROOT)


@pytest.mark.parametrize("accuracy", [1e-4, 1e-6, 1e-9])
@pytest.mark.parametrize("seed", range(6))
def test_the_bound_holds_whatever_the_error_is(accuracy, seed):
    """Values that are off by as much as was allowed, at random: the true slope is within the bound, and the
    bound is some hundreds of the accuracy, so that what is outside of it is told.
    """
    rng = np.random.default_rng(seed)
    at = rng.uniform(-2, 2)

    def wrong_values(t):
        return np.array([np.exp(np.sin(at + t)) * (1 + accuracy * rng.choice([-1, 1]))])

    value, bound, scale = slope_within(wrong_values, np.ones(1), 1.0, accuracy)
    true = np.exp(np.sin(at)) * np.cos(at)
    assert abs(value - true) <= bound
    assert bound <= 1000 * accuracy * scale
