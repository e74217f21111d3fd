"""gradcheck beside the checkers that a person would use instead, in one run, on the same points.

    python benchmarks/compare.py [--points N] [--divide N]

Needs torch, autograd and scipy besides gradcheck[all]. Each tool runs with its defaults. The hand-written
backward is the candidate everywhere: as a torch.autograd.Function, a jax.custom_vjp and an autograd
primitive. What is timed is one check of all arguments at one point, everything warmed up, in CPU time on
one thread: other work on the machine does not change that.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
import warnings
from collections import defaultdict
from contextlib import nullcontext
from dataclasses import replace

for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

import numpy as np  # noqa: E402
from formulas import CASES, twins  # noqa: E402

from gradcheck.running.collector import rare_collections  # noqa: E402

warnings.simplefilter("ignore")

SMALL = 2**16
"""Numbers up to which an array is copied to be handed over read-only, as every tool copies it."""


def frozen(array):
    view = array.copy() if array.size < SMALL else array.view()
    view.flags.writeable = False
    return view


def gradcheck_tool(case, backward):
    from gradcheck.formulas.decorating import Formula
    from gradcheck.judging.answers.backends import choose
    from gradcheck.judging.point_check import check_point
    from gradcheck.judging.points.point import Point, evaluate_forward
    from gradcheck.judging.session import Session

    formula = Formula(lambda *a: case.forward(np, *a), case.shapes, name=case.name)
    formula.vjp(backward)
    session = Session(formula, choose(["finite_difference"]))

    def check(args, delta):
        args, delta = tuple(map(frozen, args)), frozen(delta)  # as `verify` draws them
        outputs, multiple = evaluate_forward(formula, args)
        point = Point(case.sizes, args, outputs, (delta,), multiple)
        return check_point(formula.claims[0], point, session).verdict == "pass"

    return check


def torch_tool(case, backward, *, fast):
    import torch

    class Candidate(torch.autograd.Function):
        @staticmethod
        def forward(ctx, *args):
            ctx.save_for_backward(*args)
            return torch.as_tensor(case.forward(np, *(a.detach().numpy() for a in args)))

        @staticmethod
        def backward(ctx, delta):
            result = backward(delta.numpy(), *(a.detach().numpy() for a in ctx.saved_tensors))
            parts = result if isinstance(result, tuple) else (result,)
            return tuple(torch.as_tensor(np.asarray(p)) for p in parts)

    def check(args, delta):
        tensors = [torch.tensor(a, requires_grad=True) for a in args]
        try:
            return torch.autograd.gradcheck(Candidate.apply, tensors, fast_mode=fast)
        except RuntimeError:  # GradcheckError is one
            return False

    return check


def jax_tool(case, backward):
    import jax
    import jax.numpy as jnp
    from jax.test_util import check_grads

    jax.config.update("jax_enable_x64", True)  # this process is ours

    @jax.custom_vjp
    def candidate(*args):
        return case.forward(jnp, *args)

    def run_backward(args, delta):
        shapes = tuple(jax.ShapeDtypeStruct(a.shape, a.dtype) for a in args)

        def host(d, *a):
            result = backward(np.asarray(d), *map(np.asarray, a))
            return tuple(np.asarray(p) for p in (result if isinstance(result, tuple) else (result,)))

        return jax.pure_callback(host, shapes, delta, *args)

    candidate.defvjp(lambda *args: (candidate(*args), args), run_backward)

    def check(args, delta):
        try:
            check_grads(candidate, args, order=1, modes=["rev"])
        except AssertionError:
            return False
        return True

    return check


def autograd_tool(case, backward):
    from autograd.extend import defvjp, primitive
    from autograd.test_util import check_grads

    @primitive
    def candidate(*args):
        return case.forward(np, *args)

    count = len(case.shapes)

    def rule(position):
        def make(answer, *args):
            def pull(delta):
                result = backward(np.asarray(delta), *args)
                return (result if isinstance(result, tuple) else (result,))[position]

            return pull

        return make

    defvjp(candidate, *(rule(i) for i in range(count)))

    def check(args, delta):
        try:
            for i in range(count):  # by default only argument 0 is checked
                check_grads(lambda x, i=i: candidate(*args[:i], x, *args[i + 1 :]), modes=["rev"], order=1)(
                    args[i]
                )
        except AssertionError:
            return False
        return True

    return check


def scipy_tool(case, backward):
    """`scipy.optimize.check_grad` gives a number, not a verdict: the norm of the gradient's error.

    A person has to say how much is too much; here it is 1e-6 of the gradient's norm (and at least
    1e-6), which the one-sided differences of its default step reach for well-scaled functions.
    """
    from scipy.optimize import check_grad

    def check(args, delta):
        shapes = [np.shape(a) for a in args]
        ends = np.cumsum([np.size(a) for a in args])[:-1]

        def split(x):
            return [part.reshape(shape) for part, shape in zip(np.split(x, ends), shapes, strict=True)]

        def loss(x):
            return float(np.sum(delta * case.forward(np, *split(x))))

        def gradient(x):
            result = backward(delta, *split(x))
            parts = result if isinstance(result, tuple) else (result,)
            return np.concatenate([np.ravel(p) for p in parts])

        x = np.concatenate([np.ravel(a) for a in args])
        return check_grad(loss, gradient, x) <= 1e-6 * max(1.0, float(np.linalg.norm(gradient(x))))

    return check


TOOLS = {
    "gradcheck": gradcheck_tool,
    "torch slow": lambda case, backward: torch_tool(case, backward, fast=False),
    "torch fast": lambda case, backward: torch_tool(case, backward, fast=True),
    "jax": jax_tool,
    "autograd": autograd_tool,
    "scipy": scipy_tool,
}


AROUND = {"gradcheck": rare_collections}
"""What a tool itself does around many checks, here what `gradcheck.verify` does around those of a claim."""


def points(case, count):
    from gradcheck.formulas.sizes.shapes import Shapes

    shapes = Shapes.parse(case.shapes).concrete(case.sizes)
    for seed in range(count):
        rng = np.random.default_rng(seed)
        args = tuple(rng.normal(size=s) for s in shapes)
        for a in args:
            a.flags.writeable = True
        delta = rng.normal(size=np.shape(case.forward(np, *args)))
        yield args, np.asarray(delta)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=20)
    parser.add_argument("--divide", type=int, default=1, help="divide the sizes, 4 to 12, by this")
    options = parser.parse_args()
    count, by = options.points, options.divide
    seconds, caught, alarms = defaultdict(list), defaultdict(int), defaultdict(int)
    wrong = 0
    cases = [replace(case, sizes={n: s // by for n, s in case.sizes.items()}) for case in CASES]
    for case in cases:
        drawn = list(points(case, count))
        rights = {name: tool(case, case.backward) for name, tool in TOOLS.items()}
        for check in rights.values():
            check(*drawn[0])  # warm: imports, traces, compilations
        for name, check in rights.items():  # all points in a row, as in use: tools cool each other's caches
            with AROUND.get(name, nullcontext)():
                for args, delta in drawn:
                    started = time.process_time()
                    alarms[name] += not check(args, delta)
                    seconds[name].append((case.name, time.process_time() - started))
        for _, backward in twins(case):
            wrong += 1
            for name, tool in TOOLS.items():
                caught[name] += not tool(case, backward)(*drawn[0])
    print(f"{len(cases)} formulas, {count} points each, {wrong} wrong backward passes at one point each\n")
    print("| tool | median a check | ratio | caught | false alarms |")
    print("|---|---:|---:|---:|---:|")
    base = statistics.median(s for _, s in seconds["gradcheck"])
    for name in TOOLS:
        median = statistics.median(s for _, s in seconds[name])
        figures = f"{median * 1e3:.2f} ms | {median / base:.1f} | {caught[name]} of {wrong} | {alarms[name]}"
        print(f"| {name} | {figures} |")
    print("\n| formula | " + " | ".join(TOOLS) + " |")
    print("|---|" + "---:|" * len(TOOLS))
    for case in cases:
        row = [statistics.median(s for c, s in seconds[name] if c == case.name) * 1e3 for name in TOOLS]
        print(f"| {case.name} | " + " | ".join(f"{r:.2f}" for r in row) + " |")


if __name__ == "__main__":
    main()
