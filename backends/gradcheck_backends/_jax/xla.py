"""A jaxpr of the VJP run by XLA in float64, where ball arithmetic does not know a primitive (`eigh`, `svd`).

The error bound is found by Monte Carlo arithmetic (Parker 1997): the program is run again with the result
of every operation moved by a random relative 2^-40, far more than its rounding, and the spread, scaled
down, is what rounding can do. Moving the inputs alone would not see an algorithm that loses digits on its
way (the pseudo-inverse of a matrix that is nearly singular). A sample is an estimate: never rigorous.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import jax.extend
import jax.numpy as jnp
import numpy as np
from jax.extend.core import Literal
from numpy.typing import NDArray

from gradcheck.arithmetic import enclose
from gradcheck.backend import Answer, Problem
from gradcheck.errors import NoAnswer, user_code
from gradcheck_backends._jax.flat import bound

__all__ = ["FloatGradients"]

_MOVED = 2.0**-40
_UNIT = 2.0**-52
_RUNS = 4

_SAME_VALUES = 2.0**-20
"""Forwards in float64 that are farther apart than this part of the largest value are two functions, or so
badly conditioned that the derivative has no digits left."""


class FloatGradients:
    """The gradients of one problem in float64. ``closed`` is the jaxpr of its VJP, ``forward`` the function
    that JAX traced. All is to be called with JAX in float64.
    """

    def __init__(self, problem: Problem, closed: Any, forward: Callable[..., Any]) -> None:
        self._problem, self._closed = problem, closed
        self._forward = jax.jit(forward)
        self._run = jax.jit(lambda moved, seed, *inputs: _noisy(closed, moved, seed, inputs))

    def at(self, args: Sequence[NDArray[Any]], deltas: Sequence[NDArray[np.float64]]) -> dict[int, Answer]:
        """The gradients with an error bound. Raises `NoAnswer` where they are not finite, or of another
        function.
        """
        wrt = self._problem.wrt
        values = [args[i] for i in wrt]
        self._check_values(args)
        exact = [np.asarray(g) for g in self._run(0.0, 0.0, *values, *deltas)]
        if not all(np.isfinite(g).all() for g in exact):
            raise NoAnswer("XLA's gradient is not finite here")
        spread = [np.asarray(np.abs(g) * 4 * _UNIT) for g in exact]  # of a number, NumPy makes no array
        for seed in range(_RUNS):
            for s, g, e in zip(spread, self._run(_MOVED, 1.0 + seed, *values, *deltas), exact, strict=True):
                np.maximum(s, np.abs(np.asarray(g) - e) * (_UNIT / _MOVED), out=s)
        operations = len(self._closed.jaxpr.eqns) + max(v.size for v in values)
        answers = {}
        for i, g, s in zip(wrt, exact, spread, strict=True):
            largest = max(float(np.max(np.abs(a), initial=0.0)) for a in (g, *deltas))  # a saturated gradient
            bound = operations * np.maximum(s, _UNIT / 2 * largest)  # may be zero and its rounding not
            answers[i] = Answer(enclose(g, bound), rigorous=False)
        return answers

    def _check_values(self, args: Sequence[NDArray[Any]]) -> None:
        """Raise `NoAnswer` where JAX's forward has other values than NumPy's.

        LAPACK leaves the signs of eigenvectors open, and JAX may choose others: its derivative is then
        right, of another function.
        """
        with np.errstate(all="ignore"), user_code:
            result = self._problem.function(*(a.copy() if a.ndim else a.dtype.type(a) for a in args))
        parts = result if isinstance(result, tuple | list) else [result]
        for ours, theirs in zip(parts, self._forward(*(args[i] for i in self._problem.wrt)), strict=True):
            apart = np.abs(np.asarray(theirs) - ours)
            if not np.all(apart <= _SAME_VALUES * np.max(np.abs(ours), initial=0.0)):
                raise NoAnswer("JAX's forward has other values here than NumPy's")


def _noisy(closed: Any, moved: Any, seed: Any, inputs: Sequence[Any]) -> list[Any]:
    """The outputs of a jaxpr with every input, and every floating result that depends on one, moved by up
    to ``moved``. What does not (the position of a median) is a constant of the program.
    """
    count = 0

    def noise(value: Any, size: Any = None) -> Any:
        nonlocal count
        if not jnp.issubdtype(value.dtype, jnp.floating):
            return value
        count += 1
        turn = jnp.sin(seed * 91.7 + count * 3.31 + jnp.arange(value.size) * 12.9898).reshape(value.shape)
        return value + moved * (value if size is None else size) * turn

    def run(jaxpr: Any, consts: Any, values: Sequence[Any], moving: Sequence[bool]) -> Any:
        known: dict[Any, Any] = dict(zip(jaxpr.constvars, consts, strict=True))
        known.update(zip(jaxpr.invars, values, strict=True))
        depends = {v for v, moves in zip(jaxpr.invars, moving, strict=True) if moves}
        for equation in jaxpr.eqns:
            given = [a.val if isinstance(a, Literal) else known[a] for a in equation.invars]
            inward = [not isinstance(a, Literal) and a in depends for a in equation.invars]
            name, params = equation.primitive.name, equation.params
            if name == "custom_linear_solve":  # only what its own program for the solution takes
                lengths = params["const_lengths"]
                start = lengths.matvec + lengths.vecmat
                taken = [*range(start, start + lengths.solve)]
                taken += range(start + lengths.solve + lengths.transpose_solve, len(given))
                given, inward = [given[k] for k in taken], [inward[k] for k in taken]
                inner = params["jaxprs"].solve
            else:
                inner = next((params[k] for k in _HOLDS if name in _CALLS and k in params), None)
            if inner is not None:
                inner, own = getattr(inner, "jaxpr", inner), getattr(inner, "consts", ())
                results, outward = run(inner, own, given, inward)
            else:
                found = bound(equation, given)
                results = found if equation.primitive.multiple_results else [found]
                outward = [any(inward)] * len(results)
                if any(inward) and name in _SUMS:  # what rounds is the terms, though their sum be small
                    results = [noise(results[0], bound(equation, [jnp.abs(g) for g in given]))]
                elif any(inward) and name in _FACTORISATIONS:  # every entry is off by the size of the whole
                    results = [noise(r, r.shape[-1] * jnp.max(jnp.abs(r), initial=0)) for r in results]
                elif any(inward) and name not in _EXACT:
                    results = [noise(r) for r in results]
            known.update(zip(equation.outvars, results, strict=True))
            depends.update(v for v, moves in zip(equation.outvars, outward, strict=True) if moves)
        outputs = [a.val if isinstance(a, Literal) else known[a] for a in jaxpr.outvars]
        return outputs, [not isinstance(a, Literal) and a in depends for a in jaxpr.outvars]

    given = [noise(jnp.asarray(i)) for i in inputs]
    outputs: list[Any] = run(closed.jaxpr, closed.consts, given, [True] * len(given))[0]
    return outputs


_HOLDS = ("jaxpr", "call_jaxpr", "fun_jaxpr")

_CALLS = {
    *("pjit", "jit", "closed_call", "core_call", "remat", "checkpoint"),
    *("custom_jvp_call", "custom_vjp_call"),
}
"""Primitives that only run another jaxpr."""

_SUMS = {"dot_general", "reduce_sum", "cumsum", "conv_general_dilated"}

_FACTORISATIONS = {"svd", "eigh", "eig", "lu", "qr", "geqrf", "geqp3", "householder_product", "cholesky"}

_EXACT = {
    *("reshape", "transpose", "broadcast_in_dim", "squeeze", "slice", "rev", "concatenate", "select_n"),
    *("copy", "neg", "convert_element_type", "dynamic_slice", "gather", "pad", "stop_gradient"),
}
"""What only moves entries rounds nothing."""
