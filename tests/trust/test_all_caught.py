"""Every wrong backward pass of the corpus is caught with the default settings, and explained or not."""

from __future__ import annotations

import dataclasses
import functools
from collections import Counter

import pytest

from gradcheck.checking.claim_check import check_claim
from gradcheck.judging.answers.backends import choose
from gradcheck.judging.points.generation import generate
from gradcheck.judging.session import Session
from tests.diagnosis.expected import expected_of_wrong
from tests.diagnosis.wrong_ones import outcome

from .corpus import CORPUS
from .wrong import WRONGS

IN_ORDER = sorted(WRONGS, key=lambda wrong: wrong.formula_name)


@functools.lru_cache(maxsize=2)
def session_and_points(name):
    # what `verify` makes by default; the true derivatives serve all wrong versions of a formula
    return Session(CORPUS[name], choose(None)), generate(CORPUS[name], max_examples=50, seed=0)


@pytest.mark.corpus(10)
@pytest.mark.parametrize("wrong", IN_ORDER, ids=lambda wrong: wrong.label)
def test_wrong_backward_is_caught(wrong, record_property):
    record_property("wrong backward", wrong.mistake)
    claim = dataclasses.replace(CORPUS[wrong.formula_name].claims[-1], candidate=wrong.backward)
    session, points = session_and_points(wrong.formula_name)

    row = check_claim(claim, session=session, points=points).row

    assert row.verdict == "fail", f"{wrong.label}: {row.verdict}, {row.strength}, {row.reason}"
    assert row.counterexample is not None
    said = outcome(expected_of_wrong(wrong.label, wrong.mistake), row.diagnosis)
    record_property("diagnosis", said)
    assert said != "wrong", [(d.quantity, d.kind, d.text) for d in row.diagnosis]


def test_there_are_enough_wrong_ones_and_labels_tell_them_apart():
    assert len(WRONGS) >= 160
    assert [label for label, n in Counter(w.label for w in WRONGS).items() if n > 1] == []
