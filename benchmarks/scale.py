"""What a check costs as the number of parameters grows, and whether one wrong entry is found.

    python benchmarks/scale.py [--formula affine|tanh] [--largest N] [--tools NAME,...]

A dense layer `X @ W + b` (and `tanh` of it) with a batch of 8 in float64. The unit is three forward
passes and one backward pass of the candidate in NumPy, measured between the checks of the same process.
Every tool runs with its defaults in a process of its own, on one thread, and what is counted is CPU time,
so that other work on the machine does not change the figures. Memory is the peak of the process's resident
size during the first check of that size, less what was resident before it (the arguments among it).
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
import warnings
from pathlib import Path

BATCH = 8
LAYERS = {10: (4, 2), 100: (9, 10), 1000: (24, 40), 10**4: (99, 100), 10**5: (399, 250),
          10**6: (999, 1000), 10**7: (3124, 3200)}  # fmt: skip
"""Number of parameters -> rows and columns of W; b has one number for each column."""

LIMITS = {"torch slow": 10**4, "scipy": 10**4}
"""Where a tool would take minutes, it is left out: both run the forward once or more a parameter."""

SECONDS = 1.5
"""CPU time for the repetitions of one check at one size (at least three of them, at most fifty)."""

ERRORS = (1e-2, 1e-3)
ENTRIES = 3
"""So many entries of W's gradient are made wrong, one at a time, by each of the errors."""


def layer(formula):
    import numpy as np
    from formulas import Case

    def affine(xp, X, W, b):
        return X @ W + b

    def affine_vjp(delta, X, W, b):
        return delta @ W.T, X.T @ delta, delta.sum(axis=0)

    def tanh(xp, X, W, b):
        return xp.tanh(X @ W + b)

    def tanh_vjp(delta, X, W, b):
        dz = delta * (1 - np.tanh(X @ W + b) ** 2)
        return dz @ W.T, X.T @ dz, dz.sum(axis=0)

    pair = {"affine": (affine, affine_vjp), "tanh": (tanh, tanh_vjp)}[formula]
    return Case(formula, {"X": "k n", "W": "n m", "b": "m"}, {}, *pair)


def arguments(rows, columns):
    """Inputs and deltas of size 1, weights such that the outputs have size 1 too."""
    import numpy as np

    rng = np.random.default_rng(0)
    X, W, b = rng.normal(size=(BATCH, rows)), rng.normal(size=(rows, columns)), rng.normal(size=columns)
    W /= np.sqrt(rows)
    return (X, W, b), rng.normal(size=(BATCH, columns))


def one_wrong(backward, index, error):
    def wrong(delta, *args):
        gradients = backward(delta, *args)
        gradients[1][index] *= 1 + error
        return gradients

    return wrong


def resident(what):
    """VmRSS or VmHWM of this process in bytes (Linux)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(what):
            return int(line.split()[1]) * 1024
    return 0


def reset_peak():
    Path("/proc/self/clear_refs").write_text("5")


def measure(tool, formula, sizes):
    """In a process of its own: one line of JSON for each size."""
    from dataclasses import replace

    import numpy as np
    from compare import TOOLS

    warnings.simplefilter("ignore")
    if tool.startswith("torch"):
        import torch

        torch.set_num_threads(1)
    clock, make, case = time.process_time, TOOLS[tool], layer(formula)
    make(case, case.backward)(*arguments(4, 2))  # imports
    for parameters in sizes:
        rows, columns = LAYERS[parameters]
        case = replace(case, sizes={"k": BATCH, "n": rows, "m": columns})
        args, delta = arguments(rows, columns)
        size = sum(a.nbytes for a in args)
        check = make(case, case.backward)
        reset_peak()
        before = resident("VmRSS")
        passed = check(args, delta)  # and compiled, where a tool compiles
        memory = resident("VmHWM") - before
        forwards, backwards, checks = [], [], []
        while len(checks) < 3 or (sum(checks) < SECONDS and len(checks) < 50):
            a = clock()
            case.forward(np, *args)
            b = clock()
            case.backward(delta, *args)
            c = clock()
            check(args, delta)
            d = clock()
            forwards.append(b - a)
            backwards.append(c - b)
            checks.append(d - c)
        found = {}
        rng = np.random.default_rng(1)
        entries = [(int(rng.integers(rows)), int(rng.integers(columns))) for _ in range(ENTRIES)]
        for error in ERRORS:
            wrong = [make(case, one_wrong(case.backward, e, error)) for e in entries]
            found[str(error)] = sum(not w(args, delta) for w in wrong)
        unit = 3 * statistics.median(forwards) + statistics.median(backwards)
        took = statistics.median(checks)
        line = {"parameters": parameters, "seconds": took, "unit": unit, "units": took / unit,
                "memory": memory / size, "passed": bool(passed), "found": found}  # fmt: skip
        print(json.dumps(line), flush=True)


def in_own_process(tool, formula, sizes):
    threads = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
    flags = {"XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false"}
    command = [sys.executable, __file__, "--measure", tool, "--formula", formula]
    command += ["--sizes", ",".join(map(str, sizes))]
    done = subprocess.run(
        command, env=os.environ | threads | flags, capture_output=True, text=True, check=False
    )
    if done.returncode:
        print(f"{tool} failed: {done.stderr.strip().splitlines()[-1:]}", file=sys.stderr)
    return {line["parameters"]: line for line in map(json.loads, done.stdout.splitlines())}


def table(title, results, sizes, cell):
    print(f"\n{title}\n\n| tool | " + " | ".join(f"{n:,}" for n in sizes) + " |")
    print("|---|" + "---:|" * len(sizes))
    for tool, lines in results.items():
        cells = [cell(lines[n]) if n in lines else "" for n in sizes]
        print(f"| {tool} | " + " | ".join(cells) + " |")


def milliseconds(line):
    return f"{line['seconds'] * 1e3:.3g} ms"


def main():
    tools = ("gradcheck", "torch slow", "torch fast", "jax", "autograd", "scipy")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--formula", default="affine", choices=["affine", "tanh"])
    parser.add_argument("--largest", type=int, default=10**7)
    parser.add_argument("--tools", default=",".join(tools))
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    parser.add_argument("--sizes", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(options.measure, options.formula, [int(n) for n in options.sizes.split(",")])
        return
    sizes = [n for n in LAYERS if n <= options.largest]
    results = {}
    for tool in options.tools.split(","):
        results[tool] = in_own_process(
            tool, options.formula, [n for n in reversed(sizes) if n <= LIMITS.get(tool, n)]
        )
    first = next(iter(results.values()))
    print(f"{options.formula}, batch {BATCH}; one unit is "
          + ", ".join(f"{first[n]['unit'] * 1e3:.3g} ms at {n:,}" for n in sizes if n in first))  # fmt: skip
    table("units", results, sizes, lambda line: f"{line['units']:.1f}")
    table("CPU time", results, sizes, milliseconds)
    large = [n for n in sizes if n >= 10**6]
    table("peak memory above the arguments, in sizes of the arguments", results, large,
          lambda line: f"{line['memory']:.1f}")  # fmt: skip
    for error in ERRORS:
        table(f"one entry wrong by {error:g} of itself: found, of {ENTRIES}", results, sizes,
              lambda line, e=str(error): str(line["found"][e]))  # fmt: skip
    alarms = [f"{tool} at {n:,}" for tool, lines in results.items() for n in lines if not lines[n]["passed"]]
    print("\nfalse alarms:", ", ".join(alarms) or "none")


if __name__ == "__main__":
    main()
