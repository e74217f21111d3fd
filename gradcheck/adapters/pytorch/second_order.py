"""What PyTorch makes of a Function's backward when it is differentiated itself, and of its forward mode."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcheck.adapters.pytorch.kernel import TorchKernel, to_numpy
from gradcheck.errors import CandidateFault

__all__ = ["double_backward_of", "jvp_of"]


def double_backward_of(torch: Any, kernel: TorchKernel, who: str) -> Callable[..., Any]:
    """`(grads, delta, *args) -> gradients for (delta, *args)`, as `torch.autograd.grad` of the backward."""

    def double_backward(grads: Any, delta: Any, *args: Any) -> Any:
        inputs, outputs = kernel.run(args)
        several = isinstance(delta, tuple)
        deltas = [kernel.tensor(d, o.dtype) for d, o in zip(_listed(delta), outputs, strict=True)]
        for d in deltas:
            d.requires_grad_(True)
        leaves = [i for i in inputs if i.requires_grad]
        weights = [kernel.tensor(g, i.dtype) for g, i in zip(grads, inputs, strict=True) if i.requires_grad]
        first = torch.autograd.grad(
            outputs, leaves, grad_outputs=deltas, create_graph=True, allow_unused=True
        )
        pairs = [(g, w) for g, w in zip(first, weights, strict=True) if g is not None and g.requires_grad]
        found = (None,)
        if pairs:
            found = torch.autograd.grad(
                [g for g, _ in pairs],
                [*deltas, *leaves],
                grad_outputs=[w for _, w in pairs],
                allow_unused=True,
            )
        if all(g is None for g in found):
            raise CandidateFault(
                "fail",
                f"the backward of {who} cannot be differentiated: what it returns does not hang on delta or "
                "on the inputs as far as PyTorch can see. Is it once_differentiable, or made of detached "
                "tensors?",
            )
        arrays = [
            np.zeros(tuple(of.shape)) if g is None else to_numpy(g)
            for g, of in zip(found, [*deltas, *leaves], strict=True)
        ]
        ours, rest = arrays[: len(deltas)], iter(arrays[len(deltas) :])
        by_args = [next(rest) if i.requires_grad else None for i in inputs]
        return (tuple(ours) if several else ours[0], *by_args)

    return double_backward


def jvp_of(torch: Any, kernel: TorchKernel) -> Callable[..., Any]:
    """`(tangents, *args) -> tangents of the outputs`, by PyTorch's forward mode."""
    dual = torch.autograd.forward_ad

    def jvp(tangents: Any, *args: Any) -> Any:
        with dual.dual_level():
            _, outputs = kernel.run(args, moved=[np.array(t) for t in tangents])
            found = [dual.unpack_dual(o) for o in outputs]
            arrays = [
                np.zeros(tuple(f.primal.shape)) if f.tangent is None else to_numpy(f.tangent) for f in found
            ]
        return tuple(arrays) if len(arrays) > 1 else arrays[0]

    return jvp


def _listed(delta: Any) -> Sequence[Any]:
    return list(delta) if isinstance(delta, tuple) else [delta]
