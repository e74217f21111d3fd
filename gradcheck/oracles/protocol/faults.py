"""What goes wrong with a program, apart from its gradients."""

from __future__ import annotations

from typing import Literal

__all__ = ["Exhausted", "FaultKind", "ProgramFault", "shown"]

FaultKind = Literal["crash", "timeout", "protocol"]

_SHOWN = 120


class ProgramFault(Exception):
    """The program gave no answer that could be judged.

    ``kind`` is ``crash`` (it ended), ``timeout`` (it stayed silent) or ``protocol`` (it wrote something
    else than one answer). The message says what was expected, what came and what to do.
    """

    def __init__(self, kind: FaultKind, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class TooManyLines(ProgramFault):
    """It wrote more than one line for one request; ``first`` is the first of them."""

    def __init__(self, first: bytes, second: bytes) -> None:
        super().__init__(
            "protocol",
            f"it wrote more than one line for one request, {shown(first)} and then {shown(second)}. "
            "Standard output is for answers alone; print to standard error instead",
        )
        self.first = first


class Exhausted(Exception):
    """The program is not started again: the limit on restarts is reached."""


def shown(line: bytes | bytearray) -> str:
    """What a program wrote, as text of one line that drives no terminal, cut where it is long."""
    text = bytes(line[: 4 * _SHOWN]).decode("utf-8", "backslashreplace").strip()
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
    if len(text) > _SHOWN or len(line) > 4 * _SHOWN:
        return repr(text[:_SHOWN]) + f" ... ({len(line)} bytes)"
    return repr(text)
