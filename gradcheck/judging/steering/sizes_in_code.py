"""Sizes that code asks about without a branch: `2 * (len(x) == 5 and m == 7)`, `g[1500:] = 0`.

The byte code of a line tells that it compares or cuts, and with which whole numbers.
"""

from __future__ import annotations

import dis
import itertools
import linecache
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import CodeType

from gradcheck.judging.steering.untried import UntriedSide

__all__ = ["compared_sizes", "sizes_beyond"]

_MOST_NUMBERS = 4
"""Numbers of which pairs are made for two dimensions."""

_OF_SIZES = frozenset(["len", "shape", "size"])


@dataclass(frozen=True)
class _Line:
    """What a line of code does with the whole numbers that are written in it."""

    file: str
    line: int
    numbers: frozenset[int]
    compares: bool
    cuts: bool  # takes a part of an axis
    of_sizes: bool


def compared_sizes(codes: Iterable[CodeType], names: Sequence[str]) -> Iterator[Mapping[str, int]]:
    """Sizes of two dimensions that may be asked for together, from the numbers that lines compare with."""
    numbers = {n for line in _lines(codes) if line.compares for n in line.numbers if n > 0}
    few = sorted(numbers)[:_MOST_NUMBERS]
    if few in ([], [1]):
        return
    for one, other in itertools.combinations(names, 2):
        for sizes in itertools.product(few, repeat=2):
            yield {**dict.fromkeys(names, 2), one: sizes[0], other: sizes[1]}


def sizes_beyond(codes: Iterable[CodeType], largest: int) -> list[UntriedSide]:
    """Lines that compare a size with a number, or cut an axis there, that no size so far came up to."""
    found = []
    for line in _lines(codes):
        beyond = [n for n in sorted(line.numbers) if n > largest]
        if beyond and (line.cuts or (line.compares and line.of_sizes)):
            text = linecache.getline(line.file, line.line).strip()
            found.append(UntriedSide(line.file, line.line, text, f"a size beyond {beyond[0]}", None))
    return found


def _lines(codes: Iterable[CodeType]) -> Iterator[_Line]:
    """The lines of functions that compare or cut, with their whole numbers."""
    for code in codes:
        by_line: dict[int, list[dis.Instruction]] = {}
        for instruction in dis.get_instructions(code):
            line = instruction.positions.lineno if instruction.positions is not None else None
            by_line.setdefault(line or code.co_firstlineno, []).append(instruction)
        for line, instructions in by_line.items():
            names = {i.opname for i in instructions}
            numbers = {n for i in instructions if i.opname.startswith("LOAD_") for n in _whole(i.argval)}
            if numbers:
                yield _Line(
                    code.co_filename,
                    line,
                    frozenset(numbers),
                    compares="COMPARE_OP" in names,
                    cuts=any(name.endswith("_SLICE") for name in names),
                    of_sizes=any(i.argval in _OF_SIZES for i in instructions if isinstance(i.argval, str)),
                )


def _whole(value: object) -> list[int]:
    """The whole numbers of a constant, which may be a shape."""
    parts = value if isinstance(value, tuple) else (value,)
    return [part for part in parts if isinstance(part, int) and not isinstance(part, bool)]
