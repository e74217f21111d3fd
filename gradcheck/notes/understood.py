"""Sections of a note under the guesses of their symbols that conform."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from gradcheck.notes.arrays.values import Mismatch, Slip
from gradcheck.notes.aside import ROUNDS, set_aside
from gradcheck.notes.convention import Found, rows_of
from gradcheck.notes.judging.corrections import Correction, correction
from gradcheck.notes.judging.readings import Outcome, Readings
from gradcheck.notes.reading.reader import Options
from gradcheck.notes.records import ClaimRecord
from gradcheck.notes.statements.context import Context
from gradcheck.notes.statements.pieces import Piece
from gradcheck.notes.symbols.guessing import Guess, guesses
from gradcheck.notes.symbols.telling import all_declared
from gradcheck.notes.verdicts.evidence import Evidence, completed
from gradcheck.notes.verdicts.verdicts import Verdicts

__all__ = ["Place", "Reading", "agreed", "conforming", "is_claim", "places_in", "places_of", "read"]

MOST_GUESSES = 3
"""Guesses of undeclared symbols under which a note is judged; they must agree."""

Place = tuple[int, int, int]
"""A statement: its formula, where in it it begins, and which of several that begin there it is."""


def places_in(found: list[Found]) -> list[tuple[Place, Found]]:
    places = [place for place, _ in places_of([f.piece for f in found])]
    return list(zip(places, found, strict=True))


def places_of(pieces: list[Piece]) -> list[tuple[Place, Piece]]:
    seen: Counter[tuple[int, int]] = Counter()
    places: list[tuple[Place, Piece]] = []
    for piece in pieces:
        begin = id(piece.formula), piece.start
        if not piece.formula.ignored:
            places.append(((*begin, seen[begin]), piece))
            seen[begin] += 1
    return places


def read(file: str, pieces: list[Piece], context: Context) -> list[Reading]:
    """Sections that rest on each other, under each guess of their symbols."""
    return [Reading.of(file, pieces, context, guess) for guess in conforming(pieces, context)]


def conforming(pieces: list[Piece], context: Context) -> list[Guess]:
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
        if is_claim(piece) and not piece.formula.ignored:
            count += any(o.state in {"right", "wrong"} for o in readings.outcomes(piece))
    return count


def is_claim(piece: Piece) -> bool:
    return piece.reason is None and not (piece.definition is not None and len(piece.sides) <= 2)


@dataclass(slots=True, eq=False)
class Reading:
    """Sections of a note under one guess of what their undeclared symbols are."""

    file: str
    readings: Readings
    found: list[Found]
    repaired: dict[int, Correction] = field(default_factory=dict)

    @classmethod
    def of(cls, file: str, pieces: list[Piece], context: Context, guess: Guess) -> Reading:
        own = replace(context, definitions=list(context.definitions), losses=set(context.losses))
        reading = cls(file, _readings(own, guess), [Found(p) for p in pieces if not p.formula.ignored])
        reading.repaired = _repair(reading.readings, [f.piece for f in reading.found])
        read: dict[object, list[Outcome]] = {}
        for one in reading.found:
            piece = one.piece
            if not is_claim(piece):
                continue
            key = (piece.formula.scope, piece.text, piece.kind, piece.known, piece.said)
            if key not in read:
                read[key] = reading.readings.outcomes(piece)
            one.outcomes = read[key]
        return reading

    def records(self, convention: Options) -> list[ClaimRecord]:
        verdicts = self.verdicts(convention)
        return [verdicts.once(one) for one in self.found]

    def verdicts(self, convention: Options) -> Verdicts:
        return Verdicts(Evidence(self.file, self.readings, convention, self.repaired))


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
