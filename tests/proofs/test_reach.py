"""What proofs reach: right code of each kind is proved, and the usual mistakes beside it are not."""

import numpy as np
import pytest

from gradcheck import integers
from gradcheck.formulas.decorating import Formula
from gradcheck.proofs import prove

from . import reach_loops, reach_parts

CASES = reach_parts.CASES | reach_loops.CASES
WRONG = {f"{name}, {k}": (case, wrong) for name, case in CASES.items() for k, wrong in enumerate(case.wrong)}


@pytest.mark.parametrize("name", CASES)
def test_right_code_is_proved(name):
    """And is right: central differences say the same."""
    case = CASES[name]
    proof = prove(case.claim(case.right))
    assert proof.status == "proved", proof.reason
    assert case.error(case.right) < 1e-5


@pytest.mark.parametrize("name", WRONG)
def test_wrong_code_is_not(name):
    """Each is wrong by far, in some gradient."""
    case, wrong = WRONG[name]
    proof = prove(case.claim(wrong))
    assert proof.status in ("open", "partly")
    assert "prover itself" not in proof.reason
    assert case.error(wrong) > 1e-3


def test_each_case_has_two_wrong_twins():
    """At least."""
    assert all(len(case.wrong) >= 2 for case in CASES.values())


LABELS = {"y": integers(0, 4)}
BEYOND = {
    "nothing but 0 at the margin": (
        {"x": "n"}, lambda x: x * np.sum(np.pad(x, 1) > 0), lambda d, x: d * np.sum(np.pad(x, 1) >= 0), None,
        "takes both signs",
    ),
    "whole numbers beside a number": (
        {"x": "n"}, lambda x: x * (np.arange(len(x)) > 2), lambda d, x: d * (np.arange(len(x)) >= 2), None,
        "takes both signs",
    ),
    "what floats round to 0": (
        {"x": "n"}, np.exp, lambda d, x: np.where(np.exp(x) == 0, 5.0, d * np.exp(x)), None,
        "for equality",
    ),
    "a guard where there is no pole": (
        {"x": "n"}, lambda x: x**2, lambda d, x: np.where(x == 0, 5.0, 2 * d * x), None,
        "asks whether x[i] is 0",
    ),
    "ties of no maximum of the forward's": (
        {"x": "n"}, lambda x: np.sum(x**2), lambda d, x: 2 * d * x * (x == x.max()).sum(), None,
        "does not depend on",
    ),
    "a determinant that may be 0": (
        {"A": "n n"}, np.linalg.det, lambda d, A: d * np.linalg.det(A) * np.linalg.inv(A).T, None,
        "can be 0",
    ),
    "labels beyond the axis": (
        {"p": "n k", "y": "n"}, lambda p, y: p[np.arange(len(y)), y],
        lambda d, p, y: (d[:, None] * (y[:, None] == np.arange(p.shape[1])), None), LABELS, "within its axis",
    ),
    "labels below 0": (
        {"p": "n k+4", "y": "n"}, lambda p, y: p[np.arange(len(y)), y],
        lambda d, p, y: (d[:, None] * (y[:, None] == np.arange(p.shape[1])), None), {"y": integers(-2, 4)},
        "within its axis",
    ),
    "the slope by declared values": (
        {"p": "n", "y": "n"}, lambda p, y: np.where(y == 1, p, -p),
        lambda d, p, y: (np.where(y == 1, d, -d), 0 * d), {"y": lambda s, rng: rng.integers(0, 2, s) * 1.0},
        "the normal forms differ",
    ),
    "the type of a type": (
        {"x": "n"}, np.sin, lambda d, x: d * np.cos(x) * (2.0 if x.dtype.type is np.float64 else 1.0), None,
        "asks whether a type",
    ),
    "a part that may not be there": (
        {"x": "n", "y": "m"}, lambda x, y: x[: len(y)] * 1.0, lambda d, x, y: (0 * x, 0 * y), None, "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BEYOND)
def test_what_rules_do_not_say_is_not_proved(name):
    """Each is wrong, or stands on something that need not hold."""
    shapes, forward, backward, values, words = BEYOND[name]
    formula = Formula(forward, shapes, values=values or {})
    formula.vjp(backward)
    proof = prove(formula.claims[-1])
    assert proof.status in ("open", "partly")
    assert words in proof.reason


def test_that_labels_are_within_their_axis_is_an_assumption():
    """As other declared values are."""
    case = CASES["labels by scatter"]
    assert prove(case.claim(case.right)).assumptions == ["n, k >= 1", "y holds whole numbers from 0 to 2"]
