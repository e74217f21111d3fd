"""Claims of public notes, as facts: what each says, what is declared, and what is true of it."""

import json
from dataclasses import dataclass
from pathlib import Path

from gradcheck.notes.statements.declarations import Declarations, read_declarations
from gradcheck.notes.statements.pieces import Formula

FILE = Path(__file__).with_name("claims.jsonl")


@dataclass(frozen=True)
class Claim:
    id: str
    kind: str
    truth: str
    definitions: tuple
    declared: str
    latex: str
    einstein: bool

    def formulas(self):
        """Definitions and claim, each on a line of its own; the claim comes last."""
        return [Formula(text, k + 1, 1) for k, text in enumerate([*self.definitions, self.latex])]

    def declarations(self):
        found = Declarations()
        # words of the corpus that are no declarations
        text = self.declared.replace("time t", "").replace("columns = examples;", "")
        read_declarations(text, found)
        found.einstein = self.einstein
        return found


def claims():
    for line in FILE.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if row["type"] == "claim":
            yield Claim(
                row["id"],
                row["kind"],
                row["verdict"],
                tuple(row["definitions"]),
                row["declared"],
                row["claim"],
                "Einstein" in row["convention"],
            )


def overall(records):
    """One verdict for all the formulas of a claim: the most serious."""
    found = [r.verdict for r in records]
    order = ("wrong", "not-read", "ambiguous", "right-if", "right")
    return next((v for v in order if v in found), "not-read")


AS_IT_SHOULD = {
    "right": {"right", "right-if"},
    "right-if": {"right-if"},
    "wrong": {"wrong"},
    "ill-typed": {"wrong"},
    "definition-wrong": {"wrong"},
    "notread": {"not-read"},
}
"""Which verdicts decide a claim as it should be. A right one may come with the condition that it needs."""
