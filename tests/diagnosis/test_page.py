"""The pages of `docs/diagnoses/` say of every wrong twin what a check says of it, and is good enough."""

import dataclasses
import importlib.util
import re
import sys
from collections import Counter
from pathlib import Path

import pytest

from gradcheck.diagnosis.kinds import KINDS
from tests.diagnosis import expected
from tests.diagnosis.wrong_ones import outcome, wrong_ones

SCRIPT = Path(__file__).parents[2] / "docs" / "generate_diagnoses.py"
ONES = {one.label: one for one in wrong_ones()}
ROW = re.compile(
    r"^\| `(?P<claim>[^`]+)` \| (?P<what>.+?) \(.+?\) \| (?P<words>[a-z0-9, -]+) \| (?P<said>.*) "
    r"\| (?P<verdict>right|none|wrong)(?P<star>\\?\*?) \|$",
    re.MULTILINE,
)


@pytest.fixture(scope="module")
def generator():
    """The script that makes the page."""
    spec = importlib.util.spec_from_file_location("generate_diagnoses", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules["generate_diagnoses"] = module  # its rows are dataclasses
    spec.loader.exec_module(module)
    yield module
    del sys.modules["generate_diagnoses"]


@pytest.fixture(scope="module")
def rows(generator):
    """Label -> its row, from all pages."""
    found = [
        m for page in sorted(generator.FOLDER.glob("*.md")) for m in ROW.finditer(page.read_text("utf-8"))
    ]
    made = {f"{m['claim']}: {m['what']}": m for m in found}
    assert len(made) == len(found), "a twin stands on two pages"
    return made


def test_every_twin_has_a_row_and_there_are_enough(rows):
    """Otherwise: nox -s diagnoses."""
    assert set(rows) == set(ONES)
    assert len(rows) >= 150


def test_nine_in_ten_are_explained_and_none_is_explained_wrongly(rows):
    """In each of the two corpora."""
    for corpus in ("catalogue", "trust"):
        found = Counter(m["verdict"] for label, m in rows.items() if ONES[label].corpus == corpus)
        assert found["wrong"] == 0
        assert found["right"] >= 0.9 * found.total()


def test_the_page_says_what_is_expected(rows, generator):
    """The words that were written down, and a star where others made it right."""
    for label, row in rows.items():
        first = ONES[label].expected - expected.added_to(label)
        assert row["words"] == ", ".join(sorted(first)), f"{label}: run nox -s diagnoses"
        if row["star"]:
            assert label in expected.ALSO_TRUE
    page = generator.PAGE.read_text("utf-8")
    counts = re.findall(r"^\| The [a-z]+(?:'s)? [a-z]+ \| (\d+) \| (\d+) \(", page, re.MULTILINE)
    assert [int(n) for n, _ in counts] == list(Counter(o.corpus for o in ONES.values()).values())
    assert sum(int(n) for _, n in counts) == sum(m["verdict"] == "right" for m in rows.values())


def test_every_family_has_a_page_that_loads(generator):
    """And the first page counts what stands on each."""
    assert {page.stem for page in generator.FOLDER.glob("*.md")} == set(generator.FAMILIES)
    for family in generator.FAMILIES:
        page = generator.FOLDER / f"{family}.md"
        assert page.stat().st_size < 50_000
        count = re.search(rf"\(diagnoses/{family}\.md\) \| (\d+) ", generator.PAGE.read_text("utf-8"))
        assert int(count[1]) == len(ROW.findall(page.read_text("utf-8"))) > 0


@pytest.mark.parametrize(
    "label",
    [
        "D09/wx_column.vjp: W not transposed",
        "D16/mse.vjp: one n too many",
        "D20/recursion_tanh.vjp: value for slope",
        "softmax: diagonal only",
        "affine: rows of W from the ninth on",
    ],
)
def test_a_run_says_what_the_page_says(label, rows, generator):
    """A few of them, made anew; all are run for their kinds by the tests of the corpora."""
    one = ONES[label]
    key = (one.corpus, one.claim.formula.name, one.label)
    (row,) = generator.check_formula(key)
    assert generator.said(row.diagnoses) == rows[label]["said"], "run nox -s diagnoses"


def test_a_wrong_explanation_is_noticed(monkeypatch, capsys, generator):
    """The twin: another explanation is expected than the one that is given."""
    one = ONES["D16/mse.vjp: two missing"]
    monkeypatch.setattr(sys, "argv", ["generate", "--only", one.label, "--jobs", "1"])
    monkeypatch.setattr(
        generator, "wrong_ones", lambda: [dataclasses.replace(one, expected=frozenset(["tail"]))]
    )
    monkeypatch.setattr(generator, "_checked", lambda keys, jobs: map(generator.check_formula, keys))
    assert generator.main() == 1
    assert f"wrong explanations: {one.label}" in capsys.readouterr().err


def test_what_is_expected_is_of_the_vocabulary_and_of_a_twin():
    """No word is misspelled, and no reason stands there for a twin that is gone."""
    assert {kind for one in ONES.values() for kind in one.expected} <= set(KINDS)
    assert set(expected.ALSO_TRUE) <= set(ONES)
    for label, (kinds, reason) in expected.ALSO_TRUE.items():
        first = ONES[label].expected - expected.added_to(label)
        assert kinds and not first & set(kinds), label
        assert reason
    assert expected.NOT_DIAGNOSED.isdisjoint(ONES)


def test_one_wrong_quantity_makes_it_wrong():
    """And one that is not explained does not."""
    one = ONES["D16/mse.vjp: two missing"]

    def diagnosis(kind):
        from gradcheck.records.types import Diagnosis

        return Diagnosis(quantity="dJ/ds", kind=kind, text="")

    right, none, wrong = diagnosis("factor"), diagnosis("unexplained"), diagnosis("sign")
    assert outcome(one.expected, [right, none]) == "right"
    assert outcome(one.expected, [none]) == outcome(one.expected, []) == "none"
    assert outcome(one.expected, [right, wrong]) == "wrong"
