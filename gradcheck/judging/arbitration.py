"""The vote at a point: who differs from whom, and whether that is the candidate or a backend."""

from __future__ import annotations

from flint import arb

from gradcheck.arithmetic import precision
from gradcheck.judging.answers.slopes import along
from gradcheck.judging.comparing import RESOLUTION
from gradcheck.judging.evaluation import BITS
from gradcheck.judging.opinions import Opinion, PointResult
from gradcheck.records.verdicts import Strength

__all__ = ["arbitrate", "same_answers"]


def arbitrate(result: PointResult) -> None:
    """Set the point's verdict, and mark a backend that is outvoted.

    The candidate fails where all who answer differ from it and agree with each other, or where two or
    more who agree with each other outnumber the rest. A single backend against the candidate and two
    others is the outlier. Anything else is `split`.
    """
    _set_estimates_aside(result)
    voting = [o for o in result.opinions.values() if o.says in ("agree", "differ")]
    against = [o for o in voting if o.says == "differ"]
    if not voting:
        result.verdict = "none"
        return
    if not against:
        result.verdict = "pass"
        return
    in_favour = [o for o in voting if o.says == "agree"]
    if not in_favour and _united(against):
        result.verdict = "fail"
        result.quantity = against[0].worst[0] if against[0].worst else None
        return
    if len(in_favour) >= 2 and len(in_favour) > len(against):
        # the candidate and two backends against one: that one is the outlier
        for opinion in against:
            opinion.outvoted = True
        result.verdict = "pass"
        return
    united = max(_camps(against), key=len)
    if len(united) >= 2 and len(united) > len(voting) - len(united):
        for opinion in voting:
            opinion.outvoted = opinion not in united
        result.verdict = "fail"
        result.quantity = united[0].worst[0] if united[0].worst else None
        return
    result.verdict = "split"


def _set_estimates_aside(result: PointResult) -> None:
    """A floating-point estimate of an error bound cannot contradict an enclosure that certifies."""
    if not any(o.says == "agree" and o.strength is Strength.CERTIFIED for o in result.opinions.values()):
        return
    for opinion in result.opinions.values():
        if opinion.says == "differ" and not any(m.rigorous for m in opinion.matches.values()):
            opinion.says, opinion.matches = "none", {}
            opinion.reason = "its floating-point estimate contradicts an enclosure, and counts for less"


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
    """Whether two backends' answers agree with each other, on what both have."""
    for quantity in [q for q in a.answers if q in b.answers]:
        x, y = a.answers[quantity], b.answers[quantity]
        with precision(BITS):
            if x.direction is not None and y.direction is None:
                x, y = y, x
            if x.direction is None and y.direction is not None:
                x = along(x, y)
            if x.direction is not None and y.direction is not None:
                if _disjoint(x.values.item(), y.values.item(), max(x.scale, y.scale)):
                    return False
                continue
            if any(
                _disjoint(p, q, 0.0) for p, q in zip(x.values.reshape(-1), y.values.reshape(-1), strict=True)
            ):
                return False
    return True


def _disjoint(a: arb, b: arb, scale: float) -> bool:
    if not (a.is_finite() and b.is_finite()):
        return False
    return bool(abs(a - b) > arb(scale).max(abs(a)).max(abs(b)) * RESOLUTION)
