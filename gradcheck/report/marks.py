"""Which lines of the hand-written code are wrong: what a report marks.

A diagnosis that knows the line says it. Else the code itself does: what is wrong is in the statements that
the wrong gradients are made by and no right one is. Everything is read off the record, nothing is run.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from gradcheck.records.types import ClaimRow, Diagnosis, Source
from gradcheck.records.verdicts import Verdict
from gradcheck.report.slices import Place, slices
from gradcheck.report.text import listed, one_line

__all__ = ["Mark", "Span", "forward_places", "look_at", "marks", "span", "where"]

_PLACE = re.compile(r"\(([\w.-]+\.\w+):(\d+)(?:, called from ([\w.-]+\.\w+):(\d+))?\)")
_MOST_LINES = 6
"""Statements that come into question; of more, a reader learns nothing."""


@dataclass(frozen=True)
class Mark:
    """One line of a source, counted as its file counts them. ``sure``: the mistake stands here; ``suspect``:
    it is in one of the lines that are marked so; neither: the diagnosis names the line.
    """

    file: str
    line: int
    text: str
    sure: bool = False
    suspect: bool = False


@dataclass(frozen=True)
class Span:
    """The lines of a file at which to point."""

    file: str
    first: int
    last: int


def marks(claim: ClaimRow) -> list[Mark]:
    """The lines to mark, those in the hand-written code first, then the forward's operation that a diagnosis
    names. None where nothing failed, or nothing is known of the place.
    """
    if claim.verdict != Verdict.FAIL:
        return []
    backward = _pinned(claim) or _sliced(claim)
    taken = {(m.file, m.line) for m in backward}
    return backward + [m for m in _in_forward(claim) if (m.file, m.line) not in taken]


def where(claim: ClaimRow) -> Mark | None:
    """The one line of the hand-written code at which to look, where there is one."""
    sure = [m for m in _pinned(claim) or _sliced(claim) if m.sure] if claim.verdict == Verdict.FAIL else []
    return sure[0] if len({(m.file, m.line) for m in sure}) == 1 else None


def span(claim: ClaimRow) -> Span:
    """Where to point for a claim: at the first wrong line that is known; else from the first line that comes
    into question to the last; else at the first of the code. Of a program no line is known: what it was held
    against is pointed at, where that is a file of the project.
    """
    code = claim.candidate
    found = (_pinned(claim) or _sliced(claim)) if claim.verdict == Verdict.FAIL else []
    if sure := where(claim) or next((m for m in found if m.sure), None):
        return Span(sure.file, sure.line, sure.line)
    if found:
        lines = [m.line for m in found if m.file == found[0].file]
        return Span(found[0].file, min(lines), max(lines))
    if not code.line and _is_of_the_project(claim.forward):
        code = claim.forward
    return Span(code.file, code.line, code.line)


def _is_of_the_project(source: Source) -> bool:
    """Whether a source is a file that a reader of the project has: not of the catalogue."""
    path = PurePosixPath(source.file)
    return source.line > 0 and not path.is_absolute() and path.parts[:2] != ("gradcheck", "catalogue")


def look_at(claim: ClaimRow) -> str | None:
    """The one wrong line in a sentence: "look at layer.py:12: ...". None where a diagnosis names it."""
    found = where(claim)
    if found is None or found.line == claim.candidate.line:
        return None
    place = f"{PurePosixPath(found.file).name}:{found.line}"
    if any(place in one.text for one in claim.diagnosis):
        return None
    source = next(
        s for s in (claim.candidate, *claim.helpers) if s.file == found.file and _has(s, found.line)
    )
    code = source.text.split("\n")[found.line - source.line]
    return f"look at {found.file}:{found.line}: {one_line(code)}"


def _has(source: Source, line: int) -> bool:
    return source.line <= line <= source.line + source.text.count("\n")


def _pinned(claim: ClaimRow) -> list[Mark]:
    """The lines that diagnoses know."""
    by_place: dict[tuple[str, int], list[str]] = {}
    for found in claim.diagnosis:
        file, _, line = found.place.rpartition(":")
        if file and line.isdigit() and (source := _holding(claim, file, int(line))) is not None:
            by_place.setdefault((source.file, int(line)), []).append(found.quantity)
    return [Mark(file, line, _goes_wrong(names), sure=True) for (file, line), names in by_place.items()]


def _sliced(claim: ClaimRow) -> list[Mark]:
    """The statements that all wrong gradients have in common and no right one has."""
    wrong = list(dict.fromkeys(d.quantity for d in claim.diagnosis if d.quantity))
    right = [c.quantity for c in claim.compared if c.quantity not in wrong]
    code, found = _sources_of(claim, [*wrong, *right, *claim.unchecked])
    if not found:
        return []
    innocent = set().union(*(found[name] for name in right if name in found))
    shapeless = {c.quantity for c in claim.compared if c.gap is None and c.verdict == Verdict.FAIL}
    result: list[Mark] = []
    for group in _groups(claim.diagnosis):
        if not all(name in found for name in group):
            continue
        common = set.intersection(*(found[name] for name in group))
        # a wrong shape says nothing of the other gradients: then it is the statement that makes this one
        places = (
            {max(common)} if common and shapeless & {*group} else common - innocent or {*sorted(common)[-1:]}
        )
        if 0 < len(places) <= _MOST_LINES:
            sure = len(places) == 1
            text = _goes_wrong(group) if sure else _goes_wrong(group, "in one of the marked lines")
            for line in sorted({code.line + line for line, _ in places}):
                result.append(Mark(code.file, line, text, sure, suspect=not sure))
                text = ""  # said at the first
    return result


def _sources_of(claim: ClaimRow, names: Sequence[str]) -> tuple[Source, dict[str, set[Place]]]:
    """The code that makes the gradients, and the slices through it: the candidate, or what it hands on to."""
    own = claim.candidate == claim.forward
    for code in (claim.candidate, *claim.helpers):
        if found := slices(code.text, code.text if own else claim.forward.text, names):
            return code, found
    return claim.candidate, {}


def _groups(diagnoses: Sequence[Diagnosis]) -> list[list[str]]:
    """Quantities of which the same is said are wrong by the same mistake."""
    alike: dict[str, list[str]] = {}
    for found in diagnoses:
        if found.quantity:
            alike.setdefault(found.text, []).append(found.quantity)
    return list(alike.values())


def _in_forward(claim: ClaimRow) -> list[Mark]:
    return [Mark(file, line, "the diagnosis names this") for file, line in forward_places(claim)]


def forward_places(claim: ClaimRow) -> list[tuple[str, int]]:
    """The places that diagnoses name beside the mistake: operations of the forward that they are about."""
    found: list[tuple[str, int]] = []
    for one in claim.diagnosis:
        for place in _PLACE.finditer(one.text):
            file, line = place[1], int(place[2])
            source = _holding(claim, file, line)
            if source is not None and f"{file}:{line}" != one.place:
                found.append((source.file, line))
    return list(dict.fromkeys(found))


def _holding(claim: ClaimRow, file: str, line: int) -> Source | None:
    """The source that a line stands in; diagnoses name the file alone."""
    for source in (claim.candidate, claim.forward, *claim.helpers):
        if PurePosixPath(source.file).name == file and _has(source, line):
            return source
    return None


def _goes_wrong(names: Sequence[str], place: str = "here") -> str:
    told = _names(names)
    return f"{told} {'goes' if len(set(names)) == 1 else 'go'} wrong {place}" if told else f"wrong {place}"


def _names(names: Sequence[str]) -> str:
    return listed([one_line(name) for name in dict.fromkeys(names) if name])
