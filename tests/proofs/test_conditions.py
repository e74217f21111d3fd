"""What normal forms do not show: kinks, poles, roots. Right code beside code that hides a mistake there."""

import numpy as np
import pytest

from gradcheck import Formula, positive, spd, unit_interval
from gradcheck.errors import Unsupported
from gradcheck.proofs import Memory, prove


def claim(forward, backward, shapes, **more):
    formula = Formula(forward, shapes, **more)
    formula.vjp(backward)
    return formula.claims[0]


def status(forward, backward, shapes, **more):
    return prove(claim(forward, backward, shapes, **more)).status


def slope(z):
    return np.exp(z) / (1 + np.exp(z)) ** 2


RIGHT = {
    "relu": (lambda z: np.maximum(z, 0), lambda d, z: d * (z > 0)),
    "relu, the other side": (lambda z: np.maximum(z, 0), lambda d, z: d * (z >= 0)),
    "relu, from the other end": (lambda z: np.maximum(z, 0), lambda d, z: np.where(z < 0, 0.0, d)),
    "absolute value": (np.abs, lambda d, z: d * np.sign(z)),
    "z |z|": (lambda z: z * np.abs(z), lambda d, z: 2 * d * z * np.sign(z)),
    "the same without a sign": (lambda z: z * np.abs(z), lambda d, z: 2 * d * np.abs(z)),
    "reciprocal": (lambda z: 1 / z, lambda d, z: -d / z**2),
    "logarithm": (np.log, lambda d, z: d / z),
    "root": (np.sqrt, lambda d, z: d / (2 * np.sqrt(z))),
    "norm": (lambda z: np.sqrt(z @ z), lambda d, z: d * z / np.linalg.norm(z)),
    "the square of a divisor": (
        lambda z: 1 / (z**2 - 2), lambda d, z: -2 * d * z / (z**4 - 4 * z**2 + 4),
    ),
    "a product of divisors": (
        lambda z: 1 / (z**2 - 2) + 1 / (z**2 - 3),
        lambda d, z: -2 * d * z * (2 * z**4 - 10 * z**2 + 13) / (z**4 - 5 * z**2 + 6) ** 2,
    ),
    "a divisor that is never 0": (lambda z: z, lambda d, z: d * (1 + z**2) / (1 + z**2)),
    "stable sigmoid": (
        lambda z: 1 / (1 + np.exp(-z)),
        lambda d, z: np.where(z >= 0, slope(-z), slope(z)) * d,
    ),
}  # fmt: skip

HIDDEN = {
    "another value at 0": (
        lambda z: z * np.abs(z), lambda d, z: np.where(z > 0, 2 * d * z, np.where(z < 0, -2 * d * z, 7.0)),
        "do not fit together at 0",
    ),
    "0 in place of d at 0": (lambda z: z, lambda d, z: d * np.sign(z) ** 2, "np.sign of z"),
    "a sign in a function": (lambda z: z, lambda d, z: d * np.abs(np.sign(z)), "np.sign of z"),
    "a case that holds at 0 alone": (
        lambda z: z, lambda d, z: np.where(z * z > 0, d, 0.0) * 1.0, "the normal forms differ",
    ),
    "NaN at 0": (lambda z: z, lambda d, z: d * z / z, "divides by z"),
    "NaN at 1": (lambda z: z**2, lambda d, z: 2 * d * z * (z - 1) / (z - 1), "divides by"),
    "NaN below 0": (lambda z: z**2, lambda d, z: 2 * d * np.sqrt(z) ** 2, "takes a root of z"),
    "NaN below 0 by logarithm": (lambda z: z, lambda d, z: d + np.log(z) - np.log(z), "logarithm of z"),
    "NaN where both are negative": (
        lambda z: np.log(z * z[0]), lambda d, z: np.log(z) * 0 + d / z + np.eye(len(z))[0] * np.sum(d) / z[0],
        "logarithm of z",
    ),
    "NaN where the square of another divisor is 0": (
        lambda z: 1 / (z**2 - 2),
        lambda d, z: -2 * d * z * (z**4 - 6 * z**2 + 9) / ((z**2 - 2) ** 2 * (z**4 - 6 * z**2 + 9)),
        "divides by",
    ),
    "NaN where a product of divisors and another is 0": (
        lambda z: 1 / (z**2 - 2),
        lambda d, z: -2 * d * z * (z**2 - 3) / ((z**2 - 2) * (z**4 - 5 * z**2 + 6)),
        "divides by",
    ),
    "NaN where a sum is 0": (
        lambda z: z, lambda d, z: d * np.sum(z) / np.sum(z), "divides by",
    ),
    "NaN in the branch that is not taken": (
        lambda z: z**2, lambda d, z: np.where(z > 0, 2 * d * z, 2 * d * z * z / z), "divides by z",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", RIGHT)
def test_right_code_is_proved_off_kinks_and_poles(name):
    """The conditions are the forward's own."""
    forward, backward = RIGHT[name]
    proof = prove(claim(forward, backward, {"z": "n"}))
    assert proof.status == "proved", proof.reason


@pytest.mark.parametrize("name", HIDDEN)
def test_code_that_is_wrong_at_single_points_is_not(name):
    """Its normal form is right; or it is not, and then that is said."""
    forward, backward, words = HIDDEN[name]
    proof = prove(claim(forward, backward, {"z": "n"}))
    assert proof.status == "open"
    assert words in proof.reason


def test_the_conditions_are_listed():
    """In the words of the formula."""
    proof = prove(
        claim(
            lambda x, y: np.log(x) / y,
            lambda d, x, y: (d / x / y, -d * np.log(x) / y**2),
            {"x": "n", "y": "n"},
        )
    )
    assert proof.assumptions == ["n >= 1", "x[i] > 0", "y[i] != 0"]
    proof = prove(claim(lambda x: x / (1 + x**2), lambda d, x: d * (1 - x**2) / (1 + x**2) ** 2, {"x": "n"}))
    assert proof.assumptions == ["n >= 1"]


def test_declared_values_make_conditions_certain():
    """`positive` and `unit_interval`; the twins lack them."""
    shapes = {"x": "n"}
    log = (lambda x: np.log(x**2), lambda d, x: 2 * d * np.exp(-np.log(x)))
    assert status(*log, shapes, values={"x": positive}) == "proved"
    assert status(*log, shapes) == "open"
    entropy = (
        lambda x: np.log(x) + np.log(1 - x),
        lambda d, x: d * (np.exp(-np.log(x)) - np.exp(-np.log(1 - x))),
    )
    assert status(*entropy, shapes, values={"x": unit_interval}) == "proved"
    assert prove(claim(*entropy, shapes, values={"x": unit_interval})).assumptions == ["n >= 1", "0 < x < 1"]


def test_entries_of_symmetric_matrices_are_independent():
    """The derivative is by each entry alone; symmetry holds only where it is evaluated."""
    shapes = {"A": "n n", "x": "n"}

    def forward(A, x):
        return x @ A @ x

    def right(delta, A, x):
        return delta * np.outer(x, x), 2 * delta * (A @ x)

    assert status(forward, right, shapes, values={"A": spd}) == "proved"
    assert status(forward, right, shapes) == "partly"  # dx needs A + A^T

    def doubled(delta, A, x):
        outer = np.outer(x, x)
        return delta * (2 * outer - np.diag(np.diag(outer))), 2 * delta * (A @ x)

    assert status(forward, doubled, shapes, values={"A": spd}) == "partly"


def test_a_candidate_that_catches_a_refusal_is_not_proved():
    """What it does in float64 is something else."""

    def backward(delta, x):
        try:
            return np.sort(x) * 0 + delta * 3 * x
        except (Exception, Unsupported):
            return 2 * delta * x

    proof = prove(claim(lambda x: x**2, backward, {"x": "n"}))
    assert proof.status == "open"
    assert "catches an exception" in proof.reason


def test_code_that_keeps_arrays_is_not_proved_in_any_run():
    """A cache that outlives the run would bring in what means something else now."""
    kept = []

    def backward(delta, x):
        kept.append(2 * delta * x)
        return kept[0]

    formula = Formula(lambda x: x**2, {"x": "n"})
    formula.vjp(backward)
    memory = Memory(formula)
    for _ in range(2):
        assert "keeps a state: kept is another" in prove(formula.claims[0], memory).reason
    assert "kept from an earlier run" in prove(formula.claims[0], Memory(formula)).reason


def test_a_candidate_that_catches_numpys_own_errors_may():
    """As it would in float64 where sizes differ; where they do not, it is another branch."""

    def backward(delta, W, x):
        try:
            by_x = delta @ W.T
        except ValueError:
            by_x = delta @ W
        return np.outer(delta, x), by_x

    proof = prove(claim(lambda W, x: W @ x, backward, {"W": "n m", "x": "m"}))
    assert proof.status == "partly"
    assert "n = m" in proof.reason
