"""Automatic differentiation: JAX derives the VJP, our evaluator runs it in ball arithmetic.

JAX traces the same plain NumPy forward that the candidate belongs to. What it derives is a jaxpr, a
list of primitives; evaluating that in balls encloses JAX's derivative with no truncation at all.
Where a primitive is not known there, XLA evaluates it in float64 with an estimated error bound.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.arithmetic import BALLS, Domain, ObjectArray, zero_dimensional
from gradcheck.backend import Answer, Problem, Program
from gradcheck.errors import NoAnswer, Unsupported

if TYPE_CHECKING:
    from gradcheck_backends._xla import FloatGradients

__all__ = ["BACKEND", "Autodiff"]


def _float64() -> AbstractContextManager[Any]:
    """JAX in float64 for this block only: never through its global switch."""
    import jax
    import jax.experimental

    home: Any = jax if hasattr(jax, "enable_x64") else jax.experimental  # moved in JAX 0.8
    context: AbstractContextManager[Any] = home.enable_x64(True)
    return context


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


class VjpProgram(Program):
    """One jaxpr: differentiated arguments and deltas in, gradients out."""

    exact_answers = True

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.method = "jaxpr of the VJP, run in balls"
        self._shared = self._trace_for_all_shapes()
        self._closed = self._shared or self._trace()
        self._unknown: str | None = None

    def vjp(
        self,
        args: Sequence[NDArray[Any]],
        deltas: Sequence[NDArray[np.float64]],
        directions: Mapping[int, NDArray[np.float64]] | None = None,
        domain: Domain = BALLS,
    ) -> dict[int, Answer]:
        wrt = self.problem.wrt
        if self._unknown is None:
            try:
                inputs = [self.lift(args[i]) for i in wrt] + [self.lift(d) for d in deltas]
                ties: list[str] = []
                gradients = self._in_balls(inputs, domain, ties)
                return {i: Answer(g, convention=bool(ties)) for i, g in zip(wrt, gradients, strict=True)}
            except NoAnswer:
                raise
            except Unsupported as error:
                if self._shared is not None:  # XLA needs sizes, and the trace for one shape may be simpler
                    self.problem.memory["for all shapes"] = self._shared = None
                    self._closed = self._trace()
                    return self.vjp(args, deltas, directions, domain)
                self._unknown = str(error)
                self.exact_answers = False
                self.method = f"VJP compiled by XLA in float64 ({self._unknown})"
        with _float64():
            return self._in_float64.at(args, deltas)

    def _trace_for_all_shapes(self) -> Any:
        """One trace with symbols for sizes, made once a formula; None where that fails.

        Tracing is most of what JAX costs here, and most formulas never ask about a size.
        """
        problem, memory = self.problem, self.problem.memory
        if "for all shapes" not in memory:
            memory["for all shapes"] = None
            if problem.dimensions is not None and problem.sizes and len(problem.wrt) == len(problem.example):
                try:
                    memory["for all shapes"], memory["numbers"] = self._trace_symbols()
                except Exception:  # whatever it is, the trace for one shape will say it better
                    memory["for all shapes"] = None
        return memory["for all shapes"]

    def _trace_symbols(self) -> tuple[Any, list[Any]]:
        """The jaxpr with symbols for sizes, and what computes its spare inputs."""
        import jax

        from gradcheck_backends._sizes import MOST_NUMBERS, concrete, numbers, symbols

        assert self.problem.dimensions is not None
        known = symbols(tuple(self.problem.sizes))
        shapes = [
            tuple(known[d] if isinstance(d, str) else d for d in shape) for shape in self.problem.dimensions
        ]
        array_of: Any = jax.ShapeDtypeStruct
        spare = [array_of((), np.float64)] * MOST_NUMBERS
        used: list[Any] = []

        def outputs(values: Any, spare: Any) -> Any:
            with numbers(spare):
                return self._function()(*values)

        def vjp(values: Any, deltas: Any, spare: Any) -> Any:
            with numbers(spare) as computes:
                _, pullback = jax.vjp(self._function(), *values)
                used[:] = computes
            return pullback(deltas)

        with _float64():
            values = [array_of(shape, np.float64) for shape in shapes]
            results = jax.eval_shape(outputs, values, spare)
            if tuple(concrete(o.shape, self.problem.sizes) for o in results) != self.problem.output_shapes:
                raise Unsupported("the shape of the output depends on the sizes in an unknown way")
            deltas = tuple(array_of(o.shape, np.float64) for o in results)
            return jax.make_jaxpr(vjp)(values, deltas, spare), used

    def _trace(self) -> Any:
        """The jaxpr for the problem's own shapes."""
        import jax

        problem, function = self.problem, self._function()

        def vjp(values: Any, deltas: Any) -> Any:
            _, pullback = jax.vjp(function, *values)
            return pullback(deltas)

        array_of: Any = jax.ShapeDtypeStruct
        values = [array_of(problem.example[i].shape, np.float64) for i in problem.wrt]
        deltas = tuple(array_of(s, np.float64) for s in problem.output_shapes)
        with _float64():
            try:
                return jax.make_jaxpr(vjp)(values, deltas)
            except Unsupported:
                raise
            except Exception as error:
                text = str(error).splitlines()[0] if str(error) else ""
                raise Unsupported(f"JAX cannot trace the forward: {type(error).__name__}: {text}") from error

    def _function(self) -> Any:
        from gradcheck_backends._tracing import traced

        return traced(self.problem.function, self.problem.example, self.problem.wrt)

    def _in_balls(self, inputs: list[ObjectArray], domain: Domain, ties: list[str]) -> list[ObjectArray]:
        from gradcheck_backends._jaxpr import evaluate

        with _float64():
            sizes = None
            if self._shared is not None:
                sizes = self.problem.sizes
                spare = [compute(sizes) for compute in self.problem.memory["numbers"]]
                spare += [0.0] * (len(self._closed.jaxpr.invars) - len(inputs) - len(spare))
                inputs = [*inputs, *(zero_dimensional(domain.lift(float(number))) for number in spare)]
            return evaluate(self._closed.jaxpr, self._closed.consts, inputs, domain, ties, sizes)

    @cached_property
    def _in_float64(self) -> FloatGradients:
        from gradcheck_backends._xla import FloatGradients

        return FloatGradients(self.problem, self._closed, self._function())


BACKEND = Autodiff()
