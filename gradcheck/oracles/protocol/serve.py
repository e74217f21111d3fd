"""Answering the protocol: another program's test suite asks, and gets right gradients.

What is asked for is computed by the backends in ball arithmetic (see `gradcheck.oracles`): each number is
the float64 nearest to the true one; for a case in another type of floats that is rounded once more.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from gradcheck._version import __version__
from gradcheck.errors import NoAnswer, Unsupported, UsageError
from gradcheck.formulas.decorating import Formula
from gradcheck.formulas.dtypes import NAMED, from_numpy
from gradcheck.oracles.protocol.faults import shown
from gradcheck.oracles.protocol.messages import (
    VERSION,
    Capabilities,
    Case,
    Command,
    Errored,
    Gradients,
    Implementation,
    Skipped,
    Start,
    Started,
    Stop,
)
from gradcheck.oracles.reference import Oracle
from gradcheck.records.arrays import decode, encode
from gradcheck.records.types import ArrayRecord
from gradcheck.running.registry import catalogue

__all__ = ["Server", "serve", "serve_standard_streams"]

_DTYPES = {d.code: d for d in NAMED.values()}
"""The types that are served, by what the protocol calls them."""

Answer = Started | Gradients | Skipped | Errored


class Server:
    """Answers messages one by one. ``formulas`` are what may be asked for; None: the catalogue.

    ``backends`` compute the answers; None: all that are installed. Raises `UsageError` for an unknown one.
    """

    def __init__(
        self, formulas: Iterable[Formula] | None = None, backends: Sequence[str] | None = None
    ) -> None:
        known = catalogue() if formulas is None else formulas
        self._oracles = {f.name: Oracle(f, backends) for f in known}

    def answer(self, line: bytes) -> Answer | None:
        """The answer to one line, whatever it holds; None for `stop`."""
        try:
            message = msgspec.json.decode(line, type=Command)
        except (msgspec.MsgspecError, RecursionError) as error:
            return _unreadable(line, error)
        if isinstance(message, Stop):
            return None
        if isinstance(message, Start):
            return self._started()
        try:
            return Gradients(seq=message.seq, gradients=self._gradients(message.case))
        except NoAnswer as error:
            return Skipped(seq=message.seq, skipped=True, message=str(error))
        except (UsageError, Unsupported) as error:
            return Errored(seq=message.seq, errored=True, message=str(error))
        except Exception as error:
            text = f"gradcheck itself failed here, please report it: {type(error).__name__}: {error}"
            return Errored(seq=message.seq, errored=True, message=text)

    def _started(self) -> Started:
        return Started(
            version=VERSION,
            implementation=Implementation(name="gradcheck", language="Python", version=__version__),
            capabilities=Capabilities(formulas=list(self._oracles), dtypes=list(_DTYPES)),
        )

    def _gradients(self, case: Case) -> dict[str, ArrayRecord | None]:
        """The gradients of one case, in its own dtype. Raises `UsageError`, `Unsupported`."""
        oracle = self._oracles.get(case.formula)
        if oracle is None:
            raise UsageError(f"there is no formula {case.formula!r}; the answer to start lists all.")
        inputs = {name: _array(record, name) for name, record in case.inputs.items()}
        several = isinstance(case.delta, list)
        records = case.delta if isinstance(case.delta, list) else [case.delta]
        deltas = [_array(record, "delta") for record in records]
        floats = {d for a in (*inputs.values(), *deltas) if (d := from_numpy(a)) is not None}
        dtype = floats.pop() if len(floats) == 1 else NAMED["float64"]
        reference = oracle.at(inputs, tuple(deltas) if several else deltas[0])
        with np.errstate(over="ignore"):
            found = {n: encode(dtype.array(g.value)) for n, g in reference.gradients.items()}
        return {name: found.get(name) for name in inputs}


def _array(record: ArrayRecord, name: str) -> NDArray[Any]:
    try:
        return decode(record)
    except UsageError as error:
        raise UsageError(f"{name}: {error}") from None


def _unreadable(line: bytes, error: Exception) -> Errored:
    """An answer to what is no message, with its seq where that can be told."""
    seq = None
    with contextlib.suppress(msgspec.MsgspecError, RecursionError):
        seq = msgspec.json.decode(line, type=_Numbered).seq
    return Errored(seq=seq, errored=True, message=f"{shown(line)} is no message of the protocol: {error}")


class _Numbered(msgspec.Struct):
    seq: int | None = None


def serve(stdin: Iterable[bytes], stdout: IO[bytes], server: Server | None = None) -> None:
    """Answer line after line, until `stop`, the end of the input, or nobody reads the answers any more."""
    server = server or Server()
    for line in stdin:
        if not line.strip():
            continue
        answer = server.answer(line)
        if answer is None:
            return
        try:
            stdout.write(msgspec.json.encode(answer) + b"\n")
            stdout.flush()
        except BrokenPipeError:
            return


def serve_standard_streams(
    formulas: Iterable[Formula] | None = None, backends: Sequence[str] | None = None
) -> None:
    """`serve` on standard input and output. What libraries print goes to standard error meanwhile."""
    server = Server(formulas, backends)
    with _answers_alone() as answers:
        serve(sys.stdin.buffer, answers, server)


@contextlib.contextmanager
def _answers_alone() -> Iterator[IO[bytes]]:
    """The real standard output; everybody else's is standard error."""
    sys.stdout.flush()
    real = os.dup(1)
    os.dup2(2, 1)
    try:
        with contextlib.suppress(BrokenPipeError), os.fdopen(real, "wb") as answers:
            yield answers
    finally:
        sys.stdout.flush()
