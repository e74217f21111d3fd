"""`battery(forward, backward, shapes, ...)`: the rows of a claim's battery, and the claim's own row."""

from dataclasses import dataclass

import pytest

from gradcheck.checking.claim_check import check_claim
from gradcheck.formulas.decorating import Formula


@dataclass
class Judged:
    """A claim as the engine judged it; ``rows`` are the battery's, by the name of the check."""

    row: object
    rows: dict

    @property
    def failed(self):
        return {name for name, row in self.rows.items() if row.outcome == "fail"}

    @property
    def noted(self):
        return {name for name, row in self.rows.items() if row.outcome == "note"}


@pytest.fixture
def battery():
    def judge(forward, backward, shapes, *, values=None, where=None, batch=None, delta=None, points=12):
        formula = Formula(forward, shapes, name="f", values=values, where=where, batch=batch)
        formula.vjp(backward)
        return judged(formula.claims[0], delta, points)

    def judged(claim, delta=None, points=12):
        outcome = check_claim(claim, max_examples=points, delta=delta)
        return Judged(outcome.row, {r.check: r for r in outcome.battery})

    judge.claim = judged
    return judge
