"""A whole note: its claims read together under one convention, and each one's verdict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from gradcheck.notes.arrays.values import Mismatch, Slip
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
    readings = [_Reading.of(file, pieces, context, guess) for guess in _conforming(pieces, context)]
    claims = [together(records) for records in zip(*(r.records() for r in readings), strict=True)]
    notes = [*(problems or []), *(text for _, text in declarations.problems)]
    return NoteRecord(VERSION, file, claims, readings[0].convention(), notes)


def _conforming(pieces: list[Piece], context: Context) -> list[Guess]:
    """The guesses of undeclared symbols under which most definitions can be used; then, most claims conform;
    then, the likely ones.
    """
    found = guesses(context, pieces)
    if len(found) > 1:
        found = _best(found, lambda g: -_broken(context, g))
    if len(found) > 1:
        found = _best(found, lambda g: _conform(pieces, context, g))
    found = _best(found, lambda g: -g.cost)
    return found[:MOST_GUESSES]


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


@dataclass(slots=True)
class _Reading:
    """The whole note under one guess of what its undeclared symbols are."""

    file: str
    readings: Readings
    found: list[Found]

    @classmethod
    def of(cls, file: str, pieces: list[Piece], context: Context, guess: Guess) -> _Reading:
        own = replace(context, definitions=list(context.definitions), losses=set(context.losses))
        return cls(file, _readings(own, guess), [Found(p) for p in pieces if not p.formula.ignored])

    def convention(self) -> str | None:
        return stated(self.found, convention_of(self.found, self.readings.context.declarations))

    def records(self) -> list[ClaimRecord]:
        readings = self.readings
        repaired = _repair(readings, [f.piece for f in self.found])
        read: dict[object, list[Outcome]] = {}
        for one in self.found:
            piece = one.piece
            if not _is_claim(piece):
                continue
            key = (piece.formula.scope, piece.text, piece.kind, piece.known, piece.said)
            if key not in read:
                read[key] = readings.outcomes(piece)
            one.outcomes = read[key]
        convention = convention_of(self.found, readings.context.declarations)
        verdicts = Verdicts(Evidence(self.file, readings, convention, repaired))
        return [verdicts.once(one) for one in self.found]


def together(records: Sequence[ClaimRecord]) -> ClaimRecord:
    """One record of a formula that was read under several guesses: they must agree."""
    first = records[0]
    if all(r.verdict == first.verdict for r in records):
        return first
    if {r.verdict for r in records} == {"right", "right-if"}:
        return next(r for r in records if r.verdict == "right-if")
    reason = "It depends on what is a number here and what a vector or matrix; declare its symbols."
    return completed(first, verdict="not-read", reason=reason, strength=None, correction=None)


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
