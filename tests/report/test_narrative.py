"""The sentences and small texts that formats share."""

import numpy as np
import pytest

from gradcheck.records.arrays import encode
from gradcheck.records.reading import collect
from gradcheck.records.types import BatteryRow, Untried
from gradcheck.report.narrative import (
    battery_text,
    counts,
    headline,
    outcome,
    remarkable,
    row_status,
    row_text,
    status,
    story,
    worst_first,
)
from gradcheck.report.text import array_text, clean, clip, duration, one_line, plural, quantity
from tests.report import samples


def log(parts):
    return collect(samples.records(parts))


@pytest.mark.parametrize(
    ("part", "word", "tone"),
    [
        (samples.PASSED, "pass", "good"),
        (samples.ERRATUM, "refuted", "found"),
        (samples.FAILED, "fail", "bad"),
        (samples.ERRATUM_STANDS, "not refuted", "bad"),
        (samples.ERROR, "error", "bad"),
        (samples.WEAK, "weak", "warn"),
        (samples.INCONCLUSIVE, "inconclusive", "warn"),
    ],
)
def test_status(part, word, tone):
    assert status(part[-1])[:2] == (word, tone)
    assert row_status(part[0], part[-1])[:2] == (word, tone)


def test_order_and_counts():
    words = [status(claim).word for claim in worst_first(log(samples.EVERYTHING))]

    assert " ".join(words) == ("error fail not refuted fail inconclusive weak refuted pass pass pass pass")
    assert sum(counts(log(samples.EVERYTHING)).values()) == 11


@pytest.mark.parametrize(
    ("parts", "sentence"),
    [
        ([samples.PASSED], "1 claim: 1 passed"),
        (samples.GOOD, "5 claims: 4 passed, 1 known erratum confirmed wrong"),
        ([samples.FAILED, samples.PASSED], "2 claims: 1 failed, 1 passed"),
    ],
)
def test_headline(parts, sentence):
    assert headline(log(parts)) == sentence


def test_headline_of_an_incomplete_log_counts_what_is_wrong_already():
    cut = collect(samples.records([samples.FAILED, samples.PASSED])[:4])

    assert headline(cut) == "INCOMPLETE: 1 of 2 claims judged: 1 failed"
    assert outcome(cut) == "incomplete"


def test_a_run_that_reports_a_failure_of_its_own_is_not_as_declared():
    records = samples.records(samples.GOOD)
    records[-1] = samples.footer([r for p in samples.GOOD for r in p if hasattr(r, "uid")], exit_code=1)

    assert outcome(collect(records)) == "not as declared"
    assert headline(collect(records)).endswith("the run itself reports a failure")


def test_a_story_is_one_line_per_sentence():
    claim = samples.HOSTILE_CLAIM[-1]

    lines = story(claim, tuple(samples.HOSTILE_CLAIM[:-1])).splitlines()

    assert lines[0].startswith("FAIL X1/<script>")
    assert not any(line.startswith("next") for line in lines)
    assert "  and 2 more entries" in lines
    assert "  rate = 0.5" in lines


def test_rows_say_what_happened():
    assert row_text(samples.row("x", answered=40, agreed=39, differed=1, kinks=2, outlier=1)) == (
        "symbolic: 1 of 40 differs, 10 skipped (no reason given), 2 kinks, outvoted at 1 point"
    )
    assert row_text(samples.row("x", "symbolic", "unsupported")) == "symbolic: unsupported: no reason given"


def battery_row(outcome, *, counts=False, reason="why", sizes=None, check="batch"):
    return BatteryRow(
        claim="x", check=check, outcome=outcome, counts=counts, points=3, reason=reason, sizes=sizes
    )


def test_a_check_of_the_battery_in_one_line():
    assert battery_text(battery_row("fail", counts=True, sizes={"n": 2})) == "batch: fails: why (at n = 2)"
    assert battery_text(battery_row("fail")) == "batch: fails, which does not decide the verdict: why"
    assert battery_text(battery_row("note", reason="a\nb")) == "batch, note: a b"
    assert battery_text(battery_row("fail", counts=True, reason=None)) == "batch: fails: no reason given"


def test_a_story_shows_what_failed_or_is_noted_in_the_battery_and_nothing_twice():
    claim = samples.claim("D1/x", "error", reason="changes W in place")
    rows = (
        battery_row("fail", counts=True, reason="changes W in place", check="unchanged inputs"),
        battery_row("fail", check="batch"),
        battery_row("note", check="sizes of 0"),
        battery_row("pass", check="linearity"),
        battery_row("skipped", check="zero delta"),
    )

    lines = story(claim, (), rows).splitlines()

    assert [r.check for r in remarkable(claim, rows)] == ["batch", "sizes of 0"]
    assert sum("changes W in place" in line for line in lines) == 1
    assert "batch: fails, which does not decide the verdict: why" in lines
    assert "sizes of 0, note: why" in lines
    assert not any(word in line for line in lines for word in ("linearity", "zero delta", "unchanged inputs"))
    assert story(claim, (), rows[3:]) == story(claim, ())


def test_what_was_not_tried_and_what_is_unstable_is_told():
    found = samples.claim(
        "x.vjp",
        untried=[Untried(where="a.py:3", what="`x > 1e3`: > was never true")],
        unstable="dJ/dx is not finite in float64",
    )

    lines = story(found, ()).splitlines()

    assert lines[0] == "pass x.vjp (formulas/linear.py:17), certified, unstable"
    assert "not tried: `x > 1e3`: > was never true (a.py:3)" in lines
    assert "unstable: dJ/dx is not finite in float64" in lines
    assert not any(
        "unstable" in line or "not tried" in line for line in story(samples.PASSED[-1], ()).split("\n")
    )


@pytest.mark.parametrize(
    ("array", "text"),
    [
        (np.array(0.1), "0.1"),
        (np.float32([0.1]), "[0.1]"),
        (np.array([[1, 2], [3, 4]]), "[[1, 2], [3, 4]]"),
        (np.zeros((2, 0)), "[[], []]"),
        (np.array([True]), "[True]"),
        (
            np.arange(70.0).reshape(7, 10),
            "array of 7 x 10 entries (<f8, from 0.0 to 69.0); exact in run.jsonl",
        ),
        (np.full(70, np.nan), "array of 70 entries (<f8); exact in run.jsonl"),
    ],
)
def test_array_text(array, text):
    assert array_text(encode(array)) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0 ms"),
        (0.9994, "999 ms"),
        (0.9996, "1.0 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 00 s"),
        (-1.0, "?"),
    ],
)
def test_duration(seconds, text):
    assert duration(seconds) == text


def test_small_texts():
    assert clean("a\r\nb\rc\td\x00\x1b\x7f\x85\ud800\ufffe\u202e") == "a\nb\nc\td"
    assert one_line(" a \n\t b ") == "a b"
    assert clip("abcdef", 3) == "abc ... (3 more characters)"
    assert clip("abc", 3) == "abc"
    assert plural(1, "kink") == "1 kink"
    assert plural(2, "erratum", "errata") == "2 errata"
    assert quantity("dJ/dW", [0, 1]) == "dJ/dW[0, 1]"
    assert quantity(None, None) == "value"


def test_a_shard_does_not_pass_for_the_whole_run():
    part = collect(samples.records([samples.PASSED], shards=["2/3"]))
    parts = collect(samples.records([samples.PASSED], shards=["1/3", "2/3"]))

    assert headline(part) == "Shard 2/3: 1 claim: 1 passed"
    assert headline(parts) == "Shard 1/3, 2/3: INCOMPLETE: 1 claim: 1 passed"
