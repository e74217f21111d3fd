"""Which of the verdicts a formula gets, in the order in which they are tried."""

from __future__ import annotations

from dataclasses import dataclass, field

from gradcheck.notes.convention import Found, under
from gradcheck.notes.grammar.syntax import Derivative, Nabla, Name
from gradcheck.notes.judging.readings import is_zero
from gradcheck.notes.records import ClaimRecord
from gradcheck.notes.statements.context import Definition
from gradcheck.notes.statements.pieces import Piece
from gradcheck.notes.verdicts.definitions import judge_definition
from gradcheck.notes.verdicts.evidence import Evidence, completed, plainest, sentence
from gradcheck.notes.verdicts.links import chain_rule_of_any
from gradcheck.notes.verdicts.redefined import judge_redefined, not_read, redefinition, total_differential
from gradcheck.notes.verdicts.right import judge_right
from gradcheck.notes.verdicts.right_if import (
    in_another_layout,
    in_einsteins_convention,
    of_the_mean,
    under_another_name,
)
from gradcheck.notes.verdicts.wrong import judge_wrong, restated_definition

__all__ = ["Verdicts"]


@dataclass(slots=True)
class Verdicts:
    """The record of each formula; the same formula in the same section is judged once."""

    evidence: Evidence
    judged_before: dict[object, ClaimRecord] = field(default_factory=dict)
    redefined: list[Definition] = field(default_factory=list)  # second definitions so far

    def once(self, found: Found) -> ClaimRecord:
        """The same formula in the same section is judged once."""
        piece = found.piece
        if piece.definition is not None or piece.reason is not None:
            return self.record(found)
        known = len(self.evidence.readings.context.definitions)
        key = (piece.formula.scope, piece.text, piece.kind, known, len(self.redefined), piece.said)
        before = self.judged_before.get(key)
        if before is None:
            before = self.judged_before[key] = self.record(found)
            return before
        line, column = piece.formula.place(piece.offset)
        return completed(before, line=line, column=column)

    def record(self, found: Found) -> ClaimRecord:
        piece = found.piece
        line, column = piece.formula.place(piece.offset)
        base = ClaimRecord(self.evidence.file, line, column, piece.text, piece.kind, "not-read")  # type: ignore[arg-type]
        if piece.reason is not None:
            return completed(base, reason=sentence(piece.reason))
        try:
            if piece.definition is not None:
                said = judge_definition(self.evidence, base, found, piece.definition)
                if said is not None:
                    return _not_all_read(said, piece) if piece.skipped else said
            said = self.claim(base, found)
            said = chain_rule(said, piece) if said.verdict == "not-read" else said
            return _not_all_read(said, piece) if piece.skipped else said
        except RecursionError:
            return completed(base, reason="It is nested too deeply.")
        except (
            TypeError,
            ValueError,
            KeyError,
            AssertionError,
            AttributeError,
            ArithmeticError,
            MemoryError,
        ) as error:
            return completed(
                base, reason=f"gradcheck does not know how to read it ({type(error).__name__}: {error})."
            )

    def claim(self, base: ClaimRecord, found: Found) -> ClaimRecord:
        record = judge_claim(self.evidence, base, found)
        if record.verdict == "right":
            second = redefinition(self.evidence.readings.context, found.piece)
            if second is not None:  # the first definition, given once more
                self.redefined.append(second)
                return record
            again = judge_redefined(self.evidence, base, found, self.redefined) if self.redefined else None
            if again is None or again.verdict != "wrong":
                return record
            reason = f"it is right for the first definition, and not for the nearest: {again.reason}"
            return completed(base, verdict="ambiguous", reason=sentence(reason), reading=record.reading)
        if record.verdict == "wrong" and total_differential(self.evidence.readings.context, found.piece):
            return completed(base, reason="A total differential is not read.", reading=record.reading)
        lost = not_read(self.evidence.readings.context, found.piece)
        if record.verdict in {"wrong", "ambiguous"} and lost is not None:
            reason = sentence(f"the definition of {lost} is not read")
            return completed(base, reason=reason, reading=record.reading)
        second = redefinition(self.evidence.readings.context, found.piece)
        if second is not None and record.verdict == "not-read":
            self.redefined.append(second)
        elif record.verdict in {"wrong", "ambiguous"} and self.redefined:
            again = judge_redefined(self.evidence, base, found, self.redefined)
            if again is None:
                return record
            return completed(again, verdict="not-read") if again.verdict == "wrong" else again
        elif record.verdict == "not-read" and self.redefined:
            again = judge_redefined(self.evidence, base, found, self.redefined)
            if again is not None and again.verdict in {"right", "right-if"}:
                return again
        return record


def _not_all_read(record: ClaimRecord, piece: Piece) -> ClaimRecord:
    """A chain of which a side is not read: right if that side is, and nobody is called wrong."""
    if record.verdict == "not-read":
        return record
    if record.kind == "definition" or record.verdict not in {"right", "right-if"}:
        said = sentence(piece.skipped[0][1])
        return completed(
            record, verdict="not-read", reason=said, strength=None, condition=None, correction=None
        )
    same = [
        f"{' '.join(text.split())} (not read) is equal to the sides beside it" for text, _ in piece.skipped
    ]
    condition = ", and ".join([*([record.condition] if record.condition else []), *same])
    return completed(record, verdict="right-if", condition=condition)


def chain_rule(record: ClaimRecord, piece: Piece) -> ClaimRecord:
    """A claim that is not read is right all the same where it is the chain rule of any functions."""
    contradicted = "does not depend" in (record.reason or "")
    condition = None if contradicted else chain_rule_of_any(piece)
    if condition is None:
        return record
    return completed(record, verdict="right-if", condition=condition, reason=None)


def _is_stationary(piece: Piece) -> bool:
    """Whether the derivative of one quantity is set to zero, as at a minimum."""
    left = piece.sides[0]
    own = left.body if isinstance(left, Derivative | Nabla) and len(piece.sides) == 2 else None
    return isinstance(own, Name) and not own.sub and not piece.conditions and is_zero(piece.sides[-1])


def judge_claim(evidence: Evidence, base: ClaimRecord, found: Found) -> ClaimRecord:
    """Right in the note's layout first, then right under a licence, and wrong only when nothing is left."""
    piece, outcomes = found.piece, found.outcomes
    here = [o for o in outcomes if under(o, evidence.convention)] or outcomes
    right = [o for o in here if o.state == "right"]
    if right and _is_stationary(piece):
        return completed(base, reason="It sets something to zero: an equation to be solved, not a claim.")
    if right:
        return judge_right(evidence, base, piece, plainest(right))
    elsewhere = [o for o in outcomes if o.state == "right"]
    if elsewhere:
        return in_another_layout(evidence, base, piece, plainest(elsewhere))
    aliased = under_another_name(evidence, base, piece, outcomes)
    if aliased is not None:
        return aliased
    averaged = of_the_mean(evidence, base, piece, here)
    if averaged is not None:
        return averaged
    repeated = in_einsteins_convention(evidence, base, piece, outcomes)
    if repeated is not None:
        return repeated
    narrow = next((o.narrow for o in here if o.narrow is not None), None)
    if narrow is not None:
        return completed(
            base, verdict="ambiguous", reading=evidence.reading(piece, narrow),
            reason="It is right if the loss depends only on what the right side names, and wrong if it "
            "depends on everything that is defined here; define the loss.",
        )  # fmt: skip
    states = {o.state for o in outcomes}
    if "not-read" in states:
        redefined = restated_definition(evidence, base, piece)
        if redefined is not None:
            return redefined
        first = next(o for o in (*here, *outcomes) if o.state == "not-read")
        return completed(base, reason=sentence(first.message), reading=evidence.reading(piece, first))
    return judge_wrong(evidence, base, piece, here, outcomes)
