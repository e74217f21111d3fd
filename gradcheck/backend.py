"""What a backend is to the core: an independent source of the true derivative.

A backend takes a forward computation at one tuple of shapes and gives a `Program` for its derivative,
which the core then runs at many points, at the precision that is set (`gradcheck.arithmetic.precision`).
Backends are found through the entry-point group `gradcheck.backends`; each entry is an object with
the attributes of `Backend`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from gradcheck.arithmetic import BALLS, Domain, ObjectArray
from gradcheck.arithmetic.balls.domains import enclose

__all__ = ["Answer", "Backend", "GeneralDerivative", "Problem", "Program", "Traits"]


@dataclass(frozen=True)
class Problem:
    """A forward computation at one tuple of shapes.

    ``example`` is one point's arguments, for dtypes and for tracing. A program must not depend on the
    values of floating arguments; those of integer arguments (labels, indices) are part of the
    problem. ``wrt`` are the positions of the arguments that are differentiated: the floating ones.
    ``output_shapes`` has one entry per output. ``sizes`` is what the names of the declared shapes stand
    for here. ``shapes_at`` gives the declared shapes for sizes by name, which may be symbols of any kind that
    know sums and products. ``memory`` is shared by all problems of one formula under check: a backend
    keeps in it what serves every shape. ``accuracy`` is above 0 where the forward is no more than near to the
    function that is meant, to this part of its value (a solver, a table): then its values can be differenced
    over long steps, and its own derivative says nothing.
    """

    function: Callable[..., Any]
    names: tuple[str, ...]
    example: tuple[NDArray[Any], ...]
    wrt: tuple[int, ...]
    output_shapes: tuple[tuple[int, ...], ...]
    sizes: Mapping[str, int] = field(default_factory=dict)
    memory: dict[Any, Any] = field(default_factory=dict, compare=False)
    shapes_at: Callable[[Mapping[str, Any]], Sequence[Sequence[Any]]] | None = field(
        default=None, compare=False
    )
    accuracy: float = 0.0


@dataclass(frozen=True)
class Answer:
    """A derivative by one argument, as balls that hold the true value.

    ``values`` has the argument's shape; or, where ``direction`` is given (an exact float64 array of
    the argument's shape), it is 0-d: the slope `sum(gradient * direction)`. ``scale`` is the size of
    the numbers that were subtracted to get the values, where the method subtracts. ``rigorous`` is
    False where the radius is an estimate or a floating-point error bound. ``convention`` is True where
    the method met a tie (`max` of equal numbers, `abs` of zero, a branch at its boundary): its answer
    then follows a convention and may differ from a derivative that exists all the same. ``refine``,
    where it is given, makes the same answer with a radius that covers more (truncation): it is called
    only where this one does not agree with the candidate, since nothing wrong agrees by chance to 25
    digits. An answer that is not rigorous counts up to a radius of ``coarse``, as a part of its scale, where
    that is more than what floating point is granted.
    """

    values: ObjectArray
    direction: NDArray[np.float64] | None = None
    scale: float = 0.0
    rigorous: bool = True
    convention: bool = False
    refine: Callable[[], Answer] | None = None
    coarse: float = 0.0


class Program(ABC):
    """The derivative of one ``problem``, ready to be evaluated."""

    method: str
    """How the derivative is computed, in a few words for the report."""

    exact_answers = False
    """Whether the radius covers everything (no truncation): any gap is then a real difference."""

    runs_operations = True
    """Whether it computes a derivative by operations of the domain that is asked for, one by one as code
    does. What expressions of its own that were simplified lose in low precision is no measure for code.
    """

    @abstractmethod
    def vjp(
        self,
        args: Sequence[NDArray[Any]],
        deltas: Sequence[NDArray[np.float64]],
        directions: Mapping[int, NDArray[np.float64]] | None = None,
        domain: Domain = BALLS,
    ) -> dict[int, Answer]:
        """Gradients of `sum(delta * output)` by every argument in ``wrt``, by position.

        Where ``directions`` are given, only their arguments need an answer, and a slope will do.
        ``domain`` tells how float constants of the code enter: exactly, or widened. Raises `Unsupported`
        where there is no answer here.
        """

    def joint_slope(
        self,
        args: Sequence[NDArray[Any]],
        deltas: Sequence[NDArray[np.float64]],
        directions: Mapping[int, NDArray[np.float64]],
        domain: Domain = BALLS,
    ) -> Answer | None:
        """One slope along the directions of several arguments together, as an answer with 0-d values.

        For methods that pay for every argument: where the sum over all arguments agrees, each does.
        None, as here, where a method has nothing to gain.
        """
        return None

    def jacobian(
        self, args: Sequence[NDArray[Any]], argument: int, domain: Domain = BALLS
    ) -> tuple[ObjectArray, ...]:
        """Derivatives of every output by one argument: one array `output.shape + argument.shape` each.

        One `vjp` per entry of the output, unless a backend knows better.
        """
        shapes = self.problem.output_shapes
        results = []
        for position, shape in enumerate(shapes):
            rows = np.empty((*shape, *args[argument].shape), dtype=object)
            for index in np.ndindex(shape):
                deltas = [np.zeros(s) for s in shapes]
                deltas[position][index] = 1.0
                rows[(*index, ...)] = self.vjp(args, deltas, None, domain)[argument].values
            results.append(rows)
        return tuple(results)

    def __init__(self, problem: Problem) -> None:
        self.problem = problem

    def lift(self, values: NDArray[Any]) -> ObjectArray:
        """An argument as exact balls: inputs are never widened."""
        return enclose(np.asarray(values, dtype=np.float64))


@dataclass(frozen=True)
class GeneralDerivative:
    """One derivative for all shapes: plain NumPy calls, which any arithmetic with NumPy's two protocols
    (NEP 13 and 18) can run.

    ``source`` is the name of what differentiated, for print. ``gradients`` takes sizes by name
    (integers, or symbols of the arithmetic), all arguments, and one delta per output; it gives the
    gradients of `sum(delta * output)` by the differentiated arguments, by position. It raises
    `Unsupported` where the code cannot be differentiated so, or not be said as NumPy calls, and whatever
    the arithmetic raises.
    """

    source: str
    gradients: Callable[[Mapping[str, Any], Sequence[Any], Sequence[Any]], Mapping[int, Any]]


@dataclass(frozen=True)
class Traits:
    """What the core counts on when it chooses whom to ask. It knows no backend by name.

    ``sees_kinks``: its slopes are central, so where one agrees with a stated gradient, the stated slope lies
    between the one-sided slopes; at points where it and everybody else agrees, nobody is asked about kinks.

    ``pays_per_slope``: it pays for every slope, as differences and forward-mode derivatives do. It is asked
    last where every entry is wanted, and not at all where there are hundreds.

    ``cost_of_shape``: what a new shape costs, next to others: 0 nothing is prepared, 1 some milliseconds,
    2 much more. Where one backend will do, at many shapes (the search for the smallest failure), the one
    with the least is asked.

    ``takes_differences``: it takes differences of the forward's own values. At points too large for ball
    arithmetic the core takes such a difference in float64 itself, and it counts as this backend's answer;
    the others are not asked there.
    """

    sees_kinks: bool = False
    pays_per_slope: bool = False
    cost_of_shape: int = 1
    takes_differences: bool = False


class Backend(Protocol):
    """An independent source of derivatives.

    ``name`` as in the entry point, and as reports call it; ``install`` the command that brings what it
    needs. Besides these a backend may have

    - ``traits``, a `Traits` where its defaults do not fit;
    - a method `serves_every_shape(problem)`, which says whether a new shape of this formula costs it nothing;
      one that pays for shapes is asked at few of them where they are dear;
    - a method `derive_for_all_shapes(problem)`, which gives a `GeneralDerivative`: proofs for all shapes are
      then held against it.
    """

    name: str
    install: str

    def version(self) -> str:
        """Version of what does the work, e.g. ``sympy 1.14.0``. Raises `ImportError` where missing."""
        ...

    def derive(self, problem: Problem) -> Program:
        """The derivative of one problem. Raises `Unsupported` with the reason."""
        ...
