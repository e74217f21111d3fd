"""What JAX traces: the VJP of a formula as a jaxpr, for one tuple of shapes or for all of them."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import jax
import jax.experimental
import numpy as np

from gradcheck.arithmetic import Memo
from gradcheck.backend import Problem
from gradcheck.errors import Unsupported
from gradcheck_backends._jax.dimensions import concrete, symbols
from gradcheck_backends._jax.flat import flat, needed
from gradcheck_backends._jax.rounding import rounds_integers
from gradcheck_backends._jax.sizes import MOST_NUMBERS, Compute, numbers
from gradcheck_backends._jax.tracing import traced

__all__ = ["float64", "for_one_shape", "forget_shared", "general", "shared"]

Trace = tuple[Any, list[Compute]]
"""The closed jaxpr with symbols for sizes, and what computes its spare inputs (see `_sizes`)."""


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
    array_of: Any = jax.ShapeDtypeStruct
    values = [array_of(problem.example[i].shape, np.float64) for i in problem.wrt]
    deltas = tuple(array_of(s, np.float64) for s in problem.output_shapes)
    with float64():
        try:
            forward = flat(jax.make_jaxpr(function)(*values))
            return needed(jax.make_jaxpr(lambda v, d: _pulled_back(forward, v, d))(values, deltas))
        except Unsupported:
            raise
        except Exception as error:
            text = str(error).splitlines()[0] if str(error) else ""
            raise Unsupported(f"JAX cannot trace the forward: {type(error).__name__}: {text}") from error


def _pulled_back(function: Callable[..., Any], values: Any, deltas: Any) -> Any:
    """`jax.vjp` as the transposed JVP: the same rules, and half the cost of tracing, for `jax.vjp` splits
    every operation by itself into what is known and what is linear.
    """
    slope = lambda *tangents: jax.jvp(function, tuple(values), tangents)[1]
    return jax.linear_transpose(slope, *values)(deltas)


def general(problem: Problem) -> Trace:
    """The trace with symbols for sizes, made once a formula. Raises `Unsupported`.

    Arguments of integers are inputs of it too, after those that are differentiated; so is nothing
    that the code asks about a size, which JAX could not answer.
    """
    memo: Memo = problem.memory.setdefault("for all shapes", Memo())
    return memo.get("trace", lambda: _general(problem))


def _general(problem: Problem) -> Trace:
    if problem.shapes_at is None:
        raise Unsupported("the declared shapes are not known")
    try:
        return _for_all_shapes(problem, problem.shapes_at(symbols(tuple(problem.sizes))))
    except Unsupported as error:
        refusal = error.anew()
    except Exception as error:
        text = (str(error).strip().splitlines() or [""])[0]
        refusal = Unsupported(f"JAX cannot trace it for all shapes: {type(error).__name__}: {text}")
    finally:
        # JAX keeps a TypeError in a local variable for every symbolic size: a cycle that holds its frame and
        # so all callers', with the session and whatever it will remember. Now, it is young and soon found.
        gc.collect(0)
    raise refusal


def shared(problem: Problem) -> Trace | None:
    """The same, or None where each shape needs a trace of its own: the code asks about a size, or the
    trace holds what does not run in balls.

    Tracing is most of what JAX costs here, and most formulas never ask about a size.
    """
    memory = problem.memory
    if not problem.sizes:
        return None
    if "shape by shape" not in memory:
        try:
            closed, _ = general(problem)
            memory["shape by shape"] = _rounds(problem, closed)
        except Unsupported:  # whatever it is, the trace for one shape will say it better
            memory["shape by shape"] = True
    return None if memory["shape by shape"] else general(problem)


def _rounds(problem: Problem, closed: Any) -> bool:
    """Whether NumPy rounds what the trace computes exactly, from integers."""
    integers = len(problem.example) - len(problem.wrt)
    if not integers:
        return False
    moves = [True] * len(problem.wrt) + [False] * integers + [True] * len(problem.output_shapes)
    return rounds_integers(closed, moves + [False] * (len(closed.jaxpr.invars) - len(moves)))


def forget_shared(problem: Problem) -> None:
    """Trace this formula shape by shape from now on."""
    problem.memory["shape by shape"] = True


def _for_all_shapes(problem: Problem, shapes: Sequence[Sequence[Any]]) -> Trace:
    """``shapes`` are the arguments', of integers and JAX's symbols. Raises whatever JAX raises."""
    integers = [i for i in range(len(problem.example)) if i not in problem.wrt]
    order = (*problem.wrt, *integers)
    function = traced(problem.function, problem.example, order)
    array_of: Any = jax.ShapeDtypeStruct
    spare = [array_of((), np.float64)] * MOST_NUMBERS
    used: list[Compute] = []

    def outputs(values: Any, fixed: Any, spare: Any) -> Any:
        with numbers(spare) as computes:
            found = function(*values, *fixed)
            used[:] = computes
        return found

    with float64():
        values = [array_of(tuple(shapes[i]), np.float64) for i in problem.wrt]
        fixed = [array_of(tuple(shapes[i]), problem.example[i].dtype) for i in integers]
        closed = jax.make_jaxpr(outputs)(values, fixed, spare)
        if tuple(concrete(o.shape, problem.sizes) for o in closed.out_avals) != problem.output_shapes:
            raise Unsupported("the shape of the output depends on the sizes in an unknown way")
        deltas = tuple(array_of(o.shape, np.float64) for o in closed.out_avals)
        forward = flat(closed)

        def vjp(values: Any, fixed: Any, deltas: Any, spare: Any) -> Any:
            return _pulled_back(lambda *moving: forward(*moving, *fixed, *spare), values, deltas)

        return needed(jax.make_jaxpr(vjp)(values, fixed, deltas, spare)), used
