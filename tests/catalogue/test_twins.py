"""Every wrong twin of the catalogue is caught by the engine, and nothing wrong is said of it."""

from __future__ import annotations

import dataclasses
import functools
from collections import Counter

import pytest

from gradcheck.catalogue import formulas
from gradcheck.checking.claim_check import check_claim
from gradcheck.judging.answers.backends import choose
from gradcheck.judging.points.generation import generate
from gradcheck.judging.session import Session
from tests.diagnosis.expected import expected_of_twin
from tests.diagnosis.wrong_ones import outcome

from .twins import MISTAKES, TWINS

CLAIMS = {claim.uid: claim for formula in formulas() for claim in formula.claims}
BREAKS_THE_CONTRACT = {"delta changed in place", "gradient of x forgotten"}
"""Twins that cannot be judged at all: the verdict is `error`."""


@functools.cache
def session_of(formula):
    # the true derivatives of a formula serve all twins of its claims
    return Session(formula, choose(None))


@functools.cache
def points_of(formula, max_examples):
    return generate(formula, max_examples=max_examples, seed=0)


def enough_examples(twin):
    # Nine rows or more occur at few points of a small formula, and a ninth row that happens to be zero
    # hides its loss; networks have so many sizes that ten examples are exceeded by the plan alone.
    whole_network = twin.claim_uid >= "D21"
    return 50 if twin.mistake == "tail" and not whole_network else 10


@pytest.mark.corpus(12)
@pytest.mark.parametrize("twin", TWINS, ids=lambda twin: twin.label)
def test_twin_is_caught(twin, record_property):
    record_property("wrong twin", twin.mistake)
    claim = dataclasses.replace(
        CLAIMS[twin.claim_uid], candidate=twin.candidate, printed=False, erratum=False
    )
    session, points = session_of(claim.formula), points_of(claim.formula, enough_examples(twin))

    row = check_claim(claim, seed=0, session=session, points=points).row

    expected = "error" if twin.name in BREAKS_THE_CONTRACT else "fail"
    assert row.verdict == expected, f"{twin.label}: {row.verdict}, {row.reason}"
    if expected == "fail":
        said = outcome(expected_of_twin(twin.label, twin.mistake), row.diagnosis)
        record_property("diagnosis", said)
        assert said != "wrong", [(d.quantity, d.kind, d.text) for d in row.diagnosis]


@pytest.mark.corpus(4)
@pytest.mark.parametrize("claim", CLAIMS.values(), ids=lambda claim: claim.uid)
def test_claim_itself_comes_out_as_declared(claim):
    """With the session of its twins; `tests/test_published_report.py` has all claims checked in one run."""
    session, points = session_of(claim.formula), points_of(claim.formula, 10)

    row = check_claim(claim, seed=0, session=session, points=points).row

    assert row.verdict == claim.expected, f"{claim.uid}: {row.verdict}, {row.reason}"


def test_every_right_claim_has_twins():
    twins = Counter(twin.claim_uid for twin in TWINS)
    right = [uid for uid, claim in CLAIMS.items() if not claim.erratum]

    assert set(twins) == set(right)
    assert {uid: n for uid, n in twins.items() if n < 2} == {}


def test_twins_are_told_apart_by_their_labels():
    assert [label for label, n in Counter(twin.label for twin in TWINS).items() if n > 1] == []


def test_mistakes_are_of_the_vocabulary_and_all_of_it_is_used():
    assert {twin.mistake for twin in TWINS} == set(MISTAKES)
