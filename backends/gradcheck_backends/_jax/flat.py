"""A traced forward as a function again, without the compiled calls that `jax.numpy` wraps its functions into.

JAX differentiates and transposes each such call by itself, and what it holds once more: twice the work of the
primitives alone. The rules are the same; calls with rules of their own (`custom_jvp`) stay.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from jax.extend.core import Literal

from gradcheck_backends._jax.in_balls import TIES

__all__ = ["bound", "flat", "needed"]


def flat(closed: Any) -> Callable[..., tuple[Any, ...]]:
    """The function that a closed jaxpr computes, as JAX can trace it."""
    return lambda *values: tuple(_run(closed.jaxpr, closed.consts, values))


def _run(jaxpr: Any, consts: Sequence[Any], values: Sequence[Any]) -> list[Any]:
    known: dict[Any, Any] = dict(zip(jaxpr.constvars, consts, strict=True))
    known.update(zip(jaxpr.invars, values, strict=True))

    def read(atom: Any) -> Any:
        return atom.val if isinstance(atom, Literal) else known[atom]

    for equation in jaxpr.eqns:
        given = [read(v) for v in equation.invars]
        if equation.primitive.name in _COMPILED:
            inner = equation.params["jaxpr"]
            results = _run(inner.jaxpr, inner.consts, given)
        else:
            found = bound(equation, given)
            results = found if equation.primitive.multiple_results else [found]
        known.update(zip(equation.outvars, results, strict=True))
    return [read(v) for v in jaxpr.outvars]


_COMPILED = frozenset(["pjit", "jit"])


def bound(equation: Any, given: Sequence[Any]) -> Any:
    """One primitive's result. JAX 0.10 holds functions among the parameters, earlier ones apart."""
    params = equation.primitive.get_bind_params(equation.params)
    functions, params = params if isinstance(params, tuple) else ((), params)
    return equation.primitive.bind(*functions, *given, **params)


def needed(closed: Any) -> Any:
    """A closed jaxpr without the equations whose results nothing uses: the trace of a derivative holds the
    whole forward, of which a linear layer's derivative needs nothing.

    Those with effects stay, and those that may meet a tie, which tells of a convention.
    """
    jaxpr = closed.jaxpr
    used = {v for v in jaxpr.outvars if not isinstance(v, Literal)}
    kept = []
    for equation in reversed(jaxpr.eqns):
        told = equation.effects or equation.primitive.name in TIES
        if told or not used.isdisjoint(equation.outvars):
            used.update(v for v in equation.invars if not isinstance(v, Literal))
            kept.append(equation)
    return closed.replace(jaxpr=jaxpr.replace(eqns=kept[::-1]))
