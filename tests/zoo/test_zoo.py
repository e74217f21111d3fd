"""Every right layer passes with at most three lines of glue, every wrong twin fails with a true sentence.

Every sixth by default; `nox -s whole` runs them all.
"""

import pytest

from tests.zoo import activations, features, holders, images, sequences, styles

MODULES = (features, activations, images, sequences, styles, holders)
ENTRIES = [entry for module in MODULES for entry in module.ENTRIES]
STRENGTHS = ("agreed", "certified", "proved")
EACH = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)


@pytest.mark.corpus(6)
@EACH
def test_the_right_one_passes(entry):
    """With at least the strength that is written down."""
    result = entry.checked(entry.right, 12)
    assert result.verdict == "pass", str(result)
    assert STRENGTHS.index(result.strength) >= STRENGTHS.index(entry.strength), str(result)


@pytest.mark.corpus(6)
@EACH
def test_the_wrong_one_fails_with_a_true_sentence(entry):
    """What is said was read and held against the code once, and is written down."""
    result = entry.checked(entry.wrong, 12)
    assert result.verdict == "fail", str(result)
    assert entry.says in " ".join(d.text for d in result.diagnosis)


def test_there_are_enough_of_each():
    """40 layers, names told apart, certified or better for two thirds, little glue."""
    assert len(ENTRIES) >= 40
    assert len({e.name for e in ENTRIES}) == len(ENTRIES)
    assert sum(e.strength in ("certified", "proved") for e in ENTRIES) >= 2 * len(ENTRIES) / 3
    assert max(len(e.glue) for e in ENTRIES) <= 4
