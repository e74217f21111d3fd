"""A formula where it stands in the note, and one statement of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from gradcheck.notes.grammar.syntax import Node, Relation
from gradcheck.notes.statements.context import Definition, nodes

__all__ = ["Formula", "Piece", "excerpt", "nodes_of"]


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula of the note: its text, and where it begins (line and column count from 1). ``one_case``: the
    text behind it says in which case it holds.
    """

    text: str
    line: int
    column: int
    scope: int = 0
    display: bool = True
    ignored: bool = False
    one_case: bool = False

    def place(self, offset: int) -> tuple[int, int]:
        before = self.text[:offset]
        line = before.count("\n")
        if not line:
            return self.line, self.column + offset
        return self.line + line, offset - before.rindex("\n")


@dataclass(slots=True)
class Piece:
    """One statement: ``sides`` as nodes, or ``reason`` why it is not read."""

    formula: Formula
    start: int
    end: int
    kind: str  # definition, claim, step
    sides: list[Node] = field(default_factory=list)
    latex: list[str] = field(default_factory=list)
    reason: str | None = None
    conditions: list[Node] = field(default_factory=list)
    unclear: str | None = None  # a condition in words
    definition: Definition | None = None
    wrong: str | None = None
    known: int = 0  # how many definitions stand before it

    said: Relation | None = None  # two indices that the text before it calls equal, as in "for i = j"

    anchor: Node | None = None  # the left side, where a side after it is not read
    skipped: list[tuple[str, str]] = field(default_factory=list)  # sides that are not read, and why

    whole: bool = False  # the only statement of its formula

    @property
    def text(self) -> str:
        """The statement as it is written; all of the formula where it has no other."""
        if self.whole:
            return self.formula.text.strip()
        return excerpt(self.formula.text, self.start, self.end)

    @property
    def offset(self) -> int:
        return 0 if self.whole else self.start


def nodes_of(pieces: Iterable[Piece], scope: int) -> Iterator[Node]:
    """All that stands in the statements of a section."""
    return (node for p in pieces if p.formula.scope == scope for node in nodes(tuple(p.sides)))


def excerpt(text: str, start: int, end: int) -> str:
    """A part of a formula, with the braces and commands that belong to its ends."""
    depth = lowest = 0
    for char in text[start:end]:
        depth += {"{": 1, "}": -1}.get(char, 0)
        lowest = min(lowest, depth)
    while lowest < 0 and start > 0:
        start -= 1
        if text[start] == "{":
            lowest += 1
            depth += 1
            back = start
            while back > 0 and text[back - 1].isalpha():
                back -= 1
            start = back - 1 if back > 0 and text[back - 1] == "\\" else start
    while depth > 0 and end < len(text):
        depth += {"{": 1, "}": -1}.get(text[end], 0)
        end += 1
    return text[start:end].strip()
