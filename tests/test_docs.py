"""The examples in docs/ run, and print what the pages say they print."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

DOCS = Path(__file__).parent.parent / "docs"
_spec = importlib.util.spec_from_file_location("docs_examples", DOCS / "examples.py")
runner = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(runner)

PAGES = sorted(p for p in DOCS.glob("*.md") if "<!-- run -->" in p.read_text("utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_examples_print_what_the_page_says(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = runner.examples(page)
    assert found
    for code, printed, shown in found:
        assert runner.comparable(printed) == runner.comparable(shown), code


def test_there_are_pages_to_run():
    assert {"tutorial", "pytest-and-ci", "layers-and-caches"} <= {page.stem for page in PAGES}


def test_an_example_that_prints_something_else_is_seen(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("<!-- run -->\n```python\nprint(2 + 2)\n```\n\n<!-- prints -->\n```text\n5\n```\n")
    ((_, printed, shown),) = runner.examples(page)
    assert runner.comparable(printed) != runner.comparable(shown)
    runner.write(page)
    ((_, printed, shown),) = runner.examples(page)
    assert runner.comparable(printed) == runner.comparable(shown) == "4"


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ("float64: loses 1.5 digits typically, 2 at the worst of 9 points (n = 3)\nseed 1 (3 s)", True),
        ("float64: loses 0 digits typically, 0.2 at the worst of 9 points (n = 11)\nseed 2 (2 s)", False),
        ("float32: loses 0 digits typically, 0.2 at the worst of 9 points (n = 11)\nseed 1 (2 s)", False),
    ],
)
def test_what_differs_between_machines_is_not_compared_and_all_else_is(other, same):
    """Times, and the last places of sums."""
    page = "float64: loses 0 digits typically, 0.2 at the worst of 9 points (n = 11, m = 2)\nseed 1 (0.4 s)"
    assert (runner.comparable(page) == runner.comparable(other)) is same
