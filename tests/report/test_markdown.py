"""The job summary: the worst first, below the limit, and nothing in it is markup but ours."""

import re

import msgspec
import pytest
from markdown_it import MarkdownIt

from gradcheck.records.reading import collect
from gradcheck.report.formats.markdown import LIMIT, escape, render
from tests.report import samples


def page(parts):
    return render(collect(samples.records(parts)))


def html(parts):
    return MarkdownIt("commonmark").enable("table").render(page(parts))


def test_the_worst_comes_first():
    text = page(samples.EVERYTHING)

    order = [text.index(word) for word in ("D17/layer", "D12/xw", "D16/mse", "D10/identity", "D09/wx.vjp |")]
    assert order == sorted(order)


def test_every_claim_is_named_and_counted():
    text = page(samples.EVERYTHING)

    assert (
        "11 claims: 1 in error, 2 failed, 1 known erratum not confirmed, 1 inconclusive, 1 weak, 4 passed"
        in text
    )
    assert text.count("<details>") == 7  # six wrong ones and an erratum
    for part in samples.EVERYTHING[:-1]:
        assert part[-1].uid in text


@pytest.mark.parametrize(
    ("parts", "mark"), [(samples.GOOD, "✅"), ([samples.WEAK], "❌"), ([samples.ERRATUM_STANDS], "❌")]
)
def test_the_mark_of_the_run(parts, mark):
    assert page(parts).startswith(f"## {mark}")


@pytest.mark.parametrize("length", range(1, len(samples.records(samples.GOOD))))
def test_an_incomplete_log_never_looks_passed(length):
    text = render(collect(samples.records(samples.GOOD)[:length]))

    assert text.startswith("## ⚠️ gradcheck: INCOMPLETE")
    assert "✅" not in text


def test_hostile_text_makes_no_element_of_its_own():
    ours = html([samples.FAILED])
    theirs = html([samples.HOSTILE_CLAIM])

    assert "<script" not in theirs
    assert "href" not in theirs
    assert theirs.count("<td") == ours.count("<td")
    assert theirs.count("<strong>") == ours.count("<strong>")
    assert theirs.count("<pre>") == ours.count("<pre>") == 1


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a|b", "a\\|b"),
        ("a`b`", "a\\`b\\`"),
        ("<b>", "&lt;b>"),
        ("&lt;", "&amp;lt;"),
        ("two\nlines", "two lines"),
        ("_x_ wx_vjp", "\\_x\\_ wx_vjp"),
        ("@someone", "&#64;someone"),
        ("$x$", "&#36;x&#36;"),
        ("https://x.y", "https&#58;//x.y"),
        ("# title", "\\# title"),
        ("1. item", "1\\. item"),
        ("- item", "\\- item"),
        ("D09/wx.vjp at n-k+1 = 3: (2, 1)", "D09/wx.vjp at n-k+1 = 3: (2, 1)"),
    ],
)
def test_escape(text, shown):
    assert escape(text) == shown


def many(part, count):
    """Copies of one claim under other names."""
    rows, claim = part[:-1], part[-1]
    for i in range(count):
        uid = f"{claim.uid}-{i}"
        yield [
            *(msgspec.structs.replace(row, claim=uid) for row in rows),
            msgspec.structs.replace(claim, uid=uid),
        ]


@pytest.mark.parametrize("part", [samples.FAILED, samples.HOSTILE_CLAIM, samples.PASSED, samples.ERRATUM])
def test_a_large_run_stays_below_the_limit_and_says_what_is_left_out(part):
    text = page(list(many(part, 12_000)))

    assert len(text.encode()) < LIMIT
    assert re.search(r"\.\.\. and \d+ \w.* more\.", text)
    assert "seed 0" in text.splitlines()[-1]
    if part[-1].verdict == "fail":
        assert "<details>" in text  # the table alone does not use up the page


def test_a_large_incomplete_run_stays_below_the_limit():
    records = samples.records(list(many(samples.FAILED, 12_000)))[:4]

    text = render(collect(records))

    assert len(text.encode()) < LIMIT
    assert "INCOMPLETE" in text


def test_one_enormous_claim_does_not_hide_the_others():
    fat = msgspec.structs.replace(samples.ERROR[-1], reason="é" * 2_000_000, statement="x" * 2_000_000)

    text = page([[*samples.ERROR[:-1], fat], samples.FAILED])

    assert len(text.encode()) < LIMIT
    assert "transposed" in text


def test_a_small_run_leaves_nothing_out():
    assert "more" not in page(samples.GOOD)


def test_strengths_and_corrections_are_told():
    right = samples.judged("D09/wx_column.vjp", latex=r"x \delta^T", strength="proved")

    text = page([samples.PASSED, samples.ERRATUM, right])

    assert "- strength of what passed: 1 proved, 1 certified\n" in text
    assert "as corrected: x \\delta^T\n" in text
    assert "as corrected" not in page([samples.PASSED, samples.ERRATUM])


def test_a_failure_says_all_that_the_page_says_in_its_means():
    text = page([samples.RICH])

    for piece in (
        "2 [ tanh    ]  fail",
        "float64 finite differences agree with the expected value",
        "agree with each other",
    ):
        assert piece in text


def test_what_passes_leave_out_stands_at_the_top():
    left_out = render(collect(samples.records([samples.judged("D09/wx.vjp", unchecked=["dJ/d<b>"])])))

    top = left_out.split("###")[0]
    assert "- not checked: dJ/d&lt;b> (D09/wx.vjp) (no gradient was returned)\n" in top
    assert "not checked" not in render(collect(samples.records([samples.PASSED])))
