"""What is recorded of the comparisons of one run: where each stands, and which sides happened."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gradcheck.arithmetic.code.reaching import is_library

__all__ = ["MOST_CONSTANTS", "Extent", "Site", "Ties", "Watch", "current", "watching"]

_NUMPY = str(Path(np.__file__).parent)
_ARITHMETIC = str(Path(__file__).parent.parent)

MOST_CONSTANTS = 8
"""Numbers that are kept of what one comparison compares with."""


Ties = Literal["count", "are beside nothing", "are on no side"]
"""What is made of equal numbers: `x == 0` asks for them, at `x > 0` they are on one side, where little can go
wrong, and a maximum of two equal numbers is on no side.
"""


@dataclass(frozen=True, slots=True)
class Site:
    """Where a comparison stands: one instruction of one function, and what it asks."""

    file: str
    function: int  # first line of the function, so that lambdas in one line of a file are told apart
    instruction: int
    line: int
    asks: str
    code: str  # the text of the comparison itself, where it stands on one line

    @property
    def text(self) -> str:
        """The source line, or what is asked where there is none."""
        return linecache.getline(self.file, self.line).strip() or self.asks


@dataclass(slots=True)
class Extent:
    """What a comparison came to over one run: which sides happened, and the largest margin to either side
    over all entries (a number above zero belongs to a side that happened).

    ``beside_zero`` are the sides that happened for other numbers than zero, and beside the threshold:
    `abs(x) < 1e-6` is true at zero, where it hardly ever matters, and `x > 1` is false at 1. ``is_decided``:
    each time by what is declared.
    """

    sides: set[bool] = field(default_factory=set)
    beside_zero: set[bool] = field(default_factory=set)
    margins: dict[bool, float] = field(default_factory=lambda: {True: -np.inf, False: -np.inf})
    constants: set[float] = field(default_factory=set)
    is_decided: bool = True

    def add(
        self, result: NDArray[Any], margin: NDArray[Any] | None, zero: NDArray[Any] | None, ties: Ties
    ) -> None:
        """Take in one comparison; ``zero`` says where the number that is compared is zero."""
        everywhere = np.ones(result.shape, dtype=bool)
        apart = everywhere if margin is None or ties == "count" else margin != 0
        self.sides |= _sides(result[apart if ties == "are on no side" else everywhere])
        self.beside_zero |= _sides(result[apart if zero is None else apart & ~zero])
        if margin is not None:  # of which NaN is no part
            with np.errstate(all="ignore"):
                most = float(np.fmax.reduce(margin, axis=None, initial=-np.inf))
                least = float(np.fmin.reduce(margin, axis=None, initial=np.inf))
            self.margins = {True: max(self.margins[True], most), False: max(self.margins[False], -least)}

    def beyond(self, side: bool) -> float:
        """How far beyond its threshold the comparison came to a side, 1 or more where that happened."""
        margin = self.margins[side]
        return max(margin, 1.0) if side in self.beside_zero else min(margin, 0.0)


def _sides(result: NDArray[Any]) -> set[bool]:
    happened = {True} if result.any() else set()
    return happened if result.all() else happened | {False}


@dataclass
class Watch:
    """The comparisons of one run."""

    sites: dict[Site, Extent] = field(default_factory=dict)
    given: set[tuple[str, int]] = field(default_factory=set)  # lines that ask if an argument is finite
    operations: int = 0  # what the run cost, counted

    def record(
        self,
        asks: str,
        result: Any,
        margin: Any,
        sides: Sequence[Any] = (),
        constants: Sequence[Any] = (),
        *,
        ties: Ties = "count",
        is_decided: bool = False,
    ) -> None:
        """One comparison of the ``sides``, of which the ``constants`` are not watched; all are plain.
        ``ties`` tells what is made of equal numbers.
        """
        site = _site(asks)
        if site is None:
            return
        extent = self.sites.setdefault(site, Extent())
        extent.is_decided = extent.is_decided and is_decided
        result = np.asarray(result, dtype=bool)
        zero = _where_zero(sides, constants, result.shape) if len(sides) == 2 else None
        for constant in constants:
            if np.ndim(constant) == 0 and np.isfinite(constant) and len(extent.constants) < MOST_CONSTANTS:
                extent.constants.add(float(constant))
        known = None if margin is None else np.asarray(margin, dtype=np.float64)
        extent.add(result, known, zero, ties)

    def record_given(self) -> None:
        """A question whether an argument is finite: there is one answer."""
        if (site := _site("isfinite")) is not None:
            self.given.add((site.file, site.line))


def _where_zero(
    sides: Sequence[Any], constants: Sequence[Any], shape: tuple[int, ...]
) -> NDArray[Any] | None:
    """Where a number that is compared is zero, and what it is compared with is not: `abs(x - y) < 1e-5` and
    `abs(x - y) < 1e-5 * abs(y)` are true at `x = y`, where it hardly ever matters. None where nothing such
    is asked.
    """
    found = None
    for side, other in zip(sides, sides[::-1], strict=True):
        is_constant = any(other is constant for constant in constants)
        if not is_constant and np.shape(other) == shape and np.shape(side) in ((), shape):
            zero = (np.asarray(other) == 0) & (np.asarray(side) != 0)
            found = zero if found is None else found | zero
    return found


_watches: list[Watch] = []


@contextmanager
def watching(watch: Watch | None) -> Iterator[None]:
    """Record into a watch, or (None) into none for as long as NumPy's own code runs."""
    before = _watches[:]
    _watches[:] = [] if watch is None else [watch]
    try:
        yield
    finally:
        _watches[:] = before


def current() -> Watch | None:
    """The watch that records now."""
    return _watches[-1] if _watches else None


def _site(asks: str) -> Site | None:
    frame: FrameType | None = sys._getframe(2)  # noqa: SLF001  (the only way to the caller's line)
    while frame is not None:
        file = frame.f_code.co_filename
        if not file.startswith((_NUMPY, _ARITHMETIC, "<__array_function__")):
            if is_library(frame.f_globals.get("__name__")):
                return None  # what SciPy asks on its way is not the user's to reach
            code = _text(frame.f_code, frame.f_lasti)
            return Site(file, frame.f_code.co_firstlineno, frame.f_lasti, frame.f_lineno, asks, code)
        frame = frame.f_back
    return None


@lru_cache(maxsize=512)
def _text(code: CodeType, instruction: int) -> str:
    """The text of an instruction, where it stands on one line."""
    line, end_line, start, end = next(islice(code.co_positions(), instruction // 2, None))
    if line is None or line != end_line:
        return ""
    return linecache.getline(code.co_filename, line).encode()[start:end].decode(errors="replace")
