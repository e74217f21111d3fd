"""The vote at a point: who differs from whom, and whether that is the candidate or a backend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from flint import arb

from gradcheck.arithmetic import precision
from gradcheck.arithmetic.precisions import BITS
from gradcheck.backend import Answer
from gradcheck.formulas.kinds.tables import along
from gradcheck.formulas.quantity import Quantity
from gradcheck.judging.comparing import RESOLUTION
from gradcheck.judging.opinions import Opinion, PointVerdict, Says
from gradcheck.judging.reasons import Reason, ReasonKind
from gradcheck.records.verdicts import Strength

__all__ = ["Vote", "arbitrate", "same_answers"]


@dataclass(frozen=True)
class Vote:
    """What the opinions at a point amount to. ``quantity`` is the one that fails."""

    verdict: PointVerdict
    opinions: Mapping[str, Opinion]
    quantity: Quantity | None = None


def arbitrate(opinions: Mapping[str, Opinion]) -> Vote:
    """The point's verdict, with the backends that are outvoted marked.

    The candidate fails where all who answer differ from it and agree with each other, or where two or
    more who agree with each other outnumber the rest. A single backend against the candidate and two
    others is the outlier. Anything else is `split`.
    """
    opinions = _estimates_set_aside(opinions)
    voting = [o for o in opinions.values() if o.says in (Says.AGREE, Says.DIFFER)]
    against = [o for o in voting if o.says is Says.DIFFER]
    if not voting:
        return Vote(PointVerdict.NONE, opinions)
    if not against:
        return Vote(PointVerdict.PASS, opinions)
    in_favour = [o for o in voting if o.says is Says.AGREE]
    if not in_favour and _united(against):
        return Vote(PointVerdict.FAIL, opinions, _worst_quantity(against))
    if len(in_favour) >= 2 and len(in_favour) > len(against):
        # the candidate and two backends against one: that one is the outlier
        return Vote(PointVerdict.PASS, _outvoted(opinions, against))
    united = max(_camps(against), key=len)
    if len(united) >= 2 and len(united) > len(voting) - len(united):
        rest = [o for o in voting if o not in united]
        return Vote(PointVerdict.FAIL, _outvoted(opinions, rest), _worst_quantity(united))
    return Vote(PointVerdict.SPLIT, opinions)


def _worst_quantity(opinions: list[Opinion]) -> Quantity | None:
    return opinions[0].worst[0] if opinions[0].worst else None


def _outvoted(opinions: Mapping[str, Opinion], outliers: list[Opinion]) -> dict[str, Opinion]:
    names = {o.backend for o in outliers}
    return {n: replace(o, outvoted=True) if n in names else o for n, o in opinions.items()}


def _estimates_set_aside(opinions: Mapping[str, Opinion]) -> Mapping[str, Opinion]:
    """A floating-point estimate of an error bound cannot contradict an enclosure that certifies."""
    if not any(o.says is Says.AGREE and o.strength is Strength.CERTIFIED for o in opinions.values()):
        return opinions
    why = Reason(ReasonKind.ESTIMATE)
    return {
        n: replace(o, says=Says.NONE, matches={}, reason=why)
        if o.says is Says.DIFFER and not any(m.rigorous for m in o.matches.values())
        else o
        for n, o in opinions.items()
    }


def _united(opinions: list[Opinion]) -> bool:
    return len(max(_camps(opinions), key=len)) == len(opinions)


def _camps(opinions: list[Opinion]) -> list[list[Opinion]]:
    """Backends grouped by what they say the derivative is."""
    camps: list[list[Opinion]] = []
    for opinion in opinions:
        for camp in camps:
            if same_answers(camp[0], opinion):
                camp.append(opinion)
                break
        else:
            camps.append([opinion])
    return camps


def same_answers(a: Opinion, b: Opinion) -> bool:
    """Whether two backends' answers agree with each other, on what both have, but for float constants that
    one of them has rounded (JAX the 2 / sqrt(pi) of `erf`).
    """
    for quantity in [q for q in a.answers if q in b.answers]:
        x, y = a.answers[quantity], b.answers[quantity]
        with precision(BITS):
            if _meet(x, y):
                continue
            loose = a.loose.get(quantity, x), b.loose.get(quantity, y)
            if (loose[0] is x and loose[1] is y) or not _meet(*loose):
                return False
    return True


def _meet(x: Answer, y: Answer) -> bool:
    if x.direction is not None and y.direction is None:
        x, y = y, x
    if x.direction is None and y.direction is not None:
        x = along(x, y)
    if x.direction is not None and y.direction is not None:
        return not _disjoint(x.values.item(), y.values.item(), max(x.scale, y.scale))
    pairs = zip(x.values.reshape(-1), y.values.reshape(-1), strict=True)
    return not any(_disjoint(p, q, 0.0) for p, q in pairs)


def _disjoint(a: arb, b: arb, scale: float) -> bool:
    if not (a.is_finite() and b.is_finite()):
        return False
    return bool(abs(a - b) > arb(scale).max(abs(a)).max(abs(b)) * RESOLUTION)
