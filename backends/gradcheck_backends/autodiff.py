"""Automatic differentiation: JAX derives the VJP, our evaluator runs it in ball arithmetic.

JAX traces the same plain NumPy forward that the candidate belongs to. What it derives is a jaxpr, a
list of primitives; evaluating that in balls encloses JAX's derivative with no truncation at all.
Where a primitive is not known there, XLA evaluates it in float64 with an estimated error bound.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.arithmetic import BALLS, Domain, ObjectArray, zero_dimensional
from gradcheck.backend import Answer, GeneralDerivative, Problem, Program
from gradcheck.errors import NoAnswer, Unsupported

if TYPE_CHECKING:
    from gradcheck_backends._jax.xla import FloatGradients

__all__ = ["BACKEND", "Autodiff"]


class Autodiff:
    """The backend ``autodiff``."""

    name = "autodiff"
    install = "pip install 'gradcheck[jax]'"

    def version(self) -> str:
        import jax

        return f"jax {jax.__version__}"

    def derive(self, problem: Problem) -> Program:
        """Trace the VJP at the problem's shapes. Raises `Unsupported` where JAX cannot."""
        return VjpProgram(problem)

    def serves_every_shape(self, problem: Problem) -> bool:
        """Whether one trace does, so that a new shape costs nothing."""
        from gradcheck_backends._jax.traces import shared

        return shared(problem) is not None

    def derive_for_all_shapes(self, problem: Problem) -> GeneralDerivative:
        """The VJP traced with symbols for sizes, as NumPy calls."""
        from gradcheck_backends._jax.general import general

        return general(problem)


class VjpProgram(Program):
    """One jaxpr: differentiated arguments and deltas in, gradients out."""

    exact_answers = True

    def __init__(self, problem: Problem) -> None:
        from gradcheck_backends._jax.traces import for_one_shape, shared

        super().__init__(problem)
        self.method = "jaxpr of the VJP, run in balls"
        self._shared = shared(problem)
        self._closed: Any = for_one_shape(problem) if self._shared is None else None
        self._unknown: str | None = None

    def vjp(
        self,
        args: Sequence[NDArray[Any]],
        deltas: Sequence[NDArray[np.float64]],
        directions: Mapping[int, NDArray[np.float64]] | None = None,
        domain: Domain = BALLS,
    ) -> dict[int, Answer]:
        from gradcheck_backends._jax.traces import float64, for_one_shape, forget_shared

        wrt = self.problem.wrt
        if self._unknown is None:
            try:
                ties: list[str] = []
                gradients = self._in_balls(args, deltas, domain, ties)
                return {i: Answer(g, convention=bool(ties)) for i, g in zip(wrt, gradients, strict=True)}
            except NoAnswer:
                raise
            except Unsupported as error:
                if self._shared is not None:  # XLA needs sizes, and the trace for one shape may be simpler
                    forget_shared(self.problem)
                    self._shared, self._closed = None, for_one_shape(self.problem)
                    return self.vjp(args, deltas, directions, domain)
                self._unknown = str(error)
                self.exact_answers = False
                self.method = f"VJP compiled by XLA in float64 ({self._unknown})"
        with float64():
            return self._in_float64.at(args, deltas)

    def _in_balls(
        self,
        args: Sequence[NDArray[Any]],
        deltas: Sequence[NDArray[np.float64]],
        domain: Domain,
        ties: list[str],
    ) -> list[ObjectArray]:
        from gradcheck_backends._jax.in_balls import evaluate
        from gradcheck_backends._jax.traces import float64

        problem = self.problem
        inputs: list[Any] = [self.lift(args[i]) for i in problem.wrt]
        weights = [self.lift(d) for d in deltas]
        with float64():
            if self._shared is None:
                own = self._closed
                return evaluate(own.jaxpr, own.consts, [*inputs, *weights], domain, ties)
            closed, computes = self._shared
            inputs += [np.asarray(a) for i, a in enumerate(args) if i not in problem.wrt]
            inputs += weights
            for compute in computes:
                inputs.append(zero_dimensional(domain.lift(float(compute(problem.sizes)))))
            unused = len(closed.jaxpr.invars) - len(inputs)
            inputs += [zero_dimensional(domain.lift(0.0))] * unused
            return evaluate(closed.jaxpr, closed.consts, inputs, domain, ties, problem.sizes)

    @cached_property
    def _in_float64(self) -> FloatGradients:
        from gradcheck_backends._jax.tracing import traced
        from gradcheck_backends._jax.xla import FloatGradients

        problem = self.problem
        function = traced(problem.function, problem.example, problem.wrt)
        return FloatGradients(problem, self._closed, function)


BACKEND = Autodiff()
