"""Which branches of the user's code were entered: every conditional jump of its byte code has two ways on.

What code asks of sizes, bits, lists or its own counters is no comparison of watched arrays. Whether a branch
was ever entered can be seen all the same, and a wrong line that no point ran must not pass in silence.
"""

from __future__ import annotations

import bisect
import dis
import linecache
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from types import CodeType, FrameType
from typing import Any

import numpy as np

from gradcheck.errors import user_code
from gradcheck.formulas.calling.foreign import is_float_only
from gradcheck.formulas.calling.in_place_writes import plain
from gradcheck.formulas.calling.traced import traced
from gradcheck.formulas.calling.user_lines import is_users
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.point import Point
from gradcheck.judging.candidates.running import run_prepared
from gradcheck.judging.steering.conditions import Conditions
from gradcheck.judging.steering.counters import attributes, counted
from gradcheck.judging.steering.untried import UntriedSide

__all__ = ["Branches"]

_MOST_EVENTS = 400_000
"""Lines and instructions that are looked at for one claim; beyond it nothing is said of what was entered."""


@dataclass(frozen=True)
class _Jump:
    """A conditional jump: in which block it stands, on which line, what it asks, of which attributes, and the
    blocks that it may lead to.
    """

    block: int
    line: int
    asks: str
    reads: frozenset[str]
    leads_to: tuple[tuple[int, str], ...]  # where a block begins, and what the condition is then


@dataclass(eq=False)
class _Code:
    """The blocks of a function by where they begin, and those that were not entered."""

    code: CodeType
    starts: list[int]
    lines: dict[int, int]
    jumps: tuple[_Jump, ...]
    missing: set[int] = field(default_factory=set)
    hidden: set[int] = field(default_factory=set)  # only entered where some gradient was zero, or not at all
    by_instruction: bool = False  # some branch stands on the line of its condition


class Branches:
    """The branches of a claim's forward and hand-written code, and which of them its points have entered."""

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        self._codes: dict[CodeType, _Code | None] = {}
        self.events = 0  # lines and instructions that were looked at
        self._was_live = False
        self._entered: set[tuple[_Code, int]] = set()
        self._new: list[tuple[set[int], int]] = []  # what the last run took from these sets
        self._conditions = Conditions(claim)

    @property
    def is_known(self) -> bool:
        """Whether all that ran was looked at."""
        return self.events <= _MOST_EVENTS

    @property
    def is_done(self) -> bool:
        """Whether every branch was entered where it could be seen: of code that always gives some gradient of
        zeros, whether it was entered.
        """
        left = (code.hidden if self._was_live else code.missing for code in self._codes.values() if code)
        return not any(left) and self._conditions.are_met(live=self._was_live)

    @property
    def codes(self) -> list[CodeType]:
        """The user's functions that ran."""
        return [code for code in self._codes if is_users(code.co_filename)]

    def run(self, point: Point) -> bool:
        """Run forward and hand-written code at a point; whether they entered a branch for the first time, or
        for the first time where no gradient is zero throughout, which may hide what a branch does.
        """
        self._new = []
        if is_float_only(self.claim.candidate) or not self.is_known:
            return False
        self._entered.clear()
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = self._asked(point)
            if not self._codes or any(code.hidden for code in self._codes.values() if code):
                self._traced(lambda: self.claim.formula.function(*map(plain, point.args)))
                found = self._traced(lambda: run_prepared(self.claim, point, plain))
        live = found is not None and all(np.any(value) for value in found.values.values())
        self._was_live = self._was_live or live
        for code, start in self._entered:
            for left in (code.missing, code.hidden) if live else (code.missing,):
                if start in left:
                    left.discard(start)
                    self._new.append((left, start))
        return self._conditions.take_in(live=live) or bool(self._new)

    def _asked(self, point: Point) -> Any:
        """What the copy of the code gives that tells what it asks."""
        with suppress(Exception), user_code:
            self._conditions.forward(*map(plain, point.args))
        with suppress(Exception), user_code:
            return run_prepared(self._conditions.claim, point, plain)
        return None

    def take_back(self) -> None:
        """Forget what the last run entered: nobody could judge it."""
        for left, start in self._new:
            left.add(start)
        self._new = []
        self._conditions.take_back()

    def untried(self) -> list[UntriedSide]:
        """The branches that no point entered, where their condition was asked; none if not all was seen."""
        if not self.is_known:
            return []
        counting = counted(self.codes)
        branches = [s for code in self._codes.values() if code is not None for s in _untried(code, counting)]
        settings = self._conditions.settings
        asked = [s for s in branches if s.of_state or (s.file, s.line, s.asks) not in settings]
        return [*asked, *self._conditions.untried()]

    def has_entered(self, side: UntriedSide, *, seen: bool = False) -> bool:
        """Whether all branches on a line that ask for it were entered, so that nothing of it is untried;
        ``seen``: where no gradient was zero throughout.
        """
        there = [
            (code.hidden if seen else code.missing).isdisjoint(start for start, _ in jump.leads_to)
            for code in self._codes.values()
            if code is not None and code.code.co_filename == side.file
            for jump in code.jumps
            if jump.line == side.line and (side.code in jump.asks or jump.asks == _ITS_CONDITION)
        ]
        return bool(there) and all(there)

    def _traced(self, call: Callable[[], Any]) -> Any:
        """What a call gives, None where it raises; the branches that it enters are noted."""
        with suppress(Exception), user_code, traced(self._called):
            return call()
        return None

    def _called(self, frame: FrameType, event: str, arg: Any) -> Any:
        code = frame.f_code
        if code not in self._codes:
            self._codes[code] = _read(code) if is_users(code.co_filename) else None
        found = self._codes[code]
        if found is None or not found.hidden or not self.is_known:
            return None
        if found.by_instruction:
            frame.f_trace_opcodes = True

        def ran(frame: FrameType, event: str, arg: Any) -> Any:
            self.events += 1
            start = _start_of(found.starts, frame.f_lasti)
            if start in found.hidden:
                self._entered.add((found, start))
            return ran

        return ran


def _read(code: CodeType) -> _Code | None:
    """The blocks of a function; None where it has no branch that counts."""
    instructions = list(dis.get_instructions(code))
    lines, line = {}, code.co_firstlineno
    for instruction in instructions:
        position = instruction.positions
        line = (position.lineno if position is not None else None) or line
        lines[instruction.offset] = line
    found: list[tuple[dis.Instruction, dis.Instruction, tuple[tuple[int, str], ...]]] = []
    ends = {0} | {i.argval for i in instructions if i.opcode in _JUMPS}
    for k, instruction in enumerate(instructions[:-1]):
        if instruction.opcode not in _CONDITIONAL:
            continue
        asked = _asked(instructions[: k + 1])
        if _is_setting(code, instructions[:k], asked):
            continue
        follows, target = instructions[k + 1].offset, instruction.argval
        ways = (follows, target) if "IF_FALSE" in instruction.opname else (target, follows)
        named = tuple(zip(ways, ("true", "false"), strict=True))
        if asked.opname == "CONTAINS_OP":  # what is not yet in a cache was met at the first call
            named = tuple(way for way in named if (way[1] == "true") != bool(asked.arg))
        found.append((instruction, asked, named))
        ends |= {follows, target}
    starts = sorted(ends)
    jumps = tuple(
        _Jump(
            _start_of(starts, jump.offset),
            lines[jump.offset],
            _condition(code, asked),
            attributes(i for i in instructions if i.offset < jump.offset and _is_within(i, asked)),
            tuple(w for w in ways if not _raises(instructions, w[0])),
        )
        for jump, asked, ways in found
    )
    missing = {start for jump in jumps for start, _ in jump.leads_to}
    if not missing:
        return None
    missing |= {jump.block for jump in jumps}
    on_its_line = any(lines.get(start) == jump.line for jump in jumps for start, _ in jump.leads_to)
    return _Code(code, starts, lines, jumps, missing, set(missing), on_its_line)


def _asked(instructions: Sequence[dis.Instruction]) -> dis.Instruction:
    """What gives the value that the last instruction jumps on; a jump's own place may be that of another part
    of its expression.
    """
    before = (i for i in reversed(instructions[:-1]) if i.opname not in _SAYS_NOTHING)
    return next(before, instructions[-1])


def _condition(code: CodeType, asked: dis.Instruction) -> str:
    """The text of what a jump asks, where it stands on one line."""
    at = asked.positions
    if at is None or at.lineno is None or at.lineno != at.end_lineno:
        return _ITS_CONDITION
    line = linecache.getline(code.co_filename, at.lineno).encode()
    text = line[at.col_offset : at.end_col_offset].decode(errors="replace").strip()
    return f"`{text}`" if text and text != line.decode(errors="replace").strip() else _ITS_CONDITION


def _start_of(starts: list[int], offset: int) -> int:
    """Where the block of an instruction begins."""
    return starts[bisect.bisect_right(starts, offset) - 1]


_ITS_CONDITION = "its condition"

_JUMPS = frozenset([*dis.hasjrel, *dis.hasjabs])
_CONDITIONAL = frozenset(
    op for name, op in dis.opmap.items() if "JUMP" in name and "IF_" in name and "NONE" not in name
)
"""Jumps on truth. Whether something is None is a setting, not a question about values."""

_ENDS_A_STATEMENT = ("STORE", "POP_TOP", "RAISE", "RETURN", "RERAISE")

_SAYS_NOTHING = ("CACHE", "TO_BOOL", "UNARY_NOT", "COPY", "NOP", "PRECALL", "EXTENDED_ARG")

_OF_SETTINGS = ("IS_OP", "CHECK_EXC_MATCH", "WITH_EXCEPT_START", "LOAD_ATTR", "LOAD_GLOBAL", "LOAD_DEREF")

_ABOUT_SETTINGS = frozenset(["isinstance", "issubclass", "hasattr", "callable"])


def _is_setting(code: CodeType, before: list[dis.Instruction], whole: dis.Instruction) -> bool:
    """Whether a condition asks for a setting (`self.training`, `mode == "same"`, `x is None`, a parameter's
    own truth, which arrays have none of) or for the type of an exception: one way for all points.
    """
    condition: list[dis.Instruction] = []
    for instruction in reversed(before):
        if instruction.opcode in _JUMPS or instruction.opname.startswith(_ENDS_A_STATEMENT):
            break
        if _is_within(instruction, whole):  # not what stands before it in the same expression
            condition.append(instruction)
    asked = [i for i in condition if i.opname not in _SAYS_NOTHING]
    if not asked:
        return False
    if asked[0].opname in _OF_SETTINGS:
        return True
    parameters = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    if len(asked) == 1 and asked[0].argval in parameters:
        return True
    return any(i.argval in _ABOUT_SETTINGS for i in asked if isinstance(i.argval, str)) or any(
        i.opname == "LOAD_CONST" and isinstance(i.argval, str) for i in asked
    )


def _is_within(instruction: dis.Instruction, asked: dis.Instruction) -> bool:
    """Whether an instruction belongs to what is asked; also where the places are not known."""
    mine, whole = instruction.positions, asked.positions
    if mine is None or whole is None or None in mine or None in whole:
        return True
    assert mine.lineno and mine.end_lineno and whole.lineno and whole.end_lineno
    starts = (mine.lineno, mine.col_offset or 0) >= (whole.lineno, whole.col_offset or 0)
    return starts and (mine.end_lineno, mine.end_col_offset or 0) <= (
        whole.end_lineno,
        whole.end_col_offset or 0,
    )


def _raises(instructions: list[dis.Instruction], start: int) -> bool:
    """Whether a block ends with an exception: what it would return needs no check."""
    for instruction in instructions:
        if instruction.offset < start:
            continue
        if instruction.opname in ("RAISE_VARARGS", "LOAD_ASSERTION_ERROR", "RERAISE"):
            return True
        if instruction.opcode in _JUMPS or instruction.opname.startswith("RETURN"):
            return False
    return False


def _untried(found: _Code, counting: frozenset[str]) -> list[UntriedSide]:
    sides = []
    for jump in found.jumps:
        if jump.block in found.missing:
            continue  # nobody asked
        for start, never in jump.leads_to:
            if start in found.missing:
                file = found.code.co_filename
                text = linecache.getline(file, jump.line).strip()
                if text.startswith("assert "):
                    continue  # pytest writes these anew, as branches that raise at their end
                of_state = not jump.reads.isdisjoint(counting)
                sides.append(UntriedSide(file, jump.line, text, jump.asks, never, of_state))
    return sides
