# ruff: noqa: E501  (formulas stand on one line)
"""What `gradcheck notes` prints, writes and exits with."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from gradcheck.cli.main import cli
from gradcheck.notes import check_file

ROOT = Path(__file__).parents[2]
NOTE = """<!-- gradcheck
W: n m
x: m
J: scalar
-->

$$z = W x$$

$$\\frac{\\partial J}{\\partial W} = \\frac{\\partial J}{\\partial z} x^T$$

$$\\frac{\\partial J}{\\partial x} = W \\frac{\\partial J}{\\partial z}$$

$$\\frac{\\partial J}{\\partial x} = q$$
"""


@pytest.fixture
def note(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("note.md").write_text(NOTE, encoding="utf-8")
    return "note.md"


def run(*words):
    return CliRunner().invoke(cli, ["notes", *words])


def test_text_gives_the_place_first_an_excerpt_and_the_correction(note):
    result = run(note)
    assert result.exit_code == 1
    assert "note.md:11:3: wrong: " in result.output
    assert (
        "should be: \\frac{\\partial J}{\\partial x} = W^\\top \\frac{\\partial J}{\\partial z}"
        in result.output
    )
    assert result.output.splitlines()[-1] == "note.md: 4 formulas: 1 wrong, 1 not read, 2 right"


def test_json_keeps_the_contract_one_object_a_file(note):
    result = run(note, note, "--format", "json")
    first, second = (json.loads(line) for line in result.output.splitlines())
    assert first == second
    assert (first["version"], first["file"]) == (1, "note.md")
    keys = {"file", "line", "column", "latex", "kind", "verdict", "strength", "reading", "reason", "condition", "correction", "layout"}  # fmt: skip
    assert all(set(claim) == keys for claim in first["claims"])
    assert [(c["line"], c["kind"], c["verdict"]) for c in first["claims"]] == [
        (7, "definition", "right"),
        (9, "claim", "right"),
        (11, "claim", "wrong"),
        (13, "claim", "not-read"),
    ]
    assert first["claims"][1]["strength"] == "proved"


def test_annotations_and_sarif_name_the_wrong_formula_only(note):
    result = run(note, "--format", "github,sarif,md,html")
    assert result.output.startswith("::error file=note.md,line=11,")
    assert len(result.output.splitlines()) == 1
    (sarif,) = json.loads(Path("reports/report.sarif").read_text("utf-8"))["runs"]
    assert [r["locations"][0]["physicalLocation"]["region"]["startLine"] for r in sarif["results"]] == [11]
    assert "❌ wrong" in Path("reports/notes.md").read_text("utf-8")
    page = Path("reports/notes.html").read_text("utf-8")
    assert page.count("<math") == 5  # four formulas and a correction
    assert "<script" not in page


def test_text_json_and_github_exclude_each_other(note):
    assert run(note, "--format", "text,json").exit_code == 2
    assert run(note, "--format", "pdf").exit_code == 2


def test_a_limit_of_formulas_that_are_not_read(tmp_path):
    file = tmp_path / "note.md"
    file.write_text("$$\\frac{\\partial J}{\\partial x} = q$$", encoding="utf-8")
    assert run(str(file)).exit_code == 0
    assert run(str(file), "--max-unread", "1").exit_code == 0
    assert run(str(file), "--max-unread", "0").exit_code == 1


def test_declarations_of_another_file_and_the_reading(tmp_path):
    (tmp_path / "note.txt").write_text("$$z = W x$$", encoding="utf-8")
    (tmp_path / "d").write_text("W: n m; x: m", encoding="utf-8")
    result = run(str(tmp_path / "note.txt"), "--declarations", str(tmp_path / "d"), "--show-reading")
    assert "a column (n x 1); z = W @ x" in result.output
    assert run(str(tmp_path / "note.txt"), "--declarations", str(tmp_path / "missing")).exit_code == 2


def test_the_founding_derivation_has_its_five_errata_and_no_other(monkeypatch):
    """D06, D07, D09, D14 and D17, each with the correction that the derivation states."""
    monkeypatch.chdir(ROOT)
    note = check_file(Path("examples/notes/derivation.md"))
    wrong = {c.latex: c.correction for c in note.claims if c.verdict == "wrong"}
    assert [c.split(" = ", 1)[1].replace(" ", "") for c in wrong.values()] == [
        r"\delta_{i}.\mathbf{x}_{j}",
        r"\delta^T.\mathbf{x}^T",
        r"\delta^Tx^T",
        next(iter(c for c in wrong.values() if "bmatrix" in c)).split(" = ", 1)[1].replace(" ", ""),
        r"\sum_{k=1}^{m}w_{jk}^{l}a_{k}^{l-1}+b_{j}^{l}",
    ]
    assert any("W_{12}^{(1)} x_{2}" in c for c in wrong.values())
    assert [c.reason for c in note.claims if c.verdict == "not-read"] == [
        "It is an update of w, not a claim about a derivative."
    ]
    assert note.count("right") == 39
