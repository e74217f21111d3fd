"""Notes written for the tests: no wrong claim is accepted, no right one accused, and most are decided."""

import pytest

from gradcheck.notes.files import check_file
from tests.notes.authored_notes import marks, notes, of_mark
from tests.notes.corpus import overall

ACCEPTED = {
    "right": {"right", "right-if", "not-read"},
    "right-if": {"right-if", "not-read"},
    "wrong": {"wrong", "not-read"},
}
"""What may be said of a claim; how many are not read is counted in the documentation."""


@pytest.mark.corpus(15)
@pytest.mark.parametrize("path", notes(), ids=lambda p: p.name)
def test_no_wrong_claim_is_accepted_and_no_right_one_accused(path):
    note = check_file(path, path.name)
    marked, found, used = marks(path), [], set()
    for mark in marked:
        records = [r for r in note.claims if mark.line <= r.line <= mark.last]
        used |= {id(r) for r in records}
        verdict = overall(of_mark(mark, note.claims))
        assert verdict in ACCEPTED[mark.truth], (path.name, mark.line, mark.truth, verdict)
        found.append(verdict)
    assert len(found) >= 2
    assert [r.latex for r in note.claims if id(r) not in used and r.verdict in {"wrong", "ambiguous"}] == []


@pytest.mark.corpus(22)
@pytest.mark.parametrize("path", notes(), ids=lambda p: p.name)
def test_the_truths_are_true_by_numbers_of_their_own(path):
    from tests.notes.truths import holds, space_of

    space = space_of(path)
    for mark in marks(path):
        assert holds(path, mark, space) == (mark.truth != "wrong"), (path.name, mark.line)
