"""The process of the command line: its standard streams, and its end.

User code runs in this process. However it ends, the exit code says what was found, and never 0 of a run that
did not come to its end.
"""

from __future__ import annotations

import atexit
import concurrent.futures.thread as pools
import io
import os
import sys
import threading
from typing import IO, Any, NoReturn, TextIO, cast

__all__ = ["leave", "prepare", "standard_output"]

_CUT_SHORT = 2
"""Exit code of a process that user code ended at once: the run could not be made."""

_end_at_once = os._exit


def prepare() -> None:
    """Open what was closed of the standard streams, have no letter and no reader cost a verdict, and keep
    `os._exit` in user code from saying that all is well.
    """
    from gradcheck.formulas.calling.lent_stream import Lent

    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:  # the next file that is opened would be taken for the stream
            os.open(os.devnull, os.O_RDWR)
    sys.stdout = standard_output()
    sys.stderr = sys.stderr or _opened(2)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a letter that the terminal does not know
    sys.stderr = cast(IO[Any], Lent(sys.stderr))
    os._exit = _not_as_if_all_were_well(os.getpid())


def standard_output() -> TextIO:
    """Standard output as it is, or opened again where user code closed what Python began with."""
    if sys.stdout is None or sys.stdout.closed:
        sys.stdout = _opened(1)
    return sys.stdout


def leave(code: int) -> NoReturn:
    """End the process with the code, whatever user code has left behind."""
    _flush()
    if any(_keeps_us(thread) for thread in threading.enumerate()):
        atexit._run_exitfuncs()  # noqa: SLF001  (what Python itself calls at the end)
        _end_at_once(code)
    sys.exit(code)


def _opened(descriptor: int) -> io.TextIOWrapper:
    return open(descriptor, "w", closefd=False, encoding="utf-8", errors="backslashreplace")


def _flush() -> None:
    """Write out what standard output holds; where that fails, drop it, or Python would exit with 120."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.close(nowhere)


def _keeps_us(thread: threading.Thread) -> bool:
    """Whether Python would wait for a thread that nobody ends: pools end their own."""
    pooled = thread in pools._threads_queues  # noqa: SLF001  (there is no other way to tell)
    return not (thread is threading.main_thread() or thread.daemon or pooled)


def _not_as_if_all_were_well(us: int) -> Any:
    def _exit(status: int) -> NoReturn:
        if os.getpid() == us:  # a process that was forked ends as it wants to
            call = f"os._exit({status})"
            os.write(2, f"Error: user code ended the process with {call}; the log is incomplete.\n".encode())
            _end_at_once(_CUT_SHORT)
        _end_at_once(status)

    return _exit
