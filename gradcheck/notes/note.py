"""A whole note: its claims read together under one convention, and each one's verdict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gradcheck.notes.claims import sort
from gradcheck.notes.convention import convention_of, stated
from gradcheck.notes.parted import Parted
from gradcheck.notes.reading.reader import Options
from gradcheck.notes.records import VERSION, ClaimRecord, NoteRecord
from gradcheck.notes.statements.declarations import Declarations
from gradcheck.notes.statements.pieces import Formula
from gradcheck.notes.statements.sections import declarations_for, together
from gradcheck.notes.understood import (
    Place,
    Reading,
    agreed,
    places_in,
    places_of,
    read,
)

__all__ = ["check_formulas"]


def check_formulas(
    file: str, formulas: Sequence[Formula], declarations: Declarations, problems: list[str] | None = None
) -> NoteRecord:
    """Read and judge all formulas of one note."""
    pieces, context = sort(formulas, declarations)
    groups = together(pieces, context) or [frozenset({0})]
    sections = _Sections(file, formulas, declarations)
    parts = [read(file, pieces, context)] if len(groups) < 2 else [sections.read(g) for g in groups]
    found = [f for part in parts for f in part[0].found]
    said = _agreed(parts, parts)
    for group, part in zip(groups, parts, strict=True):
        for scope in _to_be_read_alone(group, part, said):
            alone = sections.read(frozenset({scope}))
            new = _agreed([alone], parts)
            if any(_better(r, said[k]) for k, r in new.items() if k in said):
                said |= {k: r for k, r in new.items() if k in said and said[k].verdict != "right"}
    parted = Parted(file, formulas, declarations, parts, context)
    said |= parted.read([(k, p) for k, p in places_of(pieces) if k in said], said, pieces)
    place = {id(f): k for k, f in enumerate(formulas)}
    records = [r for _, r in sorted(said.items(), key=lambda item: (place[item[0][0]], *item[0][1:]))]
    notes = [*(problems or []), *(text for _, text in declarations.problems)]
    return NoteRecord(VERSION, file, records, stated(found, convention_of(found, declarations)), notes)


@dataclass(frozen=True, slots=True)
class _Sections:
    file: str
    formulas: Sequence[Formula]
    declarations: Declarations

    def read(self, group: frozenset[int]) -> list[Reading]:
        own = [f for f in self.formulas if f.scope in group]
        return read(self.file, *sort(own, declarations_for(group, self.declarations)))


def _to_be_read_alone(
    group: frozenset[int], part: list[Reading], said: dict[Place, ClaimRecord]
) -> Iterator[int]:
    """Sections in which something is not right beside others: called wrong, or defined there and not read."""
    defining = {d.scope for d in part[0].readings.context.definitions}
    for scope in sorted(group) if len(group) > 1 else ():
        own = [
            k for k, f in places_in(part[0].found) if f.piece.formula.scope == scope and not f.piece.reason
        ]
        verdicts = {said[k].verdict for k in own} - (
            {"right"} if scope in defining else {"right", "not-read"}
        )
        if verdicts:
            yield scope


def _agreed(parts: list[list[Reading]], every: list[list[Reading]]) -> dict[Place, ClaimRecord]:
    """What is said of each statement, in the convention of ``every`` section."""
    said: dict[Place, ClaimRecord] = {}
    for part in parts:
        records = zip(*(r.records(_convention(every, r)) for r in part), strict=True)
        for (place, _), same in zip(places_in(part[0].found), records, strict=True):
            said[place] = agreed(same)
    return said


def _better(record: ClaimRecord, known: ClaimRecord) -> bool:
    """Whether a section by itself shows that a claim is right: others then only stood in its way."""
    if record.kind == "definition" or known.verdict == "right":
        return False
    return record.verdict == "right" or (record.verdict == "right-if" and known.verdict != "right-if")


def _convention(parts: list[list[Reading]], reading: Reading) -> Options:
    """The convention of the whole note, where some sections are read as in ``reading``."""
    own = [reading if reading in part else part[0] for part in parts]
    return convention_of([f for r in own for f in r.found], reading.readings.context.declarations)
