"""`docs/autograd-rules.md` is what a run gives: a row for every call, and what every finding prints."""

import importlib
import re
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "autograd-rules.md").read_text("utf-8")
ROW = re.compile(r"^\| `(?P<call>.+?)` \| (?P<words>.*?) \| (?P<verdict>\w+) \|(?P<rest>.*)$", re.MULTILINE)


@pytest.fixture
def generator(monkeypatch):
    """The module that makes the page."""
    monkeypatch.syspath_prepend(str(DOCS))
    yield importlib.import_module("generate_autograd_rules")
    for name in ("generate_autograd_rules", "autograd_cases", "autograd_findings"):
        sys.modules.pop(name, None)


def test_every_call_has_a_row_and_there_are_enough_functions(generator):
    """More than forty functions, and nothing on the page that is no longer tried."""
    calls = [case.call for cases in generator.CASES.values() for case in cases]
    rows = [m["call"] for m in ROW.finditer(PAGE)]
    assert rows == calls
    assert len({call.split("(")[0] for call in calls}) >= 40


def test_everything_that_does_not_pass_is_explained(generator):
    """By a link to a finding that stands on the page; what passes has none."""
    for match in ROW.finditer(PAGE):
        linked = re.search(r"\]\(#(autograd-\w+)\)", match["rest"])
        assert bool(linked) == (match["verdict"] != "pass"), match["call"]
        if linked:
            assert f"({linked[1]})=" in PAGE
    for key in re.findall(r"^\(autograd-(\w+)\)=$", PAGE, re.MULTILINE):
        finding = generator.FINDINGS[key]
        assert finding.text in PAGE
        assert f"```python\n{finding.code.strip()}\n```" in PAGE


def test_the_findings_print_what_the_page_says(generator):
    """They need nothing but autograd and NumPy."""
    for key, finding in generator.FINDINGS.items():
        assert "gradcheck" not in generator.PRELUDE + finding.code
        shown = PAGE.split(f"(autograd-{key})=")[1].split("```text\n")[1].split("\n```")[0]
        assert generator.run(finding.code) == shown


@pytest.mark.corpus(3)
@pytest.mark.parametrize(
    "call",
    [
        "exp(x)",
        "prod(x)",
        "repeat(x, 2, axis=-1)",
        "sort(x)",
        "where(c, x, y)",
        "linalg.cholesky(x)",
        "diag(x)",
    ],
)
def test_a_run_gives_the_rows_of_the_page(generator, call):
    """The verdict and gradcheck's words, for each of the calls that are written so."""
    cases = [case for group in generator.CASES.values() for case in group if case.call == call]
    rows = [m for m in ROW.finditer(PAGE) if m["call"] == call]
    assert cases
    for case, row in zip(cases, rows, strict=True):
        cells = generator.Row(case, generator.check(case)).cells()
        assert cells[1] == row["words"]
        assert cells[2] == row["verdict"]
        assert not cells[5] or cells[5] in row["rest"]


def test_a_failure_without_an_explanation_is_noticed(generator, monkeypatch, capsys):
    """The twin: a finding that is taken away."""
    wrong = next(c for c in generator.CASES["Structure"] if c.call == "repeat(x, 2, axis=-1)")
    monkeypatch.setattr(generator, "CASES", {"Structure": [wrong]})
    monkeypatch.setattr(sys, "argv", ["generate", "--only", "repeat"])
    assert generator.main() == 0
    monkeypatch.setattr(generator, "FINDINGS", {})
    assert generator.main() == 1
    assert "not passed and not explained: repeat(x, 2, axis=-1)" in capsys.readouterr().err
