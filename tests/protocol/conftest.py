"""Programs that misbehave, one way each, and the reference harnesses."""

import os
import shutil
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from gradcheck.oracles.protocol.driver import Limits

HARNESSES = Path(__file__).parent.parent.parent / "harnesses"

PROGRAM = """
import json, os, signal, sys, time

FORMULAS = ["identity"]
DTYPES = ["<f8"]

def say(message):
    write(json.dumps(message) + "\\n")

def write(text):
    sys.stdout.write(text)
    sys.stdout.flush()

def right(m):
    # z = x gives delta back
    say({"seq": m["seq"], "gradients": {"x": m["case"]["delta"]}})

def size(m):
    return m["case"]["delta"]["shape"][0]

def started(m):
    implementation = {"name": "program", "language": "Python"}
    capabilities = {"formulas": FORMULAS, "dtypes": DTYPES}
    say({"version": 1, "implementation": implementation, "capabilities": capabilities})

def answer(m):
    right(m)

def stop(m):
    sys.exit(0)

DEFINITIONS

for line in sys.stdin:
    m = json.loads(line)
    {"start": started, "run": answer, "stop": stop}[m["cmd"]](m)
"""


@pytest.fixture
def program(tmp_path):
    """`program(definitions)`: the command of a program that echoes delta, but for what is redefined."""
    count = 0

    def make(definitions=""):
        nonlocal count
        count += 1
        file = tmp_path / f"program{count}.py"
        file.write_text(PROGRAM.replace("DEFINITIONS", textwrap.dedent(definitions)))
        return [sys.executable, "-S", "-E", str(file)]

    return make


@pytest.fixture
def quick():
    """Time limits for programs that fail on purpose."""
    return Limits(case=2.0, start=60.0, stop=0.5)


@pytest.fixture
def gone():
    """`gone(pid)`: whether a process is gone, or soon."""

    def check(pid):
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                return True
            if _is_zombie(pid):
                return True
            time.sleep(0.01)
        return False

    return check


def _is_zombie(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return False


@pytest.fixture(scope="session")
def compiled(tmp_path_factory):
    """`compiled(*flags)`: the C harness, built with these flags."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("there is no C compiler (cc, gcc) on this machine")
    folder = tmp_path_factory.mktemp("c")
    built = {}

    def build(*flags):
        if flags not in built:
            target = folder / f"harness{len(built)}"
            strict = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror", "-O2"]
            source = HARNESSES / "c" / "harness.c"
            subprocess.run([compiler, *strict, *flags, "-o", target, source, "-lm"], check=True)
            built[flags] = [str(target)]
        return built[flags]

    return build


@pytest.fixture
def harness(request):
    """`harness(language, wrong=False)`: the command of a reference harness, or of its wrong twin."""

    def command(language, *, wrong=False):
        if language == "c":
            build = request.getfixturevalue("compiled")
            return build("-DWRONG") if wrong else build()
        flags = ["--wrong"] if wrong else []
        if language == "python":
            return [sys.executable, str(HARNESSES / "python" / "harness.py"), *flags]
        node = shutil.which("node")
        if node is None:
            pytest.skip("Node is not on this machine")
        return [node, str(HARNESSES / "javascript" / "harness.js"), *flags]

    return command
