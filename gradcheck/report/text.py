"""Small pieces of text that every format needs: cleaned strings, numbers, sizes, arrays."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from math import isfinite
from pathlib import Path

from gradcheck.records.arrays import MAX_DECIMALS, decode
from gradcheck.records.types import ArrayRecord

__all__ = [
    "array_cells",
    "array_text",
    "clean",
    "clip",
    "duration",
    "entry",
    "listed",
    "one_line",
    "plural",
    "quantity",
    "sizes_text",
    "within",
]

# What XML 1.0 cannot hold, what drives a terminal, and what reorders the text around it: titles and
# messages come from user code and from the exceptions it raises.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)


def clean(text: str) -> str:
    """The text without control characters. Newlines and tabs stay; every line end is a newline."""
    return _UNSAFE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str) -> str:
    """The cleaned text with every run of blanks and newlines as one blank."""
    return " ".join(clean(text).split())


def clip(text: str, limit: int) -> str:
    """At most ``limit`` characters; what was cut is counted at the end."""
    if len(text) <= limit:
        return text
    return f"{text[:limit].rstrip()} ... ({len(text) - limit} more characters)"


def plural(count: int, one: str, many: str | None = None) -> str:
    """`1 claim`, `2 claims`."""
    return f"{count} {one if count == 1 else many or one + 's'}"


def within(file: str | Path) -> str:
    """The path relative to the working folder, where it lies there, with forward slashes."""
    path = Path(file)
    here = Path.cwd()
    if path.is_absolute() and path.is_relative_to(here):
        path = path.relative_to(here)
    return path.as_posix()


def listed(names: Sequence[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def duration(seconds: float) -> str:
    """Seconds as a person reads them: `12 ms`, `3.4 s`, `5 min 02 s`."""
    if not isfinite(seconds) or seconds < 0:
        return "?"
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    return f"{int(seconds + 0.5) // 60} min {int(seconds + 0.5) % 60:02d} s"


def sizes_text(sizes: Mapping[str, int]) -> str:
    """`n = 2, m = 3`."""
    return (
        ", ".join(f"{one_line(name)} = {size}" for name, size in sizes.items()) or "the only sizes there are"
    )


def quantity(name: str | None, index: list[int] | None) -> str:
    """A quantity with its index, as the derivation writes it: `dJ/dW[0, 1]`."""
    place = "" if not index else "[" + ", ".join(map(str, index)) + "]"
    return f"{one_line(name or 'value')}{place}"


def array_cells(record: ArrayRecord) -> list[str]:
    """The entries in C order as the shortest text that gives each of them back."""
    return [str(value) for value in decode(record).flat]


def entry(record: ArrayRecord, index: Sequence[int]) -> str:
    """One entry as text; the whole array where there is no such entry."""
    try:
        return str(decode(record)[tuple(index)])
    except IndexError:
        return array_text(record)


def array_text(record: ArrayRecord) -> str:
    """A small array as nested lists, a large one as its shape and range."""
    array = decode(record)
    if array.size > MAX_DECIMALS:
        finite = array[abs(array) < float("inf")] if array.dtype.kind == "f" else array
        span = f", from {finite.min()} to {finite.max()}" if finite.size else ""
        shape = " x ".join(map(str, record.shape))
        return f"array of {shape} entries ({record.dtype}{span}); exact in run.jsonl"
    cells = iter(array_cells(record))

    def nested(shape: list[int]) -> str:
        if not shape:
            return next(cells)
        return "[" + ", ".join(nested(shape[1:]) for _ in range(shape[0])) + "]"

    return nested(record.shape)
