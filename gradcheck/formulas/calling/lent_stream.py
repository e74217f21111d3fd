"""A standard stream that cannot be closed or broken by who uses it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

__all__ = ["Lent"]


class Lent:
    """A standard stream as user code gets it, and whatever must not depend on who reads the stream.

    Closing it closes nothing. What cannot be written, because the reader left, the disk is full or the
    stream was closed, is dropped.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):
            self._stream.write(text)
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            self._stream.flush()

    def close(self) -> None:
        """Nothing: the stream is lent."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
