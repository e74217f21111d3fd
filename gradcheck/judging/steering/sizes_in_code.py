"""Sizes that code asks about without a branch: `2 * (len(x) == 5 and m == 7)`, `g[1500:] = 0`.

The byte code of a line tells that it compares or cuts, and with which whole numbers; what goes by names that
stand on other lines is read from the source.
"""

from __future__ import annotations

import dis
import itertools
import linecache
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import CodeType

from gradcheck.judging.steering.asked_by_name import asked_by_name
from gradcheck.judging.steering.untried import UntriedSide

__all__ = ["compared_sizes", "sizes_beyond"]

_MOST_NUMBERS = 4
"""Numbers of which pairs are made for two dimensions."""

_OF_SIZES = frozenset(["len", "shape", "size"])


@dataclass(frozen=True)
class _Line:
    """What a line of code does with whole numbers: ``compared`` with something, or where it cuts an axis."""

    file: str
    line: int
    compared: frozenset[int]
    cuts: frozenset[int]
    of_sizes: bool


def compared_sizes(codes: Iterable[CodeType], names: Sequence[str]) -> Iterator[Mapping[str, int]]:
    """Sizes of two dimensions that may be asked for together, from the numbers that lines compare with."""
    numbers = {n for line in _lines(codes) for n in line.compared if n > 0}
    few = sorted(numbers)[:_MOST_NUMBERS]
    if few in ([], [1]):
        return
    for one, other in itertools.combinations(names, 2):
        for sizes in itertools.product(few, repeat=2):
            yield {**dict.fromkeys(names, 2), one: sizes[0], other: sizes[1]}


def sizes_beyond(codes: Iterable[CodeType], largest: int) -> list[UntriedSide]:
    """Lines that compare a size with a number, or cut an axis there, that no size so far came up to."""
    asked: dict[tuple[str, int], set[int]] = {}
    codes = list(codes)
    for line in _lines(codes):
        numbers = line.cuts | (line.compared if line.of_sizes else frozenset())
        asked.setdefault((line.file, line.line), set()).update(numbers)
    for code in codes:
        for at, by_name in asked_by_name(code):
            asked.setdefault((code.co_filename, at), set()).update(by_name)
    found = []
    for (file, at), all_numbers in asked.items():
        if beyond := [n for n in all_numbers if n > largest]:
            text = linecache.getline(file, at).strip()
            found.append(UntriedSide(file, at, text, f"a size beyond {min(beyond)}", None))
    return found


def _lines(codes: Iterable[CodeType]) -> Iterator[_Line]:
    """The lines of functions that compare with whole numbers, or cut at them."""
    for code in codes:
        by_line: dict[int, list[dis.Instruction]] = {}
        for instruction in dis.get_instructions(code):
            line = instruction.positions.lineno if instruction.positions is not None else None
            if instruction.opname not in ("CACHE", "EXTENDED_ARG"):
                by_line.setdefault(line or code.co_firstlineno, []).append(instruction)
        for line, instructions in by_line.items():
            compared = {n for k, i in enumerate(instructions) for n in _compared(instructions, k, i)}
            cuts = {abs(n) for k, i in enumerate(instructions) for n in _cuts(instructions, k, i)}
            if compared or cuts:
                of_sizes = any(i.argval in _OF_SIZES for i in instructions if isinstance(i.argval, str))
                yield _Line(code.co_filename, line, frozenset(compared), frozenset(cuts), of_sizes)


def _compared(instructions: Sequence[dis.Instruction], k: int, instruction: dis.Instruction) -> list[int]:
    """The numbers on either side of a comparison, where they stand there as they are."""
    if instruction.opname != "COMPARE_OP":
        return []
    left = [i for i in instructions[:k] if _starts(i) is not None and _starts(i) == _starts(instruction)]
    return [n for i in (instructions[k - 1], *left[:1]) if i.opname in _CONSTANTS for n in _whole(i.argval)]


def _cuts(instructions: Sequence[dis.Instruction], k: int, instruction: dis.Instruction) -> list[int]:
    """The numbers that stand as the beginning or the end of a slice."""
    if not instruction.opname.endswith("_SLICE"):
        return []
    before = instructions[max(k - (instruction.arg or 2), 0) : k]
    return [n for i in before if i.opname in _CONSTANTS for n in _whole(i.argval)]


_CONSTANTS = ("LOAD_CONST", "LOAD_SMALL_INT")


def _starts(instruction: dis.Instruction) -> tuple[int | None, int | None] | None:
    at = instruction.positions
    return None if at is None or at.col_offset is None else (at.lineno, at.col_offset)


def _whole(value: object) -> list[int]:
    """The whole numbers of a constant, which may be a shape."""
    parts = value if isinstance(value, tuple) else (value,)
    return [part for part in parts if isinstance(part, int) and not isinstance(part, bool)]
