"""What a claim states, one by one: which gradient agrees, which differs, and by how much at most."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from gradcheck.formulas.quantity import JOINT, Quantity
from gradcheck.judging.comparing import Match
from gradcheck.judging.opinions import PointResult, PointVerdict
from gradcheck.records.types import Compared
from gradcheck.records.verdicts import Strength, Verdict

__all__ = ["compared"]


def compared(results: Sequence[PointResult], *, proved: bool) -> list[Compared]:
    """A row for each quantity that the code states, or that failed, in the order of the claim. ``proved``:
    the claim is, and so is each.
    """
    matches: dict[Quantity, list[tuple[int, Match]]] = {}
    failed: set[Quantity] = set()
    for number, result in enumerate(results):
        for quantity in result.stated.values if result.stated else ():
            matches.setdefault(quantity, [])
        if result.verdict is PointVerdict.FAIL and result.quantity is not None and result.fault is not None:
            failed.add(result.quantity)
        for opinion in result.opinions.values():
            if opinion.outvoted:
                continue
            for quantity, match in opinion.matches.items():
                matches.setdefault(quantity, []).append((number, match))
                if match.outcome == "differ" and result.verdict is PointVerdict.FAIL:
                    failed.add(quantity)
    named = [*matches, *(q for q in failed if q not in matches)]
    return [_row(q, matches.get(q, []), q in failed, proved) for q in named if q != JOINT]


def _row(quantity: Quantity, found: Sequence[tuple[int, Match]], failed: bool, proved: bool) -> Compared:
    said = [(number, match) for number, match in found if match.outcome != "unclear"]
    worst = max((m for _, m in said), key=lambda m: (m.outcome == "differ", m.gap, m.bound), default=None)
    if failed and worst is not None and worst.outcome != "differ":
        worst = None  # it raises, or has another shape: where it could be compared, it agreed
    verdict = Verdict.FAIL if failed else Verdict.PASS if said else Verdict.INCONCLUSIVE
    strength = None
    if verdict is Verdict.PASS:
        certain = all(match.rigorous for _, match in said)
        strength = Strength.PROVED if proved else Strength.CERTIFIED if certain else Strength.AGREED
    return Compared(
        quantity=str(quantity),
        verdict=verdict.value,
        strength=strength.value if strength else None,
        points=len({number for number, _ in said}),
        gap=_rounded(worst.gap) if worst else None,
        bound=_rounded(worst.bound) if worst else None,
    )


def _rounded(value: float) -> float | None:
    """To three digits, which is all that a reader takes in; None for what no log holds."""
    return float(f"{value:.3g}") if isfinite(value) else None
