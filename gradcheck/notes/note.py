"""A whole note: its claims read together under one convention, and each one's verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from gradcheck.notes.arrays.values import Mismatch, Slip
from gradcheck.notes.aside import ROUNDS, set_aside
from gradcheck.notes.convention import Found, convention_of, rows_of, stated
from gradcheck.notes.judging.corrections import Correction, correction
from gradcheck.notes.judging.readings import Outcome, Readings
from gradcheck.notes.reading.reader import Options
from gradcheck.notes.records import VERSION, ClaimRecord, NoteRecord
from gradcheck.notes.statements.claims import sort
from gradcheck.notes.statements.context import Context
from gradcheck.notes.statements.declarations import Declarations
from gradcheck.notes.statements.guessing import Guess, guesses
from gradcheck.notes.statements.pieces import Formula, Piece
from gradcheck.notes.statements.sections import declarations_for, together
from gradcheck.notes.statements.telling import all_declared
from gradcheck.notes.verdicts.evidence import Evidence, completed
from gradcheck.notes.verdicts.verdicts import Verdicts

__all__ = ["check_formulas"]

MOST_GUESSES = 3
"""Guesses of undeclared symbols under which a note is judged; they must agree."""


def check_formulas(
    file: str, formulas: Sequence[Formula], declarations: Declarations, problems: list[str] | None = None
) -> NoteRecord:
    """Read and judge all formulas of one note."""
    pieces, context = sort(formulas, declarations)
    groups = together(pieces, context) or [frozenset({0})]
    sections = _Sections(file, formulas, declarations)
    parts = [_read(file, pieces, context)] if len(groups) < 2 else [sections.read(g) for g in groups]
    found = [f for part in parts for f in part[0].found]
    said = _agreed(parts, parts)
    for group, part in zip(groups, parts, strict=True):
        for scope in _to_be_read_alone(group, part, said):
            alone = sections.read(frozenset({scope}))
            new = _agreed([alone], parts)
            if any(_better(r, said[k]) for k, r in new.items() if k in said):
                said |= {k: r for k, r in new.items() if k in said and said[k].verdict != "right"}
    place = {id(f): k for k, f in enumerate(formulas)}
    records = [r for _, r in sorted(said.items(), key=lambda item: (place[item[0][0]], *item[0][1:]))]
    notes = [*(problems or []), *(text for _, text in declarations.problems)]
    return NoteRecord(VERSION, file, records, stated(found, convention_of(found, declarations)), notes)


Place = tuple[int, int, int]
"""A statement: its formula, where in it it begins, and which of several that begin there it is."""


@dataclass(frozen=True, slots=True)
class _Sections:
    file: str
    formulas: Sequence[Formula]
    declarations: Declarations

    def read(self, group: frozenset[int]) -> list[_Reading]:
        own = [f for f in self.formulas if f.scope in group]
        return _read(self.file, *sort(own, declarations_for(group, self.declarations)))


def _to_be_read_alone(
    group: frozenset[int], part: list[_Reading], said: dict[Place, ClaimRecord]
) -> Iterator[int]:
    """Sections in which something is not right beside others: called wrong, or defined there and not read."""
    defining = {d.scope for d in part[0].readings.context.definitions}
    for scope in sorted(group) if len(group) > 1 else ():
        own = [k for k, f in _places(part[0].found) if f.piece.formula.scope == scope and not f.piece.reason]
        verdicts = {said[k].verdict for k in own} - (
            {"right"} if scope in defining else {"right", "not-read"}
        )
        if verdicts:
            yield scope


def _places(found: list[Found]) -> list[tuple[Place, Found]]:
    seen: Counter[tuple[int, int]] = Counter()
    places: list[tuple[Place, Found]] = []
    for one in found:
        begin = id(one.piece.formula), one.piece.start
        places.append(((*begin, seen[begin]), one))
        seen[begin] += 1
    return places


def _agreed(parts: list[list[_Reading]], every: list[list[_Reading]]) -> dict[Place, ClaimRecord]:
    """What is said of each statement, in the convention of ``every`` section."""
    said: dict[Place, ClaimRecord] = {}
    for part in parts:
        records = zip(*(r.records(_convention(every, r)) for r in part), strict=True)
        for (place, _), same in zip(_places(part[0].found), records, strict=True):
            said[place] = agreed(same)
    return said


def _better(record: ClaimRecord, known: ClaimRecord) -> bool:
    """Whether a section by itself shows that a claim is right: others then only stood in its way."""
    if record.kind == "definition" or known.verdict == "right":
        return False
    return record.verdict == "right" or (record.verdict == "right-if" and known.verdict != "right-if")


def _read(file: str, pieces: list[Piece], context: Context) -> list[_Reading]:
    """Sections that rest on each other, under each guess of their symbols."""
    return [_Reading.of(file, pieces, context, guess) for guess in _conforming(pieces, context)]


def _convention(parts: list[list[_Reading]], reading: _Reading) -> Options:
    """The convention of the whole note, where some sections are read as in ``reading``."""
    own = [reading if reading in part else part[0] for part in parts]
    return convention_of([f for r in own for f in r.found], reading.readings.context.declarations)


def _conforming(pieces: list[Piece], context: Context) -> list[Guess]:
    """The guesses of undeclared symbols under which most definitions can be used; then, most claims conform;
    then, the likely ones.
    """
    found = _least_broken(context, pieces)
    for _ in range(ROUNDS):
        if not set_aside(context, found[0].ranks):
            break
        found = _least_broken(context, pieces)
    if len(found) > 1:
        found = _best(found, lambda g: _conform(pieces, context, g))
    found = _best(found, lambda g: -g.cost)
    return found[:MOST_GUESSES]


def _least_broken(context: Context, pieces: list[Piece]) -> list[Guess]:
    found = guesses(context, pieces)
    return _best(found, lambda g: -_broken(context, g)) if len(found) > 1 else found


def _best(found: list[Guess], score: Callable[[Guess], int]) -> list[Guess]:
    scores = [score(g) for g in found]
    return [g for g, s in zip(found, scores, strict=True) if s == max(scores)]


def _readings(context: Context, guess: Guess) -> Readings:
    base = Options(ranks=guess.ranks)
    readings = Readings(context, base, rows=rows_of(context, context.declarations, base))
    if context.declarations.layout is not None:
        readings.fixed["layout"] = context.declarations.layout
    return readings


def _broken(context: Context, guess: Guess) -> int:
    readings = _readings(context, guess)
    broken = 0
    for scope in sorted({d.scope for d in context.definitions}):
        broken += len(readings.reader(readings.at(scope), scope).broken)
    return broken


def _conform(pieces: list[Piece], context: Context, guess: Guess) -> int:
    readings = _readings(context, guess)
    count = 0
    for piece in pieces:
        if _is_claim(piece) and not piece.formula.ignored:
            count += any(o.state in {"right", "wrong"} for o in readings.outcomes(piece))
    return count


def _is_claim(piece: Piece) -> bool:
    return piece.reason is None and not (piece.definition is not None and len(piece.sides) <= 2)


@dataclass(slots=True, eq=False)
class _Reading:
    """Sections of a note under one guess of what their undeclared symbols are."""

    file: str
    readings: Readings
    found: list[Found]
    repaired: dict[int, Correction] = field(default_factory=dict)

    @classmethod
    def of(cls, file: str, pieces: list[Piece], context: Context, guess: Guess) -> _Reading:
        own = replace(context, definitions=list(context.definitions), losses=set(context.losses))
        reading = cls(file, _readings(own, guess), [Found(p) for p in pieces if not p.formula.ignored])
        reading.repaired = _repair(reading.readings, [f.piece for f in reading.found])
        read: dict[object, list[Outcome]] = {}
        for one in reading.found:
            piece = one.piece
            if not _is_claim(piece):
                continue
            key = (piece.formula.scope, piece.text, piece.kind, piece.known, piece.said)
            if key not in read:
                read[key] = reading.readings.outcomes(piece)
            one.outcomes = read[key]
        return reading

    def records(self, convention: Options) -> list[ClaimRecord]:
        verdicts = Verdicts(Evidence(self.file, self.readings, convention, self.repaired))
        return [verdicts.once(one) for one in self.found]


def agreed(records: Sequence[ClaimRecord]) -> ClaimRecord:
    """One record of a formula that was read under several guesses: they must agree."""
    first = records[0]
    if all(r.verdict == first.verdict for r in records):
        return first
    if {r.verdict for r in records} == {"right", "right-if"}:
        return next(r for r in records if r.verdict == "right-if")
    reason = "It depends on what is a number here and what a vector or matrix; declare its symbols."
    return completed(first, verdict="not-read", reason=reason, strength=None, correction=None, condition=None)


def _repair(readings: Readings, pieces: list[Piece]) -> dict[int, Correction]:
    """Definitions that slip, and are corrected: what rests on them is read with the correction."""
    repaired: dict[int, Correction] = {}
    for piece in pieces:
        definition, at = piece.definition, readings.at(piece.formula.scope)
        if definition is None or piece.reason is not None:
            continue
        broken = readings.reader(at, piece.formula.scope).broken
        own = next((e for a, e in broken.items() if a.split("@")[0] == definition.key), None)
        if not isinstance(own, Slip | Mismatch) or not all_declared(readings.context, piece.sides):
            continue
        fixed = correction(readings, piece, at, definition)
        if fixed is not None and fixed.node is not None:
            repaired[id(piece)] = fixed
            readings.errors[id(piece)] = own
    known = readings.context.definitions
    for piece in pieces:
        fixed = repaired.get(id(piece))
        if fixed is not None and fixed.node is not None and piece.definition in known:
            known[known.index(piece.definition)] = replace(piece.definition, body=fixed.node)
    if repaired:
        readings.readers.clear()
    return repaired
