"""Everything about one formula that its claims share: points, programs, kinks, answers."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, TypeVar

import flint
import numpy as np
from numpy.typing import NDArray

from gradcheck.arithmetic import BALLS, Domain, Memo, ObjectArray, precision
from gradcheck.arithmetic.narrow import taken_as_exact
from gradcheck.arithmetic.precisions import BITS, DOUBLE, SINGLE
from gradcheck.backend import Answer, Backend, GeneralDerivative, Problem, Program, Traits
from gradcheck.errors import NoAnswer, Undecided, Unsupported
from gradcheck.formulas.declaration import Declaration
from gradcheck.formulas.derived.second_order import GradientOf
from gradcheck.formulas.quantity import Quantity, outputs
from gradcheck.judging.answers.backends import Found
from gradcheck.judging.answers.float_kinks import bends
from gradcheck.judging.answers.forward_values import values_in_balls
from gradcheck.judging.answers.kinks import UNKNOWN, Kink, examine
from gradcheck.judging.candidates.same_code import leaves_range, same_code
from gradcheck.judging.points.operations import operations
from gradcheck.judging.points.point import Discarded, ForwardFault, Point
from gradcheck.judging.points.sizes import distinct
from gradcheck.judging.points.undifferentiated import undifferentiated
from gradcheck.judging.shape_budget import MOST_COUNTED, Asked, ShapeBudget

__all__ = ["Session", "Usable"]

T = TypeVar("T")

GoingBack = Callable[..., dict[Quantity, ObjectArray]]

_LONG = 100
"""Operations of a forward above which a derivative that serves every shape is spared too: it is run, too."""


class _Watched(Program):
    """A program that remembers its answers, since the claims of a formula share their points, and adds the
    time that they took to its backend's.
    """

    def __init__(self, program: Program, usable: Usable) -> None:
        super().__init__(program.problem)
        self._program, self._usable = program, usable
        self._answers = Memo(failed=_failed)  # a broken backend must not end the run

    @property
    def method(self) -> str:  # type: ignore[override]
        return self._program.method

    @property
    def exact_answers(self) -> bool:  # type: ignore[override]
        return self._program.exact_answers

    @property
    def runs_operations(self) -> bool:  # type: ignore[override]
        return self._program.runs_operations

    def vjp(
        self,
        args: Sequence[NDArray[Any]],
        deltas: Sequence[NDArray[np.float64]],
        directions: Mapping[int, NDArray[np.float64]] | None = None,
        domain: Domain = BALLS,
    ) -> dict[int, Answer]:
        along = None if directions is None else tuple((i, d.tobytes()) for i, d in directions.items())
        key = ("vjp", tuple(d.tobytes() for d in deltas), along)
        answers = self._get(key, args, domain, lambda: self._program.vjp(args, deltas, directions, domain))
        return {i: self._with_time(answer) for i, answer in answers.items()}

    def joint_slope(
        self,
        args: Sequence[NDArray[Any]],
        deltas: Sequence[NDArray[np.float64]],
        directions: Mapping[int, NDArray[np.float64]],
        domain: Domain = BALLS,
    ) -> Answer | None:
        along = tuple((i, d.tobytes()) for i, d in directions.items())
        key = ("joint", tuple(d.tobytes() for d in deltas), along)
        return self._get(
            key, args, domain, lambda: self._program.joint_slope(args, deltas, directions, domain)
        )

    def jacobian(
        self, args: Sequence[NDArray[Any]], argument: int, domain: Domain = BALLS
    ) -> tuple[ObjectArray, ...]:
        key = ("jacobian", argument)
        return self._get(key, args, domain, lambda: self._program.jacobian(args, argument, domain))

    def _get(
        self, key: tuple[Any, ...], args: Sequence[NDArray[Any]], domain: Domain, compute: Callable[[], T]
    ) -> T:
        key = (*key, id(args), flint.ctx.prec, id(domain))
        return self._answers.get(key, lambda: self._usable.timed(compute), alive=args)

    def _with_time(self, answer: Answer) -> Answer:
        refine = answer.refine
        return answer if refine is None else replace(answer, refine=lambda: self._usable.timed(refine))


def _failed(error: Exception) -> Unsupported:
    text = str(error).splitlines()
    return Unsupported(f"the backend failed: {type(error).__name__}: {text[0] if text else ''}")


def _refuse(error: Exception, *_: Any) -> Any:
    raise error if isinstance(error, Unsupported) else _failed(error)


def _misreading(formula: Declaration, point: Point, narrow: bool) -> str | None:
    def run(bits: int) -> dict[Quantity, ObjectArray]:
        with precision(bits):
            return values_in_balls(formula, point)

    values = dict(zip(outputs(len(point.outputs)), point.outputs, strict=True))
    try:
        exact = run(BITS)
        if same_code(values, exact, lambda: run(DOUBLE), point):
            return None
        if narrow and same_code(values, exact, lambda: run(SINGLE), point, SINGLE):
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


def _uses_narrow_types(formula: Declaration, point: Point) -> bool:
    """Whether the forward casts on the way to what may stand for the real numbers: not where it decides by
    what a cast leaves of a number.
    """
    bits = min(formula.dtype.bits, SINGLE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for rounds in (False, True):
            with taken_as_exact(bits, rounds=rounds) as narrow, precision(BITS):
                try:
                    values_in_balls(formula, point)
                except Unsupported:
                    return False
            if not narrow.seen:
                return False
    return True


@dataclass
class Usable:
    """A backend in use, with the time spent in its own code, and the shapes that it is prepared for."""

    found: Found
    seconds: float = 0.0
    budget: ShapeBudget = field(default_factory=ShapeBudget)

    def timed(self, work: Callable[[], T]) -> T:
        """What the backend's code gives, its time counted, also where it raises."""
        started = time.perf_counter()
        try:
            return work()
        finally:
            self.seconds += time.perf_counter() - started

    @property
    def name(self) -> str:
        return self.found.name

    @property
    def backend(self) -> Backend | None:
        return self.found.backend

    @property
    def traits(self) -> Traits:
        return self.found.traits


class Session:
    """One formula under check with a choice of backends. ``going_back`` takes a claim, a point and an
    arithmetic, and gives what the claim should state by going backwards through the forward's own operations;
    with ``recovering=True`` as code does that takes summands back out of sums. It raises `Unsupported`.
    """

    def __init__(
        self, formula: Declaration, backends: Sequence[Found], going_back: GoingBack | None = None
    ) -> None:
        self.formula, self.going_back = formula, going_back
        self.backends = [Usable(found) for found in backends]
        self._programs = Memo(failed=_failed)  # a broken backend must not end the run
        self._memories: dict[Any, dict[Any, Any]] = {}
        self._costs = Memo()
        self._kinks = Memo()
        self._misread: str | None = None
        self._narrow: bool | None = None
        self._shared = Memo()
        self._coming: list[Point] = []

    def foresee(self, points: Sequence[Point]) -> None:
        """Say which points are coming, so that a backend that pays for shapes is asked at the cheap ones."""
        self._coming = [p for p in points if not p.large]

    def shared(self, make: Callable[[Declaration], T]) -> T:
        """What ``make`` makes of the formula, made once for all its claims: the proofs' memory."""
        return self._shared.get(make, lambda: make(self.formula))

    def quickest(self, names: Collection[str]) -> str | None:
        """The backend among these that a new shape costs least; None where there is none."""
        among = [u for u in self.backends if u.name in names]
        return min(among, key=lambda u: u.traits.cost_of_shape).name if among else None

    def program(self, usable: Usable, point: Point, function: Callable[..., Any] | None = None) -> Program:
        """The backend's derivative of the formula (or of another ``function``) at a point's shapes.

        Raises `Unsupported`; the refusal is remembered like a success.
        """
        function = function or self.formula.function
        backend = usable.backend
        if backend is None:
            raise Unsupported(usable.found.reason or "the backend is not installed")
        if (accuracy := self.formula.accuracy) and not usable.traits.takes_differences:
            raise Unsupported(f"the forward is right to {accuracy:g} only; its own derivative says nothing")
        key = point.shapes

        def derive() -> Program:
            problem = self._problem(usable, point, function)
            program = _Watched(usable.timed(lambda: backend.derive(problem)), usable)
            if function is self.formula.function:
                usable.budget.derived[key] = distinct(point.sizes)
            return program

        return self._programs.get((usable.name, function, key), derive)

    def ready(self, usable: Usable, point: Point) -> bool:
        """Whether the backend answers exactly at this point, and is prepared for its shape."""
        try:
            return self.is_prepared(usable, point) and self.program(usable, point).exact_answers
        except Unsupported:
            return False

    def spares(self, usable: Usable, point: Point) -> bool:
        """Whether the backend is not to be asked at this point, because a new shape is beyond its budget."""
        if usable.backend is None or not usable.traits.cost_of_shape:
            return False
        if self._serves(usable, point) and self.cost(point) <= _LONG:
            return False
        if self._coming and not usable.budget.planned:
            shapes = {p.shapes: p for p in reversed(self._coming)}
            usable.budget.plan(
                {key: Asked(self.cost(p), distinct(p.sizes)) for key, p in reversed(shapes.items())}
            )
        return not usable.budget.takes(point.shapes, self.cost(point), distinct=distinct(point.sizes))

    def is_prepared(self, usable: Usable, point: Point) -> bool:
        """Whether this point's shape costs the backend nothing any more."""
        return self._serves(usable, point) or point.shapes in usable.budget.derived

    def cost(self, point: Point) -> int:
        """The operations of the forward at this point's shape, as far as any budget goes."""
        count = lambda: operations(self.formula.function, point.args, MOST_COUNTED)
        return self._costs.get(point.shapes, count)

    def _serves(self, usable: Usable, point: Point) -> bool:
        """Whether one derivative serves every shape."""
        serves = getattr(usable.backend, "serves_every_shape", None)
        if not usable.traits.cost_of_shape or serves is None:
            return not usable.traits.cost_of_shape
        ask = lambda: serves(self._problem(usable, point, self.formula.function))
        # what is derived may turn out to serve one shape only
        key = (usable.name, "serves", len(usable.budget.derived))
        try:
            return bool(self._programs.get(key, lambda: usable.timed(ask)))
        except Unsupported:  # a backend that fails here says why when it is asked
            return False

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
            self.formula.accuracy or 0.0,
        )

    def general(self, point: Point) -> Iterator[GeneralDerivative]:
        """The derivatives for all shapes, of the backends that have one; a point gives them the types."""
        for usable in self.backends if not self.formula.accuracy else ():
            derive = getattr(usable.backend, "derive_for_all_shapes", None)
            if derive is None:
                continue
            try:
                problem = self._problem(usable, point, self.formula.function)
                found: GeneralDerivative = usable.timed(partial(derive, problem))
            except Exception as error:  # a broken backend must not end the run
                found = GeneralDerivative(usable.name, partial(_refuse, error))
            yield found

    def is_narrow(self, points: Sequence[Point]) -> bool:
        """Whether the forward rounds to float32 on the way, and runs in balls where that is taken as exact.

        Asked once a session, at the first point that is not large.
        """
        if self._narrow is None:
            small = next((p for p in points if not p.large), None)
            self._narrow = small is not None and _uses_narrow_types(self.formula, small)
        return self._narrow

    def misread(self, points: Sequence[Point]) -> str | None:
        """Why ball arithmetic cannot be trusted with this forward, or None.

        Its values in balls must be those in float64, at the points of the plan. Asked once a session.
        """
        if self.formula.accuracy:  # it stops where its numbers say so, and these are others in balls
            return None
        if self._misread is None:
            planned = [p for p in points if p.origin == "plan" and not p.large]
            narrow = self.is_narrow(points)
            asked = (undifferentiated(self.formula, p) for p in planned)
            self._misread = next((w for f, p in asked if (w := _misreading(f, p, narrow))), "")
        return self._misread or None

    def _first_order_kink(self, gradient: GradientOf, point: Point) -> bool:
        """Whether the forward itself has a kink where its gradient is asked about: there is none then.

        It is looked for with a delta of ones: where a gradient exists does not hang on its weights.
        """

        def look() -> Kink | None:
            return examine(*undifferentiated(gradient, point))

        try:
            return self._kinks.get((id(point), "first order"), look, alive=point) is not None
        except (Unsupported, Discarded, ForwardFault):
            return False

    def kink(
        self, point: Point, *, disputed: bool = True, moved: tuple[int, ...] | None = None
    ) -> Kink | None:
        """The kink at a point, None where the forward is smooth. Raises `Undecided`.

        Arguments that are not ``moved`` (None: all are) stay where they are: labels, of which only some
        values are allowed.

        Where the forward does not run in balls, a kink is looked for in float64, and only if somebody
        disagrees (``disputed``): it takes a hundred evaluations, and tells no more than that there is one.
        The same holds for a gradient, each evaluation of which takes two for every entry.
        """
        if self.formula.accuracy or (not disputed and isinstance(self.formula, GradientOf)):
            return None  # where a solver bends is not where its function does; long differences see that
        if isinstance(self.formula, GradientOf) and self._first_order_kink(self.formula, point):
            return UNKNOWN
        try:
            return self._kinks.get(
                (id(point), moved), lambda: examine(self.formula, point, moved), alive=point
            )
        except Undecided:
            raise
        except NoAnswer:
            return None
        except Unsupported:
            if not disputed:
                return None
        key = (id(point), moved, "bends")
        bent = self._kinks.get(key, lambda: bends(self.formula, point, moved), alive=point)
        return UNKNOWN if bent else None
