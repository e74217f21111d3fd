"""The end of what a program writes to standard error, in bounded memory."""

from __future__ import annotations

__all__ = ["Tail"]


class Tail:
    """Keeps the last ``limit`` bytes of all that is fed to it, and counts the rest."""

    def __init__(self, limit: int = 4096) -> None:
        self._limit = limit
        self._kept = bytearray()
        self.total = 0

    def feed(self, chunk: bytes) -> None:
        self.total += len(chunk)
        self._kept += chunk[-self._limit :]
        del self._kept[: -self._limit]

    def lines(self, most: int = 5) -> list[str]:
        """The last lines that say anything, printable; the first may have lost its beginning."""
        text = self._kept.decode("utf-8", "backslashreplace")
        lines = ["".join(c if c.isprintable() else " " for c in line).strip() for line in text.splitlines()]
        return [line for line in lines if line][-most:]
