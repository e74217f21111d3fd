"""Right code changed at random: where the prover says proved, ball arithmetic must agree."""

import warnings

import pytest

from gradcheck.proofs import comparing, prover
from tests.trust.corpus import CORPUS

from .mutants import campaign
from .test_corpus import PROVED

FORMULAS = [CORPUS[name] for name in sorted(PROVED)]


def run(tries, seed, most=None):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return campaign(FORMULAS, tries, seed, most)


def test_no_proof_is_contradicted():
    """At random shapes, equal sizes and size 1 among them. tests/trust makes 2,000 tries."""
    counts, contradictions = run(250, seed=1)
    assert contradictions == []
    assert counts["proved"] > 20  # some changes change nothing, and these have to be right
    assert counts["open"] > 50


def test_a_prover_that_forgets_poles_and_roots_would_be_caught(monkeypatch):
    """The twin: without the conditions that normal forms do not show."""
    monkeypatch.setattr(comparing, "objection", lambda *_: None)
    assert run(250, seed=5, most=1)[1] != []


@pytest.mark.parametrize("seed", [5])
def test_a_prover_that_forgets_branches_would_be_caught(monkeypatch, seed):
    """The twin: the general case alone."""
    monkeypatch.setattr(prover, "_push", lambda *_: True)
    assert run(400, seed, most=1)[1] != []
