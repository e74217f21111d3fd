"""Right claims of the corpus with a sign, transpose, factor, index or order changed are found wrong."""

import pytest

from tests.notes.mutants import differs, mutants


@pytest.fixture(scope="module")
def judged():
    return list(mutants())


def test_mutants_are_wrong_and_those_that_stay_right_are_right_by_differences_too(judged):
    assert len(judged) >= 500
    accepted = [(id, text, outcome) for id, _, text, outcome in judged if outcome.state == "right"]
    doubtful = [(id, text) for id, text, outcome in accepted if differs(outcome.comparison)]
    assert doubtful == []


def test_the_judge_of_differences_sees_a_wrong_claim(judged):
    """Its wrong twin: mutants that were found wrong in value differ by it, too."""
    checked = 0
    for id, _, text, outcome in judged:
        if (
            outcome.state == "wrong"
            and outcome.comparison is not None
            and outcome.comparison.target is not None
        ):
            assert differs(outcome.comparison) in {True, None}, (id, text)
            checked += 1
            if checked == 60:
                return
    raise AssertionError(checked)
