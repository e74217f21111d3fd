"""A candidate under examination at one point: its balls, its scales, and the match with each backend."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import cached_property
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray

from gradcheck.arithmetic import (
    BALLS,
    SHIFTED,
    WIDENED,
    Domain,
    ObjectArray,
    enclose,
    midpoints,
    precision,
    radii,
    zero_dimensional,
)
from gradcheck.backend import Answer
from gradcheck.errors import NoAnswer, Unsupported
from gradcheck.formulas.claim import Claim
from gradcheck.judging.answers.expected import truths
from gradcheck.judging.answers.forward_values import values_in_balls
from gradcheck.judging.answers.slopes import contract
from gradcheck.judging.candidates.rounding import rounding_bound
from gradcheck.judging.candidates.running import Stated, candidate_leaves_range, run_in_balls
from gradcheck.judging.candidates.same_code import MORE_ROUNDING, same_code, unknown_rounding
from gradcheck.judging.comparing import Match, compare, running_scale
from gradcheck.judging.joint_slopes import settled_jointly
from gradcheck.judging.opinions import Opinion
from gradcheck.judging.points.directions import Directions, directions_of
from gradcheck.judging.points.point import Point
from gradcheck.judging.session import Session, Usable
from gradcheck.records.verdicts import Strength

__all__ = ["BITS", "PRECISIONS", "Examination", "spread"]

BITS = 212
"""Bits of ball arithmetic where one evaluation has to do: four float64 significands."""

PRECISIONS = (BITS, 2 * BITS, 4 * BITS, 8 * BITS)
"""Bits raised until the question is decided."""

_FOR_SLOPES = 128
"""Bits that are tried first where slopes alone are compared: 45 more than the judge's resolution needs, and
the most that python-flint holds without memory of its own for every number. Entries may be so much smaller
than their terms that they need more."""


class Examination:
    """The candidate's balls at one point, computed once and shared by the backends."""

    def __init__(
        self, claim: Claim, point: Point, session: Session, stated: Stated, backends: list[Usable]
    ) -> None:
        self.claim, self.point, self.session, self.stated = claim, point, session, stated
        self.why_float64: str | None = None  # why the candidate is not judged in balls
        self.backends = backends  # those asked at this point; the only ones that may be worked with
        self._balls: dict[Any, dict[str, ObjectArray] | Unsupported] = {}
        self._bounded: dict[str, ObjectArray] | None = None

    def balls(self, bits: int, domain: Domain = BALLS) -> dict[str, ObjectArray]:
        """The candidate's quantities at a precision. Raises `Unsupported`."""
        key = (bits, id(domain))
        if key not in self._balls:
            try:
                with precision(bits):
                    run = run_in_balls(self.claim, self.point, domain)
                self._balls[key] = run
                if (
                    bits >= _FOR_SLOPES  # not those of a running error bound
                    and self.stated.is_finite
                    and not same_code(self.stated.values, run, lambda: self.balls(53), self.point)
                    and not candidate_leaves_range(self.claim, self.point)
                ):
                    self._balls[key] = Unsupported(
                        "the code gives something else in float64 than in balls, and not by rounding"
                    )
            except Unsupported as error:
                self._balls[key] = error.anew()
        found = self._balls[key]
        if isinstance(found, Unsupported):
            raise found.anew()
        return found

    @cached_property
    def directions(self) -> Directions | None:
        """The directions along which slopes are compared here."""
        return directions_of(self.claim, self.point)

    @cached_property
    def precisions(self) -> tuple[int, ...]:
        """The bits that are tried, in order."""
        if len(self.backends) == 1:
            with suppress(Unsupported):
                if not self.session.program(self.backends[0], self.point).exact_answers:
                    return (_FOR_SLOPES, *PRECISIONS)
        return PRECISIONS

    def opinion(self, usable: Usable, finite: bool) -> Opinion:
        """Raise the precision until every quantity is settled."""
        opinion = Opinion(usable.name)
        for bits in self.precisions:
            try:
                opinion.bits = bits
                with precision(bits):
                    self._ask(usable, opinion, bits, finite)
            except NoAnswer as error:  # a higher precision may have one
                opinion.says, opinion.reason = "none", str(error)
                continue
            except Unsupported as error:
                opinion.says, opinion.reason = "none", str(error)
                break
            if opinion.says != "none" or not opinion.matches:
                break
        if opinion.says == "differ" and finite:
            self._try_rounded_constants(usable, opinion)
        if opinion.says == "differ" and finite and self.why_float64 is not None:
            self._try_cancellation(opinion)
        return opinion

    def _ask(self, usable: Usable, opinion: Opinion, bits: int, finite: bool) -> None:
        program = self.session.program(usable, self.point)
        opinion.method = program.method
        opinion.matches = settled_jointly(self, usable, program, bits) if finite else {}
        left = self._directions_beside(opinion.matches)
        answers = {} if left == {} else truths(self.claim, self.point, program, left)
        opinion.method = program.method
        answers = {q: a for q, a in answers.items() if self._is_stated(q)}
        if not finite:
            opinion.answers, opinion.reason = answers, None
            if not all(b.is_finite() for a in answers.values() for b in a.values.reshape(-1)):
                raise NoAnswer("the derivative is not finite here")
            return
        stated, rigorous = self._stated(usable, left, bits)
        for quantity in [q for q in answers if q in stated]:  # in order: a set's changes from run to run
            match = self._match(quantity, stated[quantity], answers[quantity], rigorous)
            if match.outcome != "agree" and (refine := answers[quantity].refine) is not None:
                answers[quantity] = refine()
                match = self._match(quantity, stated[quantity], answers[quantity], rigorous)
            opinion.matches[quantity] = match
        opinion.answers = answers
        if self.claim.kind == "forward":
            opinion.matches.update(self._values(bits))
        outcomes = [m.outcome for m in opinion.matches.values()]
        if any(
            m.outcome == "differ" and answers[q].convention
            for q, m in opinion.matches.items()
            if q in answers
        ):
            # no outlier: at a tie inside the forward a backend's derivative is its own convention
            opinion.says, opinion.matches = "none", {}
            opinion.reason = "a tie inside the forward: the backend's derivative is a convention here"
        elif "differ" in outcomes:
            opinion.says, opinion.reason = "differ", None
        elif "unclear" in outcomes:
            unclear = [m.reason for m in opinion.matches.values() if m.outcome == "unclear"]
            opinion.reason = next(filter(None, unclear), "the enclosures overlap but are too wide to tell")
        elif outcomes:
            certain = all(m.rigorous for m in opinion.matches.values())
            opinion.strength = Strength.CERTIFIED if certain else Strength.AGREED
            opinion.says, opinion.reason = "agree", None

    def _match(self, quantity: str, stated: ObjectArray, answer: Answer, rigorous: bool) -> Match:
        scales = lambda: self._scale(quantity)
        slopes = self.claim.kind == "forward"
        bits = self.claim.bits
        return compare(stated, answer, rigorous=rigorous, scales=scales, slopes=slopes, bits=bits)

    def _stated(
        self, usable: Usable, directions: Directions | None, bits: int
    ) -> tuple[dict[str, ObjectArray], bool]:
        """The candidate's side: in balls, or float64 with a bound from the truth's own rounding."""
        if self.claim.kind == "forward":
            program = self.session.program(usable, self.point, self.claim.candidate)
            other = {} if directions == {} else truths(self.claim, self.point, program, directions)
            return {q: a.values for q, a in other.items()}, all(a.rigorous for a in other.values())
        balls = self.certain_or_bounded(bits)
        return balls, balls is not self._bounded

    def certain_or_bounded(self, bits: int) -> dict[str, ObjectArray]:
        """The candidate's quantities as enclosures, or where it does not run in balls, in float64 with a
        bound for its rounding error. Raises `Unsupported`.
        """
        try:
            return self.balls(bits)
        except Unsupported as error:
            self.why_float64 = str(error)
            return self._float64_with_bound()

    def _float64_with_bound(self) -> dict[str, ObjectArray]:
        """float64 (float32) values with a bound for their rounding error. Raises `Unsupported`.

        Every derivation at hand, the backends' and those written by hand, is evaluated at the
        candidate's own precision: each radius is then a running error bound of that evaluation. The
        candidate is granted `MORE_ROUNDING` times the largest, because it may be written like any of
        them: `a (1 - a)` loses digits that `exp(-z) / (1 + exp(-z))^2` keeps. Where nothing runs in
        balls, the code's own sensitivity gives the bound.
        """
        if self._bounded is None:
            errors: dict[str, NDArray[np.float64]] = {}
            for low in self._rough():
                for q, values in low.items():
                    error = radii(values) + np.abs(midpoints(values)) * 2.0**-self.claim.bits
                    errors[q] = np.maximum(errors[q], error) if q in errors else error
            if errors.keys() >= self.stated.values.keys():
                bounds = {q: MORE_ROUNDING * e for q, e in errors.items()}
            else:
                bounds = rounding_bound(self.claim, self.point, self.stated)
            self._bounded = {q: enclose(value, bounds[q]) for q, value in self.stated.values.items()}
        return self._bounded

    def _rough(self) -> list[dict[str, ObjectArray]]:
        """The quantities at the candidate's own precision, by everyone who has a derivation of them."""
        found = []
        for source in self.backends:
            with suppress(Unsupported), precision(self.claim.bits):
                program = self.session.program(source, self.point)
                if program.exact_answers:
                    answers = truths(self.claim, self.point, program)
                    found.append({q: a.values for q, a in answers.items()})
        for other in self._written_by_hand():
            with suppress(Unsupported), precision(self.claim.bits):
                found.append(run_in_balls(other, self.point, BALLS))
        return [low for low in found if all(b.is_finite() for v in low.values() for b in v.reshape(-1))]

    def _written_by_hand(self) -> list[Claim]:
        """The formula's own claims of the same quantities that are meant to be right."""
        mine = (self.claim.kind, self.claim.target, self.claim.layout, self.claim.entry)
        return [
            c
            for c in self.claim.formula.claims
            if (c.kind, c.target, c.layout, c.entry) == mine
            and not c.erratum
            and c.candidate is not self.claim.candidate
        ]

    def _scale(self, quantity: str) -> NDArray[np.float64] | None:
        """S of every entry: the larger of the candidate's and the backends' running magnitudes."""
        found: NDArray[np.float64] | None = None
        try:
            found = running_scale(self.balls(53)[quantity])
        except (Unsupported, KeyError):
            found = None
        for source in self.backends:
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
        truth = values_in_balls(self.session.formula, self.point)

        def match(quantity: str, value: ObjectArray) -> Match:
            scales = lambda: running_scale(self.balls(53)[quantity])
            return compare(value, Answer(truth[quantity]), rigorous=True, scales=scales)

        return {q: match(q, value) for q, value in self.balls(bits).items()}

    def _try_rounded_constants(self, usable: Usable, opinion: Opinion) -> None:
        """Whether a difference is only float constants that were rounded differently.

        Both sides are run again with every non-integer constant widened by a few units in the last
        place. Where the balls then meet, and are still narrow, nothing was refuted; where they meet and
        are wide, there is no answer.
        """
        differing = {q for q, m in opinion.matches.items() if m.outcome == "differ"}
        if self.claim.kind == "forward" or not differing:
            return
        try:
            with precision(opinion.bits):
                stated = self.balls(opinion.bits, WIDENED)
                truth = self._uncertain_truth(usable, opinion)
                outcomes = {
                    compare(stated[q], truth[q], rigorous=False, scales=lambda q=q: self._scale(q)).outcome  # type: ignore[misc]
                    for q in differing
                }
        except Unsupported:
            return
        if "differ" in outcomes:
            return
        if "unclear" in outcomes:
            opinion.says, opinion.matches = "none", {}
            opinion.reason = "rounded constants alone could make the difference here"
            return
        opinion.says, opinion.strength, opinion.rounded_constants = "agree", Strength.AGREED, True

    def _try_cancellation(self, opinion: Opinion) -> None:
        """Whether a difference in floating point is no more than terms that cancel may leave.

        How the code's inside is written is not known, so the bound of the derivations at hand may be
        too narrow for it (a saturated sigmoid's `1 - a`). What rounding at the size of the values that
        go in can leave is no refutation, and no agreement either: there is no answer.
        """
        left = unknown_rounding(self.point, self.claim.bits)
        for quantity, match in opinion.matches.items():
            if match.outcome != "differ":
                continue
            answer, stated = opinion.answers[quantity], enclose(self.stated.values[quantity])
            most = left
            if answer.direction is not None:
                stated = zero_dimensional(contract(stated, answer.direction)[0])
                most = left * float(np.abs(answer.direction).sum())
            apart: Any = np.abs(stated - answer.values)
            if (np.asarray(apart) > most).any():
                return
        opinion.says, opinion.matches = "none", {}
        opinion.reason = "rounding alone could make the difference here, where terms cancel"

    def _uncertain_truth(self, usable: Usable, opinion: Opinion) -> dict[str, Answer]:
        """A backend's answer, as uncertain as the constants of the code make it.

        A difference of widened evaluations would be as wide as 1 / h. So the constants are moved by a
        few units in the last place, by the same in all evaluations, and the spread of a few such
        answers, with a margin, is the uncertainty.
        """
        program = self.session.program(usable, self.point)
        if program.exact_answers:
            return truths(self.claim, self.point, program, None, WIDENED)
        directions = self.directions
        moved = [truths(self.claim, self.point, program, directions, domain) for domain in SHIFTED]
        return {q: spread(a, [m[q] for m in moved]) for q, a in opinion.answers.items()}

    def _is_stated(self, quantity: str) -> bool:
        return self.claim.kind == "forward" or quantity in self.stated.values

    def _directions_beside(self, settled: Mapping[str, Match]) -> Directions | None:
        """The directions of what is not settled yet."""
        directions = self.directions
        if directions is None or not settled:
            return directions
        return {q: d for q, d in directions.items() if q not in settled and self._is_stated(q)}


def spread(own: Answer, moved: list[Answer]) -> Answer:
    """An answer with a radius that covers others, four times over: a sample is no bound."""
    values = np.empty(own.values.shape, dtype=object)
    for index in np.ndindex(own.values.shape):
        centre: Any = own.values[index]
        others: list[Any] = [m.values[index] for m in moved]
        rim = max((abs(o - centre).upper() for o in others), default=arb(0))
        values[index] = centre + arb(0, 1) * rim * 4
    return Answer(values, own.direction, own.scale, rigorous=False)
