"""The page: self-contained, escaped, and honest about what is missing."""

import re
from html.parser import HTMLParser

import msgspec
import pytest

from gradcheck.log import collect
from gradcheck.report.curve import curve
from gradcheck.report.html import render
from tests.report import samples

OURS = {
    *("html", "head", "meta", "title", "style", "body", "header", "main", "footer", "section", "div", "p"),
    *("h1", "h2", "h4", "ul", "li", "dl", "dt", "dd", "b", "a", "span", "small", "code", "pre", "details"),
    *("summary", "table", "thead", "tbody", "tr", "th", "td", "svg", "path", "polyline", "circle", "text"),
}
VOID = {"meta"}


class Page(HTMLParser):
    """Checks that every element is ours, closed, and carries no handler and no outside address."""

    def __init__(self, text):
        super().__init__()
        self.open, self.words, self.ids, self.targets = [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        assert tag in OURS
        for name, value in attrs:
            assert not name.startswith("on")
            assert name not in {"src", "style", "action"}
            if name == "href":
                assert value.startswith("#claim-")
                self.targets.append(value[1:])
            if name == "id":
                self.ids.append(value)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        while self.open[-1] in {"p", "li"} and self.open[-1] != tag:
            self.open.pop()
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


def page(parts):
    return Page(render(collect(samples.records(parts))))


@pytest.mark.parametrize("parts", [samples.GOOD, samples.EVERYTHING, [samples.HOSTILE_CLAIM]])
def test_every_element_is_ours(parts):
    read = page(parts)

    assert len(read.ids) == len(set(read.ids))
    assert set(read.targets) <= set(read.ids)


def test_the_page_forbids_what_it_does_not_use():
    text = render(collect(samples.records(samples.GOOD)))

    assert "default-src 'none'; style-src 'unsafe-inline'" in text
    assert "<script" not in text
    assert not re.search(r"https?://", text)


def test_hostile_text_is_shown_and_not_obeyed():
    text = render(collect(samples.records([samples.HOSTILE_CLAIM])))

    assert "<script" not in text
    assert not any(ord(c) < 32 and c != "\n" for c in text)
    assert "\u202e" not in text
    assert "<script>alert('x')</script> ]]>" in page([samples.HOSTILE_CLAIM]).text


def test_all_that_a_claim_has_to_say_is_there():
    read = page([samples.FAILED]).text

    for piece in (
        "1 of 1 claim did not come out as declared",
        "gradients of D12/xw.vjp in every argument",
        r"\frac{\partial J}{\partial W}",
        "return np.outer(delta, x), W.T @ delta",
        "formulas/linear.py:17",
        "central difference, 500 bits",
        "n = 1, m = 2",
        "no smaller shape refutes it",
        "transposed",
        "0.333",
        "gradcheck replay D09/wx.vjp",
        "9 shapes tried",
        "seed 0",
        "numpy 2.4.6",
        "2026-01-02T03:04:05Z",
        "autodiff missing: ModuleNotFoundError",
    ):
        assert piece in read, piece


def test_the_worst_entry_is_marked():
    found = msgspec.structs.replace(
        samples.COUNTEREXAMPLE, candidate=samples.COUNTEREXAMPLE.truth, index=[0, 1]
    )
    part = [*samples.FAILED[:-1], msgspec.structs.replace(samples.FAILED[-1], counterexample=found)]

    assert render(collect(samples.records([part]))).count('<td class="marked">0.1</td>') == 2
    assert 'class="marked"' not in render(collect(samples.records([samples.FAILED])))


def test_a_reason_that_the_counterexample_gives_is_said_once():
    claim = msgspec.structs.replace(samples.FAILED[-1], reason=samples.COUNTEREXAMPLE.message)

    assert page([[*samples.FAILED[:-1], claim]]).text.count("transposed") == 1
    assert "differs at 1 of 50 points" in page([samples.FAILED]).text


def test_errata_remarks_and_training_are_told():
    records = samples.records([samples.ERRATUM, samples.TRAINED])
    records[-1] = msgspec.structs.replace(records[-1], remarks=["a slip of wording"])

    read = Page(render(collect(records)))

    assert read.targets == ["claim-1"]
    assert "Errata found" in read.text
    assert "a slip of wording" in read.text
    assert "the cost went from 2.01 to 0.0125. It stopped: 30 steps were asked for." in read.text
    assert "The gradient was right at every step." in read.text
    assert "Errata found" not in page([samples.PASSED]).text


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
    assert f'<header class="top {tone}">' in render(collect(samples.records(parts)))


def test_failures_stand_open_and_passes_closed():
    assert '<details class="card bad" open>' in render(collect(samples.records([samples.FAILED])))
    assert '<details class="card good">' in render(collect(samples.records([samples.PASSED])))


class TestCurve:
    def training(self, costs, verdict="pass"):
        steps = [
            msgspec.structs.replace(samples.TRAINING.steps[0], cost=cost, verdict=verdict)
            for cost in costs[:-1]
        ]
        return msgspec.structs.replace(samples.TRAINING, steps=steps, final_cost=costs[-1])

    def points(self, costs):
        text = re.search(r'points="([^"]*)"', curve(self.training(costs)))[1]
        return [tuple(map(float, pair.split(","))) for pair in text.split()]

    def test_a_falling_cost_falls(self):
        heights = [y for _, y in self.points([4.0, 3.0, 2.0, 1.0])]
        assert heights == sorted(heights)  # y grows downwards

    @pytest.mark.parametrize(
        ("costs", "log"), [([1.0, 0.01], True), ([1.0, 0.5], False), ([1.0, -1.0], False)]
    )
    def test_the_scale_is_told(self, costs, log):
        assert ("log scale" in curve(self.training(costs))) == log

    @pytest.mark.parametrize("costs", [[1.0], [1.0, float("nan")], [float("inf"), 1.0]])
    def test_what_cannot_be_drawn_is_not(self, costs):
        assert curve(self.training(costs)) == ""

    @pytest.mark.parametrize("costs", [[1.0, 1.0], [0.0, 0.0], [1.7e308, -1.7e308], [5e-324, 0.0]])
    def test_every_point_lies_in_the_picture(self, costs):
        assert all(0 <= x <= 320 and 0 <= y <= 120 for x, y in self.points(costs))

    def test_a_step_with_a_wrong_gradient_is_marked(self):
        assert "wrong" in curve(self.training([2.0, 1.0], "fail"))
        assert "wrong" not in curve(self.training([2.0, 1.0]))
