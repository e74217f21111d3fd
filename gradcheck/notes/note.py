"""A whole note: its claims read together under one convention, and each one's verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gradcheck.notes.arrays.values import Mismatch, Slip
from gradcheck.notes.convention import Found, convention_of, rows_of, stated
from gradcheck.notes.judging.corrections import Correction, correction
from gradcheck.notes.judging.readings import Outcome, Readings
from gradcheck.notes.reading.reader import Options
from gradcheck.notes.records import VERSION, NoteRecord
from gradcheck.notes.statements.claims import sort
from gradcheck.notes.statements.declarations import Declarations
from gradcheck.notes.statements.pieces import Formula, Piece
from gradcheck.notes.verdicts.evidence import Evidence
from gradcheck.notes.verdicts.verdicts import Verdicts

__all__ = ["check_formulas"]


def check_formulas(
    file: str, formulas: Sequence[Formula], declarations: Declarations, problems: list[str] | None = None
) -> NoteRecord:
    """Read and judge all formulas of one note."""
    pieces, context = sort(formulas, declarations)
    readings = Readings(context, Options(), rows=rows_of(context, declarations))
    if declarations.layout is not None:
        readings.fixed["layout"] = declarations.layout
    found = [Found(p) for p in pieces if not p.formula.ignored]
    repaired = _repair(readings, [f.piece for f in found])
    read: dict[object, list[Outcome]] = {}
    for one in found:
        piece = one.piece
        if piece.reason is not None or (piece.definition is not None and len(piece.sides) <= 2):
            continue
        key = (piece.formula.scope, piece.text, piece.kind, piece.known)
        if key not in read:
            read[key] = readings.outcomes(piece)
        one.outcomes = read[key]
    convention = convention_of(found, declarations)
    verdicts = Verdicts(Evidence(file, readings, convention, repaired))
    claims = [verdicts.once(one) for one in found]
    notes = [*(problems or []), *(text for _, text in declarations.problems)]
    return NoteRecord(VERSION, file, claims, stated(found, convention), notes)


def _repair(readings: Readings, pieces: list[Piece]) -> dict[int, Correction]:
    """Definitions that slip, and are corrected: what rests on them is read with the correction."""
    repaired: dict[int, Correction] = {}
    for piece in pieces:
        definition, at = piece.definition, readings.at(piece.formula.scope)
        if definition is None or piece.reason is not None:
            continue
        broken = readings.reader(at, piece.formula.scope).broken
        own = next((e for a, e in broken.items() if a.split("@")[0] == definition.key), None)
        if not isinstance(own, Slip | Mismatch):
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
