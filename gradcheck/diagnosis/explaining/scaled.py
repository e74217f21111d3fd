"""Explanations by a repair that multiplies one value of the hand-written code by a constant.

Most backward passes depend on each of their inner values linearly, so two runs (as it is, and with the
value doubled) tell by what it would have to be multiplied; whether the result is right is then tried.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from gradcheck.arithmetic import wrap, zero_dimensional
from gradcheck.diagnosis.case import Case
from gradcheck.diagnosis.edits.edit import Edit
from gradcheck.diagnosis.explaining.factors import Factor, recognise
from gradcheck.diagnosis.explaining.ratios import atoms_of, common_ratio
from gradcheck.diagnosis.explaining.repairs import edited, recorded
from gradcheck.diagnosis.explanation import Explanation, repairing
from gradcheck.diagnosis.samples import How, Sample
from gradcheck.diagnosis.search import Scope
from gradcheck.diagnosis.tracing.calls import Call, Key, Value
from gradcheck.diagnosis.tracing.run import Run
from gradcheck.diagnosis.words import operand, place_of
from gradcheck.errors import CandidateFault, Unsupported
from gradcheck.formulas.quantity import Quantity

__all__ = ["scaled_values"]

_MOST_SAMPLES = 8


def scaled_values(case: Case, scope: Scope) -> Iterator[Explanation]:
    """Explanations by a scaled value, at one quantity."""
    if np.shape(np.asarray(scope.pilot.values.get(scope.quantity))) != scope.pilot.shapes[scope.quantity]:
        return
    seen: set[Key] = set()
    for call in recorded(case, scope.pilot).calls:
        out = call.output
        if call.key in seen or not isinstance(out, Value) or np.dtype(out.dtype).kind != "f":
            continue
        seen.add(call.key)
        if case.out_of_time:
            return
        yield from _of_call(case, scope, call, None)
        for k, arg in enumerate(call.args):
            if isinstance(arg, Value) and arg.name is not None and np.dtype(arg.dtype).kind == "f":
                yield from _of_call(case, scope, call, k)


def _multiplied(call: Call, run: Run, position: int | None, number: Any) -> Any:
    """The operation's output, or one operand of it, times a number."""
    if position is None:
        return run.do(np.multiply, number, run.plainly(call))
    args = list(call.args)
    args[position] = run.do(np.multiply, number, args[position])
    return run.do(call.function, *args, **call.kwargs)


def _of_call(case: Case, scope: Scope, call: Call, position: int | None) -> Iterator[Explanation]:
    doubled = Edit("factor", "", 0.0, call.key, lambda c, r: _multiplied(c, r, position, 2.0))
    ratios, used = [], []
    for sample in [scope.pilot, *(s for s in scope.wrong[:_MOST_SAMPLES] if s is not scope.pilot)]:
        ratio = _needed(sample, scope.quantity, doubled, position)
        if ratio is None:
            return
        if not np.isnan(ratio):
            ratios.append(ratio)
            used.append(sample)
    if len(used) < 2:
        return
    for factor in recognise(ratios, atoms_of(case, used))[:2]:
        yield _explanation(case, call, position, factor)


def _needed(sample: Sample, quantity: Quantity, doubled: Edit, position: int | None) -> float | None:
    """By what the value would have to be multiplied, if the quantity depends on it linearly."""
    try:
        mine, right = sample.mine(quantity), sample.right(quantity)
        memo = ("doubled", doubled.key, position)  # one run for all quantities
        step = sample.remember(memo, lambda: edited(sample, doubled, None))[quantity] - mine
    except (Unsupported, CandidateFault):
        return None
    except Exception:
        return None
    if mine.shape != right.shape:
        return None
    if not np.any(step):
        return float("nan") if np.allclose(mine, right, rtol=1e-9) else None
    ratio = common_ratio(right - mine, step)
    return None if ratio is None else 1 + ratio


def _explanation(case: Case, call: Call, position: int | None, factor: Factor) -> Explanation:
    where = place_of(call.key)
    if position is not None:
        where = f"{operand(call, position)} in {where}"
    kind = "size-factor" if factor.of_sizes else "factor"
    if factor.ratio == -1 and not factor.powers:
        kind, text = "sign", f"{where} should have the other sign"
    elif factor.ratio < 0:
        text = f"{where} should be multiplied by {factor.text} and have the other sign"
    else:
        inverse = Factor(Fraction(1) / factor.ratio, tuple((a, -p) for a, p in factor.powers), factor.cost)
        shrinks = (
            all(p < 0 for _, p in factor.powers) and factor.ratio.numerator == 1
            if factor.powers
            else factor.ratio < 1
        )
        done, by = ("divided", inverse) if shrinks else ("multiplied", factor)
        text = f"{where} should be {done} by {by.text}"
    about = f" ({factor.about})" if factor.about else ""

    def values(sample: Sample, how: How) -> dict[Quantity, Any]:
        at = {a.name: a.values[0] for a in atoms_of(case, [sample])}
        number: Any = factor.at(at) if how is None else wrap(zero_dimensional(factor.exactly(at)), how)

        def action(c: Call, r: Run) -> Any:
            return _multiplied(c, r, position, number)

        return edited(sample, Edit(kind, text, 0.0, call.key, action), how)

    return Explanation(kind, text + about, 1.9 + factor.cost, repairing(values), repair=True)
