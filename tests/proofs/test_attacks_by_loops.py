"""No loop is proved of which one step does not say what all do."""

import numpy as np
import pytest

from gradcheck.formulas.decorating import Formula
from gradcheck.proofs import prove

from .attacks_by_loops import ATTACKS, total


def claim_of(backward):
    formula = Formula(total, {"x": "n"})
    formula.vjp(backward)
    return formula.claims[-1]


@pytest.mark.parametrize("name", ATTACKS)
def test_no_attack_is_proved(name):
    """And a reason is named."""
    proof = prove(claim_of(ATTACKS[name]))
    assert proof.status != "proved"
    assert proof.reason
    assert "prover itself" not in proof.reason


@pytest.mark.parametrize("name", ATTACKS)
def test_each_is_wrong_somewhere(name):
    """Or raises, or is right by an order of steps that is not shown to be."""
    wrong = False
    for n in (1, 2, 5, 37, 64):
        x = np.random.default_rng(n).normal(size=n)
        try:
            wrong |= not np.allclose(ATTACKS[name](1.0, x), np.ones(n))
        except Exception:
            wrong = True
    assert wrong or name == "the_last_value"


def test_the_source_is_that_of_the_code():
    """A function whose source says something else is left as it is."""

    def backward(d, x):
        dx = np.zeros_like(x)
        for i in range(len(x)):
            dx[i] = d
        return dx

    def other(d, x):
        dx = np.zeros_like(x)
        for i in range(len(x)):
            dx[i] = d * 2
        return dx

    assert prove(claim_of(backward)).status == "proved"
    backward.__code__ = other.__code__.replace(co_firstlineno=backward.__code__.co_firstlineno)
    assert prove(claim_of(backward)).status != "proved"
