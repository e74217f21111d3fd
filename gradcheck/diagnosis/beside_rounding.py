"""Two mistakes at once: the code rounds to float32, and its formula is wrong besides."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from msgspec import structs

from gradcheck.arithmetic import BALLS, precision
from gradcheck.arithmetic.narrow import is_granted, taken_as_exact
from gradcheck.arithmetic.precisions import BITS
from gradcheck.diagnosis.kinds import UNEXPLAINED
from gradcheck.errors import Unsupported
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.values import Values
from gradcheck.judging.candidates.running import run_in_balls
from gradcheck.judging.opinions import PointResult
from gradcheck.judging.session import Session
from gradcheck.records.types import Diagnosis

__all__ = ["beside_rounding"]


def beside_rounding(
    claim: Claim, results: Sequence[PointResult], session: Session, *, seed: int, delta: Values | None
) -> list[Diagnosis]:
    """What explains every quantity once float32 buffers and casts of the code are taken as exact; empty where
    there are none, or nothing does.
    """
    from gradcheck.diagnosis.diagnose import diagnose  # here, so that the module keeps its name

    if is_granted() or not _rounds(claim, results):
        return []
    with taken_as_exact():
        found = diagnose(claim, results, session, seed=seed, delta=delta)
    if not found or any(d.kind == UNEXPLAINED for d in found):
        return []
    return [
        structs.replace(d, text=f"{d.text}; besides, the code rounds to float32", gap=None) for d in found
    ]


def _rounds(claim: Claim, results: Sequence[PointResult]) -> bool:
    """Whether the code, where it runs in balls once float32 is granted, asks for it."""
    smallest = min(results, key=lambda r: sum(a.size for a in r.point.args))
    with taken_as_exact() as narrow, precision(BITS), suppress(Unsupported):
        run_in_balls(claim, smallest.point, BALLS)
    return narrow.seen
