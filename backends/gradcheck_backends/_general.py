"""JAX's derivative for all shapes as NumPy calls, so that proofs can be held against it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gradcheck.backend import GeneralDerivative, Problem
from gradcheck.errors import Unsupported
from gradcheck_backends._dimensions import symbols
from gradcheck_backends._replay import replay
from gradcheck_backends._sizes import Compute
from gradcheck_backends._traces import for_all_shapes

__all__ = ["general"]


def general(problem: Problem) -> GeneralDerivative:
    """The trace with symbols for sizes, replayed. It is made when it is first run, and raises `Unsupported`
    then, where JAX cannot make it.
    """
    order = [*problem.wrt, *(k for k in range(len(problem.example)) if k not in problem.wrt)]

    def gradients(sizes: Mapping[str, Any], args: Sequence[Any], deltas: Sequence[Any]) -> dict[int, Any]:
        closed, computes = _trace(problem, order[len(problem.wrt) :])
        inputs = [*(args[k] for k in order), *deltas]
        return dict(zip(problem.wrt, replay(closed, sizes, inputs, computes), strict=True))

    return GeneralDerivative("JAX", gradients)


def _trace(problem: Problem, integers: Sequence[int]) -> tuple[Any, list[Compute]]:
    """The trace that serves ball arithmetic too, where there is one; or one of its own, in which arguments
    of integers and sizes such as `n + 1` are symbols too.
    """
    memory = problem.memory
    if memory.get("for all shapes") is not None:
        return memory["for all shapes"], memory["numbers"]
    if "general" not in memory:
        try:
            if problem.shapes_at is None:
                raise Unsupported("the declared shapes are not known")
            shapes = problem.shapes_at(symbols(tuple(problem.sizes)))
            memory["general"] = for_all_shapes(problem, shapes, integers=integers)
        except Unsupported as error:
            memory["general"] = error
        except Exception as error:
            text = (str(error).strip().splitlines() or [""])[0]
            memory["general"] = Unsupported(
                f"JAX cannot trace it for all shapes: {type(error).__name__}: {text}"
            )
    if isinstance(memory["general"], Unsupported):
        raise memory["general"]
    return memory["general"]  # type: ignore[no-any-return]
