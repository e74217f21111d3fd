"""From a failed claim to diagnoses: one for each quantity that is wrong."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from gradcheck.diagnosis.case import EFFORT, Case
from gradcheck.diagnosis.explaining.chain_rule.added import added_multiples
from gradcheck.diagnosis.explaining.chain_rule.exchanged import exchanged_changes
from gradcheck.diagnosis.explaining.chain_rule.known_costs import cost_changes
from gradcheck.diagnosis.explaining.chain_rule.paths import pairs_of_paths, part_multiples, path_changes
from gradcheck.diagnosis.explaining.chain_rule.saved import saved_changes
from gradcheck.diagnosis.explaining.chain_rule.slopes import slope_changes
from gradcheck.diagnosis.explaining.chain_rule.terms import term_changes
from gradcheck.diagnosis.explaining.chain_rule.truncated import truncated_changes
from gradcheck.diagnosis.explaining.code.accuracy import accuracy_changes, is_nearly_right, rounded_values
from gradcheck.diagnosis.explaining.code.conjugates import conjugate_changes
from gradcheck.diagnosis.explaining.code.constants import constant_changes
from gradcheck.diagnosis.explaining.code.mistakes import mistakes
from gradcheck.diagnosis.explaining.code.repairs import repairs
from gradcheck.diagnosis.explaining.code.rewritten import rewritten
from gradcheck.diagnosis.explaining.code.together import changes_together
from gradcheck.diagnosis.explaining.values.complex_numbers import complex_changes
from gradcheck.diagnosis.explaining.values.holomorphic import not_holomorphic
from gradcheck.diagnosis.explaining.values.jacobians import jacobian_changes
from gradcheck.diagnosis.explaining.values.multiples import multiples
from gradcheck.diagnosis.explaining.values.other_arguments import argument_changes
from gradcheck.diagnosis.explaining.values.other_delta import (
    delta_changes,
    ignores_delta,
    not_used,
    unused_delta,
)
from gradcheck.diagnosis.explaining.values.ratios import factor_changes
from gradcheck.diagnosis.explaining.values.symmetric import symmetric_changes
from gradcheck.diagnosis.explaining.values.whole import whole_changes
from gradcheck.diagnosis.explaining.where.partial import (
    at_kinks,
    not_finite,
    under_sizes,
    under_values,
    where_it_raises,
)
from gradcheck.diagnosis.explaining.where.parts import part_changes
from gradcheck.diagnosis.explanation import Explanation
from gradcheck.diagnosis.findings import record, records_of, unexplained
from gradcheck.diagnosis.kinds import UNEXPLAINED
from gradcheck.diagnosis.samples import Sample
from gradcheck.diagnosis.scopes import by_pilot, pilot_of, scopes_of
from gradcheck.diagnosis.search import Finding, Scope, settle
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.point import Point
from gradcheck.formulas.quantity import Quantity
from gradcheck.formulas.values import Values
from gradcheck.judging.opinions import PointResult
from gradcheck.judging.session import Session
from gradcheck.records.types import Diagnosis

__all__ = ["diagnose"]


def diagnose(
    claim: Claim,
    results: Sequence[PointResult],
    session: Session,
    *,
    seed: int = 0,
    delta: Values | None = None,
    effort: int = EFFORT,
    again: bool = True,
    shown: Point | None = None,
) -> list[Diagnosis]:
    """Why the claim failed, as far as a simple mistake explains it. ``again``: where the effort is spent and
    nothing was found, once more with the smaller half of the points and of the effort. ``shown`` is the
    counterexample that a reader sees.
    """
    results = _affordable(results, session, effort)
    case = Case(claim, session, results, seed=seed, delta=delta, effort=effort, shown=shown)
    if (none := not_holomorphic(case)) is not None:
        return [none]
    scopes, found = _explained(case)
    for scope in [s for s in scopes if not found[s.quantity]]:
        if (finding := _without_delta(case, scope)) is not None:
            found[scope.quantity] = [finding]
    records = records_of(scopes, found)
    known = {r.quantity for r in records}
    for quantity in case.quantities():
        if str(quantity) not in known and (finding := not_finite(case, quantity)) is not None:
            records.append(record(quantity, finding))
    if not records and (finding := at_kinks(case)) is not None:
        records.append(record(case.quantities()[0], finding))
    if not records:
        records += _of_raises(case)
    if not records and (raises := where_it_raises(case)) is not None:
        kind, text = raises
        records.append(Diagnosis(quantity="", kind=kind, text=text, of=len(case.raising())))
    if again and case.is_spent and all(r.kind == UNEXPLAINED for r in records):
        fewer = _smaller_half(results)  # code in loops: each point costs what it holds
        if fewer:
            half = effort // 2
            return diagnose(
                claim, fewer, session, seed=seed, delta=delta, effort=half, again=False, shown=shown
            )
    return records or unexplained(results)


_FEWEST = 5
"""Points, for what is said of them to be more than chance."""


_OF_A_POINT = 8
"""What is spent on a point before anything is explained there, in operations of the forward: code and truth,
in float64 and in balls."""


def _affordable(results: Sequence[PointResult], session: Session, effort: int) -> Sequence[PointResult]:
    """The points, or as few of them, the smallest, as leave most of the effort to explanations."""
    judged = [r for r in results if r.verdict in ("pass", "fail")]
    if 3 * _OF_A_POINT * sum(session.cost(r.point) for r in judged) <= effort:
        return results
    fewer = _smaller_half(results)
    return _affordable(fewer, session, effort) if fewer else results


def _smaller_half(results: Sequence[PointResult]) -> list[PointResult]:
    """The points with the fewest entries, in their order; none where these would be too few to tell.

    Where each of them has an axis of length one, on which many mistakes are alike, the smallest failure of
    the others without one stays with them.
    """
    entries = {id(r): sum(a.size for a in r.point.args) for r in results}
    middle = sorted(entries.values())[len(results) // 2] if results else 0
    kept = {id(r) for r in results if entries[id(r)] < middle}
    telling = [r for r in results if r.verdict == "fail" and min(r.point.sizes.values(), default=2) >= 2]
    if telling and not any(id(r) in kept for r in telling):
        kept.add(id(min(telling, key=lambda r: entries[id(r)])))
    fewer = [r for r in results if id(r) in kept]
    return fewer if len(fewer) >= _FEWEST and any(r.verdict == "fail" for r in fewer) else []


def _explained(case: Case, *, ones: bool = False) -> tuple[list[Scope], dict[Quantity, list[Finding]]]:
    """What is found of each quantity, the cheap things first. ``ones``: delta is all ones already."""
    scopes = scopes_of(case)
    found: dict[Quantity, list[Finding]] = {}
    for scope in scopes:  # what is said of the whole quantity, or of a part of its entries
        found |= settle(case, [scope], _whole(case, scope))
    if not ones:
        _try(case, scopes, found, delta_changes)
    for scope in _open(scopes, found):
        if is_nearly_right(scope.quantity, scope.wrong):
            _nearly(case, scope, found)
    with case.holding_back(5):
        _try(case, scopes, found, _structural)
    with case.holding_back(10):
        _combined(case, scopes, found)
    _under(_at_sizes, case, scopes, found)
    _on_branch(case, [s for s in scopes if not found[s.quantity]], found)
    _try(case, [s for s in scopes if not found[s.quantity]], found, rewritten)
    _under(under_values, case, scopes, found)
    return scopes, found


def _under(
    condition: Callable[[Case, Scope], Finding | None],
    case: Case,
    scopes: Sequence[Scope],
    found: dict[Quantity, list[Finding]],
) -> None:
    for scope in [s for s in scopes if not found[s.quantity]]:
        if (finding := condition(case, scope)) is not None:
            found[scope.quantity] = [finding]


def _on_branch(case: Case, scopes: Sequence[Scope], found: dict[Quantity, list[Finding]]) -> None:
    """Repairs of a line that the code does not come to at every sample."""
    tried = {id(e): e for s in scopes for e in s.tried}
    sides = [(e, e.on_branch) for e in tried.values() if e.on_branch is not None]
    found |= settle(case, scopes, [replace(e, sides=s, on_branch=None) for e, s in sides])


def _combined(case: Case, scopes: Sequence[Scope], found: dict[Quantity, list[Finding]]) -> None:
    """A part that is off by a factor, a mistake and a factor, two parts, a term for a part."""
    for scope in _open(scopes, found):
        changes = itertools.chain(
            part_multiples(case, scope.quantity, scope.pilot), multiples(case, scope.quantity, scope.pilot)
        )
        found[scope.quantity] += settle(case, [scope], changes)[scope.quantity]
    for scope in [s for s in scopes if not found[s.quantity]]:
        found |= settle(case, [scope], _with_factors(case, scope))
    for made in (pairs_of_paths, term_changes):
        _try(case, [s for s in scopes if not found[s.quantity]], found, made)


def _at_sizes(case: Case, scope: Scope) -> Finding | None:
    return under_sizes(case, scope, scope.tried)


def _without_delta(case: Case, scope: Scope) -> Finding | None:
    """Of code that does not look at delta: what else is wrong, which shows where delta is all ones."""
    if not ignores_delta(case, scope.quantity, scope.wrong):
        return None
    count = len(scope.wrong)
    scopes, found = _explained(case.with_ones_for_delta(), ones=True)
    others = [f for s in scopes if s.quantity == scope.quantity for f in found[s.quantity]]
    if not others:
        return Finding(unused_delta(case), count, count, None)
    best = min(others, key=lambda f: f.explanation.cost)
    text = f"{not_used(case)}; for {case.claim.kind.delta_name} = ones, {best.explanation.text}"
    return replace(best, explanation=replace(best.explanation, kind="delta-ignored", text=text))


_SIMPLE = 1.6
"""An explanation of this cost ends the search; a costlier one waits for what else there is."""


def _open(scopes: Sequence[Scope], found: dict[Quantity, list[Finding]]) -> list[Scope]:
    return [s for s in scopes if not any(f.explanation.cost <= _SIMPLE for f in found[s.quantity])]


def _try(case: Case, scopes: Sequence[Scope], found: dict[Quantity, list[Finding]], changes: object) -> None:
    """Ask explanations that speak of all quantities at once about those that are still open."""
    for pilot, group in by_pilot(_open(scopes, found)):
        for quantity, findings in settle(case, group, changes(case, pilot)).items():  # type: ignore[operator]
            found[quantity] += findings


def _nearly(case: Case, scope: Scope, found: dict[Quantity, list[Finding]]) -> None:
    found[scope.quantity] += settle(case, [scope], accuracy_changes(case, scope.pilot))[scope.quantity]
    if not found[scope.quantity]:
        explanation = rounded_values(case, scope.quantity, scope.wrong)
        if explanation is not None:
            found[scope.quantity] = [Finding(explanation, len(scope.wrong), len(scope.wrong), None)]


def _whole(case: Case, scope: Scope) -> Iterator[Explanation]:
    return itertools.chain(
        complex_changes(case, scope.quantity),
        whole_changes(case, scope.quantity, scope.pilot),
        factor_changes(case, None, scope.quantity, scope.wrong),
        jacobian_changes(case, scope.quantity, scope.pilot),
        symmetric_changes(scope.quantity, case.noun, scope.pilot),
        added_multiples(case, scope.quantity, scope.pilot),
        part_changes(case, scope.quantity, scope.wrong, scope.sound),
    )


def _structural(case: Case, pilot: Sample) -> Iterator[Explanation]:
    return itertools.chain(
        conjugate_changes(case, pilot),
        slope_changes(case, pilot),
        path_changes(case, pilot),
        saved_changes(case, pilot),
        exchanged_changes(case, pilot),
        argument_changes(case, pilot),
        constant_changes(case, pilot),
        changes_together(case, pilot),
        repairs(case, pilot),
        mistakes(case, pilot),
        cost_changes(case, pilot),
        truncated_changes(case, pilot),
    )


def _with_factors(case: Case, scope: Scope) -> Iterator[Explanation]:
    """Two mistakes at once, one of which is a factor."""
    for base in sorted(scope.multiples, key=lambda e: e.cost)[:_MOST_MULTIPLES]:
        yield from factor_changes(case, base, scope.quantity, scope.wrong)


_MOST_MULTIPLES = 16


def _of_raises(case: Case) -> list[Diagnosis]:
    """The one repair with which code that raises at every point that tells gives what is right there."""
    raising = case.raising()
    if not raising:
        return []
    quantities = case.quantities()
    pilot = pilot_of(raising, quantities[0])
    scopes = [Scope(q, raising, case.sound(q), [], pilot, shown=case.shown) for q in quantities]
    everywhere = not any(s.values for s in case.samples)
    changes = rewritten(case, pilot) if everywhere else ()
    found = settle(case, scopes, itertools.chain(repairs(case, pilot), changes))
    for finding in found[quantities[0]]:
        if all(any(f.explanation is finding.explanation for f in found[q]) for q in quantities):
            return [record(None, finding)]
    return []
