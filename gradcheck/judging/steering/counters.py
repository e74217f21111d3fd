"""Attributes that code counts up, `self.t += 1`: what it asks of them, no value of an argument decides."""

from __future__ import annotations

import dis
from collections.abc import Iterable
from types import CodeType

__all__ = ["attributes", "counted"]


def counted(codes: Iterable[CodeType]) -> frozenset[str]:
    """The names of attributes that are given a new value made of the one that they held."""
    found = set()
    for code in codes:
        read: set[str] = set()
        computed = False
        for instruction in dis.get_instructions(code):
            if instruction.opname == "STORE_ATTR" and computed and instruction.argval in read:
                found.add(instruction.argval)
            if instruction.opname.startswith(("STORE", "POP_TOP", "RETURN")):
                read, computed = set(), False
            elif instruction.opname == "LOAD_ATTR":
                read.add(instruction.argval)
            computed = computed or instruction.opname == "BINARY_OP"
    return frozenset(found)


def attributes(instructions: Iterable[dis.Instruction]) -> frozenset[str]:
    """The names of attributes that some instructions read."""
    return frozenset(i.argval for i in instructions if i.opname in ("LOAD_ATTR", "LOAD_METHOD"))
