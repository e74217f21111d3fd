"""Walking through a jaxpr: one equation after the other, whatever the arithmetic.

JAX decides *what* the derivative is; a *machine* computes it. One machine has ball arithmetic
(`_jaxpr`), another one makes NumPy calls, which any arithmetic with NumPy's face can run (`_replay`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from jax.extend.core import Literal

from gradcheck_backends._jax.dimensions import DIMENSION, Sizes, concrete

__all__ = ["Machine", "inner_jaxpr", "walk", "walk_inner"]


class Machine(Protocol):
    """What a primitive does in one arithmetic. ``sizes`` are what the dimensions of a trace stand for."""

    @property
    def sizes(self) -> Sizes: ...

    def constant(self, value: Any) -> Any:
        """An array or number that the trace holds."""
        ...

    def literal(self, value: Any) -> Any:
        """A number that stands in an equation."""
        ...

    def run(self, equation: Any, params: Mapping[str, Any], values: Sequence[Any]) -> Sequence[Any]:
        """The results of one primitive, sizes put into its parameters. Raises `Unsupported`."""
        ...


def walk(jaxpr: Any, consts: Sequence[Any], args: Sequence[Any], machine: Machine) -> list[Any]:
    """The outputs of a jaxpr. Raises what the machine raises."""
    environment: dict[Any, Any] = {}

    def read(atom: Any) -> Any:
        return machine.literal(atom.val) if isinstance(atom, Literal) else environment[atom]

    for variable, value in zip(jaxpr.constvars, consts, strict=True):
        environment[variable] = machine.constant(value)
    environment.update(zip(jaxpr.invars, args, strict=True))
    sizes = machine.sizes
    for equation in jaxpr.eqns:
        values = [read(v) for v in equation.invars]
        params = equation.params
        inner = inner_jaxpr(equation)
        if inner is not None:
            results: Sequence[Any] = walk_inner(inner, values, machine)
        else:
            if sizes and (keys := _sized(equation)):
                params = {k: concrete(v, sizes) if k in keys else v for k, v in params.items()}
            results = machine.run(equation, params, values)
        environment.update(zip(equation.outvars, results, strict=True))
    return [read(v) for v in jaxpr.outvars]


def inner_jaxpr(equation: Any) -> Any:
    """The jaxpr of an equation that does nothing but run one; None where it is another one."""
    if equation.primitive.name not in _CALLS:
        return None
    params = equation.params
    return params.get("jaxpr") or params.get("call_jaxpr") or params.get("fun_jaxpr")


def walk_inner(closed: Any, values: Sequence[Any], machine: Machine) -> list[Any]:
    """A jaxpr that is a parameter of a primitive, with its own constants where it has some."""
    if hasattr(closed, "jaxpr"):
        return walk(closed.jaxpr, closed.consts, values, machine)
    return walk(closed, (), values, machine)


_CALLS = frozenset(
    [
        *("pjit", "jit", "closed_call", "core_call", "remat", "remat2", "checkpoint"),
        *("custom_jvp_call", "custom_vjp_call"),
    ]
)
"""Primitives that do nothing but run a jaxpr of their own."""


def _sized(equation: Any) -> frozenset[str]:
    """The parameters that hold a symbolic dimension; most equations have none."""
    known = _known.get(id(equation))
    if known is None:
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        keys = frozenset(k for k, v in equation.params.items() if _holds_dimension(v))
        known = _known[id(equation)] = equation, keys  # held, so that an id stays one equation's
    return known[1]


def _holds_dimension(value: Any) -> bool:
    return type(value) is DIMENSION or (isinstance(value, tuple) and any(map(_holds_dimension, value)))


_MOST_KNOWN = 5_000

_known: dict[int, tuple[Any, frozenset[str]]] = {}
"""By equation."""
