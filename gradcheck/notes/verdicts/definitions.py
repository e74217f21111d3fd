"""Whether a definition can be used as it stands."""

from __future__ import annotations

from dataclasses import replace

from gradcheck.notes.arrays.graph import NotDifferentiable
from gradcheck.notes.arrays.values import Mismatch, Slip, Undeclared
from gradcheck.notes.convention import Found
from gradcheck.notes.grammar.lexer import NotRead
from gradcheck.notes.judging.corrections import correction
from gradcheck.notes.reading.reader import Reader
from gradcheck.notes.reading.showing import in_words
from gradcheck.notes.records import ClaimRecord
from gradcheck.notes.statements.context import Definition
from gradcheck.notes.symbols.telling import all_declared
from gradcheck.notes.verdicts.evidence import Evidence, completed, sentence

__all__ = ["judge_definition", "why_broken"]


def judge_definition(
    evidence: Evidence, base: ClaimRecord, found: Found, definition: Definition
) -> ClaimRecord | None:
    """What is said of a definition; None where it is also a claim, to be judged as such."""
    piece = found.piece
    reader = evidence.readings.reader(
        replace(evidence.readings.at(piece.formula.scope), layout=evidence.convention.layout),
        piece.formula.scope,
    )
    reading = in_words(piece, reader)
    if id(piece) in evidence.repaired:
        used = evidence.repaired[id(piece)]
        reason = f"{evidence.readings.errors[id(piece)]}; what rests on it is read as corrected"
        return completed(
            base, verdict="wrong", reason=sentence(reason), reading=reading, correction=used.latex
        )
    error = why_broken(evidence, reader, definition)
    if isinstance(error, Slip | Mismatch) and not all_declared(evidence.readings.context, piece.sides):
        return completed(base, reason=sentence(f"as it was read, {error}"), reading=reading)
    if isinstance(error, Slip | Mismatch):
        fixed = correction(evidence.readings, piece, evidence.readings.at(piece.formula.scope), definition)
        text = fixed.latex if fixed is not None else None
        return completed(base, verdict="wrong", reason=sentence(str(error)), reading=reading, correction=text)
    if error is not None:
        return completed(base, reason=sentence(str(error)), reading=reading)
    if found.outcomes:
        return None
    return completed(base, verdict="right", reading=reading)


def why_broken(evidence: Evidence, reader: Reader, definition: Definition) -> Exception | None:
    aside = evidence.readings.context.aside.get(id(definition))
    if aside is not None:
        return aside
    try:
        for array, name in reader.instances(definition):
            if array not in reader.broken:
                reader.info(name, array)
    except (Mismatch, Slip, NotRead, Undeclared, NotDifferentiable) as error:
        return next((e for a, e in reader.broken.items() if a.split("@")[0] == definition.key), error)
    own = [e for a, e in reader.broken.items() if a.split("@")[0] == definition.key]
    return own[0] if own else None
