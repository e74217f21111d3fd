"""`gradcheck external` as a command: options, exit codes, reports, Ctrl-C."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from gradcheck.cli.main import cli
from gradcheck.records.reading import read_log
from tests.interrupts import PATIENCE, interruptible
from tests.wording import invalid_option, missing_argument

HARNESS = Path(__file__).parent.parent.parent / "harnesses" / "python" / "harness.py"
RIGHT = [sys.executable, str(HARNESS)]
WRONG = [*RIGHT, "--wrong"]
FEW = ["--max-examples", "8", "--backend", "finite_difference", "--formula", "identity", "--formula", "mse"]


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs `gradcheck external WORDS` in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(cli, ["external", *words])


def test_a_right_program_exits_with_0_and_leaves_the_reports_of_a_run(run):
    result = run(*FEW, "--", *RIGHT)

    assert result.exit_code == 0, result.output
    assert "2 claims: 2 passed" in result.output
    assert {p.name for p in Path("reports").iterdir()} == {
        "run.jsonl",
        "summary.json",
        "junit.xml",
        "report.md",
        "report.html",
    }
    log = read_log(Path("reports/run.jsonl"))
    assert log.complete
    assert [c.uid for c in log.claims] == ["identity.vjp.external", "D16/mse.vjp.external"]
    assert log.header.command.startswith("gradcheck external --backend finite_difference --max-examples 8")
    assert log.header.command.endswith(f"-- {sys.executable} {HARNESS}")


def test_a_wrong_program_exits_with_1_and_tells_how_to_go_on(run):
    result = run(*FEW, "--", *WRONG)

    assert result.exit_code == 1
    assert "counterexample at n = 1" in result.output
    options = "--backend finite_difference --max-examples 8 --seed 0 --formula mse"
    assert f"run it again: gradcheck external {options} -- {sys.executable}" in result.output
    assert f"--wrong < {Path('reports/case-mse-vjp-external.jsonl')}" in result.output
    assert "--wrong)\n" in result.output
    case = Path("reports/case-mse-vjp-external.jsonl").read_text().splitlines()
    assert [json.loads(line)["cmd"] for line in case] == ["start", "run", "stop"]
    assert "harness.py" in Path("reports/report.html").read_text()


def test_the_line_that_runs_it_again_does(run):
    """The recorded command, given to a shell, ends the same way."""
    run(*FEW, "--", *WRONG)
    (row,) = [c for c in read_log(Path("reports/run.jsonl")).claims if c.formula == "mse"]
    words = row.counterexample.replay.split()

    again = subprocess.run(
        [sys.executable, "-m", "gradcheck", *words[1:]], capture_output=True, text=True, check=False
    )

    assert words[0] == "gradcheck"
    assert again.returncode == 1
    assert row.counterexample.message.startswith("dJ/ds[1] is -4.0")
    assert re.search(r"dJ/ds is \[.*-4.0\], should be \[.*-2.0\]", again.stdout)


def test_the_program_comes_after_two_dashes_or_without_them(run):
    """Options behind the program's name are the program's."""
    assert run(*FEW, *WRONG).exit_code == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--", "./nowhere"], "'./nowhere': there is no such program."),
        ([], missing_argument("-- COMMAND...")),
        (["--formula", "nope", "--", *RIGHT], "there is no formula 'nope'"),
        (["--formula", "ax", "--", *RIGHT], "the program does not claim 'ax'; it claims 'identity'"),
        (["--dtype", "<f4", "--", *RIGHT], "does not speak '<f4'"),
        (["--dtype", "<f2", "--", *RIGHT], "does not speak '<f2'"),
        (["--dtype", "<f1", "--", *RIGHT], invalid_option("--dtype")),
        (["--timeout", "0", "--", *RIGHT], invalid_option("--timeout")),
        (["--max-restarts", "-1", "--", *RIGHT], invalid_option("--max-restarts")),
        (["--backend", "nope", "--", *RIGHT], "nope"),
        (
            ["--start-timeout", "0.3", "--", sys.executable, "-c", "import time; time.sleep(9)"],
            "no answer within 0.3 s",
        ),
        (["--", sys.executable, "-c", "print('hi')"], "'hi', which is no JSON object"),
        (["--", sys.executable, "-c", "raise SystemExit(7)"], "it ended with exit status 7"),
    ],
)
def test_what_cannot_run_exits_with_2_says_why_and_touches_no_log(run, words, message):
    result = run(*words)

    assert result.exit_code == 2, result.output
    assert message in result.output
    assert not Path("reports/run.jsonl").exists()


def test_smoke_has_exit_codes_of_its_own(run):
    right = run("--smoke", "--formula", "wx", "--", *RIGHT)
    wrong = run("--smoke", "--formula", "wx", "--", *WRONG)
    broken = run("--smoke", "--", sys.executable, "-c", "print('hi')")

    assert (right.exit_code, wrong.exit_code, broken.exit_code) == (0, 1, 2)
    assert "The harness works, and its gradients at these simple cases are right." in right.output
    assert "WRONG" in wrong.output
    assert "BROKEN" in broken.output
    assert not Path("reports").exists()


SLOW = """
import json, os, sys, time
open("pid", "w").write(str(os.getpid()))
for line in sys.stdin:
    m = json.loads(line)
    if m["cmd"] == "start":
        capabilities = {"formulas": ["identity", "relu"], "dtypes": ["<f8"]}
        implementation = {"name": "slow", "language": "Python"}
        answer = {"version": 1, "implementation": implementation, "capabilities": capabilities}
    else:
        if m["case"]["formula"] == "relu":
            open("waiting", "w").close()
            time.sleep(3600)
        answer = {"seq": m["seq"], "gradients": {"x": m["case"]["delta"]}}
    print(json.dumps(answer), flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_keeps_what_was_finished_and_ends_the_program(tmp_path, number):
    """Ctrl-C, and what CI systems send at a time limit, while the program is silent."""
    (tmp_path / "slow.py").write_text(SLOW)
    command = [
        sys.executable,
        "-m",
        "gradcheck",
        "external",
        "--max-examples",
        "5",
        "--timeout",
        "600",  # of its own accord it gives up no answer before we do
        "--",
        sys.executable,
        "slow.py",
    ]
    with interruptible():
        one = subprocess.Popen(
            command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
    with one:
        while one.poll() is None and not (tmp_path / "waiting").exists():
            time.sleep(0.05)
        one.send_signal(number)
        out, _ = one.communicate(timeout=PATIENCE)

    assert one.returncode == 128 + number
    assert "INCOMPLETE: 1 of 2 claims judged" in out
    log = read_log(tmp_path / "reports" / "run.jsonl")
    assert [c.uid for c in log.claims] == ["identity.vjp.external"]
    assert not log.complete
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_a_full_disk_is_said_and_the_program_ended(run, tmp_path):
    """The report folder is a file."""
    Path("reports").write_text("")

    result = run(*FEW, "--", *WRONG)

    assert result.exit_code == 2
    assert "reports" in result.output


def test_replay_of_a_foreign_claim_says_that_it_cannot(run):
    run(*FEW, "--", *WRONG)

    result = CliRunner().invoke(cli, ["replay", "mse"])

    assert result.exit_code == 2
    assert "cannot be run: it is declared nowhere; run gradcheck external --backend" in result.output
