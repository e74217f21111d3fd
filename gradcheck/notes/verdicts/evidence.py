"""What verdicts are given from."""

from __future__ import annotations

from dataclasses import dataclass

from gradcheck.notes.grammar.normalising import FUNCTIONS
from gradcheck.notes.judging.corrections import Correction
from gradcheck.notes.judging.readings import CHOICES, Outcome, Readings
from gradcheck.notes.judging.verifying import Judgement, judge
from gradcheck.notes.reading.reader import Options
from gradcheck.notes.reading.showing import in_words, plain_sizes
from gradcheck.notes.records import ClaimRecord
from gradcheck.notes.statements.pieces import Piece

__all__ = ["UNSURE", "Evidence", "completed", "plainest", "sentence"]

UNSURE = "Two evaluations of it contradict each other, or gradcheck cannot decide it, so nothing is said."


@dataclass(frozen=True, slots=True)
class Evidence:
    """What verdicts are given from: the note's readings, its convention, and corrected definitions."""

    file: str
    readings: Readings
    convention: Options
    repaired: dict[int, Correction]

    def reading(self, piece: Piece, outcome: Outcome) -> str:
        reader = self.readings.reader(outcome.options, piece.formula.scope)
        text = in_words(piece, reader)
        if outcome.assumed:
            text += "; " + "; ".join(outcome.assumed)
        return plain_sizes(text)

    def judged(self, outcome: Outcome) -> Judgement:
        """gradcheck's verdict over all equalities of a chain: the weakest."""
        weakest: Judgement | None = None
        order = ["proved", "certified", "agreed", None]
        for comparison in outcome.comparisons:
            judgement = judge(comparison)
            if judgement.equal is False:
                return judgement
            if (
                weakest is None
                or not judgement.equal
                or order.index(judgement.strength) > order.index(weakest.strength)
            ):
                weakest = judgement if weakest is None or weakest.equal else weakest
        return weakest or Judgement(None)

    def layout(self, outcome: Outcome) -> str | None:
        words = []
        if "layout" in outcome.used:
            words.append(outcome.options.layout)
        if "matrix" in outcome.used and outcome.options.matrix == "transposed":
            words.append("matrix gradients transposed")
        return ", ".join(words) or None


def plainest(outcomes: list[Outcome]) -> Outcome:
    """The outcome with the fewest choices out of the ordinary."""
    return min(
        outcomes,
        key=lambda o: sum(
            getattr(o.options, n) not in {False, "own"} for n in CHOICES if n in o.used and n != "layout"
        ),
    )


def sentence(text: str) -> str:
    text = plain_sizes(text)
    first, _, rest = text.partition(" ")
    symbol = first != "a" if len(first) == 1 else first in FUNCTIONS or not first[:1].isalpha()
    if not symbol and not (first == "a" and rest.startswith(("has ", "is "))):
        text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else text + "."


def completed(base: ClaimRecord, **changes: object) -> ClaimRecord:
    import msgspec

    return msgspec.structs.replace(base, **changes)
