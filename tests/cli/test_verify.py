"""`gradcheck verify`: exit codes, files, and what an interruption leaves."""

import errno
import json
import os
import signal
import sys
from pathlib import Path

import pytest

from gradcheck.errors import UsageError
from gradcheck.records.reading import read_log
from gradcheck.records.writing import LogWriter
from tests.report import samples

FILES = ["junit.xml", "report.html", "report.md", "run.jsonl", "summary.json"]


def files(folder="reports"):
    return sorted(path.name for path in Path(folder).iterdir())


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        (samples.GOOD, 0),
        ([samples.ERRATUM], 0),
        ([samples.UNSUPPORTED], 0),
        ([samples.FAILED, samples.PASSED], 1),
        ([samples.ERRATUM_STANDS], 1),
        ([samples.WEAK], 1),
        ([samples.INCONCLUSIVE], 1),
        ([samples.ERROR], 1),
        (samples.EVERYTHING, 1),
    ],
)
def test_exit_codes(gradcheck, engine, parts, code):
    engine.parts = parts

    result = gradcheck("verify")

    assert result.exit_code == code, result.output
    assert files() == FILES
    assert json.loads(Path("reports/summary.json").read_text())["exit_code"] == code


def test_a_plain_run_checks_the_catalogue_and_tells_its_remarks(gradcheck, engine):
    result = gradcheck("verify")

    assert "5 claims: 4 passed, 1 known erratum confirmed wrong" in result.stdout
    assert "reports: run.jsonl, summary.json, junit.xml, report.md, report.html" in result.stdout
    assert len(engine.claims) > 50
    assert engine.options.backends is None
    assert engine.options.remarks


def test_options_reach_the_engine(gradcheck, engine):
    gradcheck("verify", "wx", "D10", "--backend", "a", "--backend", "b", "--max-examples", 7, "--seed", 3)

    assert {claim.id for claim in engine.claims} >= {"D08", "D09", "D10"}
    assert (engine.options.backends, engine.options.max_examples, engine.options.seed) == (("a", "b"), 7, 3)
    assert engine.options.command == (
        "gradcheck verify wx D10 --backend a --backend b --max-examples 7 --seed 3"
    )
    assert engine.options.remarks == ()
    assert (engine.options.strict, engine.options.stop_at_failure, engine.options.time_limit) == (
        *(False, False),
        None,
    )


def test_what_changes_a_run_reaches_the_engine_and_the_command(gradcheck, engine):
    gradcheck("verify", "wx", "--strict", "-x", "--time-limit", "2.5", "-k", "vjp or printed", "-q")

    assert (engine.options.strict, engine.options.stop_at_failure, engine.options.time_limit) == (
        *(True, True),
        2.5,
    )
    assert engine.options.command == (
        "gradcheck verify wx --max-examples 50 --seed 0 -k 'vjp or printed' -x --strict --time-limit 2.5"
    )


@pytest.mark.parametrize(("word", "lines"), [("-q", 2), ("-v", 25)])
def test_how_much_is_printed(gradcheck, engine, word, lines):
    engine.parts = [samples.RICH]

    printed = gradcheck("verify", word).stdout.splitlines()

    assert len(printed) >= lines
    assert sum(line.startswith("FAIL") for line in printed) == (1 if word == "-q" else 2)
    assert (len(printed) > 20) == (word == "-v")


def test_annotations_stand_on_standard_output(gradcheck, engine):
    engine.parts = [samples.RICH, samples.PASSED]

    asked = gradcheck("verify", "--format", "github,sarif").stdout.splitlines()

    assert [line for line in asked if line.startswith("::")] == [
        line for line in asked if line.startswith("::error file=formulas/linear.py,line=19,")
    ]
    assert len([line for line in asked if line.startswith("::")]) == 1
    assert files() == ["report.sarif", "run.jsonl"]
    assert "::" not in gradcheck("verify").stdout  # the twin
    again = gradcheck("report", "reports/run.jsonl", "--format", "github").stdout
    assert again.startswith("::error file=formulas/linear.py,line=19,")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--format", "json"], ["run.jsonl", "summary.json"]),
        (["--format", "jsonl"], ["run.jsonl"]),
        (
            ["--format", "junit,md", "--format", "html"],
            ["junit.xml", "report.html", "report.md", "run.jsonl"],
        ),
    ],
)
def test_formats_and_folder(gradcheck, engine, words, expected):
    assert gradcheck("verify", "--report-dir", "a/b", *words).exit_code == 0
    assert files("a/b") == expected
    assert not Path("reports").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--format", "pdf"], "'pdf' is none of jsonl, json, junit, md, html, sarif, github"),
        (["--format", "sarfi"], "Did you mean 'sarif'?"),
        (["--time-limit", "0"], "0.0 is not in the range"),
        (["--time-limit", "-1"], "is not in the range"),
        (["--format", ""], "is none of"),
        (["--max-examples", "0"], "0 is not in the range"),
        (["--seed", "-1"], "-1 is not in the range"),
        (["--seed", str(2**63)], "is not in the range"),
        (["--colour"], "--colour"),
        (["D99"], "there is no formula, id or claim 'D99'"),
        (["none.py"], "there is no such file"),
    ],
)
def test_usage_errors_are_2_and_write_nothing(gradcheck, engine, words, message):
    result = gradcheck("verify", *words)

    assert result.exit_code == 2
    assert message in result.stderr
    assert not Path("reports").exists()


def test_a_backend_that_is_missing_is_2_and_leaves_an_earlier_log_alone(gradcheck, engine):
    gradcheck("verify")
    before = Path("reports/run.jsonl").read_bytes()
    engine.failure = (0, UsageError("unknown backend 'jax'; there are symbolic, finite_difference."))

    result = gradcheck("verify", "--backend", "jax")

    assert result.exit_code == 2
    assert "unknown backend 'jax'" in result.stderr
    assert Path("reports/run.jsonl").read_bytes() == before
    assert files() == FILES


@pytest.mark.parametrize("after", [0, 1, 3, 4, 9, len(samples.records(samples.GOOD)) - 1])
def test_ctrl_c_keeps_what_was_finished_and_is_never_0(gradcheck, engine, after):
    engine.interrupt_after = after

    result = gradcheck("verify")

    assert result.exit_code == 130
    if after == 0:
        assert not Path("reports").exists()
        return
    assert files() == FILES
    log = read_log("reports/run.jsonl")
    assert not log.complete
    assert log.footer is None
    assert "INCOMPLETE" in result.stdout
    for name in ("report.md", "report.html", "junit.xml"):
        assert "INCOMPLETE" in Path("reports", name).read_text()


def test_sigterm_keeps_what_was_finished_too(gradcheck, engine):
    def run(claims, options):
        yield from samples.records(samples.GOOD)[:4]
        os.kill(os.getpid(), signal.SIGTERM)
        yield from samples.records(samples.GOOD)[4:]

    before = signal.getsignal(signal.SIGTERM)
    sys.modules["gradcheck.running.stream"].run = run

    result = gradcheck("verify")

    assert result.exit_code == 143
    assert not read_log("reports/run.jsonl").complete
    assert signal.getsignal(signal.SIGTERM) is before


def test_an_engine_that_breaks_is_2_and_keeps_what_was_finished(gradcheck, engine):
    engine.failure = (4, ZeroDivisionError("in the engine"))

    result = gradcheck("verify")

    assert result.exit_code == 2
    assert "gradcheck itself broke: ZeroDivisionError: in the engine" in result.stderr
    assert "Traceback" not in result.stderr
    assert "INCOMPLETE" in result.stdout
    assert [claim.uid for claim in read_log("reports/run.jsonl").claims] == ["D09/wx.vjp"]
    assert files() == FILES


@pytest.mark.parametrize("words", [("--debug", "verify"), ("verify", "--debug")])
def test_debug_shows_the_traceback(gradcheck, engine, words):
    engine.failure = (4, ZeroDivisionError("in the engine"))

    result = gradcheck(*words)

    assert result.exit_code == 2
    assert "Traceback (most recent call last)" in result.stderr


def test_a_folder_that_cannot_be_made_is_2(gradcheck, engine):
    Path("reports").write_text("a file")

    result = gradcheck("verify")

    assert result.exit_code == 2
    assert "reports: " in result.stderr
    assert "broke" not in result.stderr


def test_a_full_disk_is_2_and_the_results_are_still_printed(gradcheck, engine, monkeypatch):
    real = LogWriter.write

    def write(self, record):
        if type(record).__name__ == "Footer":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))
        real(self, record)

    monkeypatch.setattr(LogWriter, "write", write)

    result = gradcheck("verify")

    assert result.exit_code == 2
    assert "run.jsonl: No space left on device" in result.stderr
    assert "D09/wx.vjp" in result.stdout
    assert files() == ["run.jsonl"]
    assert not read_log("reports/run.jsonl").complete


def test_a_report_that_cannot_be_written_is_2_and_the_others_are_there(gradcheck, engine):
    Path("reports/report.html").mkdir(parents=True)

    result = gradcheck("verify")

    assert result.exit_code == 2
    assert "5 claims: 4 passed, 1 known erratum confirmed wrong" in result.stdout
    assert "report.html" in result.stderr
    assert files() == FILES


def test_a_file_of_ones_own(gradcheck, engine):
    Path("mine.py").write_text(
        "from gradcheck import formula\n@formula(shapes={'x': 'n'})\ndef f(x):\n    return x\n"
        "@f.forward\ndef same(x):\n    return x\n@formula(shapes={'x': 'n'})\ndef bare(x):\n    return x\n"
    )

    assert gradcheck("verify", "mine.py").exit_code == 0
    assert [claim.uid for claim in engine.claims] == ["f.forward"]
    assert list(engine.options.remarks) == ["mine.py: the formula bare has no claims."]
