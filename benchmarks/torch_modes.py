"""A torch Function with a right backward and a wrong jvp or double backward: gradcheck beside torch's own.

Needs torch. `torch.autograd.gradcheck(check_forward_ad=True)` and `gradgradcheck` with their defaults at 30
points, and one call of `gradcheck.verify` for all three modes, with the points that it chooses. CPU time on
one thread.
"""

from __future__ import annotations

import time
import warnings

import numpy as np
import torch

import gradcheck
from gradcheck.adapters import torch_function

POINTS = 30


class Right(torch.autograd.Function):
    """The hyperbolic tangent of a layer, summed up to a factor: `w tanh(x)`."""

    @staticmethod
    def forward(ctx, w, x):
        ctx.save_for_backward(w, x)
        ctx.save_for_forward(w, x)
        return w * torch.tanh(x)

    @staticmethod
    def backward(ctx, delta):
        w, x = ctx.saved_tensors
        t = torch.tanh(x)
        return delta * t, delta * w * (1 - t * t)

    @staticmethod
    def jvp(ctx, w_dot, x_dot):
        w, x = ctx.saved_tensors
        t = torch.tanh(x)
        return w_dot * t + w * (1 - t * t) * x_dot


class WrongJvp(Right):
    """One term is left out."""

    @staticmethod
    def jvp(ctx, w_dot, x_dot):
        return Right.jvp(ctx, 0 * w_dot, x_dot)


class SlightlyWrongJvp(Right):
    """Off by a ten thousandth."""

    @staticmethod
    def jvp(ctx, w_dot, x_dot):
        return 1.0001 * Right.jvp(ctx, w_dot, x_dot)


class WrongDoubleBackward(Right):
    """A part of the backward is a constant to torch."""

    @staticmethod
    def backward(ctx, delta):
        w, x = ctx.saved_tensors
        t = torch.tanh(x.detach())
        return delta * t, delta * w * (1 - t * t)


FUNCTIONS = (Right, WrongJvp, SlightlyWrongJvp, WrongDoubleBackward)


def forward(w, x):
    return w * np.tanh(x)


def of_torch(function, rng):
    """One point of both of torch's checks: whether both pass, and their seconds."""
    n = int(rng.integers(2, 7))
    args = [torch.tensor(rng.normal(size=n), requires_grad=True) for _ in range(2)]
    taken, passes = [], True
    for check, options in (
        (torch.autograd.gradcheck, {"check_forward_ad": True}),
        (torch.autograd.gradgradcheck, {}),
    ):
        before = time.process_time()
        try:
            check(function.apply, args, **options)
        except Exception:
            passes = False
        taken.append(time.process_time() - before)
    return passes, taken


def of_gradcheck(function):
    """The claims of all three modes: vjp, jvp and double backward."""
    before = time.process_time()
    pair = torch_function(function, forward, order=2)
    found = gradcheck.verify(
        *pair, shapes={"w": "n", "x": "n"}, max_examples=POINTS, backends=["finite_difference"]
    )
    wrong = [r.row.kind for r in (found, *found.beside) if r.verdict == "fail"]
    points = sum(r.row.points for r in (found, *found.beside))
    return wrong, points, time.process_time() - before


def main():
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    print("| Function | torch: both checks pass | seconds | gradcheck: fails | points | seconds |")
    print("|---|---|---:|---|---:|---:|")
    for function in FUNCTIONS:
        rng = np.random.default_rng(0)
        runs = [of_torch(function, rng) for _ in range(POINTS)]
        passing = sum(p for p, _ in runs)
        slow = sum(sum(t) for _, t in runs)
        wrong, points, seconds = of_gradcheck(function)
        said = ", ".join(wrong) or "none"
        theirs = f"{passing} of {POINTS} | {slow:.2f}"
        print(f"| {function.__name__} | {theirs} | {said} | {points} | {seconds:.2f} |")


if __name__ == "__main__":
    main()
