"""Backward passes in other forms than `backward(delta, *args)`, made into what `gradcheck.verify` takes.

Every adapter gives a pair `(forward, backward)`, so a check reads

    gradcheck.verify(*gradcheck.with_cache(forward, backward), shapes={"x": "n m", "W": "m k"})

====================== ======================================================================
`value_and_grad`       `fun(*args) -> (value, gradients)`
`with_cache`           `out, cache = forward(*args)` and `backward(dout, cache)`
`loss`                 `loss(p, y)` with `grad(p, y)`, which takes no dout
`elementwise`          activations: `fn(x)` with `grad(x)`, its derivative entry by entry
`layer`                objects with `forward` and `backward`, parameters and gradients as attributes;
                       `Recorder` stands in for an optimiser that such a layer calls
`torch_function`       subclasses of `torch.autograd.Function`
`jax_custom_vjp`       functions decorated with `jax.custom_vjp`
`jax_custom_jvp`       functions decorated with `jax.custom_jvp`: a forward and its jvp
`autograd_primitive`   HIPS autograd primitives with `defvjp`
====================== ======================================================================

Names are imported when they are first used: no framework is loaded before it is needed.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradcheck.adapters.activations import elementwise
    from gradcheck.adapters.autograd_primitives import autograd_primitive
    from gradcheck.adapters.caches import with_cache
    from gradcheck.adapters.jax_forward_mode import jax_custom_jvp
    from gradcheck.adapters.jax_functions import jax_custom_vjp
    from gradcheck.adapters.layer_objects.recording import Recorder
    from gradcheck.adapters.layers import layer
    from gradcheck.adapters.losses import loss
    from gradcheck.adapters.pytorch.functions import torch_function
    from gradcheck.adapters.values_with_gradients import value_and_grad

__all__ = [
    "Recorder",
    "autograd_primitive",
    "elementwise",
    "jax_custom_jvp",
    "jax_custom_vjp",
    "layer",
    "loss",
    "torch_function",
    "value_and_grad",
    "with_cache",
]

_HOME = {
    "autograd_primitive": "autograd_primitives",
    "jax_custom_jvp": "jax_forward_mode",
    "jax_custom_vjp": "jax_functions",
    "Recorder": "layer_objects.recording",
    "elementwise": "activations",
    "layer": "layers",
    "loss": "losses",
    "torch_function": "pytorch.functions",
    "value_and_grad": "values_with_gradients",
    "with_cache": "caches",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'gradcheck.adapters' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"gradcheck.adapters.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
