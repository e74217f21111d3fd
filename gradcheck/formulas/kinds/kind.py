"""What a kind of claim is: one abstract class, whose subclasses are one file each.

A kind says in words and in shapes what its claims state, what the hand-written code takes before the
formula's arguments and how its result divides into quantities, what the true quantities are (from a
backend's `Program`), along which directions they are compared, and what they are on symbols. The rest of
gradcheck asks these methods and knows no kind by name, so a new kind is a new file here and a decorator
in `gradcheck.formulas.decorating` (`Formula.claim` takes kinds that have none).

What a subclass must give: ``name``, ``noun``, `statement`, `shapes`, `divided` and `derivatives`. The
defaults of the others claim nothing that is not known: no proof, no curve, no joint slope.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from gradcheck.arithmetic import BALLS, Domain, ObjectArray
from gradcheck.backend import Answer, Program
from gradcheck.errors import Unsupported
from gradcheck.formulas.declaration import Declaration
from gradcheck.formulas.kinds.directions import Directions, random_directions
from gradcheck.formulas.point import Point
from gradcheck.formulas.quantity import Quantity, gradient

__all__ = ["Kind", "Setting", "Shape", "Symbolic", "Symbols"]

Shape = tuple[int, ...]


class Setting(Protocol):
    """Where a result is divided: a point, or the symbols of a proof.

    ``wrt`` are the positions of the arguments that can be differentiated; ``multiple`` says that the
    forward returns a tuple of ``outputs``.
    """

    @property
    def wrt(self) -> tuple[int, ...]: ...

    @property
    def multiple(self) -> bool: ...

    @property
    def outputs(self) -> Sequence[Any]: ...


@dataclass(frozen=True, slots=True)
class Symbolic:
    """A quantity on symbols: its ``shape``, the index ``codes`` of an entry, one per axis, and the entry."""

    shape: tuple[Any, ...]
    codes: tuple[int, ...]
    truth: Any


class Symbols(Setting, Protocol):
    """A formula on symbols, as `gradcheck.proofs` has it; expressions and arrays are its own.

    An entry of the array of argument or output number k has the indices `codes("target", shape)` or
    `codes("out", shape)`, and derivatives are given at them.
    """

    @property
    def arrays(self) -> Sequence[Any]:
        """The arguments."""
        ...

    @property
    def delta(self) -> Any:
        """The cotangent of the output, a tuple of a tuple."""
        ...

    @property
    def rate(self) -> Any:
        """The step size of an update."""
        ...

    def codes(self, kind: str, shape: tuple[Any, ...]) -> tuple[int, ...]:
        """The indices of an entry of an array of this shape."""
        ...

    def entry(self, array: Any, codes: tuple[int, ...]) -> Any:
        """The entry of an array at these indices."""
        ...

    def flat(self, shape: tuple[Any, ...], codes: tuple[int, ...]) -> tuple[Any, int]:
        """The size and the index of an array laid out in one axis. Raises `Unsupported`."""
        ...

    def placed(self, expression: Any, places: Mapping[int, int]) -> Any:
        """An expression with other indices in place of some of its own."""
        ...

    def index_codes(self, axes: Sequence[tuple[int | str, Any]]) -> dict[str, int]:
        """The codes of named indices, of which ``axes`` says on which sizes each stands, in order."""
        ...

    def gradient(self, argument: int) -> Any:
        """The gradient by one argument of the sum of delta times output."""
        ...

    def slope(self, argument: int) -> Any:
        """The gradient by one argument of the sum of all outputs."""
        ...

    def jacobian(self, argument: int, output: int | None = None) -> Any:
        """The derivative of the output by one argument, or of one of several outputs."""
        ...

    def along(self, output: int, pairs: Sequence[tuple[int, int]]) -> Any:
        """The derivative of one output along others: pairs of an argument and the argument that is its
        tangent.
        """
        ...


@dataclass(frozen=True)
class Kind(ABC):
    """A kind of claim, with what tells its claims apart (an argument, a layout): a frozen value.

    Kinds that are equal state the same quantities. ``formula`` is in all methods what is declared about the
    forward, ``point`` where the claim is checked.
    """

    name: ClassVar[str]
    """In logs and in claims' names: `vjp`."""

    noun: ClassVar[str]
    """What the code states, as a sentence of a diagnosis calls it: `your gradient`."""

    way: ClassVar[str] = "the way back"
    """Which way the code goes through the forward's operations."""

    keyword: ClassVar[str] = ""
    """The parameter of `gradcheck.verify` that takes the code; "" for the backward, which needs none."""

    called: ClassVar[str] = ""
    """Words on how the code is called, for code that raises wherever it is; "" where nobody mistakes it."""

    is_backward: ClassVar[bool] = False
    """Whether it gives the gradients of all arguments for delta: a backward pass. Then it can be held
    against one-sided slopes at a kink and against differences at points too large for balls, and other
    parts of gradcheck (chains, oracles) build on it."""

    states_outputs: ClassVar[bool] = False
    """Whether it states the forward's own outputs. The code is then differentiated as the formula is, and
    values and gradients of the two are compared."""

    follows_outputs: ClassVar[bool] = False
    """Whether what the code returns has one part for each output of the forward, as the forward's own result
    has."""

    by_argument: ClassVar[bool] = False
    """Whether its derivatives are gradients, one an argument, so that one slope along all of them says as
    much as one along each; see `gradients` and `joint_slope`."""

    costs_slopes: ClassVar[bool] = False
    """Whether one slope of the forward, or of its gradient, is all that a comparison costs. Then a proof is
    followed by a comparison in balls at sizes far from those that were drawn."""
    takes_complex: ClassVar[bool] = False
    """Whether the one argument that it is about may be complex."""
    slopes_of_outputs: ClassVar[bool] = False  # one difference of the forward has all that it states

    # -- in words

    @property
    def leading(self) -> tuple[str, ...]:
        """The names of what the code takes before the formula's arguments. `inputs` gives the values."""
        return ()

    @property
    def argument(self) -> str | None:
        """The argument that the claim is about, if it is about one."""
        return None

    @property
    def label(self) -> str:
        """Its part in a claim's name: `vjp`, `jacobian-x`."""
        return self.name if self.argument is None else f"{self.name}-{self.argument}"

    @property
    def role(self) -> str:
        """What the code is called in a message on its parameters."""
        return f"{self.name} candidate"

    @property
    def delta_name(self) -> str:
        """What the code calls delta."""
        return "delta"

    @property
    def uses_delta(self) -> bool:
        """Whether what is compared depends on delta."""
        return "delta" in self.leading

    @abstractmethod
    def statement(self, name: str) -> str:
        """The claim on the formula of this name, in one line of plain text."""

    def about(self, formula: Declaration) -> Declaration:
        """The formula that the code takes the arguments of, where that is not the declared one itself: one
        that has tangents beside them. In all other methods ``formula`` is this one.
        """
        return formula

    # -- what is stated

    def quantity(self, argument: str) -> Quantity:
        """What belongs to one argument, in kinds that are ``by_argument``."""
        return gradient(argument)

    def complex_pair(self, formula: Declaration, quantity: Quantity) -> tuple[Quantity, Quantity] | None:
        """The real and the imaginary part of the complex array that a quantity is a part of; None for a
        real one.
        """
        whole, _, part = (quantity.argument or "").rpartition(".")
        if whole not in formula.shapes.nesting.complex_leaves or part not in ("real", "imag"):
            return None
        return self.quantity(f"{whole}.real"), self.quantity(f"{whole}.imag")

    @abstractmethod
    def shapes(self, formula: Declaration, point: Point) -> dict[Quantity, Shape]:
        """The quantities that a claim states at a point, with their shapes."""

    def place(
        self, formula: Declaration, point: Point, quantity: Quantity, index: Shape
    ) -> tuple[int, Shape] | None:
        """The position of the argument, and the index in it, by which an entry of a quantity is a derivative;
        None where it is no such entry. A curve over step sizes is drawn there.
        """
        return None

    # -- how the code is called

    def inputs(self, formula: Declaration, point: Point) -> Mapping[str, Any]:
        """What the code is given before the arguments, by the names of ``leading``, but for indices: exact
        float64 arrays, numbers, or tuples of these. Each run takes them into its own arithmetic.
        """
        return {}

    def ranges(self, formula: Declaration, point: Point) -> dict[str, int] | None:
        """How far each leading index runs, where the code is called once for every entry of the one quantity;
        None, as in most kinds, where one call gives everything.
        """
        return None

    def reader(self, formula: Declaration) -> Callable[[Any], Any] | None:
        """What makes the result of code with nested arguments one of code with arrays alone; None where they
        are the same.
        """
        return None

    def lead(self, formula: Declaration) -> Callable[[tuple[Any, ...]], tuple[Any, ...]] | None:
        """What nests the inputs that come before nested arguments; None where they stay as they are."""
        return None

    @abstractmethod
    def divided(self, formula: Declaration, setting: Setting, result: Any) -> dict[Quantity, Any]:
        """The quantities in what one call returned; None for one that is not given.

        Raises `CandidateFault` where the result is not of the form that it must have.
        """

    # -- what is true

    @abstractmethod
    def derivatives(
        self,
        formula: Declaration,
        point: Point,
        program: Program,
        directions: Directions | None = None,
        domain: Domain = BALLS,
    ) -> dict[Quantity, Answer]:
        """The derivatives behind the quantities, as a program has them. Raises `Unsupported`.

        Where ``directions`` are given, their quantities alone need an answer, and a slope will do.
        """

    def right_answers(
        self,
        formula: Declaration,
        point: Point,
        program: Program,
        directions: Directions | None = None,
        domain: Domain = BALLS,
    ) -> dict[Quantity, Answer]:
        """The true quantities, where they are something else than the derivatives. Raises `Unsupported`."""
        return self.derivatives(formula, point, program, directions, domain)

    def directions(self, formula: Declaration, point: Point) -> Directions | None:
        """One direction for each quantity along which it may be compared; None to compare all entries."""
        shapes = self.shapes(formula, point)
        return dict(zip(shapes, random_directions(tuple(shapes.values())), strict=True))

    def deltas(self, point: Point) -> tuple[NDArray[np.float64], ...]:
        """The weights of the outputs whose sum is differentiated."""
        return point.delta

    def gradients(
        self, formula: Declaration, point: Point, stated: Mapping[Quantity, ObjectArray]
    ) -> Mapping[Quantity, ObjectArray]:
        """The gradients behind stated quantities, in kinds that are ``by_argument``."""
        return stated

    def joint_slope(
        self, point: Point, program: Program, moved: Mapping[int, NDArray[np.float64]]
    ) -> Answer | None:
        """The slope of all that is differentiated along directions of several arguments together; None where
        a program has none. Raises `Unsupported`.
        """
        return program.joint_slope(point.args, self.deltas(point), moved)

    # -- on symbols

    def linear_in(self, formula: Declaration) -> tuple[str, tuple[int, ...]] | None:
        """What the code must be linear in, in words, with the positions of these arguments; none where it
        is delta. The battery tries it.
        """
        return ("delta", ()) if "delta" in self.leading else None

    def index_axes(self, formula: Declaration, symbols: Symbols) -> list[tuple[int | str, Any]]:
        """The leading indices, and numbers in their places, with the sizes of their axes."""
        return []

    def symbolic_inputs(self, formula: Declaration, symbols: Symbols) -> Mapping[str, Any]:
        """`inputs` on symbols."""
        known = {"delta": symbols.delta, "rate": symbols.rate}
        return {name: known[name] for name in self.leading if name in known}

    def on_symbols(self, formula: Declaration, symbols: Symbols) -> dict[Quantity, Symbolic]:
        """The true quantities for all shapes. Raises `Unsupported`, as here: such claims are not proved."""
        raise Unsupported(f"a {self.name} claim, for all shapes")

    # -- for a diagnosis

    def as_gradient(self, value: Any, start: Any, rate: Any) -> Any:
        """A stated value as the gradient that it came from; ``start`` is its argument's value."""
        return value

    def by(self, argument: str) -> Kind | None:
        """The same statement by another argument, for kinds that are about one."""
        return None
