"""Mistakes in low precision: those of formulas are looked for without rounding, those of numbers here."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck.arithmetic import BALLS, precision
from gradcheck.arithmetic.narrow import taken_as_exact
from gradcheck.arithmetic.precisions import BITS
from gradcheck.errors import FaultKind, Unsupported
from gradcheck.formulas.calling.foreign import float_only, is_float_only
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.dtypes import FLOAT64, GRADES, Dtype, widened
from gradcheck.judging.candidates.running import run_in_balls
from gradcheck.judging.low_precision.grades import grade_name
from gradcheck.judging.opinions import PointResult
from gradcheck.records.types import Diagnosis

__all__ = ["in_float64", "of_numbers", "of_refuted"]


def in_float64(claim: Claim, results: Sequence[PointResult]) -> Claim:
    """The claim as the diagnosis of formulas takes it: with float64 arrays in and out.

    Code that runs in balls and is wrong there is looked at as it is, without any rounding. Other code is
    called in its dtype: it may ask for it.
    """
    formula = claim.formula.in_dtype(FLOAT64)
    failed = [r for r in results if r.verdict == "fail"]
    first = next((r.point for r in failed), None)
    if first is not None and not is_float_only(claim.candidate) and any(map(_wrong_as_formula, failed)):
        try:
            with precision(BITS), taken_as_exact(claim.dtype.bits):
                run_in_balls(claim, first, BALLS)
            return replace(claim, formula=formula)
        except Unsupported:
            pass
    dtype = claim.formula.dtype
    candidate = float_only(_cast(claim.candidate, dtype), f"code in {dtype.name}")
    return replace(claim, formula=formula, candidate=candidate, bits=dtype.bits)


def _wrong_as_formula(result: PointResult) -> bool:
    """Whether the code differs where nothing is rounded; code that raises is nowhere right."""
    if result.fault is not None:
        return True
    matches = [m for o in result.opinions.values() for m in o.matches.values()]
    return any(m.rigorous and m.outcome == "differ" for m in matches)


def _cast(function: Callable[..., Any], dtype: Dtype) -> Callable[..., Any]:
    """The function, called on arrays of a type and giving float64."""

    @functools.wraps(function)
    def cast(*args: Any) -> Any:
        return _out(function(*(_into(a, dtype) for a in args)))

    return cast


def _into(value: Any, dtype: Dtype) -> Any:
    if isinstance(value, tuple):
        return tuple(_into(v, dtype) for v in value)
    array = dtype.array(np.asarray(value))
    return array if array.ndim else array.dtype.type(array)


def _out(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _out(v) for name, v in value.items()}
    if isinstance(value, tuple | list):
        return tuple(_out(v) for v in value)
    return None if value is None else np.asarray(widened(np.asarray(value)), dtype=np.float64)


def of_refuted(found: list[Diagnosis], failed: Sequence[PointResult]) -> list[Diagnosis]:
    """What is said of gradients that differ at some point. Others are off by what their dtype may round,
    which without rounding looks like a mistake; where the code raises, all may be wrong.
    """
    differing = {
        str(q)
        for r in failed
        for o in r.opinions.values()
        for q, m in o.matches.items()
        if m.outcome == "differ"
    }
    if not differing or any(r.fault is not None for r in failed):
        return found
    return [d for d in found if not d.quantity or any(q.startswith(d.quantity) for q in differing)]


def of_numbers(claim: Claim, failed: Sequence[PointResult]) -> list[Diagnosis]:
    """What is wrong with the numbers where the formula may be right: overflow, and sums in too few bits."""
    overflown = [r for r in failed if r.fault is not None and r.fault.kind is FaultKind.NOT_FINITE]
    dtype = claim.formula.dtype
    if overflown and len(overflown) == len(failed):
        quantity = str(overflown[0].quantity)
        text = f"overflows in {dtype.name} on the way to a number that fits"
        return [Diagnosis(quantity=quantity, kind="overflow", text=text, points=len(failed), of=len(failed))]
    claimed = claim.formula.grade
    wider = GRADES[GRADES.index(claimed) + 1 :]
    measured = [r.measured for r in failed if r.measured is not None]
    met = next((g for g in wider if all(m.meets(g) for m in measured)), None)
    if met is None or not measured or len(measured) < len(failed):
        return []
    text = f"rounds more than {grade_name(claimed, dtype)} would, as {grade_name(met, dtype)} may"
    count = len(failed)
    quantities = dict.fromkeys(str(r.quantity) for r in failed if r.quantity is not None)
    return [Diagnosis(quantity=q, kind="rounding", text=text, points=count, of=count) for q in quantities]
