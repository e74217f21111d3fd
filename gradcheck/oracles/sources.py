"""Enclosures of the true gradients, from backends that do not know of each other.

SymPy's partials and JAX's jaxpr, both run in ball arithmetic, enclose the gradient with nothing left
out. Each is intersected with the other, and held against a difference of the forward itself. So a
backend that is wrong shows, and nothing here comes from hand-written code.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gradcheck.arithmetic import BALLS, WIDENED, Domain, Memo
from gradcheck.backend import Problem, Program
from gradcheck.errors import Contradiction, NoAnswer, Undecided, Unsupported
from gradcheck.judging.answers.backends import Found
from gradcheck.oracles.certify import Enclosure
from gradcheck.oracles.enclosing import Gradients, directions_of, intersection, joined, match
from gradcheck.oracles.nudge import nearby, nudged, whole

__all__ = ["Sources"]

_KEPT = 64
"""Programs that are remembered, the last used first: one per formula, backend and tuple of shapes."""

Answers = dict[str, tuple[Gradients, bool]]  # with whether a tie was met
Deltas = Sequence[NDArray[np.float64]]


class Sources:
    """The backends, with the programs that they derived so far."""

    def __init__(self, found: Sequence[Found]) -> None:
        self.found = found
        # a broken backend must not cost the others' answers
        self._programs = Memo(failed=_failed, most=_KEPT)

    def enclose(self, problem: Problem, deltas: Deltas) -> dict[int, Enclosure]:
        """The gradients of `sum(delta * output)` by position, at the precision that is set.

        The point is the problem's example. Raises `Undecided` where a higher precision may decide,
        `NoAnswer` and `Unsupported` where no backend encloses the gradient, with the reasons, and
        `Contradiction` where two of them exclude each other.
        """
        if not problem.wrt:
            return {}
        try:
            gradients, sources = self._agreed(problem, deltas, BALLS)
            sharp = True
        except Contradiction as contradiction:
            # They may part only because float constants are rounded on the way (`1/3 - 1` in the derivative
            # of a power). Then every constant is uncertain by a few units, and so is the gradient.
            try:
                gradients, sources = self._agreed(problem, deltas, WIDENED)
            except Contradiction:
                raise contradiction from None
            sharp = False
        return {i: Enclosure(g, sources, sharp) for i, g in gradients.items()}

    def _agreed(self, problem: Problem, deltas: Deltas, domain: Domain) -> tuple[Gradients, tuple[str, ...]]:
        """What all backends say together, and their names. Raises like `enclose`."""
        reasons: dict[str, Unsupported] = {}
        found = self._answers(problem, deltas, domain, reasons)
        weighed = self._weighed(problem, deltas, found)
        if weighed is None and (found or any(type(e) is NoAnswer for e in reasons.values())):
            weighed = self._weighed(problem, deltas, self._limits(problem, deltas, domain))
        if weighed is not None:
            return weighed
        if found:
            raise Undecided(
                "a tie inside the forward, where backends follow conventions, and no difference agrees"
            )
        told = "; ".join(f"{name}: {error}" for name, error in reasons.items())
        kinds = (Undecided, NoAnswer)
        kind = next((k for k in kinds if any(isinstance(e, k) for e in reasons.values())), Unsupported)
        raise kind(f"no backend encloses the gradient here: {told or 'none that could is installed'}")

    def _answers(
        self, problem: Problem, deltas: Deltas, domain: Domain, reasons: dict[str, Unsupported]
    ) -> Answers:
        """The enclosures of all backends that have any; why the others have none goes to ``reasons``."""
        found: Answers = {}
        for backend in self.found:
            try:
                program = self.program(backend, problem)
                if program.exact_answers:
                    found[backend.name] = whole(program, program.vjp(problem.example, deltas, None, domain))
            except Unsupported as error:
                reasons[backend.name] = error
            except Exception as error:  # a broken backend must not cost the others' answers
                reasons[backend.name] = _failed(error)
        return found

    def _limits(self, problem: Problem, deltas: Deltas, domain: Domain) -> Answers:
        """The same as limits, where a tie makes a backend's own answer a convention.

        The gradient is enclosed on two sides of the point, so close that what it changes by between them
        is far below any float64; that change, with a margin, goes into the radius.
        """
        directions = directions_of(problem)
        sides = [nudged(problem, {i: sign * d for i, d in directions.items()}) for sign in (1.0, -1.0)]
        found: Answers = {}
        for backend in self.found:
            try:
                (one, doubt), (two, more) = (
                    nearby(self.program(backend, side), side, deltas, domain) for side in sides
                )
            except Exception:  # noqa: S112  (its own answer has told why it has none)
                continue
            between = {i: joined(g, two[i]) for i, g in one.items()}
            found[f"{backend.name} (limit)"] = (between, doubt or more)
        return found

    def _weighed(
        self, problem: Problem, deltas: Deltas, found: Answers
    ) -> tuple[Gradients, tuple[str, ...]] | None:
        """The intersection of what was found, or None where nothing can be relied on.

        An answer at a tie (`|s|` at 0, two equal maxima) follows a convention, and may be no derivative. It
        counts beside others that it overlaps; alone only if a difference of the forward agrees with it.
        """
        certain = {name: g for name, (g, convention) in found.items() if not convention}
        doubtful = {name: g for name, (g, convention) in found.items() if convention}
        if certain:
            gradients, sources = intersection(problem, certain), list(certain)
            for name, more in doubtful.items():
                try:
                    gradients = intersection(problem, {"the others": gradients, name: more})
                except Contradiction:
                    continue
                sources.append(name)
            return gradients, (*sources, *self._difference(problem, deltas, gradients))
        for name, gradients in doubtful.items():
            try:
                confirming = self._difference(problem, deltas, gradients)
            except Contradiction:
                continue
            if confirming:
                return gradients, (name, *confirming)
        return None

    def _difference(self, problem: Problem, deltas: Deltas, gradients: Gradients) -> tuple[str, ...]:
        """The backends that take differences of the forward and agree with the slopes of the gradients.

        Raises `Contradiction` where one differs.
        """
        directions = directions_of(problem)
        agreeing = []
        for backend in self.found:
            try:
                program = self.program(backend, problem)
                if program.exact_answers:
                    continue
                answers = program.vjp(problem.example, deltas, directions)
                matches = [match(gradients[i], answers[i]) for i in gradients]
            except Unsupported:
                continue
            if "differ" in matches:
                name = problem.names[list(gradients)[matches.index("differ")]]
                raise Contradiction(
                    f"{backend.name} contradicts the other backends in dJ/d{name}; please report this as a "
                    "bug in gradcheck"
                )
            if all(m == "agree" for m in matches):
                agreeing.append(backend.name)
        return tuple(agreeing)

    def program(self, backend: Found, problem: Problem) -> Program:
        """The backend's derivative of a problem. Raises `Unsupported`, as often as it is asked."""
        if backend.backend is None:
            raise Unsupported(backend.reason or "the backend is not installed")
        inputs = tuple(
            (a.shape, a.dtype.str, b"" if a.dtype.kind == "f" else a.tobytes()) for a in problem.example
        )
        key = (backend.name, problem.function, inputs)
        derive = backend.backend.derive
        return self._programs.get(key, lambda: derive(problem))


def _failed(error: Exception) -> Unsupported:
    return Unsupported(f"the backend failed: {type(error).__name__}: {error}")
