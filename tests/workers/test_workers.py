"""Claims on several processes: the same log, whatever happens to a worker; parts of a run."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from gradcheck.cli.main import cli
from gradcheck.errors import UsageError
from gradcheck.records.types import ClaimRow
from gradcheck.running.checker import RunOptions
from gradcheck.running.registry import select
from gradcheck.running.shards import parse_shard, shard_of
from gradcheck.running.stream import run
from gradcheck.running.workers import local, pool
from gradcheck.running.workers.local import WorkersDidNotStart, worthwhile_jobs
from gradcheck.running.workers.tasks import Work, check_group, decoded, environment
from gradcheck.running.workers.travel import SentFile, at_home, sent_files
from tests.interrupts import PATIENCE, interruptible

FORMULAS = """
import gradcheck
import numpy as np


def layer(name):
    @gradcheck.formula(shapes={"x": "n m", "w": "m"}, name=name)
    def forward(x, w):
        return np.tanh(x @ w)

    @forward.vjp
    def backward(delta, x, w):
        dz = delta * (1 - np.tanh(x @ w) ** 2)
        return np.outer(dz, w), x.T @ dz * FACTOR

    return forward


FACTOR = 1.0
layers = [layer(f"layer{i}") for i in range(12)]
FACTOR = 1.0
"""


def without_times(records):
    timed = {"seconds", "started", "finished"}
    if isinstance(records, dict):
        return {k: without_times(v) for k, v in records.items() if k not in timed}
    return [without_times(r) for r in records] if isinstance(records, list) else records


def log_of(folder):
    return without_times([json.loads(line) for line in (folder / "run.jsonl").read_text().splitlines()])


COMMAND = [sys.executable, "-m", "gradcheck"]
ONE_BACKEND = ["--backend", "finite_difference"]


def gradcheck(*words, cwd):
    command = [*COMMAND, *words, *(ONE_BACKEND if words[0] == "verify" else [])]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "layers.py").write_text(FORMULAS)
    return tmp_path


@pytest.fixture(scope="module")
def serial(tmp_path_factory):
    """The log of one process, which takes as long as what is compared with it."""
    folder = tmp_path_factory.mktemp("serial")
    (folder / "layers.py").write_text(FORMULAS)
    code, output = gradcheck("verify", "layers.py", "--report-dir", "serial", cwd=folder)
    assert code == 0, output
    return log_of(folder / "serial")


def children(pid):
    """The processes below one, from Linux's table; what is gone meanwhile is left out."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(child) for child in task.read_text().split()]
        except OSError:
            continue
    return found + [grandchild for child in found for grandchild in children(child)]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="the workers are found through /proc")
def test_workers_that_are_killed_cost_nothing(folder, serial):
    """Two workers, one of which dies again and again: the log is that of one process, byte for byte."""
    pytest.importorskip("distributed")
    words = ["verify", "layers.py", *ONE_BACKEND, "--report-dir", "workers", "--jobs", "2"]
    process = subprocess.Popen(
        [*COMMAND, *words], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    killed = []

    def kill():
        log = folder / "workers" / "run.jsonl"
        while process.poll() is None and not (log.exists() and log.read_text().count("\n") > 1):
            time.sleep(0.05)  # from the first result on
        while process.poll() is None and len(killed) < 3:
            for child in children(process.pid):
                try:
                    command = Path(f"/proc/{child}/cmdline").read_bytes()
                    if b"spawn_main" in command:
                        os.kill(child, signal.SIGKILL)
                        killed.append(child)
                        break  # and the next only when its successor has had time to start
                except OSError:
                    continue
            time.sleep(1.5)

    with process:
        thread = threading.Thread(target=kill, daemon=True)
        thread.start()
        output, _ = process.communicate(timeout=120)
        thread.join()
    assert process.returncode == 0, output
    assert killed
    assert log_of(folder / "workers")[1:-1] == serial[1:-1]
    assert "12 claims: 12 passed" in output


def test_a_worker_gives_the_records_of_one_process(folder, monkeypatch):
    monkeypatch.chdir(folder)
    options = RunOptions(backends=("finite_difference",), max_examples=12)
    claims = select(("layers.py::layer3",)).claims
    here = list(run(claims, options))[1:-1]
    work = Work(("layers.py::layer3",), sent_files(["layers.py::layer3"]), options)
    there = decoded(check_group(work, tuple(c.uid for c in claims)))
    assert [type(r) for r in there] == [type(r) for r in here]
    assert [r.verdict for r in there if isinstance(r, ClaimRow)] == ["pass"]
    assert [b.name for b in environment(work).backends] == ["finite_difference"]


def test_a_file_travels_to_a_worker_that_lacks_it(folder, tmp_path_factory, monkeypatch):
    text = (folder / "layers.py").read_bytes()
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "layers.py").write_text("raise SystemExit('another file of this name')")
    monkeypatch.chdir(elsewhere)
    work = Work(
        ("layers.py::layer0",),
        (SentFile("layers.py", text),),
        RunOptions(backends=("finite_difference",), max_examples=6),
    )
    rows = decoded(check_group(work, ("layer0.vjp",)))
    assert [r.verdict for r in rows if isinstance(r, ClaimRow)] == ["pass"]
    assert Path.cwd() == elsewhere
    assert {r.candidate.file for r in rows if isinstance(r, ClaimRow)} == {"layers.py"}


@pytest.mark.parametrize("path", ["/etc/formulas.py", "../up.py", "a/../../b.py"])
def test_a_file_that_travels_stays_in_its_folder(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with at_home((SentFile(path, b"x = 1\n"),)):
        home = Path.cwd()
        assert home != tmp_path
        assert [p.name for p in home.rglob("*.py")] == [Path(path).name]


def test_without_dask_the_install_line_is_named(folder):
    program = (
        "import sys; sys.modules['distributed'] = None\n"
        "from gradcheck.cli.main import main\n"
        "sys.argv = ['gradcheck', 'verify', 'layers.py', '--jobs', '2']\nmain()"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "pip install 'gradcheck[distributed]'" in done.stderr


def test_a_file_of_the_name_of_dask_is_no_reason_to_fail(folder):
    """The word `distributed` is anybody's; without `--jobs` one process does the work."""
    (folder / "distributed.py").write_text("x = 1\n")
    words = ["verify", "layers.py", "--max-examples", "200", "--backend", "finite_difference"]
    command = [sys.executable, "-m", "gradcheck", *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    done = subprocess.run(
        [*command, "--jobs", "2"], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 2
    assert "pip install 'gradcheck[distributed]' (ImportError: cannot import name" in done.stderr


def test_a_cluster_that_is_not_there_is_told(folder, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.chdir(folder)
    monkeypatch.setattr(pool, "_PATIENCE", "1s")
    result = CliRunner().invoke(cli, ["verify", "layers.py", "--cluster", "tcp://127.0.0.1:1"])
    assert result.exit_code == 2
    assert "there is no dask scheduler at 'tcp://127.0.0.1:1'" in result.output
    assert not (folder / "reports").exists()


INTERRUPTED = """
import distributed, multiprocessing.process, os, signal, sys
from gradcheck.cli.main import main
from gradcheck.running.workers import pool

def interrupt():  # every process of the command, as a terminal does; once
    if moment:
        print(f"Now: {' '.join(moment)}.", flush=True)
        moment.clear()
        os.killpg(0, signal.SIGINT)

def interrupting(function):
    def called(*args, **options):
        if moment[1:] == ["before"]:
            interrupt()
        result = function(*args, **options)
        interrupt()
        return result
    return called

if __name__ == "__main__":
    moment = sys.argv[1:]
    path, name = moment[0].rsplit(".", 1)
    owner = eval(path)
    setattr(owner, name, interrupting(getattr(owner, name)))
    sys.argv = ["gradcheck", "verify", "layers.py", "--jobs", "2"]
    main()
"""


@pytest.mark.corpus(2)
@pytest.mark.skipif(os.name != "posix", reason="signals to a group of processes")
@pytest.mark.parametrize(
    "moment",
    [
        "distributed.LocalCluster before",  # the workers are not yet started
        "multiprocessing.process.BaseProcess.start after",  # one of them is there
        "distributed.LocalCluster after",  # all of them are
        "pool._batches before",  # and one has done a first task
    ],
)
def test_an_interrupt_while_workers_start_is_quiet(folder, moment):
    """A terminal's Ctrl-C reaches every process of the command: the workers say nothing, and none is left."""
    pytest.importorskip("distributed")
    (folder / "program.py").write_text(INTERRUPTED)
    with interruptible():
        process = subprocess.Popen(
            [sys.executable, "program.py", *moment.split()],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
    with process:
        output, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, output
    assert output.split("\n") == [f"Now: {moment}.", "Interrupted.", ""]
    # multiprocessing's resource tracker ends when it sees that we did
    deadline = time.monotonic() + PATIENCE
    with pytest.raises(ProcessLookupError):
        while time.monotonic() < deadline:
            os.killpg(process.pid, 0)
            time.sleep(0.05)


def test_a_cluster_gives_the_log_of_one_process(folder, serial):
    pytest.importorskip("distributed")
    program = (
        "import distributed, subprocess, sys\n"
        "if __name__ == '__main__':\n"
        "    quiet = {'threads_per_worker': 1, 'dashboard_address': None}\n"
        "    with distributed.LocalCluster(n_workers=2, **quiet) as own:\n"
        "        address = ['--cluster', own.scheduler_address]\n"
        "        sys.exit(subprocess.run([*sys.argv[1:], *address], check=False).returncode)\n"
    )
    (folder / "program.py").write_text(program)
    words = ["verify", "layers.py", *ONE_BACKEND, "--report-dir", "cluster"]
    command = [sys.executable, "program.py", *COMMAND, *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert log_of(folder / "cluster") == serial


class Everywhere:
    """A dask client whose workers have what they are said to have."""

    def __init__(self, *environments):
        self.there = {f"tcp://{i}": e for i, e in enumerate(environments)}

    def run(self, function, work):
        return self.there


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"gradcheck": "0.0.1"}, "the worker tcp://1 has gradcheck 0.0.1; here it is"),
        ({"backends": ()}, "the worker tcp://1 has nothing, and tcp://0 has finite_difference ("),
    ],
)
def test_workers_that_differ_are_refused(changes, said):
    work = Work((), (), RunOptions(backends=("finite_difference",)))
    own = environment(work)
    assert pool._same_everywhere(Everywhere(own, own), work) == own
    with pytest.raises(UsageError, match=re.escape(said)):
        pool._same_everywhere(Everywhere(own, dataclasses.replace(own, **changes)), work)


# -- how many are worth it


def test_few_claims_are_checked_here(folder, monkeypatch):
    monkeypatch.chdir(folder)
    monkeypatch.setattr("dask.system.CPU_COUNT", 4)
    claims = select(("layers.py",)).claims
    assert worthwhile_jobs(claims, 50) == 1  # 600 cases
    assert worthwhile_jobs(claims, 166) == 1  # 1,992
    assert worthwhile_jobs(claims, 167) == 2
    assert worthwhile_jobs(claims, 5000) == 4
    assert worthwhile_jobs(claims[:1], 10**6) == 1  # one formula is one task


def test_without_dask_nothing_is_spread(folder, monkeypatch):
    monkeypatch.chdir(folder)
    monkeypatch.setattr(local, "find_spec", lambda name: None)
    assert worthwhile_jobs(select(("layers.py",)).claims, 5000) == 1


def test_workers_that_do_not_start_are_done_without_unless_asked_for(folder, monkeypatch, capsys):
    """The number of processes was gradcheck's own idea, so it is no reason to fail."""
    from gradcheck.cli.main import cli

    def refused(distributed, jobs):
        raise WorkersDidNotStart("no sockets here")

    monkeypatch.chdir(folder)
    monkeypatch.setattr(pool, "local_cluster", refused)
    monkeypatch.setattr(local, "worthwhile_jobs", lambda claims, max_examples: 2)
    words = ["verify", "layers.py::layer0", *ONE_BACKEND, "--max-examples", "6"]
    with pytest.raises(SystemExit) as ended:
        cli(words)
    assert ended.value.code == 0
    assert "1 passed" in capsys.readouterr().out
    with pytest.raises(SystemExit) as ended:
        cli([*words, "--jobs", "2"])
    assert ended.value.code == 2
    assert "no sockets here" in capsys.readouterr().err


def test_jobs_and_cluster_exclude_each_other(folder):
    code, output = gradcheck("verify", "layers.py", "--jobs", "2", "--cluster", "tcp://h:1", cwd=folder)
    assert code == 2
    assert "give one of them" in output


def test_this_process_loads_no_backend(folder, monkeypatch):
    """What judges nothing need not wait for JAX and SymPy."""
    pytest.importorskip("distributed")
    program = (
        "import sys\n"
        "from gradcheck.cli.main import cli\n"
        "if __name__ == '__main__':\n"
        "    try:\n"
        "        cli(['verify', 'layers.py', '--jobs', '2', '--max-examples', '4'])\n"
        "    finally:\n"
        "        print(sorted({'jax', 'sympy'} & set(sys.modules)))\n"
    )
    (folder / "program.py").write_text(program)
    command = [sys.executable, "program.py"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.endswith("[]\n")
    header = json.loads((folder / "reports" / "run.jsonl").read_text().splitlines()[0])
    assert [b["name"] for b in header["backends"] if b["available"]]


# -- shards


def test_shards_share_all_claims_out(folder, monkeypatch):
    monkeypatch.chdir(folder)
    claims = select(("layers.py",)).claims
    parts = [shard_of(claims, f"{i}/5") for i in range(1, 6)]
    assert sorted(c.uid for part in parts for c in part) == sorted(c.uid for c in claims)
    assert {len(part) for part in parts} == {2, 3}


def test_shards_joined_are_the_run(folder, serial):
    for part in ("1/2", "2/2"):
        code, output = gradcheck("verify", "layers.py", "--shard", part, "--report-dir", part[0], cwd=folder)
        assert code == 0, output
    code, output = gradcheck("merge", "1/run.jsonl", "2/run.jsonl", "--out", "all/run.jsonl", cwd=folder)
    assert code == 0, output
    joined, whole = log_of(folder / "all"), serial
    assert sorted(json.dumps(r) for r in joined[1:-1]) == sorted(json.dumps(r) for r in whole[1:-1])
    assert joined[-1]["claims"] == 12


@pytest.mark.parametrize("text", ["0/2", "3/2", "2", "a/b", "1/0", "-1/2", "1/2/3", ""])
def test_what_is_no_part_is_refused(text):
    with pytest.raises(UsageError, match="expected a part such as 2/4"):
        parse_shard(text)


def test_a_part_may_be_empty(folder, monkeypatch):
    """A matrix of jobs does not know how many formulas there are."""
    monkeypatch.chdir(folder)
    claims = select(("layers.py",)).claims
    assert shard_of(claims, "13/20") == ()
    assert len(shard_of(claims, "12/20")) == 1
