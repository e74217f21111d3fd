"""The pages for newcomers from C: every file is written, every command run, every output compared."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PAGES = {"newcomer-c": "my-check", "kernel-in-c": "my-kernel"}
"""A page, and the folder that it makes."""
BLOCK = re.compile(
    r"(?:<!-- (?P<mark>\w+)(?:: (?P<what>[^>]+?))? -->\n)?```(?P<kind>\w+)\n(?P<text>.*?)```", re.DOTALL
)
TIME = re.compile(r"\([\d.]+ m?s\)")


def blocks(page):
    text = (ROOT / "docs" / f"{page}.md").read_text("utf-8")
    found = [m.groupdict() for m in BLOCK.finditer(text)]
    assert len(found) > 9
    return found


def matches(shown, printed):
    """Whether the shown lines are the printed ones, but for times and the width of columns; `...` stands
    for any number of lines.
    """
    shown, printed = (re.sub("  +", "  ", TIME.sub("(time)", text)) for text in (shown, printed))
    pattern = ""
    for line in shown.strip().splitlines():
        pattern += r"(?:.*\n)*?" if line == "..." else re.escape(line) + r"\n"
    return re.fullmatch(pattern, printed.strip() + "\n") is not None


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_the_page_is_run(page):
    """What looks like a command is marked as one, and what is marked is of a known kind."""
    for block in blocks(page):
        assert (block["kind"] == "sh") == (block["mark"] == "run")
        assert block["mark"] in {"run", "file", "prints", None}


@pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler (cc) on this machine")
@pytest.mark.parametrize("page", PAGES)
def test_the_page_from_top_to_bottom(page, tmp_path):
    """In an empty folder, with gradcheck on the path."""
    scripts = tmp_path / "bin"
    scripts.mkdir()
    (scripts / "gradcheck").write_text(f'#!/bin/sh\nexec {sys.executable} -m gradcheck "$@"\n')
    (scripts / "gradcheck").chmod(0o755)
    environment = {**os.environ, "PATH": f"{scripts}:{os.environ['PATH']}"}
    folder, printed, ran = tmp_path, "", 0
    for block in blocks(page):
        if block["mark"] == "file":
            (folder / block["what"]).write_text(block["text"], "utf-8")
        elif block["mark"] == "run":
            done = subprocess.run(
                ["sh", "-e", "-c", block["text"]],
                cwd=folder,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )
            printed, ran = done.stdout, ran + 1
            assert done.returncode == int(block["what"]), block["text"] + done.stdout + done.stderr
            if "cd " in block["text"]:
                folder = tmp_path / PAGES[page]
        elif block["mark"] == "prints":
            assert matches(block["text"], printed), printed
    assert ran >= 5


@pytest.mark.parametrize(
    ("shown", "same"),
    [
        ("a\nb (1.0 s)", True),
        ("a\n...", True),
        ("...\nb (2 ms)", True),
        ("a", False),
        ("...\na", False),
        ("c\n...", False),
    ],
)
def test_the_comparison_would_notice(shown, same):
    assert matches(shown, "a\nb (3.4 s)\n") == same
