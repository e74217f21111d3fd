"""Running a jaxpr in ball arithmetic: a machine for `_walking`, by the table in `_rules`.

A primitive that is not there raises `Unsupported`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import numpy as np

from gradcheck.arithmetic import BALLS, Domain
from gradcheck.errors import Unsupported
from gradcheck_backends._jax import (  # noqa: F401  (they fill the table)
    rules_elementwise,
    rules_linalg,
    rules_structure,
    rules_windows,
)
from gradcheck_backends._jax.rules import RULES, as_array
from gradcheck_backends._jax.walking import walk, walk_inner

__all__ = ["TIES", "evaluate"]


Sizes = Mapping[str, int]


def evaluate(
    jaxpr: Any, consts: Any, args: Any, domain: Domain, ties: list[str], sizes: Sizes | None = None
) -> list[Any]:
    """The outputs of a jaxpr. ``args`` are object arrays of balls, or integer or boolean arrays.
    ``sizes`` is what the dimensions stand for where the trace was made with symbols for them.

    The names of primitives that met a tie are added to ``ties``: there JAX's derivative is a
    convention (`maximum` 1/2, `abs` 1).
    """
    return walk(jaxpr, consts, args, _Balls(domain, ties, sizes or {}))


class _Balls:
    """The machine."""

    def __init__(self, domain: Domain, ties: list[str], sizes: Sizes) -> None:
        self.domain, self.ties, self.sizes = domain, ties, sizes

    def constant(self, value: Any) -> Any:
        return _constant(value, self.domain)

    def literal(self, value: Any) -> Any:
        return _literal(value, self.domain)

    def run(self, equation: Any, params: Mapping[str, Any], values: Sequence[Any]) -> Sequence[Any]:
        name = equation.primitive.name
        if name in _HOLDING:
            return _HOLDING[name](self, params, values)
        if name in TIES and values[0].dtype == object and not self.ties and TIES[name](*values):
            self.ties.append(name)
        compute = RULES.get(name)
        if compute is None:
            raise Unsupported(f"the JAX primitive {name} is not available in ball arithmetic")
        result = compute(self.domain, params, *values)
        return [as_array(part) for part in (result if equation.primitive.multiple_results else [result])]


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


# -- primitives that hold jaxprs of their own, and do more than run them


def _linear_solve(machine: _Balls, params: Any, values: Any) -> list[Any]:
    """`custom_linear_solve`: its own jaxpr for the solution, with the constants that belong to it."""
    lengths = params["const_lengths"]
    start = lengths.matvec + lengths.vecmat
    constants = values[start : start + lengths.solve]
    right = values[start + lengths.solve + lengths.transpose_solve :]
    return walk_inner(params["jaxprs"].solve, [*constants, *right], machine)


def _cond(machine: _Balls, params: Any, values: Any) -> list[Any]:
    which = min(max(int(values[0]), 0), len(params["branches"]) - 1)
    return walk_inner(params["branches"][which], values[1:], machine)


def _while(machine: _Balls, params: Any, values: Any) -> list[Any]:
    """`while_loop`: its condition is decided at every step."""
    first, second = params["cond_nconsts"], params["body_nconsts"]
    asks, does = values[:first], values[first : first + second]
    carry = list(values[first + second :])
    while bool(walk_inner(params["cond_jaxpr"], [*asks, *carry], machine)[0]):
        carry = walk_inner(params["body_jaxpr"], [*does, *carry], machine)
    return carry


def _parts_of_scan(params: Any) -> tuple[int, int]:
    """How many of its inputs are constants, and how many are carried."""
    if "ft_in" in params:  # from JAX 0.12 on
        fixed, carry, _ = params["ft_in"].unpack()
        return len(list(fixed)), len(list(carry))
    return params["num_consts"], params["num_carry"]


def _scan(machine: _Balls, params: Any, values: Any) -> list[Any]:
    """`scan`: a body that is run over the first axis of its inputs, and hands a carry on."""
    constants, carried, length = *_parts_of_scan(params), params["length"]
    fixed, carry = values[:constants], list(values[constants : constants + carried])
    rows = values[constants + carried :]
    order = range(length)[::-1] if params["reverse"] else range(length)
    made: list[Any] = [None] * length
    for k in order:
        inputs = [*fixed, *carry, *(as_array(row[k]) for row in rows)]
        results = walk_inner(params["jaxpr"], inputs, machine)
        carry, made[k] = results[:carried], results[carried:]
    outputs = [np.stack([one[i] for one in made]) for i in range(len(made[0]))] if made else []
    return [*carry, *outputs]


def _expanded(machine: _Balls, params: Any, values: Any) -> list[Any]:
    """A primitive that JAX (from 0.12 on) expands late, such as a binary search: what it expands to."""
    primitive = params["_prim"]
    return walk_inner(jax.make_jaxpr(primitive.expand)(*primitive.in_avals), list(values), machine)


_HOLDING: dict[str, Callable[[_Balls, Any, Any], list[Any]]] = {
    "custom_linear_solve": _linear_solve,
    "cond": _cond,
    "while": _while,
    "scan": _scan,
    "call_hi_primitive": _expanded,
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


TIES: dict[str, Callable[..., bool]] = {
    **dict.fromkeys(["max", "min", "eq", "ne", "lt", "le", "gt", "ge"], _equal),
    **dict.fromkeys(["abs", "sign"], _zero),
    **dict.fromkeys(["reduce_max", "reduce_min", "cummax"], _repeated),
}
"""Primitives at ties of which a derivative is a convention, with what tells that there is one."""
