"""What a diagnosis has to explain, quantity by quantity, and at which sample it is tried first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradcheck.diagnosis.case import Case
from gradcheck.diagnosis.samples import Sample
from gradcheck.diagnosis.search import Scope, telling
from gradcheck.diagnosis.tape import is_right
from gradcheck.formulas.quantity import Quantity

__all__ = ["by_pilot", "pilot_of", "scopes_of"]


def scopes_of(case: Case) -> list[Scope]:
    scopes = []
    raising = case.raising()
    for quantity in case.quantities():
        case.top_up(quantity)
        wrong = [*case.misshapen(quantity), *case.wrong(quantity)]
        if wrong:
            pilot = pilot_of(wrong, quantity)
            scopes.append(Scope(quantity, wrong, case.sound(quantity), raising, pilot, shown=case.shown))
    # quantities that are wrong at a common sample share it, and what is computed there
    pilots = sorted({id(s.pilot): s.pilot for s in scopes}.values(), key=lambda p: -_shared(p, scopes))
    for scope in scopes:
        scope.pilot = next(p for p in pilots if any(p is w for w in scope.wrong))
    return scopes


def pilot_of(wrong: Sequence[Sample], quantity: Quantity) -> Sample:
    """The most telling sample, one where the forward's tape has kept its digits if there is one."""
    order = sorted(wrong, key=lambda s: telling(s, quantity), reverse=True)
    return next((s for s in order[:8] if is_right(s)), order[0])


def _shared(pilot: Sample, scopes: Sequence[Scope]) -> int:
    return sum(any(pilot is w for w in s.wrong) for s in scopes)


def by_pilot(scopes: Sequence[Scope]) -> Iterator[tuple[Sample, list[Scope]]]:
    pilots = {id(s.pilot): s.pilot for s in scopes}
    for key, pilot in pilots.items():
        yield pilot, [s for s in scopes if id(s.pilot) == key]
