"""Second order and forward mode of `torch.autograd.Function`, and cotangents that never come.

Where PyTorch is not installed these tests are skipped; `nox -s frameworks` runs them.
"""

import numpy as np
import pytest

import gradcheck
from gradcheck.adapters import torch_function

torch = pytest.importorskip("torch", reason="PyTorch is not installed; nox -s frameworks runs these tests")


class Cube(torch.autograd.Function):
    """With a backward that can be differentiated, and a jvp."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        ctx.save_for_forward(x)
        return x**3

    @staticmethod
    def backward(ctx, delta):
        (x,) = ctx.saved_tensors
        return 3 * x**2 * delta

    @staticmethod
    def jvp(ctx, tangent):
        (x,) = ctx.saved_tensors
        return 3 * x**2 * tangent


class WrongJvp(Cube):
    @staticmethod
    def jvp(ctx, tangent):
        (x,) = ctx.saved_tensors
        return 2 * x**2 * tangent


class Detached(Cube):
    """Its gradient is right, and is a constant to PyTorch as far as x goes."""

    @staticmethod
    def backward(ctx, delta):
        (x,) = ctx.saved_tensors
        return 3 * x.detach() ** 2 * delta


class Once(Cube):
    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, delta):
        (x,) = ctx.saved_tensors
        return 3 * x**2 * delta


def checked(function, forward=lambda x: x**3, **options):
    options = {"shapes": {"x": "n"}, "max_examples": 6, "backends": ["finite_difference"], **options}
    return gradcheck.verify(*torch_function(function, forward, order=2), **options)


def by_kind(result):
    return {r.row.kind: r.verdict for r in (result, *result.beside)}


def test_a_right_function_passes_in_every_mode():
    found = checked(Cube)
    assert by_kind(found) == dict.fromkeys(("vjp", "double_backward", "jvp"), "pass")


@pytest.mark.parametrize(("function", "wrong"), [(WrongJvp, "jvp"), (Detached, "double_backward")])
def test_a_right_backward_does_not_hide_a_wrong_mode(function, wrong):
    assert gradcheck.verify(
        *torch_function(function, lambda x: x**3), shapes={"x": "n"}, max_examples=4
    ).passed
    found = by_kind(checked(function))
    assert {kind for kind, verdict in found.items() if verdict == "fail"} == {wrong}


def test_a_backward_that_cannot_be_differentiated_fails_with_the_reason():
    found = checked(Once)
    assert (found.row.kind, found.verdict) == ("double_backward", "fail")
    assert "once_differentiable" in found.reason


class Affine(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, W):
        ctx.save_for_backward(x, W)
        return torch.tanh(x @ W)

    @staticmethod
    def backward(ctx, delta):
        x, W = ctx.saved_tensors
        d = delta * (1 - torch.tanh(x @ W) ** 2)
        return d @ W.T, x.T @ d


def test_several_arguments():
    shapes = {"x": "b n", "W": "n m"}
    found = checked(Affine, lambda x, W: np.tanh(x @ W), shapes=shapes)
    assert by_kind(found) == {"vjp": "pass", "double_backward": "pass"}


def test_misuse():
    with pytest.raises(gradcheck.UsageError, match="order=2 needs forward"):
        torch_function(Cube, order=2)
    with pytest.raises(gradcheck.UsageError, match="expected order 1 or 2, got 3"):
        torch_function(Cube, lambda x: x**3, order=3)


class Pair(torch.autograd.Function):
    """Two outputs; cotangents are not made of nothing."""

    @staticmethod
    def forward(ctx, x):
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(x)
        return x**2, 3 * x

    @staticmethod
    def backward(ctx, first, second):
        (x,) = ctx.saved_tensors
        total = torch.zeros_like(x)
        total = total if first is None else total + 2 * x * first
        return total if second is None else total + 3 * second


class Raises(Pair):
    @staticmethod
    def backward(ctx, first, second):
        (x,) = ctx.saved_tensors
        return 2 * x * first + 3 * second


class Forgets(Pair):
    @staticmethod
    def backward(ctx, first, second):
        (x,) = ctx.saved_tensors
        return torch.zeros_like(x) if second is None else 2 * x * first + 3 * second


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (Pair, None),
        (Raises, "where no cotangent comes for output 1"),
        (Forgets, "gives another gradient where no cotangent comes for output 1"),
    ],
)
def test_cotangents_that_never_come(function, reason):
    pair = torch_function(function, lambda x: (x**2, 3 * x))
    found = gradcheck.verify(*pair, shapes={"x": "n"}, max_examples=4, backends=["finite_difference"])
    assert found.verdict == ("pass" if reason is None else "fail")
    assert reason is None or reason in found.reason
