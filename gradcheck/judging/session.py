"""Everything about one formula that its claims share: points, programs, kinks, answers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import flint
import numpy as np
from numpy.typing import NDArray

from gradcheck.arithmetic import BALLS, Domain, ObjectArray, precision
from gradcheck.backend import Answer, Backend, GeneralDerivative, Problem, Program
from gradcheck.errors import NoAnswer, Undecided, Unsupported
from gradcheck.formulas.declaration import Declaration
from gradcheck.formulas.quantity import Quantity, outputs
from gradcheck.judging.answers.backends import Found
from gradcheck.judging.answers.float_kinks import bends
from gradcheck.judging.answers.forward_values import values_in_balls
from gradcheck.judging.answers.kinks import UNKNOWN, Kink, examine
from gradcheck.judging.candidates.same_code import leaves_range, same_code
from gradcheck.judging.points.point import Point

__all__ = ["Session"]

T = TypeVar("T")


class _Memo(Program):
    """A program that remembers its answers, since the claims of a formula share their points."""

    def __init__(self, program: Program) -> None:
        super().__init__(program.problem)
        self._program = program
        self._answers: dict[Any, Any] = {}
        self._kept: list[Any] = []  # keeps the points alive, so that their ids stay theirs

    @property
    def method(self) -> str:  # type: ignore[override]
        return self._program.method

    @property
    def exact_answers(self) -> bool:  # type: ignore[override]
        return self._program.exact_answers

    def vjp(
        self,
        args: Sequence[NDArray[Any]],
        deltas: Sequence[NDArray[np.float64]],
        directions: Mapping[int, NDArray[np.float64]] | None = None,
        domain: Domain = BALLS,
    ) -> dict[int, Answer]:
        along = None if directions is None else tuple((i, d.tobytes()) for i, d in directions.items())
        key = ("vjp", id(args), tuple(d.tobytes() for d in deltas), along, flint.ctx.prec, id(domain))
        return self._remember(key, args, lambda: self._program.vjp(args, deltas, directions, domain))  # type: ignore[no-any-return]

    def joint_slope(
        self,
        args: Sequence[NDArray[Any]],
        deltas: Sequence[NDArray[np.float64]],
        directions: Mapping[int, NDArray[np.float64]],
        domain: Domain = BALLS,
    ) -> Answer | None:
        along = tuple((i, d.tobytes()) for i, d in directions.items())
        key = ("joint", id(args), tuple(d.tobytes() for d in deltas), along, flint.ctx.prec, id(domain))
        return self._remember(  # type: ignore[no-any-return]
            key, args, lambda: self._program.joint_slope(args, deltas, directions, domain)
        )

    def jacobian(
        self, args: Sequence[NDArray[Any]], argument: int, domain: Domain = BALLS
    ) -> tuple[ObjectArray, ...]:
        key = ("jacobian", id(args), argument, flint.ctx.prec, id(domain))
        return self._remember(key, args, lambda: self._program.jacobian(args, argument, domain))  # type: ignore[no-any-return]

    def _remember(self, key: Any, args: Any, compute: Callable[[], Any]) -> Any:
        if key not in self._answers:
            try:
                self._answers[key] = compute()
            except Unsupported as error:
                self._answers[key] = error.anew()
            except Exception as error:  # a broken backend must not end the run
                self._answers[key] = _failed(error)
            self._kept.append(args)
        answer = self._answers[key]
        if isinstance(answer, Unsupported):
            raise answer.anew()
        return answer


def _failed(error: Exception) -> Unsupported:
    text = str(error).splitlines()
    return Unsupported(f"the backend failed: {type(error).__name__}: {text[0] if text else ''}")


def _refuse(error: Exception, *_: Any) -> Any:
    raise error if isinstance(error, Unsupported) else _failed(error)


def _misreading(formula: Declaration, point: Point) -> str | None:
    def run(bits: int) -> dict[Quantity, ObjectArray]:
        with precision(bits):
            return values_in_balls(formula, point)

    values = dict(zip(outputs(len(point.outputs)), point.outputs, strict=True))
    try:
        if same_code(values, run(212), lambda: run(53), point):
            return None
    except Unsupported:
        return None
    if leaves_range(lambda: formula.function(*(a.copy() if a.ndim else a.dtype.type(a) for a in point.args))):
        return None
    sizes = ", ".join(f"{n} = {s}" for n, s in point.sizes.items())
    return (
        f"the forward gives something else in float64 than in ball arithmetic, by more than rounding (at "
        f"{sizes or 'its only sizes'}): does it ask for the type of its arguments? If not, please report "
        "this as a bug in gradcheck"
    )


@dataclass
class Usable:
    """A backend in use, with the time spent in it."""

    found: Found
    seconds: float = 0.0

    @property
    def name(self) -> str:
        return self.found.name

    @property
    def backend(self) -> Backend | None:
        return self.found.backend


class Session:
    """One formula under check with a choice of backends."""

    def __init__(self, formula: Declaration, backends: Sequence[Found]) -> None:
        self.formula = formula
        self.backends = [Usable(found) for found in backends]
        self._programs: dict[Any, Program | Unsupported] = {}
        self._memories: dict[Any, dict[Any, Any]] = {}
        self._kinks: dict[int, Kink | Unsupported | None] = {}
        self._kept: list[Point] = []
        self._misread: str | None = None
        self._shared: dict[Any, Any] = {}

    def shared(self, make: Callable[[Declaration], T]) -> T:
        """What ``make`` makes of the formula, made once for all its claims: the proofs' memory."""
        if make not in self._shared:
            self._shared[make] = make(self.formula)
        found: T = self._shared[make]
        return found

    def program(self, usable: Usable, point: Point, function: Callable[..., Any] | None = None) -> Program:
        """The backend's derivative of the formula (or of another ``function``) at a point's shapes.

        Raises `Unsupported`; the refusal is remembered like a success.
        """
        function = function or self.formula.function
        if usable.backend is None:
            raise Unsupported(usable.found.reason or "the backend is not installed")
        shapes = tuple(
            (a.shape, a.dtype.kind, a.tobytes() if a.dtype.kind != "f" else b"") for a in point.args
        )
        key = (usable.name, function, shapes)
        if key not in self._programs:
            problem = self._problem(usable, point, function)
            started = time.perf_counter()
            try:
                self._programs[key] = _Memo(usable.backend.derive(problem))
            except Unsupported as error:
                self._programs[key] = error.anew()
            except Exception as error:  # a broken backend must not end the run
                self._programs[key] = _failed(error)
            usable.seconds += time.perf_counter() - started
        program = self._programs[key]
        if isinstance(program, Unsupported):
            raise program.anew()
        return program

    def _problem(self, usable: Usable, point: Point, function: Callable[..., Any]) -> Problem:
        shapes = self.formula.shapes
        return Problem(
            function,
            shapes.arguments,
            point.args,
            point.wrt,
            point.output_shapes,
            point.sizes,
            self._memories.setdefault((usable.name, function), {}),
            shapes.at,
        )

    def general(self, point: Point) -> Iterator[GeneralDerivative]:
        """The derivatives for all shapes, of the backends that have one; a point gives them the types."""
        for usable in self.backends:
            derive = getattr(usable.backend, "derive_for_all_shapes", None)
            if derive is None:
                continue
            try:
                found: GeneralDerivative = derive(self._problem(usable, point, self.formula.function))
            except Exception as error:  # a broken backend must not end the run
                found = GeneralDerivative(usable.name, partial(_refuse, error))
            yield found

    def misread(self, points: Sequence[Point]) -> str | None:
        """Why ball arithmetic cannot be trusted with this forward, or None.

        Its values in balls must be those in float64, at the points of the plan. Asked once a session.
        """
        if self._misread is None:
            planned = [p for p in points if p.origin == "plan" and not p.large]
            self._misread = next((w for p in planned if (w := _misreading(self.formula, p))), "")
        return self._misread or None

    def kink(self, point: Point, *, disputed: bool = True) -> Kink | None:
        """The kink at a point, None where the forward is smooth. Raises `Undecided`.

        Where the forward does not run in balls, a kink is looked for in float64, and only if somebody
        disagrees (``disputed``): it takes a hundred evaluations, and tells no more than that there is one.
        """
        if id(point) not in self._kinks:
            try:
                self._kinks[id(point)] = examine(self.formula, point)
            except Unsupported as error:
                self._kinks[id(point)] = error.anew()
            self._kept.append(point)
        kink = self._kinks[id(point)]
        if isinstance(kink, Undecided):
            raise kink.anew()
        if isinstance(kink, Unsupported) and not isinstance(kink, NoAnswer) and disputed:
            kink = self._kinks[id(point)] = UNKNOWN if bends(self.formula, point) else None
        return None if isinstance(kink, Unsupported) else kink
