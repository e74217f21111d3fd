"""The catalogue's claims: what is right is proved, what is an erratum is not."""

import functools

import pytest

from gradcheck.catalogue import formulas
from gradcheck.proofs import Memory, prove
from gradcheck.proofs.branches import Branch

CLAIMS = [claim for formula in formulas() for claim in formula.claims]


@functools.cache
def memory_of(formula):
    return Memory(formula)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.uid)
def test_every_right_claim_is_proved_and_no_erratum_is(claim):
    """Linear, affine, elementwise, costs, layers, networks, and descent."""
    proof = prove(claim, memory_of(claim.formula))

    assert (proof.status == "proved") == (claim.expected == "pass"), proof.reason
    if proof.status == "proved":
        assert {q.status for q in proof.quantities} == {"proved"}
        sums_kept = claim.id != "D14"  # that one is written out: 2 rows of 4
        assert all(q.truth == q.candidate for q in proof.quantities) or not sums_kept
        assert any(">= 1" in a for a in proof.assumptions) == bool(claim.formula.shapes.names)


def test_the_work_of_all_together_is_small():
    """In products of terms, which does not depend on the machine; benchmarks/proofs.py measures seconds."""
    total = 0
    for formula in formulas():
        memory = Memory(formula)
        for claim in formula.claims:
            prove(claim, memory, steps=False)
            total += memory.truth(Branch()).space.work
    assert total < 40_000


@pytest.mark.parametrize(
    ("uid", "assumption"),
    [
        ("D15/relu.vjp", "z[i] != 0"),
        ("D16/softmax_cross_entropy.vjp", "y is one-hot along its last axis"),
        ("D16/logistic_cross_entropy_batch.vjp", "y holds zeros and ones"),
    ],
)
def test_what_a_proof_takes_for_granted_is_said(uid, assumption):
    """Kinks, and what the declared values bring."""
    (claim,) = [c for c in CLAIMS if c.uid == uid]
    assert assumption in prove(claim).assumptions


def test_a_proof_does_not_depend_on_what_ran_before():
    """Neither the status nor a letter of it."""
    formula = next(f for f in formulas() if f.name == "layer")
    memory = Memory(formula)
    together = [prove(claim, memory) for claim in [*formula.claims, *formula.claims]]
    alone = [prove(claim) for claim in formula.claims]
    for first, again, single in zip(together, together[len(alone) :], alone, strict=False):
        assert first.quantities == again.quantities == single.quantities
