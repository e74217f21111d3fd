"""Tests of interrupts do not depend on how their own process was started."""

import signal
import subprocess
import sys

import pytest

from tests.interrupts import PATIENCE, interruptible

PROGRAM = "import os, signal; os.kill(os.getpid(), signal.SIGINT); print('went on')"


@pytest.fixture
def in_the_background():
    """As a shell starts `pytest &`."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGINT, before)


def interrupted():
    return subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=PATIENCE, check=False
    )


def test_a_program_is_interrupted_though_we_are_not(in_the_background):
    with interruptible():
        done = interrupted()

    assert "KeyboardInterrupt" in done.stderr
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_without_it_such_a_program_goes_on(in_the_background):
    """The twin."""
    assert interrupted().stdout == "went on\n"
