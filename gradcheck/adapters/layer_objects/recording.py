"""An optimiser that changes nothing and keeps the gradients that it is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

__all__ = ["Recorder", "recorded"]

_DEPTH = 4
"""How deep a layer is searched for recorders: layers in a list of a layer."""


class Recorder:
    """Stands in for the optimiser that a layer calls in its backward pass.

        class Dense:
            def build(self, optimizer):
                self.W_opt = copy.copy(optimizer)

            def backward(self, dout):
                dW = self.x.T @ dout
                dx = dout @ self.W.T
                self.W = self.W_opt.update(self.W, dW)
                return dx

        gradcheck.layer(
            Dense(3, 2), parameters=("W",), init=lambda layer: layer.build(gradcheck.adapters.Recorder())
        )

    It answers to every method name, and when it is called itself. Of what it is given, the first array (or
    list, or dict of arrays) is the parameter and the second its gradient; the parameter is given back as it
    is. `gradcheck.layer` finds the gradient of each parameter by the very array that it put in. Where one
    array alone is given, it is the gradient, which is kept as `gradient`, and zeros are given back.
    """

    def __init__(self) -> None:
        self.pairs: list[tuple[Any, Any]] = []
        self.gradient: Any = None

    def __call__(self, *given: Any, **named: Any) -> Any:
        arrays = [g for g in (*given, *named.values()) if _is_array(g) or isinstance(g, list | dict)]
        if not arrays:
            return None
        if len(arrays) == 1:
            self.gradient = arrays[0]
            return np.zeros_like(arrays[0])
        parameter, self.gradient = arrays[:2]
        self.pairs += _matched(parameter, self.gradient)
        return parameter

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__") or name in ("pairs", "gradient"):  # a copy that is not filled yet
            raise AttributeError(name)
        return self

    def of(self, parameter: Any) -> Any:
        """The last gradient that came with this very array; None where none has."""
        return next((g for p, g in reversed(self.pairs) if p is parameter), None)


def recorded(layer: Any, parameter: Any) -> Any:
    """The gradient of a parameter that a recorder in the layer was given; None where there is none."""
    found = (recorder.of(parameter) for recorder in _recorders(layer, _DEPTH, set()))
    return next((g for g in found if g is not None), None)


def _recorders(held: Any, depth: int, seen: set[int]) -> list[Recorder]:
    if type(held) is Recorder:
        return [held]
    if depth == 0 or id(held) in seen:
        return []
    seen.add(id(held))
    if isinstance(held, Mapping):
        parts = list(held.values())
    elif isinstance(held, list | tuple):
        parts = list(held)
    else:
        parts = list(getattr(held, "__dict__", {}).values())
    return [recorder for part in parts for recorder in _recorders(part, depth - 1, seen)]


def _is_array(value: Any) -> bool:
    return hasattr(type(value), "shape") and hasattr(type(value), "__array_ufunc__")


def _matched(parameter: Any, gradient: Any) -> list[tuple[Any, Any]]:
    if isinstance(parameter, dict) and isinstance(gradient, dict):
        return [(parameter[k], gradient[k]) for k in parameter if k in gradient]
    if isinstance(parameter, list) and isinstance(gradient, list | tuple):
        return list(zip(parameter, gradient, strict=False))
    return [(parameter, gradient)]
