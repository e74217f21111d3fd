"""A claim: one statement about a formula, with the hand-written code that states it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.arithmetic import BALLS, Domain
from gradcheck.arithmetic.precisions import DOUBLE
from gradcheck.backend import Answer, Program
from gradcheck.errors import UsageError
from gradcheck.formulas.calling.callables import check_parameters, hashable
from gradcheck.formulas.declaration import Declaration
from gradcheck.formulas.dtypes import FLOAT32, Dtype
from gradcheck.formulas.kinds import Kind
from gradcheck.formulas.kinds.directions import Directions
from gradcheck.formulas.nested.code import of_leaves
from gradcheck.formulas.point import Point
from gradcheck.formulas.quantity import Quantity
from gradcheck.formulas.spaces import Space, tangent_direction

__all__ = ["Claim"]


@dataclass(frozen=True, eq=False)
class Claim:
    """One statement about ``formula``, of a ``kind``, made by the hand-written code ``candidate``.

    ========= =============================================== ==========================================
    kind      candidate                                       compared with
    ========= =============================================== ==========================================
    vjp       `(delta, *args) -> one gradient per argument`   `sum(delta * dz/darg)`, per argument
    jacobian  `(*args) -> array`                              `dz/darg` in the declared ``layout``
    layout    `(*args) -> array`                              the same; the claim is where entries stand
    entry     `(*indices, [delta,] *args) -> scalar or array` the entry of the derivative
    forward   `(*args) -> array`                              the formula's value, and its gradients
    update    `(rate, *args) -> new value per argument`       `arg - rate * dC/darg`
    jvp       `(tangents, *args) -> tangent of the output`    `sum(dz/darg * tangent)`
    hvp       `(v, *args) -> one array per argument`          the second derivatives of a scalar, times v
    hessian   `(*args) -> array`                              all of them by one argument
    ========= =============================================== ==========================================

    A double_backward, `(grads, delta, *args) -> gradients for (delta, *args)`, is compared with the gradients
    of the true backward pass.

    ``id``, ``section``, ``latex``, ``title`` and ``note`` are what reports show; ``suffix`` tells claims
    of one kind apart. ``printed`` marks a claim that stands exactly as its source prints it; ``erratum``
    one of these that is wrong and has to be refuted. ``bits`` are those of the significand in the
    candidate's own floating point: 53, or 24 for a foreign program in float32, whose points then hold
    float32 values.
    """

    formula: Declaration
    kind: Kind
    candidate: Callable[..., Any]
    id: str | None = None
    suffix: str | None = None
    title: str | None = None
    latex: str | None = None
    section: str | None = None
    note: str | None = None
    printed: bool = False
    erratum: bool = False
    bits: int = DOUBLE
    parameters: tuple[str, ...] = field(default=(), init=False)

    def __post_init__(self) -> None:
        own = getattr(self.candidate, "significand_bits", None)
        if own is not None:  # an adapter knows that its kernel takes float32 only
            object.__setattr__(self, "bits", own)
        if self.formula.dtype.is_low:
            object.__setattr__(self, "bits", self.formula.dtype.bits)
        if not isinstance(self.kind, Kind):
            raise UsageError(
                f"{self.formula.name}: expected a kind of claim, such as Vjp(), got {self.kind!r}."
            )
        arguments = self.formula.shapes.arguments
        pairs = self.formula.shapes.nesting.complex_leaves
        if self.kind.argument in pairs and not self.kind.takes_complex:
            raise UsageError(
                f"{self.formula.name}: {self.kind.argument} is complex, and has no {self.kind.name} here. "
                "Claim a vjp or a jvp."
            )
        if self.kind.argument is not None and self.kind.argument not in (*arguments, *pairs):
            raise UsageError(
                f"{self.formula.name}: a {self.kind.name} claim names the argument {self.kind.argument!r}, "
                f"but the formula has {', '.join(arguments)}."
            )
        if self.formula.spaces and not self.kind.is_backward:
            raise UsageError(
                f"{self.formula.name}: spaces are for gradients, and this is a {self.kind.name} claim. Make "
                "it about a formula without spaces."
            )
        if self.erratum and not self.printed:
            raise UsageError(
                f"{self.uid}: an erratum is a claim as printed; declare it with printed=True as well."
            )
        self._check_parameters()

    @classmethod
    def written(cls, formula: Declaration, kind: Kind, candidate: Callable[..., Any], **about: Any) -> Claim:
        """A claim whose candidate takes and gives what is nested as the formula's own function has it."""
        nesting = formula.shapes.nesting
        if nesting.is_flat or not isinstance(kind, Kind):
            return cls(formula, kind, candidate, **about)
        flat = of_leaves(candidate, nesting, kind.leading, kind.reader(formula), kind.lead(formula))
        claim = cls(formula, kind, flat, **about)
        check_parameters(candidate, (*kind.leading, *nesting.arguments), f"{claim.uid}: the {kind.role}")
        return claim

    @property
    def uid(self) -> str:
        """The claim's name, unique in a run: `D09/wx_column.vjp.printed` or `softmax.jacobian-x`."""
        parts = [self.formula.name, self.kind.label]
        if self.suffix:
            parts.append(self.suffix)
        elif self.printed:
            parts.append("printed")
        return (f"{self.id}/" if self.id else "") + ".".join(parts)

    @property
    def dtype(self) -> Dtype:
        """The floating-point type whose numbers its points hold."""
        return FLOAT32 if self.bits == FLOAT32.bits else self.formula.dtype

    @property
    def expected(self) -> str:
        """The verdict that the claim is declared to get: ``pass``, or ``fail`` for an erratum."""
        return "fail" if self.erratum else "pass"

    @property
    def leading(self) -> tuple[str, ...]:
        """What the candidate takes before the formula's arguments."""
        return self.kind.leading

    def statement(self) -> str:
        """The claim in one line of plain text."""
        return self.title or self.kind.statement(self.formula.name)

    def quantity(self, argument: str) -> Quantity:
        """What belongs to one argument: its gradient, of an update its new value."""
        return self.kind.quantity(argument)

    def shapes(self, point: Point) -> dict[Quantity, tuple[int, ...]]:
        """The quantities that are stated at a point, with their shapes."""
        return self.kind.shapes(self.formula, point)

    def right_answers(
        self,
        point: Point,
        program: Program,
        directions: Directions | None = None,
        domain: Domain = BALLS,
    ) -> dict[Quantity, Answer]:
        """The true quantities at a point, as a backend's program has them. Raises `Unsupported`.

        Where ``directions`` are given, their quantities alone need an answer, and a slope will do. For a
        claim on outputs, the gradients of the formula itself are given.
        """
        return self.kind.right_answers(self.formula, point, program, directions, domain)

    def directions(self, point: Point) -> Directions | None:
        """The directions along which slopes are compared at a point: tangents of the arguments' spaces."""
        found = self.kind.directions(self.formula, point)
        if not self.formula.spaces or found is None:
            return found
        return {q: self._tangent(q, d, point) for q, d in found.items()}

    def space(self, quantity: Quantity) -> Space | None:
        """The space along which a quantity is compared; None where all of it counts."""
        return self.formula.spaces.get(quantity.argument or "")

    def _tangent(
        self, quantity: Quantity, direction: NDArray[np.float64], point: Point
    ) -> NDArray[np.float64]:
        name = quantity.argument or ""
        space = self.space(quantity)
        if space is None:
            return direction
        x = point.args[self.formula.shapes.arguments.index(name)]
        return tangent_direction(space, x, direction, name)

    def _check_parameters(self) -> None:
        """The candidate must be callable with what it will get: found now, not at the first point."""
        wanted = (*self.leading, *self.formula.shapes.arguments)
        check_parameters(self.candidate, wanted, f"{self.uid}: the {self.kind.role}")
        object.__setattr__(self, "candidate", hashable(self.candidate))
