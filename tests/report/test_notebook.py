"""The page that a notebook shows: self-contained, nothing of it markup that was not ours."""

from html.parser import HTMLParser

import msgspec
import numpy as np
import pytest

import gradcheck
from gradcheck.records.types import BatteryRow
from gradcheck.report.notebook import page
from tests.report import samples

VOID = {"br", "hr", "img", "input", "meta", "link"}


class Reader(HTMLParser):
    """Tags that are open, every tag and attribute that was met, and the text."""

    def __init__(self):
        super().__init__()
        self.open, self.tags, self.attributes, self.text = [], set(), set(), []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def read(html):
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader, " ".join("".join(reader.text).split())


PARTS = {
    "passed": samples.PASSED,
    "failed": samples.FAILED,
    "refuted": samples.ERRATUM,
    "weak": samples.WEAK,
    "error": samples.ERROR,
    "hostile": samples.HOSTILE_CLAIM,
}


@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
def test_the_page_is_whole_and_runs_and_loads_nothing(part):
    """Only our own tags and styles, whatever the records say."""
    *rows, claim = [r for r in part if not isinstance(r, BatteryRow)]
    battery = tuple(r for r in part if isinstance(r, BatteryRow))
    reader, text = read(page(claim, rows, battery))
    assert reader.tags <= {"div", "p", "b", "code", "table", "tr", "th", "td", "ul", "li", "pre"}
    assert reader.attributes <= {"style"}
    assert claim.verdict in text or "refuted" in text


def test_a_failure_has_its_counterexample_and_the_line_that_runs_it_again():
    """As `print` tells it."""
    *rows, claim = samples.FAILED
    _, text = read(page(claim, rows))
    found = claim.counterexample
    assert found.message in text
    assert "dJ/dW, hand-written" in text
    assert "dJ/dW, right" in text
    assert (found.python or found.replay) in text
    for name in found.inputs:
        assert name in text


def test_diagnosis_proof_battery_and_notes_are_shown():
    """Those that are there; passed checks are not."""
    claim = msgspec.structs.replace(
        samples.FAILED[-1],
        diagnosis=samples.DIAGNOSIS,
        proof=samples.PROOF,
        notes=["a note"],
        unchecked=["dJ/dy"],
    )
    rows = (
        BatteryRow(
            claim=claim.uid, check="linearity", outcome="fail", counts=True, points=1, reason="not so"
        ),
        BatteryRow(
            claim=claim.uid, check="sizes of 0", outcome="note", counts=False, points=1, reason="raises"
        ),
        BatteryRow(claim=claim.uid, check="batch", outcome="pass", counts=False, points=1),
    )
    _, text = read(page(claim, (), rows))
    for words in (
        samples.DIAGNOSIS[0].text,
        f"proof for all shapes: {samples.PROOF.status}",
        "linearity: fails: not so",
        "sizes of 0, note: raises",
        "note: a note",
        "not checked, because the code returns None: dJ/dy",
    ):
        assert words in text
    assert "batch" not in text


def test_a_result_shows_itself_in_a_notebook():
    """Right and wrong."""
    shapes = {"W": "n m", "x": "m"}
    good = gradcheck.verify(
        lambda W, x: W @ x, lambda d, W, x: (np.outer(d, x), W.T @ d), shapes, max_examples=6
    )
    bad = gradcheck.verify(
        lambda W, x: W @ x, lambda d, W, x: (np.outer(d, x), 2 * W.T @ d), shapes, max_examples=6
    )
    _, text = read(good._repr_html_())
    assert text.startswith("pass")
    _, text = read(bad._repr_html_())
    assert text.startswith("fail")
    assert bad.reproduce in text
