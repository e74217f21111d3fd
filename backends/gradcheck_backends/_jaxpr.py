"""Running a jaxpr in ball arithmetic.

JAX decides *what* the derivative is; this file computes it, one primitive after the other, by the table
in `_rules`. A primitive that is not there raises `Unsupported`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from jax.extend.core import Literal

from gradcheck.arithmetic import BALLS, Domain
from gradcheck.errors import Unsupported
from gradcheck_backends import _rules_elementwise, _rules_linalg, _rules_structure  # noqa: F401
from gradcheck_backends._rules import RULES, as_array
from gradcheck_backends._sizes import DIMENSION, concrete

__all__ = ["evaluate"]


Sizes = Mapping[str, int]


def evaluate(
    jaxpr: Any, consts: Any, args: Any, domain: Domain, ties: list[str], sizes: Sizes | None = None
) -> list[Any]:
    """The outputs of a jaxpr. ``args`` are object arrays of balls, or integer or boolean arrays.
    ``sizes`` is what the dimensions stand for where the trace was made with symbols for them.

    The names of primitives that met a tie are added to ``ties``: there JAX's derivative is a
    convention (`maximum` 1/2, `abs` 1).
    """
    environment: dict[Any, Any] = {}

    def read(atom: Any) -> Any:
        if isinstance(atom, Literal):
            return _literal(atom.val, domain)
        return environment[atom]

    for variable, value in zip(jaxpr.constvars, consts, strict=True):
        environment[variable] = _constant(value, domain)
    for variable, value in zip(jaxpr.invars, args, strict=True):
        environment[variable] = value
    for equation in jaxpr.eqns:
        name = equation.primitive.name
        values = [read(v) for v in equation.invars]
        params = equation.params
        if sizes:
            params = {k: concrete(v, sizes) if type(v) in _SIZED else v for k, v in params.items()}
        if name in _CALLS:
            environment.update(
                zip(equation.outvars, _CALLS[name](domain, params, ties, values, sizes), strict=True)
            )
            continue
        if name in _TIES and values[0].dtype == object and not ties and _TIES[name](*values):
            ties.append(name)
        compute = RULES.get(name)
        if compute is None:
            raise Unsupported(f"the JAX primitive {name} is not available in ball arithmetic")
        result = compute(domain, params, *values)
        results = result if equation.primitive.multiple_results else [result]
        for variable, part in zip(equation.outvars, results, strict=True):
            environment[variable] = as_array(part)
    return [read(v) for v in jaxpr.outvars]


_LITERALS: dict[float, Any] = {}


def _literal(value: Any, domain: Domain) -> Any:
    """A literal of the code. Every exact 0.0 is one ball: `max(x, 0.0)` and the 0.0 that its derivative
    compares it with are the same number, and no tie.
    """
    number = np.asarray(value)
    if domain is not BALLS or number.ndim or number.dtype.kind != "f":
        return _constant(value, domain)
    key = float(number)
    if key not in _LITERALS:
        _LITERALS[key] = _constant(value, domain)
    return _LITERALS[key]


def _constant(value: Any, domain: Domain) -> Any:
    array = np.asarray(value)
    if array.dtype.kind == "f" or str(array.dtype) == "float0":
        lifted = domain.lift_array(array.astype(np.float64) if array.dtype.kind == "f" else array)
        return as_array(lifted)
    return array


# -- calls: primitives that hold jaxprs of their own

Call = Callable[[Domain, Any, list[str], Any, Sizes | None], list[Any]]


def _call(domain: Domain, params: Any, ties: list[str], values: Any, sizes: Sizes | None) -> list[Any]:
    closed = params.get("jaxpr") or params.get("call_jaxpr") or params.get("fun_jaxpr")
    return _run(closed, domain, ties, values, sizes)


def _run(closed: Any, domain: Domain, ties: list[str], values: Any, sizes: Sizes | None) -> list[Any]:
    if hasattr(closed, "jaxpr"):
        return evaluate(closed.jaxpr, closed.consts, values, domain, ties, sizes)
    return evaluate(closed, (), values, domain, ties, sizes)


def _linear_solve(
    domain: Domain, params: Any, ties: list[str], values: Any, sizes: Sizes | None
) -> list[Any]:
    """`custom_linear_solve`: its own jaxpr for the solution, with the constants that belong to it."""
    lengths = params["const_lengths"]
    start = lengths.matvec + lengths.vecmat
    constants = values[start : start + lengths.solve]
    right = values[start + lengths.solve + lengths.transpose_solve :]
    return _run(params["jaxprs"].solve, domain, ties, [*constants, *right], sizes)


def _cond(domain: Domain, params: Any, ties: list[str], values: Any, sizes: Sizes | None) -> list[Any]:
    which = min(max(int(values[0]), 0), len(params["branches"]) - 1)
    return _run(params["branches"][which], domain, ties, values[1:], sizes)


_CALLS: dict[str, Call] = {
    **dict.fromkeys(
        [
            "pjit",
            "jit",
            "closed_call",
            "core_call",
            "remat",
            "checkpoint",
            "custom_jvp_call",
            "custom_vjp_call",
        ],
        _call,
    ),
    "custom_linear_solve": _linear_solve,
    "cond": _cond,
}


# -- ties: where a derivative exists only by convention


def _equal(a: Any, b: Any) -> bool:
    """Two different balls that are exactly equal, somewhere; one ball met twice is no tie."""
    pairs = np.broadcast(a, b)
    return any(x is not y and x.is_finite() and x.is_exact() and y.is_exact() and x == y for x, y in pairs)


def _zero(x: Any, *_: Any) -> bool:
    return any(b.is_zero() for b in x.reshape(-1))


def _repeated(x: Any, *_: Any) -> bool:
    exact = [b for b in x.reshape(-1) if b.is_exact() and b.is_finite()]
    return len(exact) > 1 and len({b.man_exp() for b in exact}) < len(exact)


_SIZED = (tuple, DIMENSION)
"""Types of parameters that may hold a symbolic dimension."""

_TIES: dict[str, Callable[..., bool]] = {
    **dict.fromkeys(["max", "min", "eq", "ne", "lt", "le", "gt", "ge"], _equal),
    **dict.fromkeys(["abs", "sign"], _zero),
    **dict.fromkeys(["reduce_max", "reduce_min", "cummax"], _repeated),
}
