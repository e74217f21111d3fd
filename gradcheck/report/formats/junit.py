"""`junit.xml`: one test case per claim and backend, as CI systems read it.

Kept to what the strictest readers take: a test case has a name, a class name and a time, nothing
else; times have three decimals; names are unique; the whole story stands in the element's text,
because some readers show nothing else.
"""

from __future__ import annotations

from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from gradcheck.records.reading import Log
from gradcheck.records.types import BackendRow, ClaimRow
from gradcheck.records.verdicts import Verdict
from gradcheck.report.narrative import headline, row_text, status, story
from gradcheck.report.text import clean, clip, one_line

__all__ = ["BUDGET", "render"]

_MAX_TEXT = 60_000  # a story never needs more than this

BUDGET = 12 * 1024 * 1024
"""Characters of stories in one file; GitLab reads files below 30 MB. Later ones are cut to their message."""

_MAX_SHORT = 300
_MAX_NAME = 500

_TALLY = {"failure": "failures", "error": "errors", "skipped": "skipped"}


def render(log: Log) -> str:
    """The log as JUnit XML, one suite per source file of formulas."""
    suites: dict[str, ET.Element] = {}
    names: set[str] = set()
    for claim in log.claims:
        suite = _suite(suites, claim.forward.file, log)
        for row in log.rows.get(claim.uid, ()):
            case = _case(suite, names, f"{claim.uid} [{row.backend}]", claim.formula, row.seconds)
            _judge_row(case, claim, row, log)
        _judge_claim(suite, names, claim, log)
    if not log.complete:
        suite = _suite(suites, "gradcheck", log)
        case = _case(suite, names, "the run is complete", "gradcheck", 0.0)
        listed = [*log.problems, *(f"not judged: {one_line(uid)}" for uid in log.missing)]
        _say(case, "error", "incomplete", headline(log), "\n".join([headline(log), *listed]))
    root = ET.Element("testsuites", {"name": "gradcheck"})
    root.extend(suites.values())
    _keep_within_budget(root)
    for suite in suites.values():
        _count(suite)
    for key in ("tests", "failures", "errors"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in suites.values())))
    root.set("time", f"{sum(float(suite.get('time', '0')) for suite in suites.values()):.3f}")
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(suites: dict[str, ET.Element], file: str, log: Log) -> ET.Element:
    if file not in suites:
        name = one_line(file) or "formulas"
        suites[file] = ET.Element("testsuite", {"name": name, "timestamp": clean(log.header.started)})
        if file != "gradcheck":
            suites[file].set("file", name)
    return suites[file]


def _case(suite: ET.Element, names: set[str], name: str, formula: str, seconds: float) -> ET.Element:
    base = name = clip(one_line(name), _MAX_NAME)
    number = 2
    while name in names:  # two names that differ in control characters only
        name, number = f"{base} ({number})", number + 1
    names.add(name)
    return ET.SubElement(
        suite,
        "testcase",
        {"classname": clip(one_line(formula), _MAX_NAME), "name": name, "time": f"{seconds:.3f}"},
    )


def _judge_row(case: ET.Element, claim: ClaimRow, row: BackendRow, log: Log) -> None:
    if row.verdict == "unsupported":
        _say(case, "skipped", "unsupported", row_text(row), row_text(row))
    elif row.verdict == claim.expected:
        pass
    elif claim.as_declared:
        # The others decided: one backend that stayed behind, or was outvoted, must not turn a run red
        # that exits with 0. It is not shown as passed either.
        why = f"{row.verdict}, but the claim is as declared with the other backends"
        _say(case, "skipped", row.verdict, why, f"{why}\n{row_text(row)}")
    else:
        tag = "error" if Verdict.ERROR in {row.verdict, claim.verdict} else "failure"
        _say(case, tag, row.verdict, _message(claim), story(claim, (row,), log.battery.get(claim.uid, ())))


def _judge_claim(suite: ET.Element, names: set[str], claim: ClaimRow, log: Log) -> None:
    """A case for the claim itself where no backend's case shows that it is not as declared."""
    if claim.as_declared:
        return
    tag = "error" if claim.verdict == Verdict.ERROR else "failure"
    rows = log.rows.get(claim.uid, ())
    if any(row.verdict not in {claim.expected, "unsupported"} for row in rows):
        return
    case = _case(suite, names, f"{claim.uid} [all backends]", claim.formula, 0.0)
    _say(case, tag, claim.verdict, _message(claim), story(claim, rows, log.battery.get(claim.uid, ())))


def _message(claim: ClaimRow) -> str:
    found = claim.counterexample
    return f"{status(claim).word}: {(found.message if found else claim.reason) or claim.statement}"


def _say(case: ET.Element, tag: str, kind: str, message: str, text: str) -> None:
    element = ET.SubElement(case, tag, {"type": kind, "message": clip(one_line(message), 500)})
    element.text = clip(clean(text), _MAX_TEXT)


def _keep_within_budget(root: ET.Element) -> None:
    """Cut the stories that come after the budget is spent down to their first lines."""
    left = BUDGET
    for tag in ("error", "failure"):
        for element in root.iter(tag):
            text = element.text or ""
            left -= len(escape(text).encode())
            if left < 0:
                element.text = f"{clip(text, _MAX_SHORT)}\nLeft out of this large file; run.jsonl has it."


def _count(suite: ET.Element) -> None:
    suite.set("tests", str(len(suite)))
    for tag, key in _TALLY.items():
        suite.set(key, str(len(suite.findall(f"testcase/{tag}"))))
    suite.set("time", f"{sum(float(case.get('time', '0')) for case in suite):.3f}")
