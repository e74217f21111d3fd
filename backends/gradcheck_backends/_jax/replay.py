"""Running a jaxpr as NumPy calls: a machine for `_walking`.

NumPy's functions reach any array that has NumPy's two protocols (NEP 13 and 18), so this runs JAX's
derivative in float64 and on symbols for all shapes alike, and knows neither. Only what NumPy would
make out of nothing is asked of a *prototype*, an array of the arithmetic at hand: constants of a shape,
and the identity matrix that a comparison of positions is. Each rule has the meaning that its primitive
has in `jax.lax`; what a NumPy function cannot do in an arithmetic, that arithmetic refuses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.errors import Unsupported
from gradcheck_backends._jax import replay_elementwise, replay_structure  # noqa: F401  (they fill the table)
from gradcheck_backends._jax.dimensions import concrete, stand_ins
from gradcheck_backends._jax.replay_table import RULES, Call
from gradcheck_backends._jax.walking import walk

__all__ = ["replay"]


def replay(
    closed: Any,
    sizes: Mapping[str, Any],
    inputs: Sequence[Any],
    numbers: Sequence[Callable[[Mapping[str, Any]], Any]] = (),
) -> list[Any]:
    """The outputs of a closed jaxpr. ``sizes`` are what its dimensions stand for: integers, or symbols
    of the arithmetic that the ``inputs`` are arrays of. ``numbers`` compute the spare inputs that follow
    (see `_sizes`). Raises `Unsupported` for primitives and types that are not known here.
    """
    machine = _Calls(inputs[0], sizes)
    spare = [compute(machine.sizes) for compute in numbers]
    spare += [0.0] * (len(closed.jaxpr.invars) - len(inputs) - len(spare))
    return walk(closed.jaxpr, closed.consts, [*inputs, *spare], machine)


class _Calls:
    """The machine."""

    def __init__(self, prototype: Any, sizes: Mapping[str, Any]) -> None:
        self.prototype = prototype
        self.sizes = stand_ins(sizes)

    def constant(self, value: Any) -> Any:
        array = np.asarray(value)
        return array if array.ndim else self.literal(array)

    def literal(self, value: Any) -> Any:
        return np.asarray(value).item()  # a plain number: no arithmetic is asked to take NumPy's

    def run(self, equation: Any, params: Mapping[str, Any], values: Sequence[Any]) -> Sequence[Any]:
        name = equation.primitive.name
        rule = RULES.get(name)
        if rule is None:
            raise Unsupported(f"the JAX primitive {name}")
        types = {np.dtype(v.aval.dtype) for v in (*equation.invars, *equation.outvars)}
        if unknown := next((t for t in types if t.kind not in "ib" and t not in _FLOATS), None):
            raise Unsupported(f"the JAX primitive {name} of {unknown}")
        result = equation.outvars[0].aval
        call = Call(
            params=params,
            shape=concrete(tuple(result.shape), self.sizes),
            dtype=np.dtype(result.dtype),
            given=np.dtype(equation.invars[0].aval.dtype) if equation.invars else None,
            prototype=self.prototype,
        )
        results = rule(call, *values)
        return list(results) if equation.primitive.multiple_results else [results]


_FLOATS = (np.dtype(np.float64), np.dtype([("float0", "V")]))
"""float0 has no values: JAX's derivative by an integer."""
