"""From findings to records: which of the explanations that fit is told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from gradcheck.diagnosis.kinds import UNEXPLAINED
from gradcheck.diagnosis.search import BONUS, Finding, Scope
from gradcheck.formulas.quantity import Quantity
from gradcheck.records.types import Diagnosis

__all__ = ["record", "records_of"]


def records_of(scopes: Sequence[Scope], found: dict[Quantity, list[Finding]]) -> list[Diagnosis]:
    """The best finding of each quantity; one that explains several quantities at once counts for more."""
    covered = Counter(id(f.explanation) for findings in found.values() for f in findings)

    def rank(finding: Finding) -> float:
        share = (covered[id(finding.explanation)] - 1) / max(len(scopes) - 1, 1)
        return finding.explanation.cost - BONUS * share

    return [
        record(s.quantity, min(found[s.quantity], key=rank))
        if found[s.quantity]
        else Diagnosis(
            quantity=str(s.quantity), kind=UNEXPLAINED, text="no simple explanation", of=len(s.wrong)
        )
        for s in scopes
    ]


def record(quantity: Quantity | None, finding: Finding) -> Diagnosis:
    return Diagnosis(
        quantity="" if quantity is None else str(quantity),
        kind=finding.explanation.kind,
        text=finding.explanation.text,
        points=finding.points,
        of=finding.of,
        gap=finding.gap,
    )
