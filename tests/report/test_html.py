"""The page: self-contained, escaped, and honest about what is missing."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import msgspec
import numpy as np
import pytest

from gradcheck.records.arrays import encode
from gradcheck.records.reading import collect, read_log
from gradcheck.records.types import Diagnosis
from gradcheck.report.page import html
from gradcheck.report.page.html import render
from gradcheck.report.page.legend import LEGEND
from gradcheck.report.page.views import anchors
from tests.report import samples

OURS = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "link",
        "style",
        "script",
        "body",
        "header",
        "main",
        "footer",
        "section",
    ),
    *(
        "div",
        "p",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "ul",
        "ol",
        "li",
        "dl",
        "dt",
        "dd",
        "b",
        "a",
        "span",
        "small",
    ),
    *(
        "code",
        "pre",
        "details",
        "summary",
        "figure",
        "figcaption",
        "table",
        "caption",
        "thead",
        "tbody",
        "tr",
    ),
    *(
        "mark",
        "th",
        "td",
        "form",
        "fieldset",
        "legend",
        "label",
        "input",
        "select",
        "option",
        "output",
        "button",
    ),
    *("svg", "path", "polyline", "circle", "rect", "text"),
    *(
        "math",
        "mrow",
        "mfrac",
        "msub",
        "msup",
        "mi",
        "mo",
        "mn",
        "mtable",
        "mtr",
        "mtd",
        "munder",
        "mspace",
        "mtext",
    ),
}
VOID = {"meta", "link", "input"}
OPEN_ENDED = {"p", "li"}


class Page(HTMLParser):
    """Checks that every element is ours, closed, and carries no handler and no outside address."""

    def __init__(self, text):
        super().__init__()
        self.open, self.words, self.ids, self.targets, self.headings = [], [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        assert tag in OURS, tag
        for name, value in attrs:
            assert not name.startswith("on")
            assert name not in {"src", "style", "action", "formaction", "srcdoc", "xlink:href"}
            if name == "href" and value != "data:,":
                assert value.startswith("#c")
                self.targets.append(value[1:])
            if name == "id":
                self.ids.append(value)
        if tag not in VOID:
            self.open.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag):
        while self.open[-1] in OPEN_ENDED and self.open[-1] != tag:
            self.open.pop()
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] not in (["script"], ["style"]):
            self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


def written(parts):
    return render(collect(samples.records(parts)))


def page(parts):
    return Page(written(parts))


EVERYTHING = [*samples.EVERYTHING, samples.RICH, samples.PROVED_AT_LENGTH]


@pytest.mark.parametrize("parts", [samples.GOOD, EVERYTHING, [samples.HOSTILE_CLAIM], [samples.HOSTILE_RICH]])
def test_every_element_is_ours_and_every_link_leads_somewhere(parts):
    read = page(parts)

    assert len(read.ids) == len(set(read.ids))
    assert set(read.targets) <= set(read.ids)


def test_headings_leave_no_level_out():
    levels = page(EVERYTHING).headings

    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in pairwise(levels))


class TestPolicy:
    """What the page may do is written down in it, and is what it does."""

    text = written(samples.GOOD)

    def allowed(self, kind):
        digest = re.search(rf"{kind}-src '(sha256-[^']+)'", self.text)[1]
        content = re.findall(rf"<{kind}>(.*?)</{kind}>", self.text, re.DOTALL)
        assert len(content) == 1
        found = base64.b64encode(hashlib.sha256(content[0].encode()).digest()).decode()
        return digest == f"sha256-{found}"

    def test_nothing_but_one_script_and_one_style_is_allowed(self):
        assert "default-src 'none'" in self.text
        assert "unsafe" not in self.text
        assert self.allowed("script")
        style = re.search(r"<style>(.*?)</style>", self.text, re.DOTALL)[1]
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        assert f"style-src 'sha256-{digest}'" in self.text

    def test_nothing_is_loaded(self):
        assert not re.search(r"https?:|//[a-z]|url\(|@import|src=", self.text)

    def test_the_twin_a_changed_script_is_not_allowed(self):
        self.text = self.text.replace('"use strict"', '"use strict" ')
        assert not self.allowed("script")


@pytest.mark.parametrize("part", [samples.HOSTILE_CLAIM, samples.HOSTILE_RICH])
def test_hostile_text_is_shown_and_not_obeyed(part):
    text = written([part])

    assert text.count("<script") == 1
    assert "javascript:alert" not in re.sub(r"<code>.*?</code>", "", text)  # shown as source, linked nowhere
    assert not any(ord(c) < 32 and c != "\n" for c in text)
    assert "\u202e" not in text
    assert "<script>alert('x')</script> ]]>" in page([part]).text


def test_all_that_a_claim_has_to_say_is_there():
    read = page([samples.FAILED]).text

    for piece in (
        "1 claim: 1 failed",
        "gradients of D12/xw.vjp in every argument",
        "∂ J ∂ W",
        "return np.outer(delta, x), W.T @ delta",
        "formulas/linear.py:17",
        "central difference, 320 bits",
        "n = 1, m = 2",
        "the smallest shape found",
        "transposed",
        "0.333",
        "gradcheck replay D09/wx.vjp",
        "9 shapes in words",
        "seed 0",
        "numpy 2.4.6",
        "2026-01-02 03:04 UTC",
        "autodiff missing: ModuleNotFoundError",
    ):
        assert piece in read, piece


def test_a_failure_says_what_is_wrong_how_one_knows_and_how_to_see_it_again():
    read = page([samples.RICH]).text

    for piece in (
        "Diagnosis dJ/dW: dJ/dW is too small by the factor 1/2 in column 1.",
        "fits at 12 of 12 wrong points that it was tried at, exact to 1e-30 of S",
        "No diagnosis dJ/dx: No simple explanation fits dJ/dx.",
        "tanh ✗ fail the first wrong layer f' is taken at a instead of z",
        "dJ/dW, hand-written",
        "dJ/dW, right",
        "dJ/dW, difference",
        "-0.25",
        "Is the finite difference at fault? No.",
        "the hand-written value is off by 0.5",
        "Tried at 50 points of 9 shapes, 7 with all sizes distinct.",
        "✗ 8 of 50",
        "✓ 50 of 50",
        "It calls formulas/linear.py:3",
        "✗ fail leaves its arguments alone: the code changes x in place",
        "i note size 0: raises",
        "gradcheck replay 'D13/layer.vjp'",
    ):
        assert piece in read, piece


def test_a_difference_that_is_not_sound_is_not_called_sound():
    curve = msgspec.structs.replace(samples.STEP_CURVE, exact=[0.4] * len(samples.STEPS))
    found = msgspec.structs.replace(samples.WITNESS, step_curve=curve)
    part = [*samples.RICH[:-1], msgspec.structs.replace(samples.RICH[-1], counterexample=found)]

    assert "at fault" not in page([part]).text
    assert "The finite difference by its step" in page([part]).text


def test_a_pass_says_how_strong_it_is_and_what_it_rests_on():
    read = page([samples.PROVED_AT_LENGTH]).text

    for piece in (
        "Proved for all sizes and all values, assuming n, m >= 1.",
        "Tried at 50 points of 9 shapes, 7 with all sizes distinct.",
        "float64: 0.3, at the worst 1.7",
        "Assuming n, m >= 1",
        "is n equal to m? proved on both",
        "dJ/dW, entry p, q ✓ proved",
        "contract the delta",
        "np.linalg.inv has no normal form",
        "balls agrees at 20 random shapes",
    ):
        assert piece in read, piece


def test_strengths_are_counted_at_the_top():
    read = page([samples.PASSED, samples.PROVED, samples.ERRATUM]).text

    assert "proved 1 for all sizes" in read
    assert "certified 1 in ball arithmetic" in read


def test_the_worst_entry_is_marked():
    found = msgspec.structs.replace(
        samples.COUNTEREXAMPLE, candidate=samples.COUNTEREXAMPLE.truth, index=[0, 1]
    )
    part = [*samples.FAILED[:-1], msgspec.structs.replace(samples.FAILED[-1], counterexample=found)]

    assert written([part]).count('<rect class="marked"') == 3  # yours, right, difference
    assert '<rect class="marked"' not in written([samples.FAILED])


def test_arrays_of_different_shapes_have_no_difference():
    read = page([samples.FAILED]).text

    assert "dJ/dW, right" in read
    assert "dJ/dW, difference" not in read


def test_a_reason_that_the_counterexample_gives_is_not_said_beside_it():
    """In the list at the top, in the claim's line, which is hidden once it is open, and in the claim."""
    claim = msgspec.structs.replace(samples.FAILED[-1], reason=samples.COUNTEREXAMPLE.message)

    assert page([[*samples.FAILED[:-1], claim]]).text.count("dJ/dW is transposed") == 3
    assert "differs at 1 of 50 points" in page([samples.FAILED]).text


def test_errata_remarks_and_training_are_told():
    records = samples.records([samples.ERRATUM, samples.TRAINED])
    records[-1] = msgspec.structs.replace(records[-1], remarks=["a slip of wording"])

    read = Page(render(collect(records)))

    anchors = ["c-D09-wx-column-vjp-printed", "c-D21-regression-update"]
    assert read.targets == ["claims", *anchors, anchors[0]]  # the table names every claim, the errata theirs
    assert "Errata found" in read.text
    assert "a slip of wording" in read.text
    assert "the cost went from 2.01 to 0.0125. It stopped: 30 steps were asked for." in read.text
    assert "The gradient was right at every step." in read.text
    assert "Errata found" not in page([samples.PASSED]).text


def test_an_erratum_stands_beside_its_correction():
    right = samples.judged("D09/wx_column.vjp", latex=r"W = \frac{7}{8}")

    text = written([samples.ERRATUM, right])

    assert "As corrected" in text
    assert text.count("<mn>7</mn>") == 3  # in the list, beside the erratum, in its own claim
    assert 'href="#c-D09-wx-column-vjp"' in text
    assert "As corrected" not in written([samples.ERRATUM])


@pytest.mark.parametrize(
    "other",
    [
        samples.judged("D10/identity.vjp", latex="y"),
        samples.judged("D09/wx_column.forward", kind="forward", latex="y"),
        samples.judged("D09/wx_column.vjp", "fail", latex="y"),
        samples.judged("D09/wx_column.vjp", latex=samples.ERRATUM[-1].latex),
    ],
)
def test_another_claim_is_no_correction(other):
    assert "As corrected" not in written([samples.ERRATUM, other])


def test_an_unsupported_backend_says_why():
    assert "unsupported" in page([samples.UNSUPPORTED]).text
    assert "np.where on symbols (line 7)" in page([samples.UNSUPPORTED]).text


@pytest.mark.parametrize("length", range(1, len(samples.records(samples.GOOD))))
def test_an_incomplete_log_never_looks_passed(length):
    text = render(collect(samples.records(samples.GOOD)[:length]))

    assert '<header class="top warn">' in text
    assert "INCOMPLETE" in Page(text).text
    assert "came out as declared" not in Page(text).text


@pytest.mark.parametrize(("parts", "tone"), [(samples.GOOD, "good"), ([samples.WEAK], "bad")])
def test_the_colour_of_the_run(parts, tone):
    assert f'<header class="top {tone}">' in written(parts)


def opened(text):
    """For every claim, whether it stands open."""
    return [tag.endswith(" open>") for tag in re.findall(r'<details class="claim [^>]*>', text)]


def test_failures_stand_open_and_passes_closed():
    assert opened(written([samples.FAILED])) == [True]
    assert opened(written([samples.PASSED])) == [False]


def test_only_the_first_of_many_failures_stand_open():
    parts = [samples.judged(f"D1/x{i}.vjp", "fail") for i in range(60)]

    assert opened(written(parts)).count(True) == 3


def test_a_large_run_shows_the_worst_in_full_and_the_rest_in_short(monkeypatch):
    monkeypatch.setattr(html, "BUDGET", 30_000)
    parts = [samples.judged(f"D1/x{i}.vjp") for i in range(40)]

    text = written([*parts, samples.RICH])

    assert text.index("D13/layer.vjp") < text.index("D1/x0.vjp")
    assert "Is the finite difference at fault" in text
    in_short = int(re.search(r"The last (\d+) claims are shown in short", text)[1])
    assert text.count("In short, because the run is large") == in_short > 30
    assert all(f"D1/x{i}.vjp" in text for i in range(40))
    assert "in short" not in written([samples.PASSED]).lower()


def test_anchors_are_made_of_names_and_never_meet():
    names = anchors(["D09/wx.vjp", "D09/wx-vjp", "D09.wx.vjp", "é", "ü", ""])

    assert names["D09/wx.vjp"] == "c-D09-wx-vjp"
    assert len(set(names.values())) == 6
    assert all(re.fullmatch(r"c-[A-Za-z0-9-]*", name) for name in names.values())


def test_an_array_that_is_not_finite_is_drawn_all_the_same():
    found = msgspec.structs.replace(
        samples.WITNESS,
        candidate=encode(np.array([[np.nan, np.inf, 1.0], [0.0, 1e300, -1e300]])),
        truth=encode(np.ones((2, 3))),
    )
    part = [*samples.RICH[:-1], msgspec.structs.replace(samples.RICH[-1], counterexample=found)]

    text = written([part])

    assert text.count('<rect class="odd"') == 4  # two of them, and their differences
    assert "nan" in Page(text).text


def proof_with(*steps):
    quantity = samples.ProofQuantity(
        quantity="dJ/dW",
        status="proved",
        indices="p",
        truth="a_p",
        candidate="a_p",
        steps=[samples.ProofStep(rule=f"rule {i}", latex=latex) for i, latex in enumerate(steps)],
    )
    return page([samples.judged("x", proof=samples.Proof(status="proved", quantities=[quantity] * 2))])


def test_no_formula_of_a_proof_is_drawn_twice():
    text = proof_with("b_p", "a_p", "b_p").text

    assert text.count("the same as the right entry") == 4  # the hand-written entry and one step, twice
    assert text.count("the same as step 1") == 2


def test_an_endless_formula_is_cut_and_an_endless_proof_too():
    text = proof_with("a + " * 5000 + "a").text
    assert "more characters" in text
    assert len(text) < 5000

    text = proof_with(*(f"a_{{{i}}} + b" for i in range(900))).text
    assert "left out here; gradcheck prove 'x' shows it" in text
    assert "rule 899" in text


def test_the_published_catalogue_stays_small():
    """Three megabytes, proofs and all."""
    log = read_log(Path(__file__).parents[2] / "reports" / "catalogue" / "run.jsonl")

    assert len(render(log).encode()) < 3e6


def test_what_passes_leave_out_stands_at_the_top():
    left_out = render(collect(samples.records([samples.judged("D09/wx.vjp", unchecked=["dJ/d<b>"])])))

    top = left_out.split("<main")[0]
    assert "not checked: dJ/d&lt;b&gt; (D09/wx.vjp) (no gradient was returned)" in top
    assert "not checked" not in render(collect(samples.records([samples.PASSED])))


def test_a_diagnosis_names_its_quantity_at_the_top_and_shows_code_as_code():
    text = "the derivative of `<b>` in `np.tanh(x)` is left out, one ` alone"
    found = [Diagnosis(quantity=q, kind="slope", text=text) for q in ("dJ/dW", "dJ/db")]

    made = render(collect(samples.records([samples.judged("D1/x.vjp", "fail", diagnosis=found)])))

    said = "the derivative of <code>&lt;b&gt;</code> in <code>np.tanh(x)</code> is left out, one ` alone"
    assert made.count(said) == 3  # at the top, in the claim's line, and in the claim
    assert f'<span class="why">dJ/dW and dJ/db: {said}</span>' in made
    assert f"<b>Diagnosis</b> dJ/dW and dJ/db: {said}" in made


def test_a_claim_is_headed_by_its_name_its_place_and_its_diagnosis():
    """What it states comes second."""
    found = [Diagnosis(quantity="dJ/dx", kind="factor", text="too small by the factor 2", points=3, of=3)]
    text = written([samples.judged("D1/x.vjp", "fail", diagnosis=found)])

    heading = re.search(r"<h3>(.*?)</h3>", text, re.DOTALL)[1]
    assert re.sub("<.*?>", "", heading) == (
        "D1 x.vjp formulas/linear.py:19 dJ/dx: too small by the factor 2 (3 of 3 points)"
    )


def test_the_wrong_line_is_marked_and_its_twin_in_a_pass_is_not():
    found = [Diagnosis(quantity="dJ/dx", kind="factor", text="too small by the factor 2")]

    failed = written([samples.judged("D1/x.vjp", "fail", diagnosis=found)])

    marked = re.findall(r'<mark class="wrong">(.*?)</mark>', failed, re.DOTALL)
    assert [Page(m).text for m in marked] == [
        "19 return np.outer(delta, x), W.T @ delta \u2191 dJ/dx goes wrong here"
    ]
    assert "<mark" not in written([samples.PASSED])


def test_every_number_has_a_name_that_the_legend_explains():
    text = written(EVERYTHING)

    named = set(re.findall(r'data-name="([^"]+)"', text)) - {"hand-written", "right", "according to"}
    assert len(named) > 5
    assert named <= set(LEGEND)
    assert all(word in page([samples.PASSED]).text for word in LEGEND)
