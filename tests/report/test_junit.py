"""JUnit as CI systems read it: every outcome in its place, nothing that a strict reader refuses."""

from collections import Counter
from xml.etree import ElementTree as ET

import junitparser
import msgspec
import pytest

from gradcheck.records.reading import collect
from gradcheck.records.types import BatteryRow
from gradcheck.report.formats.junit import render
from tests.report import samples


def read(records):
    return junitparser.JUnitXml.fromstring(render(collect(records)).encode())


def cases(parts):
    return [case for suite in read(samples.records(parts)) for case in suite]


def kinds(parts):
    return [type(r).__name__ for case in cases(parts) for r in case.result or [None]]


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (samples.PASSED, ["NoneType", "NoneType"]),
        (samples.FAILED, ["Failure", "Failure"]),
        (samples.ERRATUM, ["NoneType", "NoneType"]),
        (samples.ERRATUM_STANDS, ["Failure", "Failure"]),
        (samples.WEAK, ["Failure", "Failure"]),
        (samples.INCONCLUSIVE, ["Failure", "Failure"]),
        (samples.ERROR, ["Error", "Error"]),
        (samples.UNSUPPORTED, ["Skipped", "NoneType"]),
        (samples.HOSTILE_CLAIM, ["Failure", "Failure"]),
    ],
)
def test_every_outcome_in_its_place(part, expected):
    assert kinds([part]) == expected


def test_a_claim_that_no_backend_shows_as_wrong_gets_a_case_of_its_own():
    part = [
        samples.row("D1/x", "symbolic", "unsupported"),
        samples.row("D1/x", "finite_difference", "unsupported"),
        samples.claim("D1/x", "inconclusive", reason="no backend answered"),
    ]

    assert kinds([part]) == ["Skipped", "Skipped", "Failure"]
    assert "no backend answered" in cases([part])[-1].result[0].text


def battery(check, outcome, *, counts):
    return BatteryRow(
        claim="D1/x", check=check, outcome=outcome, counts=counts, points=3, reason="its reason"
    )


def test_a_failed_check_that_does_not_count_is_no_failure_of_the_claim():
    part = [
        samples.row("D1/x", "symbolic", "pass"),
        samples.row("D1/x", "finite_difference", "pass"),
        battery("batch", "fail", counts=False),
        battery("sizes of 0", "note", counts=False),
        samples.claim("D1/x", "pass"),
    ]

    assert kinds([part]) == ["NoneType", "NoneType"]


def test_a_failed_check_that_counts_is_one_failure_through_the_claims_verdict():
    part = [
        samples.row("D1/x", "symbolic", "pass"),
        samples.row("D1/x", "finite_difference", "pass"),
        battery("linearity", "fail", counts=True),
        battery("batch", "fail", counts=False),
        samples.claim("D1/x", "fail", reason="not linear in delta"),
    ]

    assert kinds([part]) == ["NoneType", "NoneType", "Failure"]
    text = cases([part])[-1].result[0].text
    assert "not linear in delta" in text
    assert "linearity: fails: its reason" in text
    assert "batch: fails, which does not decide the verdict: its reason" in text


def test_an_erratum_that_one_backend_alone_refutes_is_a_failure_where_the_claim_stands():
    part = [
        samples.row("D1/x", "symbolic", "fail"),
        samples.row("D1/x", "finite_difference", "unsupported"),
        samples.claim("D1/x", "error", expected="fail", reason="the backends contradict each other"),
    ]

    assert kinds([part]) == ["NoneType", "Skipped", "Error"]


@pytest.mark.parametrize("verdict", ["weak", "inconclusive", "fail", "error"])
def test_a_backend_that_stays_behind_does_not_turn_a_declared_run_red(verdict):
    part = [samples.row("D1/x"), samples.row("D1/x", "finite_difference", verdict), samples.claim("D1/x")]

    assert kinds([part]) == ["NoneType", "Skipped"]
    assert read(samples.records([part])).failures == 0


def test_the_story_stands_in_the_text():
    text = cases([samples.FAILED])[0].result[0].text

    for piece in (
        "D12/xw.vjp",
        "n = 1, m = 2",
        "transposed",
        "x = [2.0, 0.1]",
        "gradcheck replay",
        "linear.py:17",
    ):
        assert piece in text


def test_counts_and_names_add_up():
    root = ET.fromstring(render(collect(samples.records(samples.EVERYTHING))).encode())
    suites = list(root)
    names = [case.get("name") for suite in suites for case in suite]

    assert len(names) == len(set(names)) == int(root.get("tests")) == 2 * len(samples.EVERYTHING)
    for suite in suites:
        found = Counter(child.tag for case in suite for child in case)
        assert (int(suite.get("failures")), int(suite.get("errors")), int(suite.get("skipped"))) == (
            found["failure"],
            found["error"],
            found["skipped"],
        )
    assert suites[0].get("file") == samples.FILE


def test_names_that_differ_in_control_characters_only_stay_apart():
    parts = [samples.judged("D1/a"), samples.judged("D1/a\x00"), samples.judged("D1/\x1ba")]

    names = [case.name for case in cases(parts)]

    assert len(set(names)) == 6


# What the strictest reader's schema allows (pytest's `xunit2` is made for the same one).
ALLOWED = {
    "testsuites": ({"name", "time", "tests", "failures", "errors"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors", "skipped", "time", "timestamp", "file"},
        {"testcase"},
    ),
    "testcase": ({"name", "classname", "time"}, {"failure", "error", "skipped"}),
    "failure": ({"type", "message"}, set()),
    "error": ({"type", "message"}, set()),
    "skipped": ({"type", "message"}, set()),
}


@pytest.mark.parametrize("parts", [samples.GOOD, samples.EVERYTHING])
def test_only_what_strict_readers_take(parts):
    root = ET.fromstring(render(collect(samples.records(parts))).encode())
    for element in root.iter():
        attributes, children = ALLOWED[element.tag]
        assert set(element.keys()) <= attributes
        assert {child.tag for child in element} <= children
        if (time := element.get("time")) is not None:
            assert len(time.partition(".")[2]) == 3
        if element.tag == "testcase":
            assert set(element.keys()) == attributes
            assert len(element) <= 1


def test_hostile_text_stays_text():
    xml = render(collect(samples.records([samples.HOSTILE_CLAIM])))

    assert not any(ord(c) < 32 and c not in "\n\t" for c in xml)
    assert "<script" not in xml
    case = cases([samples.HOSTILE_CLAIM])[0]
    assert "<script>alert('x')</script> ]]>" in case.result[0].text
    assert case.classname.startswith("<script>")


@pytest.mark.parametrize("length", range(1, len(samples.records(samples.GOOD))))
def test_an_incomplete_log_is_never_green(length):
    suites = read(samples.records(samples.GOOD)[:length])

    assert suites.errors == 1
    (error,) = [
        r for suite in suites for case in suite for r in case.result or [] if isinstance(r, junitparser.Error)
    ]
    assert "INCOMPLETE" in error.text


def test_a_whole_log_of_the_same_claims_is_green():
    suites = read(samples.records(samples.GOOD))

    assert (suites.errors, suites.failures) == (0, 0)


def test_a_story_has_an_end():
    part = [*samples.FAILED[:-1], msgspec.structs.replace(samples.FAILED[-1], notes=["x" * 3000] * 100)]

    assert len(render(collect(samples.records([part])))) < 2 * 61_000 + 5_000


def test_five_thousand_failing_claims_stay_below_what_gitlab_reads():
    """30 MB a file; every case keeps its message and the first lines of its story."""
    fat = msgspec.structs.replace(samples.FAILED[-1], notes=["<é" * 1500] * 3, statement="x" * 5000)
    parts = [
        [
            *(msgspec.structs.replace(row, claim=f"D1/x{i}.vjp") for row in samples.FAILED[:-1]),
            msgspec.structs.replace(fat, uid=f"D1/x{i}.vjp"),
        ]
        for i in range(5000)
    ]

    xml = render(collect(samples.records(parts)))

    assert len(xml.encode()) < 30e6
    root = ET.fromstring(xml)
    failures = list(root.iter("failure"))
    assert len(failures) == 10_000
    assert all(f.get("message") and len(f.text) > 100 for f in failures)
    assert "gradcheck replay" in failures[0].text
    assert "run.jsonl has it" in failures[-1].text


def test_names_have_an_end_and_stay_unique():
    names = [case.name for case in cases([samples.judged("x" * 2000 + str(i)) for i in range(3)])]

    assert len(set(names)) == 6
    assert all(len(name) < 600 for name in names)
