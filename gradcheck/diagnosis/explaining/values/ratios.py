"""Explanations by a factor: the code's value is a constant, or a power of sizes, times something simple."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from gradcheck.diagnosis.case import Case
from gradcheck.diagnosis.explaining.values.factors import Atom, Factor, recognise, simple_fraction
from gradcheck.diagnosis.explanation import NEAR, Explanation, Sides
from gradcheck.diagnosis.samples import How, Sample
from gradcheck.errors import CandidateFault, Unsupported
from gradcheck.formulas.kinds import Update
from gradcheck.formulas.quantity import Quantity

__all__ = ["atoms_of", "common_ratio", "factor_at", "factor_changes", "factor_words"]

_MOST_SAMPLES = 12
_TINY = 1e-280
"""float64 has lost digits of what is smaller: a saturated gradient says nothing about a factor."""


def factor_changes(
    case: Case, base: Explanation | None, quantity: Quantity, wrong: Sequence[Sample]
) -> Iterator[Explanation]:
    """Explanations by a factor on the right value, or on what ``base`` predicts."""
    sides: Sides = base.sides if base else lambda s, q, how: (s.mine(q, how), s.right(q, how))
    ratios, used = [], []
    for sample in wrong[:_MOST_SAMPLES]:
        ratio = ratio_of(sides, sample, quantity)
        if ratio is None:
            return
        if not np.isnan(ratio):  # nan: all is zero here, which says nothing
            ratios.append(ratio)
            used.append(sample)
    if len(used) < 2:
        return
    factors = recognise(ratios, atoms_of(case, used))
    if base is None and all(abs(r - 1) < _NEAR_ONE for r in ratios):
        factors = _near_one(quantity, used)
    for factor in factors:
        kind, words = factor_words(factor, case.noun if base is None else None)
        text = words if base is None else f"{base.text}, and {words.replace('it is', 'what is left is', 1)}"
        cost = 1.0 + factor.cost if base is None else base.cost + 1.0 + factor.cost
        yield Explanation(kind if base is None else base.kind, text, cost, _scaled(sides, factor, case))


_NEAR_ONE = 1e-2


def _near_one(quantity: Quantity, samples: Sequence[Sample]) -> list[Factor]:
    """1 + e with the same small e everywhere: had from what the value is off by, not from the value."""
    excess = []
    for sample in samples:
        try:
            ratio = common_ratio(sample.residual(quantity), sample.right(quantity))
        except Unsupported:
            return []
        if ratio is not None:  # none where rounded constants are no smaller than the mistake
            excess.append(ratio)
    if len(excess) < 2:
        return []
    middle = float(np.median(excess))
    small = simple_fraction(float(f"{middle:.3g}"), 1e-6)
    return [] if small is None else [Factor(Fraction(float(1 + small)), (), 0.2)]


def ratio_of(sides: Sides, sample: Sample, quantity: Quantity) -> float | None:
    """The one number that the first side is of the second; nan where both are zero, None for no number."""
    try:
        a, b = sides(sample, quantity, None)
    except (Unsupported, CandidateFault):
        return None
    except Exception:
        return None
    return common_ratio(a, b)


def common_ratio(a: Any, b: Any) -> float | None:
    """See `ratio_of`, of two float64 arrays."""
    if np.shape(a) != np.shape(b):
        return None
    a, b = np.ravel(np.asarray(a, dtype=np.float64)), np.ravel(np.asarray(b, dtype=np.float64))
    with np.errstate(all="ignore"):
        top_a, top_b = float(np.max(np.abs(a), initial=0.0)), float(np.max(np.abs(b), initial=0.0))
        if top_a < _TINY and top_b < _TINY:
            return float("nan")
        if not (0 < top_a < np.inf and 0 < top_b < np.inf):
            return None
        large = np.abs(b) > 1e-9 * top_b
        ratio = float(np.median(a[large] / b[large]))
        if not np.all(np.abs(a - ratio * b) <= NEAR * np.abs(a) + 1e-9 * top_a):
            return None
        # as sharp as float64 allows: the largest entry has lost least
        best = int(np.argmax(np.abs(b)))
        return float(a[best] / b[best])


def atoms_of(case: Case, samples: Sequence[Sample]) -> list[Atom]:
    """What a factor may be made of: sizes, derived lengths of axes, numbers among the arguments, the rate;
    of two that are the same at all samples the simpler one.
    """
    found: dict[tuple[float, ...], Atom] = {}
    for atom in _lengths(case, samples):
        found.setdefault(atom.values, atom)
    return [*found.values(), *_numbers(case, samples)]


def _lengths(case: Case, samples: Sequence[Sample]) -> Iterator[Atom]:
    """Sizes by name, one less (as a sample variance has it), lengths of axes, one less."""
    names = case.claim.formula.shapes.names
    sizes = {name: tuple(float(s.sizes[name]) for s in samples) for name in names}
    for name, row in sizes.items():
        yield Atom(name, _where(case, name), row)
    for name, row in sizes.items():
        yield Atom(f"{name} - 1", "", tuple(v - 1 for v in row))
    first = samples[0].point
    outputs = [f"output {k}" if first.multiple else "output" for k in range(len(first.outputs))]
    for name, k, of_output in (
        *((n, k, False) for k, n in enumerate(case.names)),
        *((n, k, True) for k, n in enumerate(outputs)),
    ):
        arrays = [(s.point.outputs if of_output else s.point.args)[k] for s in samples]
        for axis in range(arrays[0].ndim):
            row = tuple(float(array.shape[axis]) for array in arrays)
            yield Atom(f"{name}.shape[{axis}]", "", row)
            yield Atom(f"{name}.shape[{axis}] - 1", "", tuple(v - 1 for v in row))


def _numbers(case: Case, samples: Sequence[Sample]) -> Iterator[Atom]:
    """Arguments that are numbers, and the rate."""
    for k, argument in enumerate(case.names):
        if samples[0].point.args[k].ndim == 0 and k in samples[0].point.wrt:
            yield Atom(argument, "", tuple(float(s.point.args[k]) for s in samples), is_size=False)
    if isinstance(case.claim.kind, Update):
        yield Atom("rate", "the step size", tuple(s.point.rate for s in samples))


def _where(case: Case, name: str) -> str:
    """`the size of axis 0 of X`: the first place where a size stands alone."""
    shapes = case.claim.formula.shapes
    for argument in case.names:
        for axis, part in enumerate(shapes.text(argument).split()):
            if part == name:
                return f"the size of axis {axis} of {argument}"
    return ""


def _scaled(sides: Sides, factor: Factor, case: Case) -> Sides:
    def scaled(sample: Sample, quantity: Quantity, how: How) -> tuple[Any, Any]:
        a, b = sides(sample, quantity, how)
        return a, b * factor_at(case, factor, sample, how)

    return scaled


def factor_at(case: Case, factor: Factor, sample: Sample, how: How) -> Any:
    """The factor's value at a sample."""
    atoms = [*_lengths(case, [sample]), *_numbers(case, [sample])] if factor.powers else []
    values = {a.name: a.values[0] for a in atoms}
    return factor.at(values) if how is None else factor.exactly(values)


def factor_words(factor: Factor, noun: str | None) -> tuple[str, str]:
    """The kind and the sentence for a factor. ``noun`` is what has it, None in a subordinate sentence."""
    ratio, names = factor.ratio, [a.name for a, _ in factor.powers]
    sign = " and has the wrong sign" if ratio < 0 else ""
    kind = "rate" if "rate" in names else "size-factor" if factor.of_sizes else "factor"
    about = f" ({factor.about})" if factor.about else ""
    subject = f"{noun} is" if noun else "it is"
    if not factor.powers:
        size = abs(float(ratio))
        if abs(size - 1) < 1e-2:
            return kind, f"{subject} the right one times {_decimal(ratio)}{sign if ratio > 0 else ''}"
        if size < 1:
            small = 1 / abs(ratio)
            by = small.numerator if small.denominator == 1 else _decimal(small)
            return kind, f"{subject} too small by the factor {by}{sign}"
        return kind, f"{subject} too large by the factor {factor.text}{sign}"
    # `n / 3` is no more than 1 where n is small
    if all(p < 0 for _, p in factor.powers) and abs(ratio) == 1:
        inverse = Factor(1 / ratio, tuple((a, -p) for a, p in factor.powers), factor.cost)
        return kind, f"{subject} too small by the factor {inverse.text}{about}{sign}"
    if all(p > 0 for _, p in factor.powers) and abs(ratio) >= 1:
        return kind, f"{subject} too large by the factor {factor.text}{about}{sign}"
    return kind, f"{subject} the right one times {factor.text}{about}{sign}"


def _decimal(ratio: Any) -> str:
    return f"{float(ratio):.15g}"
