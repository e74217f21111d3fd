"""What JAX traces: the VJP of a formula as a jaxpr, for one tuple of shapes or for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

import jax
import jax.experimental
import numpy as np

from gradcheck.backend import Problem
from gradcheck.errors import Unsupported
from gradcheck_backends._dimensions import concrete
from gradcheck_backends._sizes import MOST_NUMBERS, Compute, numbers
from gradcheck_backends._tracing import traced

__all__ = ["float64", "for_all_shapes", "for_one_shape"]


def float64() -> AbstractContextManager[Any]:
    """JAX in float64 for this block only: never through its global switch."""
    home: Any = jax if hasattr(jax, "enable_x64") else jax.experimental  # moved in JAX 0.8
    context: AbstractContextManager[Any] = home.enable_x64(True)
    return context


def for_one_shape(problem: Problem) -> Any:
    """The closed jaxpr for the problem's own shapes: differentiated arguments and deltas in, gradients
    out. Raises `Unsupported` where JAX cannot.
    """
    function = traced(problem.function, problem.example, problem.wrt)

    def vjp(values: Any, deltas: Any) -> Any:
        _, pullback = jax.vjp(function, *values)
        return pullback(deltas)

    array_of: Any = jax.ShapeDtypeStruct
    values = [array_of(problem.example[i].shape, np.float64) for i in problem.wrt]
    deltas = tuple(array_of(s, np.float64) for s in problem.output_shapes)
    with float64():
        try:
            return jax.make_jaxpr(vjp)(values, deltas)
        except Unsupported:
            raise
        except Exception as error:
            text = str(error).splitlines()[0] if str(error) else ""
            raise Unsupported(f"JAX cannot trace the forward: {type(error).__name__}: {text}") from error


def for_all_shapes(
    problem: Problem, shapes: Sequence[Sequence[Any]], *, integers: Sequence[int] = ()
) -> tuple[Any, list[Compute]]:
    """The closed jaxpr with symbols for sizes, and what computes its spare inputs (see `_sizes`).

    ``shapes`` are the arguments', of integers and JAX's symbols. Arguments at the positions
    ``integers`` are not differentiated and go in after those that are; any others keep the values of
    the problem's example. Raises whatever JAX raises where the code asks about a size.
    """
    order = (*problem.wrt, *integers)
    function = traced(problem.function, problem.example, order)
    array_of: Any = jax.ShapeDtypeStruct
    spare = [array_of((), np.float64)] * MOST_NUMBERS
    used: list[Compute] = []

    def outputs(values: Any, fixed: Any, spare: Any) -> Any:
        with numbers(spare):
            return function(*values, *fixed)

    def vjp(values: Any, fixed: Any, deltas: Any, spare: Any) -> Any:
        with numbers(spare) as computes:
            _, pullback = jax.vjp(lambda *moving: function(*moving, *fixed), *values)
            used[:] = computes
        return pullback(deltas)

    with float64():
        values = [array_of(tuple(shapes[i]), np.float64) for i in problem.wrt]
        fixed = [array_of(tuple(shapes[i]), problem.example[i].dtype) for i in integers]
        results = jax.eval_shape(outputs, values, fixed, spare)
        if tuple(concrete(o.shape, problem.sizes) for o in results) != problem.output_shapes:
            raise Unsupported("the shape of the output depends on the sizes in an unknown way")
        deltas = tuple(array_of(o.shape, np.float64) for o in results)
        return jax.make_jaxpr(vjp)(values, fixed, deltas, spare), used
