"""Explanations by a conjugate that is forgotten, or one too many, at one operand of the hand-written code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gradcheck.arithmetic import BALLS, is_complex, midpoints, precision
from gradcheck.arithmetic.complex_numbers.arrays import seen_by
from gradcheck.arithmetic.precisions import BITS
from gradcheck.diagnosis.case import Case
from gradcheck.diagnosis.explanation import Explanation, repairing
from gradcheck.diagnosis.samples import How, Sample
from gradcheck.diagnosis.tracing.calls import Key
from gradcheck.diagnosis.tracing.sites import current_site
from gradcheck.diagnosis.words import operands_of, place_of
from gradcheck.errors import CandidateFault, Unsupported
from gradcheck.formulas.quantity import Quantity
from gradcheck.judging.candidates.running import guarded, run_in_balls

__all__ = ["conjugate_changes"]

_MOST = 40


def conjugate_changes(case: Case, pilot: Sample) -> Iterator[Explanation]:
    """One explanation for each complex operand of the code at the pilot sample."""
    if not case.claim.formula.shapes.nesting.complex_leaves and case.claim.formula.outputs is None:
        return
    found: dict[tuple[Key, int], None] = {}

    def record(name: str, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        key = Key(current_site(guarded.__code__), name)
        found.update(dict.fromkeys((key, k) for k, x in enumerate(inputs) if is_complex(x)))
        return inputs

    try:
        _run(pilot, BALLS, record)
    except (Unsupported, CandidateFault):
        return
    for key, k in list(found)[:_MOST]:
        alone = (key, 1 - k) not in found
        text = _text(key, k, alone=alone)
        yield Explanation("conjugate", text, 1.3, _with_conjugate(key, k), repair=True, whole=True)


def _text(key: Key, k: int, *, alone: bool) -> str:
    place, names = place_of(key), operands_of(key.site.snippet)
    if key.name == "conjugate":
        return f"{place} should not be conjugated"
    if k < len(names) and not names[k].endswith("..."):
        return f"in {place}, `{names[k]}` should be conjugated"
    which = "taken of the conjugate" if alone else f"given the conjugate of operand {k + 1}"
    return f"{place} should be {which}"


def _with_conjugate(key: Key, k: int) -> Any:
    def conjugated(name: str, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        if name != key.name or k >= len(inputs) or Key(current_site(guarded.__code__), name) != key:
            return inputs
        return (*inputs[:k], np.conjugate(inputs[k]), *inputs[k + 1 :])

    def values(sample: Sample, how: How) -> dict[Quantity, Any]:
        found = _run(sample, how or BALLS, conjugated)
        return found if how is not None else {q: midpoints(v) for q, v in found.items()}

    return repairing(values)


def _run(sample: Sample, domain: Any, watch: Any) -> dict[Quantity, Any]:
    with seen_by(watch), precision(BITS):
        return dict(run_in_balls(sample.claim, sample.point, domain))
