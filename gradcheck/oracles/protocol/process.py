"""A program as a process: one line goes in, one line comes out, within a time limit.

Nothing blocks: standard input, output and error are served together, so that a program which fills
standard error, or writes before it has read, goes on. What is kept of either is bounded.
"""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from gradcheck.errors import UsageError
from gradcheck.oracles.protocol.faults import ProgramFault, TooManyLines, shown
from gradcheck.oracles.protocol.killing import MARK, end_group, has_ended, wait_until_ended
from gradcheck.oracles.protocol.stderr_tail import Tail

__all__ = ["Process"]

_CHUNK = 1 << 16
_LOOK_SECONDS = 0.1
"""How long nothing may come before it is asked whether the program is still there."""

_EXIT_SECONDS = 1.0
"""What a program that closed its output gets to end, so that its exit status can be told."""

_LATE_SECONDS = 0.5
"""How long an answer is waited for after the time limit, once the program's input was closed: one that
comes then was held back in a buffer."""


class Process:
    """A running program. `ask` and `stop` may be called until a `ProgramFault`; then only `kill`."""

    def __init__(self, command: Sequence[str]) -> None:
        """Start it. Raises `UsageError` where there is no such program or it cannot be run."""
        if os.name != "posix":
            raise UsageError("gradcheck drives programs on Linux and macOS only; on Windows use WSL.")
        self._mark = uuid.uuid4().hex
        try:
            self._popen = subprocess.Popen(  # noqa: S603  (what the user asked to be run)
                list(command),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                env={**os.environ, MARK: self._mark},
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise UsageError(_cannot_start(command, error)) from None
        self.stderr = Tail()
        self._line = bytearray()  # what came on standard output and is no whole line yet
        self._lines: list[bytes] = []
        self._pending = memoryview(b"")
        self._ended: str | None = None
        self._selector = selectors.DefaultSelector()
        for stream, serve in (
            (self._popen.stdout, self._read_output),
            (self._popen.stderr, self._read_error),
        ):
            os.set_blocking(_number(stream), False)
            self._selector.register(_number(stream), selectors.EVENT_READ, serve)
        self._stdin = _number(self._popen.stdin)
        self._waits_to_write = False
        os.set_blocking(self._stdin, False)

    def ask(self, line: bytes, seconds: float, longest: int) -> bytes:
        """Send one line; the one line that answers it. Raises `ProgramFault`.

        ``longest`` is what an answer may have of bytes.
        """
        deadline = time.monotonic() + seconds
        self._pending = memoryview(line)
        self._write()
        while not self._lines:
            self._serve(deadline, seconds, longest)
        answer = self._lines.pop(0)
        if self._lines or self._line.strip():
            more = self._lines[0] if self._lines else self._line
            raise TooManyLines(answer, bytes(more))
        return answer

    def stop(self, line: bytes, seconds: float) -> list[str]:
        """Ask it to stop, wait, and end what is left of it; sentences on what it did instead."""
        remarks = []
        deadline = time.monotonic() + seconds
        self._lines.clear()
        self._pending = memoryview(line)
        self._write()
        self._close(self._popen.stdin)  # the end of the input asks once more
        with suppress(ProgramFault):
            while not self._lines:
                self._serve(deadline, seconds, _CHUNK)
        if self._lines:
            remarks.append(f"it answered stop, which has no answer: {shown(self._lines[0])}")
        if not wait_until_ended(self._popen, max(deadline - time.monotonic(), 0.0)):
            remarks.append(f"it was still running {seconds:g} s after stop and was killed")
            self.kill()
        elif (status := self.kill()) != 0:
            remarks.append(f"it ended after stop {_status_words(status)}")
        return remarks

    def kill(self) -> int:
        """End it and everything that it started. Its exit status; negative for a signal."""
        self._drain()
        status = end_group(self._popen, self._mark)
        self._drain()
        self._selector.close()
        for stream in (self._popen.stdin, self._popen.stdout, self._popen.stderr):
            self._close(stream)
        return status

    def _serve(self, deadline: float, seconds: float, longest: int) -> None:
        """Read and write what can be, until something happens. Raises `ProgramFault`."""
        if self._ended is not None:
            raise ProgramFault("crash", self._ended)
        left = deadline - time.monotonic()
        if left <= 0:
            raise self._silent(seconds)
        events = self._selector.select(min(left, _LOOK_SECONDS))
        for key, _ in events:
            key.data()
        if not events and has_ended(self._popen):  # a child of it may hold its output open
            self._ended = self._how_it_ended()
        if len(self._line) > longest or sum(map(len, self._lines)) > longest:
            raise ProgramFault(
                "protocol",
                f"it wrote more than {longest} bytes where one answer was expected, beginning with "
                f"{shown(self._lines[0] if self._lines else self._line)}",
            )

    def _write(self) -> None:
        try:
            while self._pending:
                self._pending = self._pending[os.write(self._stdin, self._pending) :]
        except BlockingIOError:
            pass
        except OSError:  # it closed its input, or ended; its output and exit status will tell
            self._pending = memoryview(b"")
        if bool(self._pending) != self._waits_to_write:
            self._waits_to_write = bool(self._pending)
            if self._waits_to_write:
                self._selector.register(self._stdin, selectors.EVENT_WRITE, self._write)
            else:
                self._selector.unregister(self._stdin)

    def _read_output(self) -> None:
        chunk = self._read(self._popen.stdout)
        if chunk is None:
            self._ended = self._how_it_ended()
            return
        self._line += chunk
        if b"\n" in chunk:
            *whole, self._line = self._line.split(b"\n")
            self._lines += [bytes(line) for line in whole if line.strip()]

    def _read_error(self) -> None:
        chunk = self._read(self._popen.stderr)
        if chunk is not None:
            self.stderr.feed(chunk)

    def _read(self, stream: IO[bytes] | None) -> bytes | None:
        """What is there to read, perhaps nothing yet; None at the end of the stream."""
        try:
            chunk = os.read(_number(stream), _CHUNK)
        except BlockingIOError:
            return b""
        except OSError:
            chunk = b""
        if not chunk:
            self._selector.unregister(_number(stream))
            return None
        return chunk

    def _how_it_ended(self) -> str:
        cut = f" in the middle of a line, {shown(self._line)}," if self._line else ""
        if not wait_until_ended(self._popen, _EXIT_SECONDS):
            return f"it closed its standard output{cut} and went on running"
        words = _status_words(_status(self._popen))
        hint = "" if cut or "status 0" not in words else "; it must answer one request after the other"
        return f"it ended{cut} {words}{hint}"

    def _silent(self, seconds: float) -> ProgramFault:
        """Why nothing came in time, as far as can be told."""
        within = f"no answer within {seconds:g} s"
        if self._pending:
            return ProgramFault("timeout", f"{within}: it did not read the whole request")
        if self._line:
            return ProgramFault(
                "timeout", f"{within}: only the beginning of a line, {shown(self._line)}, without its end"
            )
        self._close(self._popen.stdin)
        deadline = time.monotonic() + _LATE_SECONDS
        while not self._lines and self._ended is None and time.monotonic() < deadline:
            for key, _ in self._selector.select(max(deadline - time.monotonic(), 0.0)):
                key.data()
        if self._lines:
            return ProgramFault(
                "timeout",
                f"{within}: the answer came only when its input was closed. Read line by line, and flush "
                "standard output after every line",
            )
        return ProgramFault("timeout", within)

    def _drain(self) -> None:
        """Read what is left of standard error, without waiting."""
        with suppress(OSError, ValueError):
            for _ in range(64):
                chunk = os.read(_number(self._popen.stderr), _CHUNK)
                if not chunk:
                    break
                self.stderr.feed(chunk)

    def _close(self, stream: IO[bytes] | None) -> None:
        if stream is not None and not stream.closed:
            with suppress(KeyError, ValueError, RuntimeError):
                self._selector.unregister(stream.fileno())
            with suppress(OSError):
                stream.close()


def _number(stream: Any) -> int:
    number: int = stream.fileno()
    return number


def _status(process: subprocess.Popen[bytes]) -> int:
    """The exit status of a program that ended, without reaping it where the system allows that."""
    if process.returncode is None and hasattr(os, "waitid"):
        info = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG)
        if info is not None:
            return info.si_status if info.si_code == os.CLD_EXITED else -info.si_status
    return process.wait()


def _status_words(status: int) -> str:
    if status >= 0:
        return f"with exit status {status}"
    try:
        number = signal.Signals(-status)
    except ValueError:
        return f"by signal {-status}"
    return f"by signal {-status} ({number.name}: {signal.strsignal(number)})"


def _cannot_start(command: Sequence[str], error: Exception) -> str:
    program = command[0] if command else ""
    if isinstance(error, FileNotFoundError):
        hint = ""
        if Path(program).is_file():
            hint = (
                " There is a file of this name, so what its first line (#!) names is missing."
                if "/" in program
                else f" There is one here: write ./{program}."
            )
        return f"{program!r}: there is no such program.{hint}"
    if isinstance(error, PermissionError):
        return f"{program!r}: it may not be run. Is it a program, and executable (chmod +x)?"
    text = error.strerror if isinstance(error, OSError) and error.strerror else error
    return (
        f"{program!r}: it cannot be run: {text}. A script needs a first line such as #!/usr/bin/env python3."
    )
