"""Every kind of mistake: a candidate of which it must be said, and one of which it must not."""

import numpy as np
import pytest

from gradcheck import Formula
from gradcheck.checking.claim_check import check_claim
from gradcheck.diagnosis.kinds import KINDS
from gradcheck.judging.answers.backends import choose
from gradcheck.judging.points.generation import generate
from gradcheck.judging.session import Session

AFFINE = (lambda X, W, b: X @ W + b, {"X": "k n", "W": "n m", "b": "m"})
WX = (lambda W, x: W @ x, {"W": "n m", "x": "m"})
SQUARE = (lambda A, x: A @ x, {"A": "n n", "x": "n"})
TANH = (np.tanh, {"z": "n"})
RELU = (lambda z: np.maximum(z, 0), {"z": "n"})
MEAN = (lambda s, y: np.mean((s - y) ** 2), {"s": "n", "y": "n"})
RESIDUAL = (lambda x: x + np.sin(x) * 2.5, {"x": "n"})
LEAKY = (lambda z: np.where(z > 0, z, 0.01 * z), {"z": "n"})
DOT = (lambda a, b: np.sum(a * b * b), {"a": "n", "b": "n"})


def affine(by_X=None, by_W=None, by_b=None):
    def backward(delta, X, W, b):
        right = [delta @ W.T, X.T @ delta, delta.sum(axis=0)]
        changes = [by_X, by_W, by_b]
        return tuple(c(g, delta, X, W, b) if c else g for g, c in zip(right, changes, strict=True))

    return backward


def sech2(z):
    return 1 - np.tanh(z) ** 2


def only_square(delta, W, x):
    if W.shape[0] != W.shape[1]:
        raise ValueError("these shapes do not fit")
    return np.outer(delta, x), W.T @ delta


def not_three(delta, z):
    if len(z) == 3:
        raise ZeroDivisionError("three")
    return delta * sech2(z)


def eight(g, *_):
    return np.where(np.arange(len(g)) < 8, g.T, 0).T


def last_doubled(g, *_):
    return g * np.where(np.arange(g.shape[-1]) == g.shape[-1] - 1, 2.0, 1.0)


def single(g, *_):
    return g.astype(np.float32)


MINUS = affine(by_X=lambda g, *_: -g)
TWICE = affine(by_W=lambda g, *_: 2 * g)

# kind: (forward with shapes, of whom it is said, of whom it is not)
CASES = {
    "transposed": (
        SQUARE,
        lambda d, A, x: (np.outer(x, d), A.T @ d),
        lambda d, A, x: (-np.outer(d, x), A.T @ d),
    ),
    "sign": (AFFINE, MINUS, TWICE),
    "factor": (AFFINE, TWICE, MINUS),
    "size-factor": (
        MEAN,
        lambda d, s, y: (2 * d * (s - y), None),
        lambda d, s, y: (d * (s - y) / len(s), None),
    ),
    "missing-sum": (AFFINE, affine(by_b=lambda g, d, *_: d), affine(by_b=lambda g, d, *_: g / len(d))),
    "wrong-axis": (
        AFFINE,
        affine(by_X=lambda g, *_: np.sum(g, axis=0) + 0 * g),
        affine(by_X=lambda g, *_: g[:1] + 0 * g),
    ),
    "delta-ignored": (
        AFFINE,
        affine(by_W=lambda g, d, X, W, b: X.T @ np.ones_like(d)),
        affine(by_W=lambda g, d, X, W, b: np.ones_like(X).T @ d),
    ),
    "swapped": (DOT, lambda d, a, b: (2 * d * a * b, d * b * b), lambda d, a, b: (d * b * b, d * a * b)),
    "index": (AFFINE, affine(by_X=lambda g, *_: g[::-1]), affine(by_X=lambda g, *_: 3 * g)),
    "derivative-missing": (TANH, lambda d, z: d, lambda d, z: -d * sech2(z)),
    "derivative-point": (TANH, lambda d, z: d * sech2(np.tanh(z)), lambda d, z: d),
    "derivative-wrong": (TANH, lambda d, z: d * (1 - np.tanh(z)), lambda d, z: d * sech2(np.tanh(z))),
    "missing-term": (RESIDUAL, lambda d, x: d * np.cos(x) * 2.5, lambda d, x: -d * (1 + np.cos(x) * 2.5)),
    "extra-term": (TANH, lambda d, z: d * sech2(z) + z, lambda d, z: d * sech2(z) * 2),
    "operation": (
        (lambda a, b: a * b, {"a": "n", "b": "n"}),
        lambda d, a, b: (d / b, d * a),
        lambda d, a, b: (-d * b, d * a),
    ),
    "other-value": (
        (lambda z, W: W @ np.maximum(z, 0), {"z": "m", "W": "n m"}),
        lambda d, z, W: ((W.T @ d) * (z > 0), np.outer(d, z)),
        lambda d, z, W: ((W.T @ d) * (z > 0), -np.outer(d, np.maximum(z, 0))),
    ),
    "constant": (
        (lambda x: np.log(x * x + 0.5), {"x": "n"}),
        lambda d, x: 2 * d * x / (x * x + 0.53),
        lambda d, x: d * x / (x * x + 0.5),
    ),
    "mask": (RELU, lambda d, z: d * (z < 0), lambda d, z: -d * (z > 0)),
    "tail": (AFFINE, affine(by_W=eight), affine(by_W=lambda g, *_: 0 * g)),
    "entry": (AFFINE, affine(by_W=last_doubled), TWICE),
    "condition": (
        AFFINE,
        affine(by_W=lambda g, *_: g * 2 if g.shape[0] == g.shape[1] else g),
        TWICE,
    ),
    "float32": (AFFINE, affine(by_b=single), affine(by_b=lambda g, *_: g * (1 + 1e-7))),
    "rounded": (AFFINE, affine(by_X=lambda g, *_: np.round(g, 3)), affine(by_b=single)),
    "does-not-conform": (WX, only_square, lambda d, W, x: (np.outer(d, x), W.T @ d * 2)),
    "raises": (TANH, not_three, lambda d, z: d),
    "shape": (AFFINE, affine(by_b=lambda g, *_: g[None, :]), affine(by_b=lambda g, *_: -g)),
    "not-finite": (TANH, lambda d, z: d * sech2(z) * np.nan, lambda d, z: d),
    "unexplained": (
        TANH,
        lambda d, z: d * (np.cos(3 * z) + 0.3 * np.exp(-z * z)) + np.sin(d) * z**3,
        lambda d, z: -d * sech2(z),
    ),
}


def diagnosed(forward, backward, shapes, max_examples=12):
    formula = Formula(forward, shapes)
    formula.vjp(backward)
    session, points = Session(formula, choose(None)), generate(formula, max_examples=max_examples, seed=0)
    row = check_claim(formula.claims[0], session=session, points=points).row
    assert row.verdict == "fail"
    return row.diagnosis


@pytest.mark.corpus(3)
@pytest.mark.parametrize("kind", CASES)
def test_it_is_said_where_it_is_so(kind):
    """With a sentence, and the points that it was held against."""
    (forward, shapes), wrong, _ = CASES[kind]
    found = diagnosed(forward, wrong, shapes)
    assert {d.kind for d in found} == {kind}, [(d.kind, d.text) for d in found]
    assert all(d.text and d.of > 0 for d in found)


@pytest.mark.corpus(3)
@pytest.mark.parametrize("kind", CASES)
def test_and_not_where_it_is_not(kind):
    """The twin: a candidate with another mistake."""
    (forward, shapes), _, other = CASES[kind]
    found = diagnosed(forward, other, shapes)
    assert kind not in {d.kind for d in found}, [(d.kind, d.text) for d in found]


def test_the_step_size_of_an_update():
    """Left out of a descent step; the twin applies it and has the wrong sign."""

    def diagnosed_step(step):
        formula = Formula(lambda w: np.sum(w * w), {"w": "n"})
        formula.update()(step)
        points = generate(formula, max_examples=12, seed=0)
        row = check_claim(formula.claims[0], session=Session(formula, choose(None)), points=points).row
        return {d.kind for d in row.diagnosis}

    assert diagnosed_step(lambda rate, w: w - 2 * w) == {"rate"}
    assert diagnosed_step(lambda rate, w: w + rate * 2 * w) == {"sign"}


def test_two_decimals_are_not_always_rounding():
    """A slope of 0.01 where it should be 0 has two decimals, and is no 0 that was rounded."""
    found = diagnosed(RELU[0], lambda d, z: np.sign(d) * np.where(z > 0, np.abs(d), 0.01), RELU[1])
    assert "rounded" not in {d.kind for d in found}


def test_no_kind_is_forgotten():
    """Every word of the vocabulary is tried above."""
    # tests/battery, tests/low_precision, tests/modes
    elsewhere = {"rate", "memory", "state", "rounding", "overflow", "conjugate", "bias"}
    assert {*CASES} | elsewhere == set(KINDS)
