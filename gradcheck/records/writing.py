"""The log of a run, written record by record so that an interruption loses nothing finished."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import msgspec

from gradcheck.records.disk import errors_at
from gradcheck.records.types import Record

__all__ = ["LogWriter", "encoded"]


class LogWriter:
    """Writes a log line by line, in the place of an earlier one from the start.

    A process that ends at once, or a run that is interrupted, leaves what was finished, without a footer:
    readers see that it is not all. Failing writes raise `OSError`; the log can still be closed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        # Unbuffered: a line that was written is with the operating system, whatever happens to us.
        self._file = path.open("wb", buffering=0)

    def write(self, record: Record) -> None:
        """Append one record. Raises `ValueError` for one that would not read back the same."""
        line = memoryview(encoded(record))
        with errors_at(self.path):
            while line:
                line = line[self._file.write(line) :]

    def close(self) -> None:
        """Flush to the disk. Closing twice is closing once."""
        if self._file.closed:
            return
        try:
            with errors_at(self.path):
                os.fsync(self._file.fileno())
        finally:
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def encoded(record: Record) -> bytes:
    """The line of one record. Raises `ValueError` for one that would not read back the same."""
    try:
        line = msgspec.json.encode(record)
    except UnicodeEncodeError:
        # Half a surrogate pair, from a file name or the message of a foreign exception.
        record = msgspec.convert(_printable(msgspec.to_builtins(record)), type=Record)
        line = msgspec.json.encode(record)
    # NaN and infinity are written as null without a word; found here, not by the reader.
    try:
        same = msgspec.json.decode(line, type=Record) == record
    except msgspec.ValidationError:
        same = False
    if not same:
        raise ValueError(f"a record does not read back as it was written: {record!r}")
    return line + b"\n"


def _printable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, dict):
        return {_printable(k): _printable(v) for k, v in value.items()}
    return [_printable(v) for v in value] if isinstance(value, list) else value
