"""All claims of the corpus: none that is wrong is accepted, none that is right is accused."""

from collections import Counter

import pytest

from gradcheck.notes.note import check_formulas
from tests.notes.corpus import AS_IT_SHOULD, claims, overall


@pytest.fixture(scope="module")
def verdicts():
    found = {}
    for claim in claims():
        note = check_formulas("note.md", claim.formulas(), claim.declarations())
        last = len(claim.definitions) + 1
        found[claim] = overall([r for r in note.claims if r.line == last])
    return found


def test_no_wrong_or_ill_typed_claim_is_accepted(verdicts):
    wrong = {"wrong", "ill-typed", "definition-wrong"}
    accepted = {c.id for c, v in verdicts.items() if c.truth in wrong and v == "right"}
    assert accepted == set()
    conditional = {c.id for c, v in verdicts.items() if c.truth in wrong and v == "right-if"}
    # right in numerator layout, where gradients of matrices are laid out transposed
    assert conditional <= {"note38-03"}


def test_no_right_claim_is_accused(verdicts):
    right = [c for c in verdicts if c.truth in {"right", "right-if"}]
    assert [c.id for c in right if verdicts[c] in {"wrong", "ambiguous"}] == []
    assert len(right) == 101


def test_what_must_be_refused_is_refused(verdicts):
    assert {v for c, v in verdicts.items() if c.truth == "notread"} == {"not-read"}


def test_three_claims_in_four_are_decided_as_they_should_be(verdicts):
    decided = sum(v in AS_IT_SHOULD[c.truth] for c, v in verdicts.items())
    assert len(verdicts) == 132
    assert decided >= 107, Counter((c.truth, v) for c, v in verdicts.items())
