"""Arguments whose gradient is None stay where they are: labels, of which only some values are allowed."""

import numpy as np
import pytest

import gradcheck
from gradcheck.judging.points.point import make_point
from gradcheck.judging.steering.comparisons import steer
from gradcheck.judging.steering.moves import Moves

SHAPES = {"y": "n 2", "p": "n 2"}
VALUES = {"y": gradcheck.one_hot, "p": gradcheck.unit_interval}


def right(delta, y, p):
    return None, -delta * y / p


def wrong(delta, y, p):
    return None, delta * y / p


@pytest.fixture
def strict():
    """A loss that refuses labels other than 0 and 1, and notes them."""
    seen = []

    def loss(y, p):
        whole = np.isin(np.asarray(y, dtype=float), (0.0, 1.0)).all()
        if not whole:
            seen.append(y)
            raise ValueError("labels must be 0 or 1")
        return -np.sum(y * np.log(p))

    loss.seen = seen
    return loss


@pytest.mark.parametrize(("backward", "verdict"), [(right, "pass"), (wrong, "fail")])
def test_labels_are_not_moved(strict, backward, verdict):
    """Differences, kinks and steering find an answer, and never ask for other labels."""
    result = gradcheck.verify(
        strict, backward, SHAPES, values=VALUES, backends=["finite_difference"], max_examples=8
    )
    assert result.verdict == verdict, str(result)
    if verdict == "pass":  # the diagnosis of a failure tries other values
        assert strict.seen == []


def test_kinks_in_labels_alone_are_none(strict):
    """`|y|` bends at y = 0, where p's gradient exists; where p's own does not, the point is a kink."""
    how = {"shapes": {"y": "n", "p": "n"}, "max_examples": 9, "backends": ["finite_difference"]}
    zeros = lambda shape, rng: np.zeros(shape)
    how["values"] = {"y": zeros}
    forward = lambda y, p: np.sum(np.abs(y) + p**2)
    double = lambda d, y, p: (None, 2 * d * p)
    assert gradcheck.verify(forward, double, **how).verdict == "pass"
    assert gradcheck.verify(forward, lambda d, y, p: (None, d * p), **how).verdict == "fail"
    bent = lambda y, p: np.sum(np.abs(p) + y)
    how |= {"values": {"p": zeros}, "backends": None}  # some have a convention of their own there
    assert gradcheck.verify(bent, lambda d, y, p: (None, 0 * p), **how).verdict != "fail"
    outside = gradcheck.verify(bent, lambda d, y, p: (None, 5 * d + 0 * p), **how)
    assert outside.verdict == "fail"
    assert "no derivative exists here (a kink)" in outside.reason


def test_steering_moves_what_is_checked_only():
    """Both sides of a question about labels are looked for where their gradient is asked for, too."""
    formula = gradcheck.formula(shapes={"y": "n", "p": "n"})(lambda y, p: np.where(y > 1e6, 0.0, p).sum())
    formula.vjp(lambda delta, y, p: (None, delta * (y <= 1e6)))
    claim = formula.claims[-1]
    rng = np.random.default_rng(0)
    points = [make_point(formula, {"n": 3}, rng)]
    moved = [point for point, _ in steer(claim, points, Moves(claim, None, ())).for_side]
    assert any((p.args[0] > 1e6).any() for p in moved)
    kept = steer(claim, points, Moves(claim, None, {claim.quantity("y")}))
    assert all(np.array_equal(p.args[0], points[0].args[0]) for p in kept.points)
    assert kept.untried


def strict_rows(z):
    """A softmax that asserts what its rows are, as libraries do."""
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    assert np.allclose(p.sum(axis=1), np.ones(len(p)))
    return p


def asserted(y, z):
    assert np.array_equal(y, y.astype(bool)), "labels must be binary"
    return -np.sum(y * np.log(strict_rows(z)))


@pytest.mark.parametrize(("sign", "verdict"), [(-1, "pass"), (1, "fail")])
def test_a_loss_that_asserts_its_labels_and_rows_is_judged(sign, verdict):
    """In balls the labels are exact, so that what is asserted of them is decided."""
    pair = gradcheck.loss(asserted, lambda y, z: strict_rows(z) + sign * y, labels="y")
    how = {"shapes": {"y": "n m", "z": "n m"}, "values": {"y": gradcheck.one_hot}, "max_examples": 8}
    result = gradcheck.verify(*pair, **how)
    assert result.verdict == verdict, str(result)
    if verdict == "pass":
        assert result.strength == "certified"
