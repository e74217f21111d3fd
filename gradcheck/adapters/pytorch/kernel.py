"""A subclass of `torch.autograd.Function`, run on NumPy arrays by PyTorch's own engine."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.adapters.frameworks import as_outputs, place_fixed, places_of
from gradcheck.adapters.presenting import parameters_of
from gradcheck.adapters.same_function import check_same_function
from gradcheck.adapters.undefined import Undefined
from gradcheck.errors import CandidateFault
from gradcheck.formulas.dtypes import NAMED, widened

__all__ = ["TorchKernel", "to_numpy"]


class TorchKernel:
    """One subclass of `torch.autograd.Function`, called on NumPy arrays."""

    def __init__(
        self, torch: Any, function: Any, fixed: Mapping[Any, Any], unchecked: Sequence[Any], dtype: str | None
    ) -> None:
        self._torch, self._function, self._dtype = torch, function, dtype
        names = parameters_of(function.forward)
        own_context = function.setup_context is torch.autograd.Function.setup_context  # forward takes ctx
        self._names = names[1:] if names and own_context else names
        self._who = function.__name__
        self._unused = Undefined(self._who)
        self._fixed = dict(
            zip(places_of(fixed, self._names, f"{self._who}: fixed"), fixed.values(), strict=True)
        )
        self._unchecked = places_of(unchecked, self._names, f"{self._who}: unchecked")
        self._recorded: list[Any] = []
        self._recorder = self._recording()

    def run(
        self, args: Sequence[Any], only: int | None = None, moved: Sequence[Any] | None = None
    ) -> tuple[list[Any], list[Any]]:
        """The tensors that were given and the differentiable outputs. ``only`` one may require a gradient.

        With ``moved`` they are dual numbers with these tangents.
        """
        torch = self._torch
        inputs = place_fixed([None] * len(args), self._fixed)
        places = [k for k in range(len(inputs)) if k not in self._fixed]
        for k, arg in zip(places, args, strict=True):
            tensor = self.tensor(arg)
            if tensor.is_floating_point():
                tensor.requires_grad_(k not in self._unchecked and only in (None, k))
            inputs[k] = tensor
        with torch.enable_grad():
            # functions that work in place do so on copies, as they would inside a network
            used = [_copied(torch, i) if isinstance(i, torch.Tensor) else i for i in inputs]
            if moved is not None:
                for k, tangent in zip(places, moved, strict=True):
                    if used[k].is_floating_point():
                        part = self.tensor(tangent, used[k].dtype)
                        used[k] = torch.autograd.forward_ad.make_dual(used[k], part)
            outputs = as_outputs(self._recorder.apply(*used))
        for k, arg in zip(places, args, strict=True):
            changed = not np.array_equal(to_numpy(used[k]), np.asarray(arg).astype(to_numpy(used[k]).dtype))
            if changed and not any(o is used[k] for o in outputs):
                raise CandidateFault(
                    "error", f"{self._who} changes its input {self._label(k)} in place without mark_dirty"
                )
        tensors = [o for o in outputs if isinstance(o, torch.Tensor)]
        return [inputs[k] for k in places], [o for o in tensors if o.requires_grad]

    def gradients(
        self, delta: Any, args: Sequence[Any], forward: Callable[..., Any] | None
    ) -> tuple[Any, ...]:
        """The gradient of every argument as an array; None for integers and for what is unchecked."""
        inputs, outputs = self.run(args)
        if forward is not None:
            values = [to_numpy(o) for o in outputs]
            check_same_function(values, forward, args, self._who, self._dtype == "float32")
        found = self._differentiated(inputs, outputs, delta)
        if len(outputs) > 1:
            self._undefined(args, delta)
        wanted = [k for k, i in enumerate(inputs) if getattr(i, "requires_grad", False)]
        if len(wanted) > 1:
            for k in wanted:
                self._alone(args, delta, k, found[k])
        return tuple(found)

    def _undefined(self, args: Sequence[Any], delta: Any) -> None:
        """Only one output is used at a time: the others' cotangents are None, or zeros."""
        torch = self._torch

        def alone(k: int) -> list[Any]:
            inputs, outputs = self.run(args)
            leaves = [i for i in inputs if i.requires_grad]
            given = self.tensor(delta[k], outputs[k].dtype)
            found = torch.autograd.grad([outputs[k]], leaves, grad_outputs=[given], allow_unused=True)
            return [None if g is None else _dense(g, i) for g, i in zip(found, leaves, strict=True)]

        def zeroed(k: int) -> list[Any]:
            inputs, outputs = self.run(args)
            given = tuple(d if j == k else np.zeros_like(d) for j, d in enumerate(delta))
            found = self._differentiated(inputs, outputs, given)
            return [g for g, i in zip(found, inputs, strict=True) if i.requires_grad]

        self._unused.check(args, delta, alone, zeroed)

    def _differentiated(self, inputs: list[Any], outputs: list[Any], delta: Any) -> list[Any]:
        torch = self._torch
        given = delta if isinstance(delta, tuple) else (delta,)
        if len(given) != len(outputs):
            raise CandidateFault(
                "error",
                f"{self._who} has {len(outputs)} differentiable output{'s' * (len(outputs) != 1)}, but the "
                f"forward has {len(given)}",
            )
        deltas = [self.tensor(d, o.dtype) for d, o in zip(given, outputs, strict=True)]
        before = [d.clone() for d in deltas]
        leaves = [i for i in inputs if i.requires_grad]
        self._recorded.clear()
        try:
            gradients = torch.autograd.grad(outputs, leaves, grad_outputs=deltas, allow_unused=True)
        except RuntimeError:
            if not self._recorded:
                raise
            gradients = (None,) * len(leaves)  # of a wrong number or shape, which is reported from these
        if any(not torch.equal(d, b) for d, b in zip(deltas, before, strict=True)):
            raise CandidateFault("error", f"the backward of {self._who} changes delta in place")
        found = iter(gradients)
        result: list[Any] = [_dense(next(found), i) if i.requires_grad else None for i in inputs]
        return self._as_returned(inputs, result)

    def tensor(self, value: Any, dtype: Any = None) -> Any:
        """A tensor of its own that lies in memory as the array does, in the function's dtype."""
        torch = self._torch
        array = np.asarray(value)
        tensor = torch.tensor(widened(np.array(array, order="C")))  # PyTorch reads no bfloat16 of NumPy's
        if tensor.is_floating_point():
            tensor = tensor.to(dtype or getattr(torch, self._dtype or str(array.dtype)))
        strides = [s // array.itemsize if array.itemsize else 0 for s in array.strides]
        if array.flags.c_contiguous or not array.size or min(strides) < 0:  # PyTorch has none below zero
            return tensor
        once = tuple(slice(0, 1) if s == 0 else slice(None) for s in strides)
        shape = tuple(1 if s == 0 else n for s, n in zip(strides, array.shape, strict=True))
        laid = torch.empty_strided(shape, strides, dtype=tensor.dtype).copy_(tensor[once])
        return laid.expand(array.shape)

    def _as_returned(self, inputs: list[Any], result: list[Any]) -> list[Any]:
        """Gradients of another shape as the backward returned them, before the engine sums them."""
        if not self._recorded:
            return result
        raw = self._recorded[-1]
        raw = list(raw) if isinstance(raw, tuple | list) else [raw]
        places = [k for k in range(len(inputs) + len(self._fixed)) if k not in self._fixed]
        count = len(inputs) + len(self._fixed)
        if len(raw) < count or any(r is not None for r in raw[count:]):
            raise CandidateFault(
                "error",
                f"the backward of {self._who} returns {len(raw)} gradients for {count} inputs; expected one "
                "for each, None for an input without",
            )
        for position, (k, tensor) in enumerate(zip(places, inputs, strict=True)):
            if tensor.requires_grad and raw[k] is not None and raw[k].shape != tensor.shape:
                result[position] = to_numpy(raw[k])
        return result

    def _alone(self, args: Sequence[Any], delta: Any, position: int, together: Any) -> None:
        """The same with one input alone requiring a gradient: backward may ask `ctx.needs_input_grad`."""
        place = [k for k in range(len(args) + len(self._fixed)) if k not in self._fixed][position]
        try:
            inputs, outputs = self.run(args, place)
            alone = self._differentiated(inputs, outputs, delta)[position]
        except CandidateFault as fault:
            raise CandidateFault(
                fault.verdict, f"{fault}, where only {self._label(place)} requires a gradient"
            ) from fault
        except Exception as error:
            raise CandidateFault(
                "fail",
                f"the backward of {self._who} raises {type(error).__name__} where only {self._label(place)} "
                f"requires a gradient: {error}",
            ) from error
        if np.any(together) and not np.any(alone):
            raise CandidateFault(
                "fail",
                f"the backward of {self._who} gives no gradient for {self._label(place)} where only that "
                "requires one: look at needs_input_grad",
            )
        if not np.array_equal(together, alone, equal_nan=True):
            warnings.warn(
                f"{self._who} gives another gradient for {self._label(place)} where only that requires one; "
                "check it apart, with the others in unchecked=",
                stacklevel=2,
            )

    def _recording(self) -> Any:
        """A subclass whose backward keeps what it returns, before the engine makes it fit."""
        function, recorded = self._function, self._recorded
        method = "backward" if function.vjp is self._torch.autograd.Function.vjp else "vjp"
        own = getattr(function, method)

        def record(ctx: Any, *deltas: Any) -> Any:
            returned = own(ctx, *deltas)
            recorded.append(returned)
            return returned

        return type(function.__name__, (function,), {method: staticmethod(record)})

    def _label(self, place: int) -> str:
        return self._names[place] if self._names and place < len(self._names) else f"number {place}"


def _copied(torch: Any, tensor: Any) -> Any:
    """A copy that autograd knows of, with the strides of the tensor; `clone` closes the gaps."""
    if tensor.is_contiguous() or 0 in tensor.stride():
        return tensor.clone()
    return torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype).copy_(tensor)


def _dense(gradient: Any, tensor: Any) -> Any:
    if gradient is None:
        return np.zeros(tuple(tensor.shape))
    return to_numpy(gradient.to_dense() if gradient.is_sparse else gradient)


def to_numpy(tensor: Any) -> Any:
    """The tensor as an array of its own type, bfloat16 too."""
    held = tensor.detach().cpu()
    if str(held.dtype) == "torch.bfloat16":
        return NAMED["bfloat16"].array(held.double().numpy())
    return held.numpy()
