"""Asking a program case after case, starting it again where it fails, up to a limit."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeVar

import msgspec

from gradcheck.errors import UsageError
from gradcheck.oracles.protocol.faults import Exhausted, ProgramFault, TooManyLines, shown
from gradcheck.oracles.protocol.messages import VERSION, Case, Command, Reply, Run, Start, Started, Stop
from gradcheck.oracles.protocol.process import Process

__all__ = ["Driver", "Limits"]

T = TypeVar("T")

_START_BYTES = 1 << 20
_ANSWER_BYTES = 1 << 20
_ENTRY_BYTES = 64
"""What an answer may have: a mebibyte, and for each number sent twice what its bytes and decimals take."""


@dataclass(frozen=True)
class Limits:
    """How long (in seconds) and how often.

    ``case`` is for one answer, ``start`` for the first, ``stop`` for the end; ``restarts`` is how often
    the program is started again in a run. Raises `UsageError` for what is out of range.
    """

    case: float = 10.0
    start: float = 10.0
    stop: float = 2.0
    restarts: int = 25

    def __post_init__(self) -> None:
        for name in ("case", "start", "stop"):
            if not 0 < getattr(self, name) < float("inf"):
                raise UsageError(f"the time limit for {name} must be above 0, got {getattr(self, name)!r}.")
        if self.restarts < 0:
            raise UsageError(f"the limit on restarts must be 0 or more, got {self.restarts!r}.")


class Driver:
    """One program under a protocol. A context manager: at its end nothing of the program is left.

    ``cases`` counts the cases sent, ``restarts`` the starts after the first, ``faults`` what went wrong;
    ``stderr`` is the end of what the program last wrote there.
    """

    def __init__(self, command: Sequence[str], limits: Limits | None = None) -> None:
        self.command = list(command)
        self.limits = limits or Limits()
        self.cases = self.restarts = self.faults = 0
        self.stderr: list[str] = []
        self._process: Process | None = None
        self._started: Started | None = None
        self._seq = 0

    @property
    def started(self) -> Started:
        """What the program answered to `start`."""
        if self._started is None:
            raise RuntimeError("the program was not started")
        return self._started

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._kill()

    def start(self) -> Started:
        """Start the program. Raises `UsageError` where it cannot be, or does not answer as it must."""
        try:
            self._started = self._begin()
        except ProgramFault as fault:
            raise UsageError(self._words(f"{shlex.join(self.command)}: start: {fault}.")) from None
        return self._started

    def ask(self, case: Case) -> Reply:
        """The answer to one case, of whatever kind.

        Raises `ProgramFault`, after which the next case starts the program again, and `Exhausted`.
        """
        if self._process is None:
            self._begin_again()
        assert self._process is not None
        self._seq += 1
        self.cases += 1
        line = _line(Run(seq=self._seq, case=case))
        longest = _ANSWER_BYTES + _ENTRY_BYTES * _size(case)
        try:
            return self._reply(self._asked(line, longest))
        except ProgramFault as fault:
            self._kill()
            self.faults += 1
            raise ProgramFault(fault.kind, self._words(str(fault))) from None
        except BaseException:
            self._kill()
            raise

    def stop(self) -> list[str]:
        """End the program politely; sentences on what it did instead."""
        if self._process is None:
            return []
        process, self._process = self._process, None
        try:
            return process.stop(_line(Stop()), self.limits.stop)
        except BaseException:
            process.kill()
            raise

    def _begin(self) -> Started:
        """Start the program and hear what it can do. Raises `ProgramFault`, `UsageError`."""
        self._process = Process(self.command)
        try:
            line = self._process.ask(_line(Start(version=VERSION)), self.limits.start, _START_BYTES)
            return _started(line)
        except BaseException:
            self._kill()
            raise

    def _begin_again(self) -> None:
        if self.restarts >= self.limits.restarts:
            raise Exhausted(
                f"the program failed and was started again {self.restarts} times, which is the limit "
                "(--max-restarts)"
            )
        self.restarts += 1
        try:
            again = self._begin()
        except (ProgramFault, UsageError) as error:
            self.faults += 1
            raise ProgramFault("crash", self._words(f"started again, {error}")) from None
        if again != self._started:
            self._kill()
            raise ProgramFault("protocol", "started again, it names another implementation or capabilities")

    def _asked(self, line: bytes, longest: int) -> bytes:
        assert self._process is not None
        try:
            return self._process.ask(line, self.limits.case, longest)
        except TooManyLines as fault:
            # Whether a late second answer is read with the next one or before it is a matter of
            # microseconds, and it is the same mistake.
            with suppress(msgspec.MsgspecError, RecursionError):
                if msgspec.json.decode(fault.first, type=Reply).seq != self._seq:
                    self._reply(fault.first)
            raise

    def _reply(self, line: bytes) -> Reply:
        reply = _decoded(line, Reply)
        if reply.seq != self._seq:
            what = "a second time" if 0 < reply.seq < self._seq else "which was never asked"
            raise ProgramFault(
                "protocol", f"it answered seq {reply.seq}, {what}, where seq {self._seq} was expected"
            )
        kinds = (reply.gradients is not None, reply.skipped, reply.errored)
        if sum(kinds) != 1:
            raise ProgramFault(
                "protocol",
                f"its answer {shown(line)} must have one of gradients, skipped and errored, and has "
                + ("none" if sum(kinds) == 0 else "more than one"),
            )
        return reply

    def _kill(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            self.stderr = process.stderr.lines()

    def _words(self, message: str) -> str:
        """The message with the last line of standard error, which mostly says why."""
        return f"{message} (standard error ends with: {self.stderr[-1]})" if self.stderr else message


class _Peek(msgspec.Struct):
    version: int


def _started(line: bytes) -> Started:
    version = _decoded(line, _Peek).version  # alone: the rest may look otherwise in another version
    if version != VERSION:
        raise ProgramFault(
            "protocol", f"it speaks version {version} of the protocol, and gradcheck speaks {VERSION}"
        )
    return _decoded(line, Started)


def _decoded(line: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(line, type=kind)
    except (msgspec.MsgspecError, RecursionError) as error:
        if isinstance(error, msgspec.ValidationError) and line.lstrip().startswith(b"{"):
            raise ProgramFault("protocol", f"its answer {shown(line)} is not as expected: {error}") from None
        raise ProgramFault("protocol", _no_answer(line)) from None


def _no_answer(line: bytes) -> str:
    hint = ""
    if line.lstrip().startswith(b"{") and any(w in line for w in (b"NaN", b"nan", b"Inf", b"inf")):
        hint = ". JSON has no NaN and no infinity: they go into b64, and dec is left out"
    return (
        f"it wrote {shown(line)}, which is no JSON object{hint}. Standard output is for answers alone; print "
        "to standard error instead"
    )


def _line(message: Command) -> bytes:
    return msgspec.json.encode(message) + b"\n"


def _size(case: Case) -> int:
    """How many numbers a case holds, about; its answer has no more."""
    deltas = case.delta if isinstance(case.delta, list) else [case.delta]
    return sum(len(a.b64) for a in [*case.inputs.values(), *deltas]) // 5 + 1
