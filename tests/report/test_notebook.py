"""The page that a notebook shows: self-contained, nothing of it markup that was not ours."""

from html.parser import HTMLParser

import msgspec
import numpy as np
import pytest

import gradcheck
from gradcheck.records.types import BatteryRow
from gradcheck.report.formats.notebook import page
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
        "proved for all shapes and values",
        "linearity: fails: not so",
        "sizes of 0, note: raises",
        "note: a note",
        "not checked: dJ/dy (no gradient was returned)",
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


def test_a_counterexample_shows_its_arrays_as_tables_and_gives_them():
    """Every argument by its name, nested ones too, and delta; scalars are 0-d."""
    result = gradcheck.verify(
        lambda p, s: np.sum(p["W"]) * s,
        lambda d, p, s: ({"W": d * s * np.ones(p["W"].shape)}, 2 * d * np.sum(p["W"])),
        {"p": {"W": "n 2"}, "s": ""},
        max_examples=8,
    )
    found = result.counterexample
    assert set(found.arrays) == {'p["W"]', "s", "delta"}
    assert found.arrays['p["W"]'].shape == (found.sizes["n"], 2)
    assert found.arrays["s"].shape == found.arrays["delta"].shape == ()
    reader, text = read(found._repr_html_())
    assert {"table", "td"} <= reader.tags
    assert reader.attributes <= {"style"}
    assert 'p["W"]' in text
    assert result.reproduce in text
    both = gradcheck.verify(
        lambda x: (x, 2 * x), lambda d, x: d[0] + d[1], {"x": "n"}, max_examples=8
    ).counterexample
    assert set(both.arrays) == {"x", "delta[0]", "delta[1]"}


def test_a_proof_is_typeset():
    """Its entry formulas as MathML, and what it assumes; markup in a name is text."""
    proof = gradcheck.verify(
        lambda p, x: np.tanh(p["W"] @ x),
        lambda d, p, x: ({"W": np.outer(d * (1 - np.tanh(p["W"] @ x) ** 2), x)}, None),
        {"p": {"W": "n m"}, "x": "m"},
        max_examples=8,
    ).proof
    reader, text = read(proof._repr_html_())
    assert proof.status == "proved"
    assert "math" in reader.tags
    assert "script" not in reader.tags
    assert 'dJ/dp["W"]' in text
    assert proof.assumptions[0] in text


def test_a_result_writes_its_report(tmp_path):
    """One page that stands alone, with the diagnosis; the folder is made."""
    result = gradcheck.verify(
        lambda x: x**2, lambda d, x: 4 * d * x, {"x": "n"}, max_examples=8, seed=7, backends=["symbolic"]
    )
    path = result.to_html(tmp_path / "new" / "page.html")
    assert path == tmp_path / "new" / "page.html"
    text = path.read_text("utf-8")
    assert text.lower().startswith("<!doctype html>")
    assert result.diagnosis[0].text in text
    chain = gradcheck.chain([gradcheck.Layer(lambda x: x**2, lambda d, x: 2 * d * x, {"x": "n"})])
    assert chain.verify(max_examples=6).to_html(str(tmp_path / "chain.html")).exists()
