"""The README's examples run, and print what it says they print; its commands are those that CI runs."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).parent.parent / "README.md"
MARKED = re.compile(r"<!-- (?P<kind>example|output): (?P<what>.+?) -->\n```\w+\n(?P<text>.*?)```", re.DOTALL)
TIME = re.compile(r"\([\d.]+ m?s\)")


def _blocks(kind):
    found = {m["what"]: m["text"] for m in MARKED.finditer(README.read_text("utf-8")) if m["kind"] == kind}
    assert found, f"the README has no block marked {kind}"
    return found


@pytest.fixture
def folder(tmp_path):
    for name, text in _blocks("example").items():
        (tmp_path / name).write_text(text, "utf-8")
    return tmp_path


@pytest.mark.parametrize("command", _blocks("output"))
def test_shown_output_is_what_the_command_prints(command, folder):
    """Apart from the time taken."""
    program, *words = shlex.split(command)
    assert program == "gradcheck"

    done = subprocess.run(
        [sys.executable, "-m", "gradcheck", *words], cwd=folder, capture_output=True, text=True, check=False
    )

    shown = TIME.sub("(time)", _blocks("output")[command]).strip()
    printed = TIME.sub("(time)", done.stdout).strip()
    assert shown == printed
    assert done.returncode == 1  # one claim of each example is wrong
    assert (folder / "reports" / "report.html").exists() == (words[0] == "verify")


def test_the_pytest_example_passes(folder):
    """Run by pytest itself, as a reader would."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_dense.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )

    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_the_pytest_example_bites(folder):
    """With the hasty backward in place of the right one it fails, with our story."""
    test = folder / "test_dense.py"
    test.write_text(test.read_text("utf-8").replace("dense_backward", "hasty_backward"), "utf-8")

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_dense.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert "GradientError" in done.stdout
    assert "dJ/db" in done.stdout
