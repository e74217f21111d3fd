"""From special cases to tests: the right gradients, the wrong ones made from them, and the kinks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from gradcheck.errors import CandidateFault, Unsupported
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.decorating import Formula
from gradcheck.formulas.kinds import Vjp
from gradcheck.judging.candidates.running import run_in_float64
from gradcheck.judging.points.point import Discarded, ForwardFault, Point, evaluate_forward
from gradcheck.oracles.kink_answers import Convention, conventions, directions
from gradcheck.oracles.reference import Oracle
from gradcheck.oracles.vectors.allowances import DTYPES, allowance
from gradcheck.oracles.vectors.draft import Arrays, Bounds, Draft, Made, mistaken_drafts, wrong_drafts
from gradcheck.oracles.vectors.special_cases import Case, cases

__all__ = ["Drafter", "asked_of"]

_SATURATED = 2.0**-30
"""A gradient that holds entries this much smaller than its largest is flagged as saturated."""

_KINKS_BY_BIAS = 2


def asked_of(formula: Formula, point: Point) -> tuple[str, ...]:
    """The arguments whose gradients its right vjp claims state at a point; all floating ones where there
    is no such claim. Labels and targets, which nobody differentiates, are left out this way.
    """
    names = formula.shapes.arguments
    stated: set[str] = set()
    for claim in formula.backwards:
        try:
            stated |= {str(q.argument) for q in run_in_float64(claim, point).values}
        except CandidateFault:
            continue
    return tuple(names[i] for i in point.wrt if not stated or names[i] in stated)


class Drafter:
    """Makes the drafts of one formula. ``left_out`` says which special cases could not be had, and why."""

    def __init__(
        self, formula: Formula, oracle: Oracle, mistakes: Mapping[str, Callable[..., Any]] | None = None
    ) -> None:
        self.formula, self.oracle = formula, oracle
        self._mistakes = {name: _made(formula, wrong) for name, wrong in (mistakes or {}).items()}
        self.left_out: list[str] = []

    def drafts(self, seed: int) -> list[Draft]:
        """The tests in order: right ones and kinks first, then the wrong ones. Raises `Unsupported` where
        there is not one right test, `ForwardFault`, `UsageError`.
        """
        right: list[Draft] = []
        for case in cases(self.formula, seed):
            right += self._tried(case)
        valid = [d for d in right if d.result == "valid"]
        if not valid:
            told = "; ".join(self.left_out) or "no special case fits it"
            raise Unsupported(f"{self.formula.name}: no test vectors can be made: {told}")
        if not any(d.result == "acceptable" for d in right):
            for case in self._kinked(valid[0]):
                right += [d for d in self._tried(case) if d.result == "acceptable"]
        return [
            *right,
            *wrong_drafts(valid, self.oracle.at_point),
            *mistaken_drafts(valid, self._mistakes),
        ]

    def _tried(self, case: Case) -> list[Draft]:
        try:
            return [self._kink(case) if self.oracle.is_kink(case.point) else self._valid(case)]
        except Unsupported as error:
            self.left_out.append(f"{case.comment}: {error}")
            return []

    def _valid(self, case: Case) -> Draft:
        reference = self.oracle.at_point(case.point)
        asked = asked_of(self.formula, case.point)
        gradients = {n: reference.gradients[n].value for n in asked}
        values = [v.value for v in reference.values]
        if not all(np.isfinite(a).all() for a in (*values, *gradients.values())):
            raise Unsupported("a right value is beyond float64")
        if not all(q.nearest for q in reference.quantities().values()):
            raise Unsupported(
                "float constants of the forward are rounded, so that no answer is the nearest float64"
            )
        bounds, reasons = self._bounds(case.point, gradients)
        flags = [*case.flags, *(["Saturation"] if _saturated(gradients) else [])]
        return Draft(
            self.formula.shapes.arguments,
            case.point,
            case.comment,
            flags,
            values,
            gradients,
            bounds,
            reasons,
            reference=reference,
        )

    def _kink(self, case: Case) -> Draft:
        point, asked = case.point, asked_of(self.formula, case.point)
        found = conventions(self.oracle.problem(point), point, self.oracle.sources)
        found = [Convention(c.comment, {n: c.gradients[n] for n in asked}) for c in found]
        values = [v.value for v in self.oracle.values_at(point)]
        bounds, reasons = self._bounds_beside(point, found[0].gradients)
        return Draft(
            self.formula.shapes.arguments,
            point,
            f"no derivative exists: {case.comment}",
            [*case.flags, "Kink"],
            values,
            found[0].gradients,
            bounds,
            reasons,
            "acceptable",
            alternatives=found[1:],
        )

    def _bounds(self, point: Point, gradients: Arrays) -> tuple[dict[str, Bounds], dict[str, str]]:
        """The tolerances by dtype, or why there is none. Raises `Unsupported` where float64 has none."""
        bounds: dict[str, Bounds] = {}
        reasons: dict[str, str] = {}
        for dtype in DTYPES:
            try:
                bounds[dtype] = allowance(self.formula, point, self.oracle.sources, dtype, gradients)
            except Unsupported as error:
                if dtype == "float64":
                    raise
                reasons[dtype] = str(error)
        return bounds, reasons

    def _bounds_beside(self, point: Point, gradients: Arrays) -> tuple[dict[str, Bounds], dict[str, str]]:
        """The same at a kink, where rounding decides which side is taken: from the points beside it, where
        it does not, and which are so near that magnitudes are the same to three digits.
        """
        direction = next(iter(directions(point)))
        sides = []
        told: list[Unsupported] = []
        reasons: dict[str, str] = {}
        for sign in (1, -1):
            moved = list(point.args)
            for i, d in direction.items():
                moved[i] = point.args[i] + sign * d * 2.0**-10
            try:
                bounds, without = self._bounds(replace(point, args=tuple(moved)), gradients)
            except Unsupported as error:
                told.append(error)
                continue
            sides.append(bounds)
            reasons = {**without, **reasons}
        if not sides:
            raise Unsupported("; ".join(map(str, told)))
        joined = {
            dtype: _widest([side[dtype] for side in sides])
            for dtype in DTYPES
            if all(dtype in s for s in sides)
        }
        return joined, {dtype: why for dtype, why in reasons.items() if dtype not in joined}

    def _kinked(self, draft: Draft) -> Iterator[Case]:
        """Points with a kink in a layer: the bias that enters it is moved until one entry is zero."""
        reference = draft.reference
        assert reference is not None
        names = self.formula.shapes.arguments
        made = 0
        for layer, value in reference.intermediates.items():
            delta = reference.deltas[layer].value
            for name in draft.gradients:
                bias = reference.inputs[name]
                if bias.shape != delta.shape or not np.array_equal(draft.gradients[name], delta):
                    continue
                index: Any = np.unravel_index(int(np.argmax(np.abs(delta))), delta.shape)
                if value.bound[index] or made == _KINKS_BY_BIAS:
                    continue
                moved = bias.copy()
                moved[index] -= value.value[index]
                args = list(draft.point.args)
                args[names.index(name)] = moved
                try:
                    outputs, _ = evaluate_forward(self.formula, tuple(args))
                except (Discarded, ForwardFault):
                    continue
                made += 1
                point = replace(draft.point, args=tuple(args), outputs=outputs)
                place = ", ".join(str(int(i)) for i in index)
                yield Case(point, f"{layer}[{place}] is zero", [f for f in draft.flags if f != "Saturation"])


def _made(formula: Formula, wrong: Callable[..., Any]) -> Made:
    """The gradients that a wrong backward pass gives at a point; none where it raises."""
    claim = Claim(formula, Vjp(), wrong)

    def made(point: Point) -> Arrays:
        try:
            return {str(q.argument): v for q, v in run_in_float64(claim, point).values.items()}
        except CandidateFault:
            return {}

    return made


def _saturated(gradients: Arrays) -> bool:
    sizes = np.concatenate([np.abs(g).reshape(-1) for g in gradients.values()])
    sizes = sizes[sizes > 0]
    return bool(sizes.size and sizes.min() < sizes.max() * _SATURATED)


def _widest(sides: list[Bounds]) -> Bounds:
    bounded = [s[0] for s in sides if s[0] is not None]
    values = [np.maximum.reduce(parts) for parts in zip(*bounded, strict=True)] if bounded else None
    return values, {n: np.maximum.reduce([s[1][n] for s in sides]) for n in sides[0][1]}
