"""JAX's derivative for all shapes as NumPy calls, so that proofs can be held against it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gradcheck.backend import GeneralDerivative, Problem
from gradcheck_backends._jax import traces as _traces
from gradcheck_backends._jax.replay import replay

__all__ = ["general"]


def general(problem: Problem) -> GeneralDerivative:
    """The trace with symbols for sizes, replayed. It is made when it is first run, and raises `Unsupported`
    then, where JAX cannot make it.
    """
    order = [*problem.wrt, *(k for k in range(len(problem.example)) if k not in problem.wrt)]

    def gradients(sizes: Mapping[str, Any], args: Sequence[Any], deltas: Sequence[Any]) -> dict[int, Any]:
        closed, computes = _traces.general(problem)
        inputs = [*(args[k] for k in order), *deltas]
        return dict(zip(problem.wrt, replay(closed, sizes, inputs, computes), strict=True))

    return GeneralDerivative("JAX", gradients)
