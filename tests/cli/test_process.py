"""The command line as a process of its own: start-up, pipes, output that cannot be encoded."""

import os
import subprocess
import sys

import pytest

from gradcheck.cli.main import cli

RUN = [sys.executable, "-c", "from gradcheck.cli.main import main; main()"]


def run(*words, **environment):
    return subprocess.run(
        [*RUN, *words],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, **environment},
        check=False,
    )


def test_help_names_every_command_and_the_exit_codes():
    result = run("--help")

    assert result.returncode == 0
    for word in ("verify", "list", "show", "replay", "report", "130"):
        assert word in result.stdout


@pytest.mark.parametrize("words", [("--help",), ("verify", "--help"), ("--version",)])
def test_help_imports_nothing_heavy(words):
    code = (
        "import sys\nfrom gradcheck.cli.main import cli\n"
        f"cli.main({list(words)!r}, standalone_mode=False)\n"
        "heavy = {'numpy', 'jax', 'sympy', 'rich', 'hypothesis', 'jinja2', 'flint', 'msgspec'}\n"
        "print('HEAVY', sorted(heavy & set(sys.modules)))\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )

    assert result.stdout.splitlines()[-1] == "HEAVY []"


def test_without_a_command_and_with_a_wrong_one_it_is_2():
    assert run().returncode == 2
    assert run("verifi").returncode == 2


def test_a_terminal_that_knows_no_greek_does_not_cost_the_output(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(
        "from gradcheck import formula\n@formula(shapes={'x': 'n'})\ndef f(x):\n    return x\n"
        "@f.forward(title='δ ≠ ε')\ndef g(x):\n    return x\n",
        encoding="utf-8",
    )

    result = run("list", str(file), PYTHONIOENCODING="latin-1")

    assert result.returncode == 0, result.stderr
    assert r"\u03b4 \u2260 \u03b5" in result.stdout


def test_a_pipe_that_closes_early_is_no_bug_of_ours():
    process = subprocess.Popen([*RUN, "list"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.stdout.close()
    _, errors = process.communicate(timeout=60)

    assert "broke" not in errors
    assert "Traceback" not in errors


def test_a_pipe_that_closes_early_costs_no_report(tmp_path):
    process = subprocess.Popen(
        [*RUN, "verify", "D08", "--max-examples", "2", "--report-dir", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    process.stdout.close()  # before the first line

    process.wait(timeout=60)

    names = {p.name for p in tmp_path.iterdir()}
    assert names == {"run.jsonl", "summary.json", "junit.xml", "report.md", "report.html"}


def test_an_interrupt_before_there_is_a_command_is_no_verdict(monkeypatch):
    """Exit code 1 would say that a claim failed."""

    def interrupted(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "parse_args", interrupted)
    with pytest.raises(SystemExit) as ended:
        cli(["verify"])
    assert ended.value.code == 130
