"""Cases a second through the protocol: the protocol alone, and with the judge.

    python benchmarks/protocol.py [COMMAND...]

Without a command, the reference harnesses are measured (C is compiled). "protocol" sends the same small
cases over and over and reads the answers into arrays; "answers a second" of a whole run counts what the
program was asked while its gradients were also judged.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from gradcheck.formulas.decorating import Formula
from gradcheck.oracles.protocol.answers import read_gradients
from gradcheck.oracles.protocol.cases import make_case
from gradcheck.oracles.protocol.driver import Driver, Limits
from gradcheck.oracles.protocol.external import external
from gradcheck.records.types import Footer
from gradcheck.running.registry import catalogue
from gradcheck.running.stream import RunOptions

HARNESSES = Path(__file__).parent.parent / "harnesses"
SECONDS = 2.0


def commands(folder):
    found = {"Python": [sys.executable, str(HARNESSES / "python" / "harness.py")]}
    if node := shutil.which("node"):
        found["JavaScript"] = [node, str(HARNESSES / "javascript" / "harness.js")]
    if compiler := shutil.which("cc"):
        program = str(Path(folder) / "harness")
        source = str(HARNESSES / "c" / "harness.c")
        subprocess.run([compiler, "-O2", "-o", program, source, "-lm"], check=True)
        found["C"] = [program]
    return found


def protocol_rate(command, formula: Formula, sizes):
    """Cases a second, from arrays to arrays."""
    rng = np.random.default_rng(0)
    shapes = formula.shapes.concrete(sizes)
    args = tuple(rng.normal(size=s) for s in shapes)
    delta = rng.normal(size=formula(*args).shape)
    with Driver(command, Limits()) as driver:
        driver.start()
        began, count = time.perf_counter(), 0
        while time.perf_counter() - began < SECONDS:
            reply = driver.ask(make_case(formula, "<f8", delta, args))
            read_gradients(reply.gradients, formula.shapes.arguments, "<f8", ())
            count += 1
        return count / (time.perf_counter() - began)


def run_rate(command, backends):
    """Answers a second in a whole run of every formula that the program claims."""
    began = time.perf_counter()
    records = list(external(command, RunOptions(backends=backends), limits=Limits()))
    seconds = time.perf_counter() - began
    footer = next(r for r in records if isinstance(r, Footer))
    cases = int(footer.remarks[-1].rpartition(": ")[2].split()[0])
    return cases, seconds


def main():
    wx = next(f for f in catalogue() if f.name == "wx")
    with tempfile.TemporaryDirectory() as folder:
        chosen = {"the command": sys.argv[1:]} if sys.argv[1:] else commands(folder)
        for language, command in chosen.items():
            for sizes in ({"n": 3, "m": 2}, {"n": 30, "m": 40}, {"n": 300, "m": 400}):
                rate = protocol_rate(command, wx, sizes)
                shape = " x ".join(map(str, sizes.values()))
                print(f"{language}: wx of {shape}: {rate:.0f} cases/s through the protocol")
            for backends in (("finite_difference",), None):
                cases, seconds = run_rate(command, backends)
                judged = ", ".join(backends or ("all backends",))
                rate = cases / seconds
                print(f"{language}: a whole run, {judged}: {cases} answers in {seconds:.1f} s, {rate:.0f}/s")


if __name__ == "__main__":
    main()
