"""What kind of mistake explains a failure: the candidate against transformed truths."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from contextlib import nullcontext

from msgspec import structs

from gradcheck.arithmetic.narrow import taken_as_exact
from gradcheck.diagnosis.beside_rounding import beside_rounding
from gradcheck.diagnosis.findings import unexplained
from gradcheck.diagnosis.kinds import UNEXPLAINED
from gradcheck.diagnosis.low_precision import in_float64, of_numbers, of_refuted
from gradcheck.diagnosis.multiples_within import multiples_within
from gradcheck.errors import user_code
from gradcheck.formulas.calling.foreign import is_float_only
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.point import Point
from gradcheck.formulas.values import Values
from gradcheck.judging.opinions import PointResult
from gradcheck.judging.session import Session
from gradcheck.proofs import Memory, explain
from gradcheck.records.types import Diagnosis

__all__ = ["diagnosed"]


def diagnosed(
    claim: Claim,
    results: Sequence[PointResult],
    session: Session,
    *,
    seed: int = 0,
    delta: Values | None = None,
    shown: Point | None = None,
) -> list[Diagnosis]:
    """The diagnoses of a failed claim, for its row; ``shown`` is the counterexample that goes with it. Never
    raises: an explanation is a favour.

    What the numbers say comes first. Where the normal forms of a proof say the same of a quantity, it is
    true of all shapes; where the numbers say nothing, the forms may. The forms know nothing of lines of
    code, so they do not confirm a sentence that names one.
    """
    from gradcheck.diagnosis.diagnose import diagnose  # here, so that the module keeps its name

    small = [r for r in results if not r.point.large]
    by_numbers: list[Diagnosis] = []
    failed = [r for r in small if r.verdict == "fail"]
    dtype = claim.formula.dtype
    if dtype.is_low:
        if numbers := of_numbers(claim, failed):
            return numbers
        claim = in_float64(claim, small)
        by_numbers = multiples_within([r for r in small if r.verdict in ("pass", "fail")])
        if is_float_only(claim.candidate) and by_numbers:
            return by_numbers
    if not small:
        return []
    casts = taken_as_exact(dtype.bits) if dtype.is_low else nullcontext()
    with warnings.catch_warnings(), casts:
        warnings.simplefilter("ignore")
        try:
            with user_code:
                found = diagnose(claim, small, session, seed=seed, delta=delta, shown=shown)
                if not dtype.is_low and all(d.kind == UNEXPLAINED for d in found):
                    found = beside_rounding(claim, small, session, seed=seed, delta=delta) or found
        except Exception:
            found = unexplained(small)
        if dtype.is_low:
            found = of_refuted(found, failed)
        if by_numbers and all(d.kind == UNEXPLAINED for d in found):
            return by_numbers
        memory = session.shared(Memory)
        exact = {d.quantity: d for d in explain(claim, memory)}
        alone = {d.quantity: d for d in explain(claim, memory, alone=True)} if exact else {}
    merged = []
    for one in found:
        form = exact.get(one.quantity)
        if form is not None and form.all_shapes and one.kind == form.kind and "`" not in one.text:
            one = structs.replace(one, text=f"{one.text}, for all shapes", all_shapes=True)
        merged.append(alone.get(one.quantity, one) if one.kind == UNEXPLAINED else one)
    return merged
