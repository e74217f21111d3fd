"""Ending a program with everything that it started, whether it listens to signals or not.

The program leads a process group of its own, which gets SIGTERM and then SIGKILL. A child that left the
group (a daemon) still carries the variable `MARK` in its environment, and is found by it on Linux.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

__all__ = ["MARK", "end_group", "has_ended", "wait_until_ended"]

MARK = "GRADCHECK_PROGRAM"
"""Environment variable that a driven program and its descendants carry; its value is that run's own."""

TERM_SECONDS = 0.5
"""What is left to a program between SIGTERM and SIGKILL, to end what it started elsewhere (a container)."""

_KILLED_SECONDS = 30.0
"""In which a program that was killed ends: at once, but for a machine under load, or a disk that hangs."""

_POLL = 0.005
_SWEEPS = 5
_PROC = Path("/proc")


def has_ended(process: subprocess.Popen[bytes]) -> bool:
    """Whether the program ended. It is not reaped here: its number, which is also that of its group,
    must stay its own until the group was signalled.
    """
    if process.returncode is not None:
        return True
    if hasattr(os, "waitid"):
        return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None
    return process.poll() is not None


def wait_until_ended(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Whether the program ends within the given time."""
    deadline = time.monotonic() + seconds
    while not has_ended(process):
        if time.monotonic() >= deadline:
            return False
        time.sleep(_POLL)
    return True


def end_group(process: subprocess.Popen[bytes], mark: str) -> int:
    """End the program, its group and what left the group; the program's exit status, as of `Popen`."""
    try:
        if not has_ended(process):
            _signal(process, signal.SIGTERM)
            wait_until_ended(process, TERM_SECONDS)
    finally:  # also where somebody presses Ctrl-C twice
        _signal(process, signal.SIGKILL)
        _end_strays(mark)
    try:
        return process.wait(_KILLED_SECONDS)
    except subprocess.TimeoutExpired:  # caught in the kernel; it ends when that lets it go
        return -signal.SIGKILL


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    if process.returncode is None or not hasattr(os, "waitid"):  # without waitid, asking reaps it
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)


def _end_strays(mark: str) -> None:
    """Kill every process that carries the mark. One may fork meanwhile, hence several sweeps."""
    wanted = f"{MARK}={mark}".encode()
    for _ in range(_SWEEPS):
        strays = [pid for pid in _processes() if wanted in _environment(pid)]
        if not strays:
            return
        for pid in strays:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(_POLL)


def _processes() -> list[int]:
    try:
        return [int(folder.name) for folder in _PROC.iterdir() if folder.name.isdigit()]
    except OSError:  # no Linux: there is the group only
        return []


def _environment(pid: int) -> list[bytes]:
    try:
        return (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:  # ended meanwhile, or somebody else's
        return []
