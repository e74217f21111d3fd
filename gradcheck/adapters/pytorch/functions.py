"""Backward passes of PyTorch: subclasses of `torch.autograd.Function` as candidates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gradcheck.adapters.frameworks import check_order, load
from gradcheck.adapters.presenting import present
from gradcheck.adapters.pytorch.kernel import TorchKernel, to_numpy
from gradcheck.adapters.pytorch.second_order import double_backward_of, jvp_of
from gradcheck.arithmetic.precisions import SINGLE
from gradcheck.errors import UsageError
from gradcheck.formulas.calling.foreign import float_only

__all__ = ["torch_function"]

Pair = tuple[Callable[..., Any], Callable[..., Any]]


def torch_function(
    function: Any,
    forward: Callable[..., Any] | None = None,
    *,
    fixed: Mapping[int | str, Any] | None = None,
    unchecked: Sequence[int | str] = (),
    dtype: str | None = None,
    order: int = 1,
) -> Pair:
    """A pair for `verify` from a subclass of `torch.autograd.Function`.

        class Affine(torch.autograd.Function):
            @staticmethod
            def forward(ctx, x, W, b):
                ctx.save_for_backward(x, W)
                return x @ W + b

            @staticmethod
            def backward(ctx, delta):
                x, W = ctx.saved_tensors
                return delta @ W.T, x.T @ delta, delta.sum(0)

        gradcheck.assert_correct(
            *gradcheck.adapters.torch_function(Affine, forward=lambda x, W, b: x @ W + b),
            shapes={"x": "n m", "W": "m k", "b": "k"},
        )

    The candidate is `function`'s own backward, run by PyTorch's engine on CPU tensors of float64 through
    `torch.autograd.grad(..., grad_outputs=delta)`. Two things are stricter than in PyTorch: a gradient
    that broadcasts to its input's shape is not summed to it but has the wrong shape, and `None` for an
    input that requires a gradient counts as zero, which is what PyTorch makes of it.

    - ``forward`` is the same function in NumPy. The truth is then found in ball arithmetic, and the values
      of the two are compared. Without it the truth comes from finite differences of the function's own
      forward in float64, which find less: the strength is `agreed`.
    - ``fixed`` holds inputs that are no tensors (a number, a mode), by position or parameter name; they
      are no arguments of the pair.
    - ``unchecked`` names inputs that require no gradient. It also serves to check a backward that looks at
      `ctx.needs_input_grad`: leave out one input after the other.
    - ``dtype`` is "float32" for a kernel that takes nothing else. It is then tried on values that float32
      holds, and judged within the rounding of float32. With `verify(..., dtype="float16")` the tensors are of
      that type, and the answers are judged by how good code in it is (`Result.ulp`).

    With ``order=2`` the pair also claims what PyTorch makes of the backward when it is differentiated itself
    (a `double_backward`), and the function's own `jvp` where it has one. Both need ``forward``.

    Outputs that are not differentiable (indices, masks) are left out. Of several outputs, each is also used
    alone: a cotangent that is None means zero. Raises `UsageError` where PyTorch
    is missing and for what is no such class.
    """
    torch = load("torch", "torch", "torch_function")
    known: Any = torch.autograd.Function
    if not _is_subclass(function, known):
        raise UsageError(
            f"torch_function: expected a subclass of torch.autograd.Function, got {_shown(function)}; give "
            "the class itself, not its apply."
        )
    if dtype not in (None, "float64", "float32"):
        raise UsageError(
            f"torch_function: expected dtype 'float64' or 'float32', got {dtype!r}. For other types give "
            "dtype to verify, which then draws numbers of that type."
        )
    check_order(order, forward, "torch_function")
    kernel = TorchKernel(torch, function, fixed or {}, unchecked, dtype)

    def run_forward(*args: Any) -> Any:
        _, outputs = kernel.run(args)
        values = [to_numpy(o) for o in outputs]
        return tuple(values) if len(values) > 1 else values[0]

    def run_backward(delta: Any, *args: Any) -> Any:
        return kernel.gradients(delta, args, forward)

    spelled = f"*gradcheck.adapters.torch_function({function.__name__}, ...)"
    shown = function.backward if function.vjp is known.vjp else function.vjp
    backwards = present(float_only(run_backward, "PyTorch"), shown, ("delta", "*args"), spelled)
    if dtype == "float32":
        backwards.significand_bits = SINGLE  # type: ignore[attr-defined]
    if order == 2:
        twice = float_only(double_backward_of(torch, kernel, function.__name__), "PyTorch")
        modes = {"double_backward": present(twice, shown, ("grads", "delta", "*args"), spelled)}
        if function.jvp is not known.jvp:
            moved = float_only(jvp_of(torch, kernel), "PyTorch")
            modes["jvp"] = present(moved, function.jvp, ("tangents", "*args"), spelled)
        backwards.modes = modes  # type: ignore[attr-defined]
    if forward is not None:
        return forward, backwards
    forwards = present(float_only(run_forward, "PyTorch"), function.forward, ("*args",))
    forwards.__name__ = function.__name__
    return forwards, backwards


def _is_subclass(value: Any, of: Any) -> bool:
    return isinstance(value, type) and issubclass(value, of)


def _shown(value: Any) -> str:
    return value.__name__ if isinstance(value, type) else repr(value)
