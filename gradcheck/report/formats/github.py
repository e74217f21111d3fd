"""Annotations on GitHub: one line on standard output for each claim that did not come out.

The form is that of GitHub's workflow commands: `::error file=PATH,line=N,title=TEXT::MESSAGE`, in which a
percent sign and line ends are escaped, and in a property colons and commas too.
"""

from __future__ import annotations

from gradcheck.records.reading import Log
from gradcheck.records.types import ClaimRow
from gradcheck.report.diagnoses import lead
from gradcheck.report.marks import span
from gradcheck.report.narrative import shown, status
from gradcheck.report.text import clip, one_line, within

__all__ = ["render"]

_MOST = 4000  # letters of a message


def render(log: Log) -> str:
    """The lines, each with its end; nothing where all came out."""
    lines = [_annotation(claim) for claim in log.claims if not claim.as_declared]
    lines += [f"::warning title=gradcheck::{_escaped(one_line(problem))}" for problem in log.problems]
    return "".join(f"{line}\n" for line in lines)


def _annotation(claim: ClaimRow) -> str:
    title = f"{shown(status(claim))} {one_line(claim.uid)}"
    at = span(claim)
    properties = {"file": within(one_line(at.file)), "line": str(max(at.first, 1))}
    if at.last > at.first:
        properties["endLine"] = str(at.last)
    properties["title"] = title
    told = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
    return f"::error {told}::{_escaped(clip(lead(claim), _MOST))}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")
