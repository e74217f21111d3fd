"""Going backwards through a recorded run: the gradients of its arguments, or those with one step changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Protocol

import numpy as np

from gradcheck.diagnosis.tracing import composed, moves, products, reductions  # noqa: F401
from gradcheck.diagnosis.tracing.budget import IN_BALLS, spend
from gradcheck.diagnosis.tracing.calls import Call, Value, mapped
from gradcheck.diagnosis.tracing.derivatives import local_derivatives
from gradcheck.diagnosis.tracing.pullbacks import PULLBACKS, unbroadcast
from gradcheck.diagnosis.tracing.run import Run
from gradcheck.errors import Unsupported

__all__ = ["Detour", "Step", "backwards"]


class Step:
    """One way back from an operation to one of its inputs.

    ``g`` is what arrives at the output, ``value`` what goes to the input; ``unsummed`` is the same before
    it is summed over the axes along which the input was broadcast (None where it was not).
    """

    __slots__ = ("call", "g", "position", "target", "unsummed", "value")

    def __init__(
        self, call: Call, position: tuple[int, ...], target: Value, g: Any, value: Any, unsummed: Any = None
    ) -> None:
        self.call, self.position, self.target, self.g, self.value = call, position, target, g, value
        self.unsummed = unsummed


class Detour(Protocol):
    """A change on the way back."""

    def take(self, step: Step) -> Any:
        """What goes to the input in place of ``step.value``; None for nothing."""
        ...

    def jump(self, call: Call, g: Any) -> list[tuple[Value, Any]] | None:
        """What goes to which values, past all the steps of this operation; None to take the steps."""
        ...

    def arrived(self, at: Call | str, g: Any) -> Any:
        """What goes on from an operation (or is the gradient of an argument) in place of ``g``."""
        ...


def backwards(
    run: Run,
    outputs: Sequence[Value],
    deltas: Sequence[Any],
    detour: Detour | None = None,
    passing: dict[Call, Any] | None = None,
) -> dict[str, Any]:
    """The gradients of `sum(delta * output)` by every argument of the run, by name.

    Arguments that the outputs do not depend on are absent. What arrives at the operations' outputs is
    kept in ``passing``, where it is given. Raises `Unsupported`.
    """
    arriving: dict[Any, Any] = {}
    for output, delta in zip(outputs, deltas, strict=True):
        _add(arriving, output, delta)
    with np.errstate(all="ignore"):
        for call in reversed(run.calls):
            g = arriving.pop(call, None)
            if g is None:
                continue
            if detour is not None:
                g = detour.arrived(call, g)
            spend(1 if run.domain is None else IN_BALLS)
            if passing is not None:
                passing[call] = g
            jumped = None if detour is None else detour.jump(call, g)
            if jumped is not None:
                for target, value in jumped:
                    _add(arriving, target, value)
                continue
            for step in steps(call, g):
                value = step.value if detour is None else detour.take(step)
                if value is not None:
                    _add(arriving, step.target, value)
    found = {name: g for name, g in arriving.items() if isinstance(name, str)}
    return found if detour is None else {name: detour.arrived(name, g) for name, g in found.items()}


def steps(call: Call, g: Any) -> Iterator[Step]:
    """The ways back from an operation to its watched inputs. Raises `Unsupported`."""
    bare = mapped(call.args, lambda v: v.value)
    out = call.output.value if isinstance(call.output, Value) else call.output
    local = local_derivatives(call.function)
    if local is not None:
        if call.kwargs:
            raise Unsupported(f"np.{call.name} with keywords")
        for k, (arg, derivative) in enumerate(zip(call.args, local, strict=False)):
            if isinstance(arg, Value) and derivative is not None and is_real(arg.value):
                whole = _times(g, derivative(out, *bare))
                if g.shape != out.shape:  # a detour has left out a sum: it stays left out
                    yield Step(call, (k,), arg, g, whole)
                    continue
                summed = whole.shape != arg.shape
                value = unbroadcast(whole, arg.shape)
                yield Step(call, (k,), arg, g, value, whole if summed else None)
        return
    rule = PULLBACKS.get(call.function)
    if rule is None:
        if not any(is_real(v.value) for v in call.inputs) or not is_real(out):
            return
        raise Unsupported(f"the way back through np.{call.name}")
    kwargs = {k: mapped(v, lambda v: v.value) for k, v in call.kwargs.items()}
    for k, (arg, value) in enumerate(zip(call.args, rule(g, out, *bare, **kwargs), strict=False)):
        if isinstance(arg, Value):
            if value is not None and is_real(arg.value):
                yield Step(call, (k,), arg, g, value)
        elif isinstance(arg, list | tuple) and isinstance(value, list):
            for i, (part, piece) in enumerate(zip(arg, value, strict=True)):
                if isinstance(part, Value) and is_real(part.value):
                    yield Step(call, (k, i), part, g, piece)


def is_real(value: Any) -> bool:
    """Whether a value is of real numbers: not booleans, not integers, and no list of several."""
    return hasattr(value, "dtype") and bool(np.dtype(value.dtype).kind == "f")


def _times(g: Any, factor: Any) -> Any:
    return g if isinstance(factor, float) and factor == 1.0 else g * factor


def _add(arriving: dict[Any, Any], target: Value, value: Any) -> None:
    key: Any = target.call if target.call is not None else target.name
    if key is None:
        return  # a buffer or a constant
    before = arriving.get(key)
    arriving[key] = value if before is None else before + value
