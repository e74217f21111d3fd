"""A point of many at which errors go one way together: none of them fails alone, and one is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import msgspec
import numpy as np

from gradcheck.checking.minimise import Minimal
from gradcheck.checking.writing.counterexample import describe
from gradcheck.formulas.claim import Claim
from gradcheck.judging.opinions import PointResult
from gradcheck.judging.session import Session
from gradcheck.records.arrays import decode
from gradcheck.records.types import Counterexample, Diagnosis

__all__ = ["biased_point"]


def biased_point(
    claim: Claim, results: Sequence[PointResult], bias: Diagnosis, session: Session
) -> Counterexample | None:
    """The smallest of the points whose error is at least a typical one, with the sentence about all."""
    found = [(r, error) for r in results if (error := _error(r, bias.quantity)) > 0]
    if not found:
        return None
    typical = float(np.median([error for _, error in found]))
    chosen, _ = min(
        (rf for rf in found if rf[1] >= typical), key=lambda rf: sum(a.size for a in rf[0].point.args)
    )
    quantity = next(q for q in chosen.measured.errors if str(q) == bias.quantity) if chosen.measured else None
    shown = describe(claim, Minimal(replace(chosen, quantity=quantity), shape_minimal=False), session)
    message = f"{bias.quantity}: {bias.text}"
    if shown.index is not None and shown.candidate is not None and shown.truth is not None:
        place = f"[{', '.join(map(str, shown.index))}]" if shown.index else ""
        yours, right = (decode(a)[tuple(shown.index)] for a in (shown.candidate, shown.truth))
        message += f"; at this point {bias.quantity}{place} is {yours!s}, where {right!s} is right"
    return msgspec.structs.replace(shown, message=message, together=bias.of, step_curve=None)


def _error(result: PointResult, quantity: str) -> float:
    """How far a quantity is off, in what is allowed of it."""
    measured = result.measured
    if measured is None or result.verdict != "pass" or result.point.large:
        return 0.0
    for q, errors in measured.errors.items():
        if str(q) == quantity and errors.size:
            return float(errors.max())
    return 0.0
