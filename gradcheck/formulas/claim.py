"""A claim: one statement about a formula, with the hand-written code that states it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from gradcheck.errors import UsageError
from gradcheck.formulas.callables import check_parameters, hashable
from gradcheck.formulas.entries import EntrySpec
from gradcheck.formulas.quantity import Quantity, gradient, updated

if TYPE_CHECKING:
    from gradcheck.formulas.decorating import Formula

__all__ = ["Claim", "Descent", "Kind", "Layout"]

Kind = Literal["vjp", "jacobian", "entry", "layout", "forward", "update"]
Layout = Literal["tensor", "numerator", "own"]
"""How a Jacobian is laid out: ``tensor`` is `output.shape + argument.shape`; ``numerator`` is
`(output.size, argument.size)`, so that a scalar by a vector is a row; ``own`` is the argument's own
shape and takes a scalar output."""


SINGLE = 24
"""Bits of a float32 significand."""


@dataclass(frozen=True)
class Descent:
    """How an update claim's training loop is run.

    It starts at a drawn point of these ``sizes`` and takes ``steps`` steps of the hand-written update
    at ``rate``; the rate is halved where a step would not lower the cost. It stops early where the
    cost no longer changes in float64.
    """

    sizes: dict[str, int]
    steps: int = 30
    rate: float = 0.5


@dataclass(frozen=True, eq=False)
class Claim:
    """One statement about ``formula``.

    ``candidate`` is the hand-written code. Its signature depends on ``kind``:

    ========= =============================================== ==========================================
    kind      candidate                                       compared with
    ========= =============================================== ==========================================
    vjp       `(delta, *args) -> one gradient per argument`   `sum(delta * dz/darg)`, per argument
    jacobian  `(*args) -> array`                              `dz/darg` in the declared ``layout``
    layout    `(*args) -> array`                              the same; the claim is where entries stand
    entry     `(*indices, [delta,] *args) -> scalar or array` the entry of the derivative
    forward   `(*args) -> array`                              the formula's value, and its gradients
    update    `(rate, *args) -> new value per argument`       `arg - rate * dC/darg`
    ========= =============================================== ==========================================

    ``printed`` marks a claim that stands exactly as its source prints it; ``erratum`` one of these
    that is wrong and has to be refuted. ``bits`` are those of the significand in the candidate's own
    floating point: 53, or 24 for a foreign program in float32, whose points then hold float32 values.
    """

    formula: Formula
    kind: Kind
    candidate: Callable[..., Any]
    target: str | None = None
    layout: Layout = "tensor"
    entry: EntrySpec | None = None
    descent: Descent | None = None
    id: str | None = None
    suffix: str | None = None
    title: str | None = None
    latex: str | None = None
    section: str | None = None
    note: str | None = None
    printed: bool = False
    erratum: bool = False
    bits: int = 53
    parameters: tuple[str, ...] = field(default=(), init=False)

    def __post_init__(self) -> None:
        own = getattr(self.candidate, "significand_bits", None)
        if own is not None:  # an adapter knows that its kernel takes float32 only
            object.__setattr__(self, "bits", own)
        arguments = self.formula.shapes.arguments
        if self.target is not None and self.target not in arguments:
            raise UsageError(
                f"{self.formula.name}: a {self.kind} claim names the argument {self.target!r}, but the "
                f"formula has {', '.join(arguments)}."
            )
        if self.kind == "entry" and self.entry is None:
            raise UsageError(f"{self.formula.name}: an entry claim needs a form like 'dJ/dW[i,j]'.")
        if self.erratum and not self.printed:
            raise UsageError(
                f"{self.uid}: an erratum is a claim as printed; declare it with printed=True as well."
            )
        self._check_parameters()

    @property
    def uid(self) -> str:
        """The claim's name, unique in a run: `D09/wx_column.vjp.printed` or `softmax.jacobian-x`."""
        what: str = self.kind
        if self.entry is not None:
            what += f"-{self.entry.text.replace(' ', '').replace('/', '_')}"
        elif self.target is not None:
            what += f"-{self.target}"
        parts = [self.formula.name, what]
        if self.suffix:
            parts.append(self.suffix)
        elif self.printed:
            parts.append("printed")
        return (f"{self.id}/" if self.id else "") + ".".join(parts)

    @property
    def expected(self) -> str:
        """The verdict that the claim is declared to get: ``pass``, or ``fail`` for an erratum."""
        return "fail" if self.erratum else "pass"

    def quantity(self, argument: str) -> Quantity:
        """What the claim states for one argument: its gradient, of an update its new value."""
        return updated(argument) if self.kind == "update" else gradient(argument)

    @property
    def leading(self) -> tuple[str, ...]:
        """What the candidate takes before the formula's arguments."""
        if self.kind == "vjp":
            return ("delta",)
        if self.kind == "update":
            return ("rate",)
        if self.kind == "entry":
            assert self.entry is not None
            return (*self.entry.free, *(("delta",) if self.entry.scalar else ()))
        return ()

    def statement(self) -> str:
        """The claim in one line of plain text."""
        if self.title:
            return self.title
        name = self.formula.name
        return {
            "vjp": f"gradients of {name} in every argument",
            "jacobian": f"derivative of {name} by {self.target}",
            "layout": f"layout of the derivative of {name} by {self.target}",
            "entry": f"{self.entry.text if self.entry else ''} of {name}",
            "forward": f"another expression for {name}",
            "update": f"one step of gradient descent on {name}",
        }[self.kind]

    def _check_parameters(self) -> None:
        """The candidate must be callable with what it will get: found now, not at the first point."""
        wanted = (*self.leading, *self.formula.shapes.arguments)
        role = "backward" if self.kind == "vjp" else f"{self.kind} candidate"
        check_parameters(self.candidate, wanted, f"{self.uid}: the {role}")
        object.__setattr__(self, "candidate", hashable(self.candidate))
