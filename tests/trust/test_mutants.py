"""The tool itself under mutation: backward passes with one operation changed, beside a judge of their own.

`tests/trust/mutants` changes every backward pass of the corpus and the catalogue in one place; its judge
tells wrong mutants from equal ones and shares no code with the engine. CI judges 300; `nox -s mutants` judges
all of them, and makes `docs/mutants.md`.
"""

from __future__ import annotations

import pytest

from tests.conftest import WHOLE
from tests.trust.mutants.campaign import run
from tests.trust.mutants.judge import Truth
from tests.trust.mutants.sentences import Told
from tests.trust.mutants.subjects import mutants, sample

COUNT = 75
SEEDS = range(14 if WHOLE else 4)
DIAGNOSED = 6


@pytest.mark.parametrize("seed", SEEDS)
def test_no_wrong_mutant_passes_and_no_equal_one_fails(seed):
    """Seeded samples; what the judge cannot tell is set aside, and little of it."""
    rows = list(run(sample(COUNT, seed), backends=["finite_difference"]))
    assert [(r.mutant.label, r.answer.verdict) for r in rows if r.missed] == []
    assert [(r.mutant.label, r.answer.verdict) for r in rows if r.false_alarm] == []
    told = [r for r in rows if r.judged.truth in (Truth.WRONG, Truth.EQUAL)]
    assert len(told) >= 0.8 * COUNT
    assert sum(r.judged.truth is Truth.WRONG for r in told) >= 0.5 * COUNT


def test_what_is_said_is_true_and_mostly_something():
    """What a sentence says should stand there makes the code right, as a judge of its own finds."""
    rows = list(run(sample(DIAGNOSED, 99, of_each=2), backends=["finite_difference"], whole=True))
    wrong = [r for r in rows if r.judged.truth is Truth.WRONG]
    assert [(r.mutant.label, r.answer.diagnosis) for r in wrong if Told.FALSE in r.told] == []
    assert sum(Told.TRUE in r.told for r in wrong) >= len(wrong) // 2


GAPS = ("two_layers.vjp#38 ", "unsafe_masked_root.vjp#7 ", "limited_norm.vjp#18 ", "limited_norm.vjp#20 ")


def test_thresholds_a_millionth_apart_are_told_apart(monkeypatch):
    """Of forward and hand-written code: wrong between the two numbers only."""
    monkeypatch.setattr("gradcheck.checking.writing.outcome.diagnosed", lambda *_, **__: [])
    rows = list(run([m for m in mutants() if m.label.startswith(GAPS)], backends=["finite_difference"]))
    assert [(r.judged.truth, r.answer.verdict) for r in rows] == [(Truth.WRONG, "fail")] * len(GAPS)


def test_there_are_thousands_of_mutants():
    """Else a sample of them says little."""
    assert len(mutants()) >= 5_000
