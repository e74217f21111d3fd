"""One claim at one point: what the candidate states, what each backend says, who is right.

The result says for every backend whether it agreed, differed or could not answer, and for the point
whether the candidate stands.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from flint import arb
from numpy.typing import NDArray

from gradcheck.arithmetic import BALLS, WIDENED, Domain, ObjectArray, enclose, midpoints, precision, radii
from gradcheck.backend import Answer
from gradcheck.candidate import Stated, run_in_balls, run_in_float64
from gradcheck.claims import Claim
from gradcheck.errors import CandidateFault, Unsupported
from gradcheck.judge import Match, compare, running_scale
from gradcheck.kinks import outside
from gradcheck.points import Point
from gradcheck.session import Session, Usable
from gradcheck.truths import truths
from gradcheck.verdicts import Strength

__all__ = ["Opinion", "PointResult", "check_point"]

PRECISIONS = (212, 424, 848, 1696)
"""Bits of ball arithmetic, raised until the question is decided: four float64 significands first."""

Says = Literal["agree", "differ", "kink", "none"]


@dataclass
class Opinion:
    """What one backend says of the candidate at one point."""

    backend: str
    says: Says = "none"
    strength: Strength | None = None
    reason: str | None = None
    matches: dict[str, Match] = field(default_factory=dict)
    answers: dict[str, Answer] = field(default_factory=dict)
    method: str | None = None
    rounded_constants: bool = False
    outvoted: bool = False

    @property
    def worst(self) -> tuple[str, Match] | None:
        """The quantity that is farthest from agreement."""
        if not self.matches:
            return None
        order = {"agree": 0, "unclear": 1, "differ": 2}
        return max(self.matches.items(), key=lambda item: (order[item[1].outcome], item[1].gap))


@dataclass
class PointResult:
    """One point's outcome. ``verdict`` is ``pass``, ``fail``, ``error``, ``split`` (the backends
    contradict each other), ``kink`` (no derivative, nothing against the candidate) or ``none``."""

    point: Point
    verdict: str
    opinions: dict[str, Opinion] = field(default_factory=dict)
    fault: str | None = None
    quantity: str | None = None
    stated: Stated | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def strength(self) -> Strength | None:
        """The best evidence for the candidate at this point."""
        agreeing = [o.strength for o in self.opinions.values() if o.says == "agree" and o.strength]
        order = [Strength.AGREED, Strength.CERTIFIED, Strength.PROVED]
        return max(agreeing, key=order.index, default=None)


def check_point(claim: Claim, point: Point, session: Session, only: str | None = None) -> PointResult:
    """Check a claim at a point against every backend (or only the one named)."""
    result = PointResult(point, "none")
    try:
        kink = session.kink(point)
    except Unsupported as error:  # a tie that no precision decides
        result.notes.append(f"a point was left out: {error}")
        return result
    try:
        stated = result.stated = run_in_float64(claim, point)
    except CandidateFault as fault:
        return _faulty(result, fault, session, claim, point)
    usable = [u for u in session.backends if only is None or u.name == only]
    finite = all(np.isfinite(v).all() for v in stated.values.values())
    check = _Check(claim, point, session, stated)
    if kink is not None:
        return _at_kink(result, check, kink, usable, finite)
    for one in usable:
        started = time.perf_counter()
        result.opinions[one.name] = check.opinion(one, finite)
        one.seconds += time.perf_counter() - started
    if not finite:
        return _not_finite(result, stated)
    _arbitrate(result)
    return result


class _Check:
    """The candidate's balls at one point, computed once and shared by the backends."""

    def __init__(self, claim: Claim, point: Point, session: Session, stated: Stated) -> None:
        self.claim, self.point, self.session, self.stated = claim, point, session, stated
        self._balls: dict[Any, dict[str, ObjectArray] | Unsupported] = {}

    def balls(self, bits: int, domain: Domain = BALLS) -> dict[str, ObjectArray]:
        """The candidate's quantities at a precision. Raises `Unsupported`."""
        key = (bits, id(domain))
        if key not in self._balls:
            try:
                with precision(bits):
                    self._balls[key] = run_in_balls(self.claim, self.point, domain)
            except Unsupported as error:
                self._balls[key] = error
        found = self._balls[key]
        if isinstance(found, Unsupported):
            raise found
        return found

    def opinion(self, usable: Usable, finite: bool) -> Opinion:
        """Raise the precision until every quantity is settled."""
        opinion = Opinion(usable.name)
        for bits in PRECISIONS:
            try:
                with precision(bits):
                    self._ask(usable, opinion, bits, finite)
            except Unsupported as error:
                opinion.says, opinion.reason = "none", str(error)
                continue
            if opinion.says != "none" or not opinion.matches:
                break
        if opinion.says == "differ" and finite:
            self._try_rounded_constants(usable, opinion)
        return opinion

    def _ask(self, usable: Usable, opinion: Opinion, bits: int, finite: bool) -> None:
        program = self.session.program(usable, self.point)
        opinion.method = program.method
        answers = truths(self.claim, self.point, program, self._directions())
        opinion.method = program.method
        answers = {q: a for q, a in answers.items() if self._is_stated(q)}
        if not finite:
            opinion.answers, opinion.reason = answers, None
            if not all(b.is_finite() for a in answers.values() for b in a.values.reshape(-1)):
                raise Unsupported("the derivative is not finite here")
            return
        stated, rigorous = self._stated(usable, answers, bits)
        opinion.matches = {
            q: compare(
                stated[q],
                a,
                rigorous=rigorous,
                scales=lambda q=q: self._scale(q),  # type: ignore[misc]
                slopes=self.claim.kind == "forward",
            )
            for q, a in answers.items()
            if q in stated
        }
        opinion.answers = answers
        if self.claim.kind == "forward":
            opinion.matches.update(self._values(bits))
        outcomes = [m.outcome for m in opinion.matches.values()]
        if any(m.outcome == "differ" and answers[q].convention for q, m in opinion.matches.items() if q in answers):
            # no outlier: at a tie inside the forward a backend's derivative is its own convention
            opinion.says, opinion.matches = "none", {}
            opinion.reason = "a tie inside the forward: the backend's derivative is a convention here"
        elif "differ" in outcomes:
            opinion.says, opinion.reason = "differ", None
        elif "unclear" in outcomes:
            opinion.reason = "the enclosures overlap but are too wide to tell"
        elif outcomes:
            certain = all(m.rigorous for m in opinion.matches.values())
            opinion.strength = Strength.CERTIFIED if certain else Strength.AGREED
            opinion.says, opinion.reason = "agree", None

    def _stated(
        self, usable: Usable, answers: dict[str, Answer], bits: int
    ) -> tuple[dict[str, ObjectArray], bool]:
        """The candidate's side: in balls, or float64 with a bound from the truth's own rounding."""
        if self.claim.kind == "forward":
            program = self.session.program(usable, self.point, self.claim.candidate)
            other = truths(self.claim, self.point, program, self._directions())
            return {q: a.values for q, a in other.items()}, all(a.rigorous for a in other.values())
        try:
            return self.balls(bits), True
        except Unsupported as error:
            return self._float64_with_bound(usable, error), False

    def _float64_with_bound(self, usable: Usable, why: Unsupported) -> dict[str, ObjectArray]:
        """float64 values with the rounding error that the backend's own program would make.

        The program is run at 53 bits: each radius is then a running error bound of that evaluation.
        The hand-written code is granted `_MORE_ROUNDING` times as much.
        """
        for source in [usable, *self.session.backends]:
            try:
                program = self.session.program(source, self.point)
                if not program.exact_answers:
                    continue
                with precision(53):
                    low = truths(self.claim, self.point, program)
            except Unsupported:
                continue
            balls = {}
            for q, value in self.stated.values.items():
                error = radii(low[q].values) + np.abs(midpoints(low[q].values)) * 2.0**-53
                balls[q] = enclose(value, _MORE_ROUNDING * error)
            return balls
        raise Unsupported(f"the code does not run in balls ({why}), and there is no error bound for float64")

    def _scale(self, quantity: str) -> NDArray[np.float64] | None:
        """S of every entry: the larger of the candidate's and the backends' running magnitudes."""
        found: NDArray[np.float64] | None = None
        try:
            found = running_scale(self.balls(53)[quantity])
        except (Unsupported, KeyError):
            found = None
        for source in self.session.backends:
            try:
                program = self.session.program(source, self.point)
                if not program.exact_answers:
                    continue
                with precision(53):
                    other = running_scale(truths(self.claim, self.point, program)[quantity].values)
            except (Unsupported, KeyError):
                continue
            found = other if found is None else np.maximum(found, other)
        return found

    def _values(self, bits: int) -> dict[str, Match]:
        """A forward claim's values against the formula's own."""
        from gradcheck.forwards import values_in_balls

        truth = values_in_balls(self.session.formula, self.point)
        stated = self.balls(bits)
        return {
            q: compare(stated[q], Answer(truth[q]), rigorous=True, scales=lambda q=q: running_scale(self.balls(53)[q]))  # type: ignore[misc]
            for q in stated
        }

    def _try_rounded_constants(self, usable: Usable, opinion: Opinion) -> None:
        """Whether a difference is only float constants that were rounded differently.

        Both sides are run again with every non-integer constant widened by a few units in the last
        place. Where the balls then meet, and are still narrow, nothing was refuted.
        """
        differing = {q for q, m in opinion.matches.items() if m.outcome == "differ"}
        if self.claim.kind == "forward" or not differing:
            return
        try:
            with precision(PRECISIONS[0]):
                stated = self.balls(PRECISIONS[0], WIDENED)
                truth = self._widened_truth(usable, opinion)
                for q in differing:
                    match = compare(stated[q], truth[q], rigorous=False, scales=lambda q=q: self._scale(q))  # type: ignore[misc]
                    if match.outcome != "agree":
                        return
        except Unsupported:
            return
        opinion.says, opinion.strength, opinion.rounded_constants = "agree", Strength.AGREED, True

    def _widened_truth(self, usable: Usable, opinion: Opinion) -> dict[str, Answer]:
        program = self.session.program(usable, self.point)
        if program.exact_answers:
            return truths(self.claim, self.point, program, None, WIDENED)
        # A difference of widened evaluations would be as wide as 1 / h; an exact program of another
        # backend tells how far the constants' rounding moves the derivative.
        for source in self.session.backends:
            other = None if source is usable else self._exact(source)
            if other is None:
                continue
            wide = truths(self.claim, self.point, other, None, WIDENED)
            return {q: _along(wide[q], a) for q, a in opinion.answers.items()}
        raise Unsupported("no backend tells how far rounded constants move the derivative")

    def _exact(self, source: Usable) -> Any:
        try:
            program = self.session.program(source, self.point)
        except Unsupported:
            return None
        return program if program.exact_answers else None

    def _is_stated(self, quantity: str) -> bool:
        return self.claim.kind == "forward" or quantity in self.stated.values

    def _directions(self) -> Mapping[str, NDArray[np.float64]] | None:
        """One random direction per quantity, of 16-bit numbers, the same for all claims of a formula."""
        if self.claim.kind not in ("vjp", "update", "forward"):
            return None
        names = self.claim.formula.shapes.arguments
        form = "new {}" if self.claim.kind == "update" else "dJ/d{}"
        rng = np.random.default_rng(54321)
        directions = {}
        for i in self.point.wrt:
            shape = self.point.args[i].shape
            sign = rng.choice([-1.0, 1.0], shape)
            directions[form.format(names[i])] = np.asarray(sign * rng.integers(2**15, 2**16, shape) / 2**16)
        return directions


_MORE_ROUNDING = 16
"""How much more rounding than the backend's program a hand-written float64 evaluation may make: other
orders of summation and a few times as many operations."""


def _along(entries: Answer, like: Answer) -> Answer:
    """An answer by entries as one of the same form as another: entries, or a slope."""
    from gradcheck.truths import contract

    if like.direction is None:
        return entries
    value = np.empty((), dtype=object)
    value[()] = contract(entries.values, like.direction)[0]
    return Answer(value, like.direction, like.scale, entries.rigorous)


def _faulty(
    result: PointResult, fault: CandidateFault, session: Session, claim: Claim, point: Point
) -> PointResult:
    result.verdict, result.fault, result.quantity = fault.verdict, str(fault), fault.quantity
    for usable in session.backends:
        opinion = result.opinions[usable.name] = Opinion(usable.name)
        try:
            program = session.program(usable, point)
            with precision(PRECISIONS[0]):
                truths(claim, point, program)
            opinion.says, opinion.method = "differ", program.method
        except Unsupported as error:
            opinion.reason = str(error)
    if fault.verdict == "fail" and all(o.says == "none" for o in result.opinions.values()):
        result.verdict = "none"
        result.notes.append(f"no backend has a derivative where {fault}")
    return result


def _at_kink(
    result: PointResult, check: _Check, kink: Any, usable: list[Usable], finite: bool
) -> PointResult:
    result.verdict = "kink"
    sentence: str | None = None
    if not finite:
        result.notes.append("not finite at a point where no derivative exists")
    elif check.claim.kind == "vjp":
        names = check.claim.formula.shapes.arguments
        try:
            with precision(PRECISIONS[1]):
                stated = check.balls(PRECISIONS[1])
                sentence = outside(
                    kink, {i: stated[f"dJ/d{n}"] for i, n in enumerate(names) if f"dJ/d{n}" in stated}
                )
        except Unsupported:
            sentence = None
    if sentence is not None:
        result.verdict, result.fault = "fail", sentence
    for one in usable:
        result.opinions[one.name] = Opinion(one.name, "differ" if sentence else "kink", reason=sentence)
    return result


def _not_finite(result: PointResult, stated: Stated) -> PointResult:
    has_derivative = [o for o in result.opinions.values() if o.answers and o.reason is None]
    for opinion in result.opinions.values():
        opinion.says = "differ" if opinion in has_derivative else "none"
    if not has_derivative:
        result.verdict = "none"
        result.notes.append("not finite where no backend has a derivative")
        return result
    name, value = next((q, v) for q, v in stated.values.items() if not np.isfinite(v).all())
    index = tuple(int(i) for i in np.argwhere(~np.isfinite(value))[0])
    result.verdict, result.quantity = "fail", name
    where = f"[{', '.join(map(str, index))}]" if index else ""
    result.fault = f"{name}{where} is {value[index]} although the derivative exists"
    return result


def _arbitrate(result: PointResult) -> None:
    """The vote: who differs from whom, and whether that is the candidate or a backend."""
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


def _united(opinions: list[Opinion]) -> bool:
    return len(max(_camps(opinions), key=len)) == len(opinions)


def _camps(opinions: list[Opinion]) -> list[list[Opinion]]:
    """Backends grouped by what they say the derivative is."""
    camps: list[list[Opinion]] = []
    for opinion in opinions:
        for camp in camps:
            if _same(camp[0], opinion):
                camp.append(opinion)
                break
        else:
            camps.append([opinion])
    return camps


def _same(a: Opinion, b: Opinion) -> bool:
    """Whether two backends' answers agree with each other, on what both have."""
    for quantity in a.answers.keys() & b.answers.keys():
        x, y = a.answers[quantity], b.answers[quantity]
        with precision(PRECISIONS[0]):
            if x.direction is not None and y.direction is None:
                x, y = y, x
            if x.direction is None and y.direction is not None:
                x = _along(x, y)
            if x.direction is not None and y.direction is not None:
                if _disjoint(x.values.item(), y.values.item(), max(x.scale, y.scale)):
                    return False
                continue
            if any(
                _disjoint(p, q, 0.0)
                for p, q in zip(x.values.reshape(-1), y.values.reshape(-1), strict=True)
            ):
                return False
    return True


def _disjoint(a: arb, b: arb, scale: float) -> bool:
    from gradcheck.judge import RESOLUTION

    if not (a.is_finite() and b.is_finite()):
        return False
    limit = RESOLUTION * max(scale, float(abs(a).upper()), float(abs(b).upper()))
    return float(abs(a - b).lower()) > limit
