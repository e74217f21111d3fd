"""What a whole `gradcheck.verify` costs on derivations as people write them, right and wrong.

    python benchmarks/written.py [NAME ...] [--most LOOPS]

The unit is one *loop*: the CPU time of ``for _ in range(10_000_000): pass`` in the same process, so that the
numbers carry over to other machines. Every call has the default settings and a process of its own, after the
imports (two calls on a small formula, one of which fails); one that has not ended after ``--most`` loops is
stopped. NAME chooses by parts of names.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import statistics
import subprocess
import sys
import time
import warnings

for library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

import numpy as np  # noqa: E402
from derivations.layers import LAYERS  # noqa: E402
from derivations.losses import LOSSES  # noqa: E402
from derivations.matrices import MATRICES  # noqa: E402
from derivations.recurrent import RECURRENT  # noqa: E402
from derivations.windows import WINDOWS  # noqa: E402

DERIVATIONS = [*LAYERS, *LOSSES, *RECURRENT, *WINDOWS, *MATRICES]


def loop() -> float:
    """The unit: the smallest of three, for others use the machine too."""
    seconds = []
    for _ in range(3):
        started = time.process_time()
        for _ in range(10_000_000):
            pass
        seconds.append(time.process_time() - started)
    return min(seconds)


def measure(name: str, which: str, most: float) -> dict[str, object]:
    """One call of `verify`, in loops."""
    import gradcheck

    derivation = next(d for d in DERIVATIONS if d.name == name)
    # the imports: those of the diagnosis, and those that SymPy puts off until there is a sum or a function
    for factor, passes in ((1.0, True), (3.0, False)):
        back = lambda d, x, factor=factor: factor * d * (np.exp(x) + 2)
        warm = gradcheck.verify(lambda x: 1 + np.exp(x) + 2 * x, back, {"x": "n"}, max_examples=9)
        assert warm.passed is passes

    unit = loop()
    started = time.process_time()
    limit = math.ceil(started + most * unit)  # the system ends the process: user code may catch an exception
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = gradcheck.verify(
            derivation.forward,
            getattr(derivation, which),
            dict(derivation.shapes),
            values=dict(derivation.values),
        )
    return {
        "loops": (time.process_time() - started) / unit,
        "verdict": str(found.verdict),
        "said": str(found.strength or "") or (found.diagnosis[0].text if found.diagnosis else ""),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--most", type=float, default=60.0, help="loops after which a call is stopped")
    parser.add_argument("--one", nargs=2, metavar=("NAME", "WHICH"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measure(*given.one, given.most)))
        return
    chosen = [d for d in DERIVATIONS if not given.names or any(n in d.name for n in given.names)]
    loops = []
    for derivation in chosen:
        for which in ("right", "wrong"):
            command = [sys.executable, __file__, "--one", derivation.name, which, "--most", str(given.most)]
            answer = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False).stdout.strip()
            stopped = {"loops": given.most, "verdict": "stopped", "said": ""}
            found = json.loads(answer.splitlines()[-1]) if answer else stopped
            loops.append(found["loops"])
            row = (derivation.name, which, f"{found['loops']:.1f}", found["verdict"], found["said"])
            print(f"| {' | '.join(row)} |", flush=True)
    print(f"median {statistics.median(loops):.1f} loops, worst {max(loops):.1f}")


if __name__ == "__main__":
    main()
