"""From findings to records: which of the explanations that fit is told."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import partial

from gradcheck.diagnosis.kinds import UNEXPLAINED
from gradcheck.diagnosis.search import BONUS, Finding, Scope
from gradcheck.formulas.quantity import Quantity
from gradcheck.judging.opinions import PointResult, PointVerdict
from gradcheck.records.types import Diagnosis

__all__ = ["record", "records_of", "unexplained"]


def records_of(scopes: Sequence[Scope], found: dict[Quantity, list[Finding]]) -> list[Diagnosis]:
    """The best finding of each quantity; one that explains several quantities at once counts for more."""
    found = {q: [f for f in findings if _does_for_both(f, q, found)] for q, findings in found.items()}
    covered = Counter(id(f.explanation) for findings in found.values() for f in findings)

    def rank(finding: Finding, others: Sequence[Finding]) -> float:
        count = covered[id(finding.explanation)]
        half = finding.explanation.repair and count < len(scopes)
        if half and any(covered[id(f.explanation)] == len(scopes) for f in others):
            count = 1  # a repair that leaves gradients wrong of which another explanation tells
        return finding.explanation.cost - BONUS * (count - 1) / max(len(scopes) - 1, 1)

    records = [
        record(s.quantity, min(found[s.quantity], key=partial(rank, others=found[s.quantity])))
        if found[s.quantity]
        else _unexplained(s.quantity, len(s.wrong))
        for s in scopes
    ]
    first = {
        (r.quantity, r.text): r for r in reversed(records)
    }  # both parts of a complex gradient say the same
    return [r for r in records if first[r.quantity, r.text] is r]


def _does_for_both(finding: Finding, quantity: Quantity, found: dict[Quantity, list[Finding]]) -> bool:
    """Whether what is said of an operation on complex numbers does for the gradient's other part too."""
    mine = str(quantity)
    turned = re.sub(r"\.(real|imag)(?=/|$)", lambda m: ".imag" if m[1] == "real" else ".real", mine)
    if not finding.explanation.joint or turned == mine:
        return True
    others = [f.explanation.text for q, fs in found.items() if str(q) == turned for f in fs]
    return not others or finding.explanation.text in others


def unexplained(results: Sequence[PointResult]) -> list[Diagnosis]:
    """That nothing was found, where nothing could be tried: of each quantity in which the code differs."""
    wrong = Counter(r.quantity for r in results if r.verdict is PointVerdict.FAIL and r.quantity is not None)
    return [_unexplained(quantity, count) for quantity, count in wrong.items()]


def _unexplained(quantity: Quantity, count: int) -> Diagnosis:
    return Diagnosis(quantity=str(quantity), kind=UNEXPLAINED, text="no simple explanation", of=count)


def _named(quantity: Quantity, *, whole: bool) -> str:
    return re.sub(r"\.(real|imag)(?=/|$)", "", str(quantity)) if whole else str(quantity)


def record(quantity: Quantity | None, finding: Finding) -> Diagnosis:
    return Diagnosis(
        quantity="" if quantity is None else _named(quantity, whole=finding.explanation.whole),
        kind=finding.explanation.kind,
        text=finding.explanation.text,
        points=finding.points,
        of=finding.of,
        gap=finding.gap,
        place=finding.explanation.place,
    )
