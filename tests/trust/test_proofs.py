"""No wrong version is ever proved, and 2,000 random changes (400 in CI) of right code contradict no proof."""

from __future__ import annotations

import dataclasses
import functools
import warnings

import pytest

from gradcheck.catalogue import formulas
from gradcheck.proofs import Memory, prove
from tests.catalogue.twins import TWINS
from tests.conftest import WHOLE
from tests.proofs.mutants import campaign
from tests.proofs.test_corpus import PROVED

from .corpus import CORPUS
from .wrong import WRONGS

CLAIMS = {claim.uid: claim for formula in formulas() for claim in formula.claims}
TRIES = 2000 if WHOLE else 400


@functools.cache
def memory_of(formula):
    return Memory(formula)


@pytest.mark.corpus(5)
@pytest.mark.parametrize("twin", TWINS, ids=lambda twin: twin.label)
def test_no_twin_of_the_catalogue_is_proved(twin):
    claim = dataclasses.replace(
        CLAIMS[twin.claim_uid], candidate=twin.candidate, printed=False, erratum=False
    )
    proof = prove(claim, memory_of(claim.formula), steps=False)

    assert proof.status in ("open", "partly")
    assert "prover itself" not in (proof.reason or "")


@pytest.mark.corpus(5)
@pytest.mark.parametrize("wrong", WRONGS, ids=lambda wrong: wrong.label)
def test_no_wrong_backward_is_proved(wrong):
    formula = CORPUS[wrong.formula_name]
    claim = dataclasses.replace(formula.claims[-1], candidate=wrong.backward)
    proof = prove(claim, memory_of(formula), steps=False)

    assert proof.status in ("open", "partly")
    assert "prover itself" not in (proof.reason or "")


def test_no_random_change_contradicts_a_proof():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        counts, contradictions = campaign([CORPUS[name] for name in sorted(PROVED)], TRIES, seed=2024)

    assert sum(counts.values()) == TRIES
    assert counts["proved"] > TRIES / 20
    assert contradictions == []
