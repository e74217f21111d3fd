"""`gradcheck replay`: 0 fixed, 1 still failing, 2 cannot run; an erratum is to fail."""

import sys
from pathlib import Path

import msgspec
import pytest

from gradcheck.records.reading import LogWriter
from gradcheck.records.types import Source
from tests.report import samples

MINE = """
from gradcheck import formula

@formula(shapes={"x": "n"}, id="X1")
def f(x):
    return x

@f.vjp
def f_vjp(delta, x):
    return 2 * delta
"""


def failing(uid, **changes):
    return samples.judged(uid, "fail", counterexample=samples.COUNTEREXAMPLE, **changes)


def write(*parts, name="reports/run.jsonl"):
    with LogWriter(Path(name)) as writer:
        for record in samples.records(parts):
            writer.write(record)


FAILING = failing("D09/wx.vjp")
ERRATUM = failing("D09/wx.vjp.printed", expected="fail", printed=True)


@pytest.mark.parametrize(("status", "code", "word"), [("fixed", 0, "fixed"), ("failing", 1, "still failing")])
@pytest.mark.parametrize("what", ["D09/wx.vjp", "wx", "D09", "d09", "reports/run.jsonl"])
def test_the_word_and_the_code(gradcheck, engine, what, status, code, word):
    write(FAILING, samples.PROVED)
    engine.statuses = {"D09/wx.vjp": status}

    result = gradcheck("replay", what)

    assert result.exit_code == code
    assert f"D09/wx.vjp: {word}\n" in result.stdout
    assert ("the story" in result.stdout) == (code == 1)
    assert engine.replayed == ["D09/wx.vjp"]


@pytest.mark.parametrize(
    ("status", "code", "text"),
    [("failing", 0, "still failing, as declared"), ("fixed", 1, "refuted no longer")],
)
def test_an_erratum_is_to_fail(gradcheck, engine, status, code, text):
    write(ERRATUM)
    engine.statuses = {"D09/wx.vjp.printed": status}

    result = gradcheck("replay", "D09")

    assert result.exit_code == code
    assert text in result.stdout


def test_the_worst_code_counts_and_every_one_is_replayed(gradcheck, engine):
    write(FAILING, ERRATUM, failing("D08/wx.jacobian-x.printed"), failing("D99/gone.vjp"))
    engine.statuses = {"D09/wx.vjp": "failing", "D09/wx.vjp.printed": "failing"}

    result = gradcheck("replay", "reports/run.jsonl")

    assert result.exit_code == 2
    assert engine.replayed == ["D09/wx.vjp", "D09/wx.vjp.printed", "D08/wx.jacobian-x.printed"]
    assert "D99/gone.vjp: cannot be run" in result.stdout


def test_a_replay_that_breaks_is_2(gradcheck, engine):
    write(FAILING)
    engine.statuses = {"D09/wx.vjp": "error"}

    result = gradcheck("replay", "wx")

    assert result.exit_code == 2
    assert "cannot be run" in result.stdout


def test_a_claim_of_ones_own_file(gradcheck, engine):
    Path("mine.py").write_text(MINE)
    place = Source(file="mine.py", line=4, text="")
    write(failing("X1/f.vjp", forward=place, candidate=place))

    assert gradcheck("replay", "X1").exit_code == 0
    assert engine.replayed == ["X1/f.vjp"]

    Path("mine.py").write_text(MINE.replace("def f(x)", "def g(x)").replace("@f.vjp", "@g.vjp"))
    result = gradcheck("replay", "X1")
    assert result.exit_code == 2
    assert "has this claim now" in result.stdout

    Path("mine.py").write_text("1 / 0\n")
    result = gradcheck("replay", "X1")
    assert result.exit_code == 2
    assert "ZeroDivisionError" in result.stdout


@pytest.mark.parametrize(("part", "code"), [(samples.PASSED, 0), (samples.WEAK, 2), (samples.ERROR, 2)])
def test_nothing_to_replay(gradcheck, engine, part, code):
    write(part)

    result = gradcheck("replay", "reports/run.jsonl")

    assert result.exit_code == code
    assert "nothing to run again" in result.stdout


@pytest.mark.parametrize("what", ["D99", "none.jsonl", "D09/wx.vpj"])
def test_what_is_not_there_is_2(gradcheck, engine, what):
    write(FAILING)

    assert gradcheck("replay", what).exit_code == 2
    assert gradcheck("replay", "D09", "--report-dir", "elsewhere").exit_code == 2
    assert engine.replayed == []


def test_an_unknown_name_gets_the_nearest(gradcheck, engine):
    write(FAILING)

    assert "Did you mean 'D09/wx.vjp'" in gradcheck("replay", "D09/wx.vpj").stderr


def test_an_incomplete_log_is_replayed_with_a_word(gradcheck, engine):
    with LogWriter(Path("reports/run.jsonl")) as writer:
        for record in samples.records([FAILING, samples.PROVED])[:4]:
            writer.write(record)

    result = gradcheck("replay", "D09")

    assert result.exit_code == 0
    assert "incomplete" in result.stderr


def test_a_claim_that_an_interrupted_run_did_not_come_to(gradcheck, engine):
    with LogWriter(Path("reports/run.jsonl")) as writer:
        for record in samples.records([FAILING, samples.PROVED])[:4]:
            writer.write(record)

    result = gradcheck("replay", samples.PROVED[-1].uid)

    assert result.exit_code == 2
    assert "interrupted before it came to this claim" in result.stderr


def test_the_counterexample_of_the_log_is_what_is_run(gradcheck, engine):
    seen = []
    found = msgspec.structs.replace(samples.COUNTEREXAMPLE, sizes={"n": 7, "m": 8})
    write(samples.judged("D09/wx.vjp", "fail", counterexample=found))

    def record(claim, counterexample, backends=None):
        seen.append(counterexample)
        return type("Outcome", (), {"status": "fixed", "text": ""})

    sys.modules["gradcheck.running.replay"].replay_counterexample = record
    gradcheck("replay", "wx")

    assert seen == [found]
