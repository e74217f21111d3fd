"""The command that a report prints finds the log that the report was made of."""

from pathlib import Path

import pytest

from gradcheck.records.reading import collect
from gradcheck.report import render
from gradcheck.report.rerun import claim_with_log
from tests.report import samples

COMMAND = samples.RICH[-1].counterexample.replay


@pytest.mark.parametrize(
    ("log", "told"),
    [
        ("reports/run.jsonl", COMMAND),
        ("out/a b/run.jsonl", f"{COMMAND} --report-dir 'out/a b'"),
        ("merged.jsonl", "gradcheck replay merged.jsonl"),  # all of it: by name, only a run's log is found
    ],
)
def test_the_command_names_the_log(log, told):
    assert claim_with_log(samples.RICH[-1], Path(log)).counterexample.replay == told


def test_a_path_is_that_of_the_working_folder():
    made = claim_with_log(samples.RICH[-1], Path.cwd() / "out" / "run.jsonl")

    assert made.counterexample.replay == f"{COMMAND} --report-dir out"


def test_a_command_that_needs_no_log_stays():
    row = samples.claim("a.vjp", "fail", counterexample=samples.COUNTEREXAMPLE)
    again = "gradcheck verify f.py:f --backward b"
    row = samples.msgspec.structs.replace(
        row, counterexample=samples.msgspec.structs.replace(samples.COUNTEREXAMPLE, replay=again)
    )

    assert claim_with_log(row, Path("out/run.jsonl")).counterexample.replay == again


@pytest.mark.parametrize("format", ["html", "md", "json", "junit"])
def test_every_report_says_so(tmp_path, monkeypatch, format):
    monkeypatch.chdir(tmp_path)
    log = collect(samples.records([samples.RICH]))

    (there,) = render(log, [format], "out")
    (elsewhere,) = render(log, [format], "copies", kept="out/run.jsonl")
    (usual,) = render(log, [format], "reports")

    assert "--report-dir out" in there.read_text()
    assert "--report-dir out" in elsewhere.read_text()
    assert "--report-dir" not in usual.read_text()
