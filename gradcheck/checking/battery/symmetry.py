"""A Hessian is symmetric, whatever the function is: entry (i, j) is entry (j, i)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from gradcheck.checking.battery.finding import Finding, skipped
from gradcheck.checking.battery.trial import Trial, apart
from gradcheck.errors import CandidateFault, Unsupported
from gradcheck.formulas.claim import Claim
from gradcheck.judging.points.point import Point
from gradcheck.judging.session import Session

__all__ = ["symmetry"]


def symmetry(claim: Claim, basis: Sequence[Point], session: Session) -> Finding:
    """The table against its transpose, in balls where the code runs in them."""
    settled, reason = 0, "the code is not finite at the points tried"
    for point in basis:
        try:
            trial = Trial(claim, point, session)
            if not trial.finite:
                continue
            ((quantity, table),) = trial.values.items()
            half = table.ndim // 2
            order = (*range(half, table.ndim), *range(half))
            found = apart(trial, [trial], {quantity: partial(_transposed, order)})
        except (Unsupported, CandidateFault) as error:
            reason = str(error)
            continue
        settled += 1
        if found is not None:
            index = found[1].index
            other = (*index[half:], *index[:half])
            text = (
                f"{quantity}[{', '.join(map(str, index))}] is {found[1].candidate}, and "
                f"[{', '.join(map(str, other))}] is {found[1].truth}: a Hessian is symmetric"
            )
            return Finding("fail", settled, text, point)
    return Finding("pass", settled) if settled else skipped(reason)


def _transposed(order: tuple[int, ...], parts: list[Any]) -> Any:
    return np.transpose(parts[0], order)
