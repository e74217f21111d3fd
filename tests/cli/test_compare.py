"""`gradcheck compare`: the reports and exit codes of verify, for a file of answers."""

import json
from pathlib import Path

import pytest

from gradcheck.records.reading import read_log
from tests.oracles.programs import answers_file

FILES = ["report.html", "report.md", "run.jsonl", "summary.json"]


def test_right_answers_are_0_and_all_reports_are_there(gradcheck, tmp_path):
    result = gradcheck("compare", *answers_file(tmp_path, "relu"))

    assert result.exit_code == 0
    assert "1 claim: 1 passed" in result.stdout
    assert {p.name for p in Path("reports").iterdir()} >= {*FILES, "junit.xml"}
    log = read_log("reports/run.jsonl")
    assert log.complete
    assert log.header.command.startswith("gradcheck compare ")
    assert [b.name for b in log.header.backends] == ["vectors"]
    (remark,) = log.footer.remarks
    assert remark.startswith("demo 1.0 (C): answers to 10 of 10 tests (12 more hold wrong gradients, ")


def test_wrong_answers_are_1_with_the_line_that_runs_it_again(gradcheck, tmp_path):
    vectors, answers = answers_file(tmp_path, "relu", lambda delta, z: {"z": delta})

    result = gradcheck("compare", vectors, answers, "--report-dir", "r", "--format", "jsonl")

    assert result.exit_code == 1
    assert f"run it again: gradcheck compare {vectors} {answers}" in result.stdout
    assert "dJ/dz" in result.stdout
    assert [p.name for p in Path("r").iterdir()] == ["run.jsonl"]


def test_missing_answers_are_1(gradcheck, tmp_path):
    result = gradcheck("compare", *answers_file(tmp_path, "relu", answers={}))

    assert result.exit_code == 1
    assert "10 of 10 tests have no answer" in result.stdout


def test_ones_own_formula(gradcheck, tmp_path):
    Path("mine.py").write_text(
        "import gradcheck\n@gradcheck.formula(shapes={'x': 'n'})\ndef cube(x):\n    return x ** 3\n"
    )
    gradcheck("vectors", "mine.py", "--out", "v")
    Path("a.json").write_text(json.dumps({"formula": "cube", "answers": {}}))

    assert gradcheck("compare", "v/cube.json", "a.json", "--formula", "mine.py").exit_code == 1
    result = gradcheck("compare", "v/cube.json", "a.json")
    assert result.exit_code == 2
    assert "there is no formula 'cube' in the catalogue; name the file" in result.stderr


@pytest.mark.parametrize(
    ("vectors", "answers", "message"),
    [
        ("none.json", "a.json", "none.json: cannot be read"),
        ("relu.json", "none.json", "none.json: cannot be read"),
        ("relu.json", "cut.json", "cut.json: no JSON, or cut short"),
        ("cut.json", "a.json", "cut.json: no JSON, or cut short"),
        ("a.json", "a.json", "a.json: no file of test vectors"),
    ],
)
def test_files_that_cannot_be_used_are_2_and_touch_no_report(gradcheck, tmp_path, vectors, answers, message):
    right, path = answers_file(tmp_path, "relu")
    Path("relu.json").write_bytes(right.read_bytes())
    Path("a.json").write_bytes(path.read_bytes())
    Path("cut.json").write_bytes(path.read_bytes()[:50])
    Path("reports").mkdir()
    Path("reports/run.jsonl").write_text("earlier")

    result = gradcheck("compare", vectors, answers)

    assert result.exit_code == 2
    assert message in result.stderr
    assert Path("reports/run.jsonl").read_text() == "earlier"
