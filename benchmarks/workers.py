"""Throughput of two dask workers against one, and of `gradcheck verify --jobs 2` against `--jobs 1`.

    python benchmarks/workers.py [--formulas N] [--points N] [--rounds N] [--jobs N]

A campaign is N formulas (dense layers, norms, softmax and their kin, with constants of their own) with all
installed backends at N points each; a case is one claim at one point. All are started as commands, in
turns, and the fastest round of each counts. Workers of a cluster run before the command and have checked one
formula, as they would in a campaign of many commands; `--jobs` starts its own, and what that costs (imports,
the scheduler, the workers) shows in the difference between a short campaign and one of four times the length.
Memory is the largest resident size of one process.

The ratios are of whole commands. Imports, connecting and reports take a second of every command, whatever the
workers do, and two busy cores slow each other; the ratio of the run alone is that of the time from the first
claim to the last, which the log has.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}

FORMULAS = '''"""Formulas for benchmarks/workers.py."""

import numpy as np

import gradcheck


def dense(c):
    def forward(X, W, b):
        return np.tanh(c * (X @ W) + b)

    def backward(delta, X, W, b):
        dz = delta * (1 - np.tanh(c * (X @ W) + b) ** 2)
        return c * (dz @ W.T), c * (X.T @ dz), dz.sum(axis=0)

    return {"X": "k n", "W": "n m", "b": "m"}, forward, backward


def softmax(c):
    def probabilities(x):
        e = np.exp(c * x - np.max(c * x, axis=1, keepdims=True))
        return e / e.sum(axis=1, keepdims=True)

    def backward(delta, x):
        p = probabilities(x)
        return c * p * (delta - (delta * p).sum(axis=1, keepdims=True))

    return {"x": "k n"}, probabilities, backward


def mse(c):
    def forward(s, y):
        return c * np.sum((s - y) ** 2) / len(s)

    def backward(delta, s, y):
        g = 2 * c * (s - y) / len(s)
        return delta * g, -delta * g

    return {"s": "n", "y": "n"}, forward, backward


def norm(c):
    def forward(x, g, b):
        centred = x - x.mean(axis=1, keepdims=True)
        return centred / np.sqrt((centred**2).mean(axis=1, keepdims=True) + c) * g + b

    def backward(delta, x, g, b):
        centred = x - x.mean(axis=1, keepdims=True)
        inverse = 1 / np.sqrt((centred**2).mean(axis=1, keepdims=True) + c)
        hat = centred * inverse
        d = delta * g
        dx = inverse * (d - d.mean(axis=1, keepdims=True) - hat * (d * hat).mean(axis=1, keepdims=True))
        return dx, (delta * hat).sum(axis=0), delta.sum(axis=0)

    return {"x": "k n", "g": "n", "b": "n"}, forward, backward


for i in range(COUNT):
    shapes, forward, backward = (dense, softmax, mse, norm)[i % 4](1 + i // 4 / 8)
    made = globals()[f"case_{i}"] = gradcheck.formula(shapes=shapes, name=f"case_{i}")(forward)
    made.vjp(backward)
'''


def campaign(file, folder, points, where):
    """Wall time, time of the run alone and CPU time in seconds, and peak memory in MB of one command;
    ``where`` is the option that says where it runs.
    """
    reports = Path(folder) / "reports"
    command = [sys.executable, "-m", "gradcheck", "verify", str(file), *where]
    command += ["--max-examples", str(points), "--report-dir", str(reports)]
    quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    started = time.perf_counter()
    child = os.posix_spawn(sys.executable, command, os.environ | ONE_THREAD, file_actions=quiet)
    _, status, usage = os.wait4(child, 0)
    seconds = time.perf_counter() - started
    if os.waitstatus_to_exitcode(status):
        raise SystemExit(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    footer = json.loads((reports / "run.jsonl").read_text().splitlines()[-1])
    return seconds, footer["seconds"], usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def compare(folder, places, formulas, points, rounds):
    file = written(folder, formulas)
    found = {name: [] for name in places}
    for _ in range(rounds):
        for name, runs in found.items():
            runs.append(campaign(file, folder, points, places[name]))
    best = {name: min(run[0] for run in runs) for name, runs in found.items()}
    alone = {name: min(run[1] for run in runs) for name, runs in found.items()}
    memory = max(run[3] for runs in found.values() for run in runs)
    processor = min(run[2] for run in next(iter(found.values())))
    names, cells = list(places), [f"{s:.1f} s" for s in best.values()]
    for one, many in (names[:2], names[2:]):
        cells.append(f"{best[one] / best[many]:.2f}, {alone[one] / alone[many]:.2f}")
    print(
        f"| {formulas * points:,} | {' | '.join(cells)} | {processor:.1f} s | {memory:.0f} MB |", flush=True
    )


def written(folder, formulas):
    file = Path(folder) / f"formulas_{formulas}.py"
    file.write_text(FORMULAS.replace("COUNT", str(formulas)))
    return file


def main():
    import dask
    import distributed

    dask.config.set({"distributed.worker.profile.enabled": False})  # as `--jobs` does
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--formulas", type=int, default=40)
    parser.add_argument("--points", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--factors", type=int, nargs="+", default=[1, 4])
    options = parser.parse_args()
    jobs = options.jobs
    os.environ.update(ONE_THREAD)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        places = {"--jobs 1": ["--jobs", "1"], f"--jobs {jobs}": ["--jobs", str(jobs)]}
        for count in (1, jobs):
            cluster = stack.enter_context(
                distributed.LocalCluster(n_workers=count, threads_per_worker=1, dashboard_address=":0")
            )
            where = places[f"{count} dask worker{'s' * (count > 1)}"] = [
                "--cluster",
                cluster.scheduler_address,
            ]
            campaign(written(folder, 4 * count), folder, 4, where)  # warm
        names = " | ".join(places)
        ratios = "ratio of jobs, the run alone | ratio of workers, the run alone"
        print(f"| cases | {names} | {ratios} | CPU, 1 job | peak memory |")
        print("|" + "---:|" * 9)
        for factor in options.factors:
            compare(folder, places, options.formulas * factor, options.points, options.rounds)


if __name__ == "__main__":
    main()
