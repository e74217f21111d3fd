"""The wrong twins of both corpora as one list, and whether what a diagnosis says of one is right."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from gradcheck.catalogue import formulas
from gradcheck.diagnosis.kinds import UNEXPLAINED
from gradcheck.formulas.claim import Claim
from gradcheck.records.types import Diagnosis
from tests.catalogue.twin import MISTAKES
from tests.catalogue.twins import TWINS
from tests.diagnosis.expected import NOT_DIAGNOSED, expected_of_twin, expected_of_wrong
from tests.trust.corpus import CORPUS
from tests.trust.wrong import WRONGS

__all__ = ["WrongOne", "outcome", "wrong_ones"]


@dataclass(frozen=True)
class WrongOne:
    """A claim with a wrong candidate; ``expected`` are the kinds of the right explanations."""

    corpus: str  # catalogue or trust
    label: str
    mistake: str  # in words
    claim: Claim
    expected: frozenset[str]


def wrong_ones() -> list[WrongOne]:
    """All of them, but for the two that break the contract and so are judged `error`."""
    claims = {claim.uid: claim for formula in formulas() for claim in formula.claims}
    found = [
        WrongOne(
            "catalogue",
            twin.label,
            MISTAKES[twin.mistake],
            dataclasses.replace(
                claims[twin.claim_uid], candidate=twin.candidate, printed=False, erratum=False
            ),
            expected_of_twin(twin.label, twin.mistake),
        )
        for twin in TWINS
        if twin.label not in NOT_DIAGNOSED
    ]
    found += [
        WrongOne(
            "trust",
            wrong.label,
            wrong.mistake,
            dataclasses.replace(CORPUS[wrong.formula_name].claims[-1], candidate=wrong.backward),
            expected_of_wrong(wrong.label, wrong.mistake),
        )
        for wrong in WRONGS
    ]
    return found


def outcome(expected: frozenset[str], diagnoses: Sequence[Diagnosis]) -> str:
    """`right`, `none` or `wrong`: one quantity with a kind that is not expected makes it wrong.

    A quantity without an explanation beside others that have one is not counted against it.
    """
    kinds = {d.kind for d in diagnoses}
    if kinds - expected - {UNEXPLAINED}:
        return "wrong"
    return "right" if kinds & expected else "none"
