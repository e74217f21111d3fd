"""A complex Jacobian that there is not: of a forward that is not holomorphic."""

from __future__ import annotations

import numpy as np

from gradcheck.diagnosis.case import Case
from gradcheck.errors import CandidateFault, Unsupported
from gradcheck.formulas.kinds import Jacobian
from gradcheck.records.types import Diagnosis

__all__ = ["not_holomorphic"]

_MOST = 4
_CLEARLY = 1e-6
"""Of the largest derivative: what tells the real tables apart in float64, so that no rounding is in doubt."""


def not_holomorphic(case: Case) -> Diagnosis | None:
    """That no code can be right: the derivative by Im z is not i times that by Re z."""
    kind, formula = case.claim.kind, case.claim.formula
    if not isinstance(kind, Jacobian) or not kind.complex_output:
        return None
    if kind.target not in formula.shapes.nesting.complex_leaves:
        return None
    quantities = tuple(kind.blocks(formula))
    for sample in case.failed[:_MOST]:
        try:
            re_re, im_re, re_im, im_im = (np.asarray(sample.right(q)) for q in quantities)
        except (Unsupported, CandidateFault):
            continue
        gap = max(np.max(np.abs(re_re - im_im), initial=0), np.max(np.abs(im_re + re_im), initial=0))
        largest = max(np.max(np.abs(t), initial=0) for t in (re_re, im_re, re_im, im_im))
        if gap > _CLEARLY * largest:
            text = (
                f"the forward is not holomorphic: its derivative by Im {kind.target} is not i times that by "
                f"Re {kind.target}, so no one complex array is its Jacobian. Claim a vjp or a jvp"
            )
            return Diagnosis(quantity=f"dz/d{kind.target}", kind="conjugate", text=text, of=len(case.failed))
    return None
