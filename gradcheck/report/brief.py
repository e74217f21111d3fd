"""A failure in a dozen lines: the diagnosis, the smallest counterexample, who says so, how to rerun it."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from gradcheck.records.types import ClaimRow, Counterexample
from gradcheck.report.diagnoses import lead, merged
from gradcheck.report.marks import look_at
from gradcheck.report.narrative import agreed_value, arrays_of, counterexample_head, own_reason, title
from gradcheck.report.text import array_text, clean, clip, entry, one_line, quantity
from gradcheck.report.witnesses import contradiction_text

__all__ = ["LINES", "brief", "in_one_line"]

LINES = 12
"""What fits above a prompt beside the failure before it."""

_MOST_DIAGNOSES = 4
_MOST_NOTES = 2
_MOST_LETTERS = 4000


@dataclass
class _Paragraph:
    """A sentence with the lines that it takes. ``whole`` is one that must not be cut: a command; ``spare``
    one that gives way first.
    """

    lines: list[str]
    whole: bool = False
    spare: bool = False


def brief(claim: ClaimRow, width: int) -> list[str]:
    """The failure in at most `LINES` lines of at most ``width`` columns; only a command may be longer."""
    paragraphs = [_wrapped(text, indent, width) for text, indent in _sentences(claim)]
    if place := look_at(claim):
        told = 1 + min(len(merged(claim.diagnosis)), _MOST_DIAGNOSES + 1)
        paragraphs.insert(told, _Paragraph(_wrapped(place, "", width).lines, spare=True))
    again = claim.counterexample.replay or claim.counterexample.python if claim.counterexample else None
    if again:
        paragraphs.append(_Paragraph([f"run it again: {one_line(again)}"], whole=True))
    if not claim.candidate.line:  # a program: its notes say how to give it this case alone
        paragraphs += [
            _Paragraph([clip(one_line(note), 1000)], whole=True) for note in claim.notes[-_MOST_NOTES:]
        ]
    if sum(len(p.lines) for p in paragraphs) > LINES:  # where to look is told by the report too
        paragraphs = [p for p in paragraphs if not p.spare]
    while sum(len(p.lines) for p in paragraphs) > LINES:
        longest = max((p for p in paragraphs if not p.whole), key=lambda p: len(p.lines))
        longest.lines[-2:] = [f"{longest.lines[-2][: width - 4].rstrip()} ..."]
    return [line for paragraph in paragraphs for line in paragraph.lines]


def in_one_line(claim: ClaimRow) -> str:
    """The claim, where it stands, and what is wrong."""
    return f"{title(claim)}: {lead(claim)}"


def _sentences(claim: ClaimRow) -> Iterator[tuple[str, str]]:
    """What is said, with the indent of each sentence, the most important first."""
    yield title(claim), ""
    told = merged(claim.diagnosis)
    yield from ((f"diagnosis: {text}", "") for text in told[:_MOST_DIAGNOSES])
    if len(told) > _MOST_DIAGNOSES:
        yield f"and {len(told) - _MOST_DIAGNOSES} more diagnoses; -v shows them", ""
    if wrong := next((k for k, layer in enumerate(claim.chain, 1) if layer.first_wrong), None):
        yield f"layer {wrong} ({one_line(claim.chain[wrong - 1].name)}) is the first wrong one", ""
    elif claim.chain and claim.notes:  # how the layers are put together
        yield one_line(claim.notes[0]), ""
    if reason := own_reason(claim):
        yield reason, ""
    found = claim.counterexample
    if found is not None:
        yield from _counterexample(found)
    if contradiction := contradiction_text(claim):
        yield contradiction, ""


def _counterexample(found: Counterexample) -> Iterator[tuple[str, str]]:
    yield f"{counterexample_head(found)}:", ""
    if arrays := ", ".join(f"{name} = {array_text(array)}" for name, array in arrays_of(found)):
        yield arrays, "  "
    yield _values(found), "  "
    if agreed := agreed_value(found):
        yield agreed, ""


def _values(found: Counterexample) -> str:
    """What the code gives and what is right: whole arrays where they are small, else the worst entry."""
    name = quantity(found.quantity, None)
    yours, right = found.candidate, found.truth
    if yours is None or right is None:
        return one_line(found.message)
    if found.index is None or max(math.prod(yours.shape), math.prod(right.shape)) <= _FEW:
        mine, theirs = array_text(yours), array_text(right)
    else:
        name = quantity(found.quantity, found.index)
        mine, theirs = entry(yours, found.index), entry(right, found.index)
    if _rounded(mine, 4) != _rounded(theirs, 4):  # the last digits shown are not what tells them apart
        mine, theirs = _rounded(mine, 6), _rounded(theirs, 6)
    return f"{name} is {mine}, should be {theirs}"


_FEW = 8
"""Entries of an array that is shown whole."""


def _rounded(text: str, digits: int) -> str:
    """Numbers of many digits to a few: all stand in the reports, and those that count a line below."""
    return _LONG_NUMBER.sub(lambda m: f"{float(m[0]):.{digits}g}", text)


_LONG_NUMBER = re.compile(r"-?\d+\.\d{6,}(e[-+]\d+)?|-?\d{3,}\.\d{4,}(e[-+]\d+)?")


def _wrapped(text: str, indent: str, width: int) -> _Paragraph:
    lines = textwrap.wrap(
        clean(text)[:_MOST_LETTERS].replace(" = ", _HELD),  # a name stays with the array it has
        max(width, 20),
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_on_hyphens=False,
    )
    return _Paragraph([line.replace(_HELD, " = ") for line in lines] or [indent])


_HELD = "\u00a0=\u00a0"
