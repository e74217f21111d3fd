r"""Matrices with dots in them: [x_1, \ldots, x_n] stands for its entry x_i, whatever i is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from gradcheck.notes.grammar.syntax import Dots, Literal, Matrix, Name, Node, Vectorised, rebuilt

__all__ = ["COLUMN", "ROW", "Listed", "listed"]

ROW, COLUMN = "#r", "#c"
"""The indices of the entry, which no author writes."""


@dataclass(frozen=True, slots=True)
class Listed:
    """The entry in row `ROW` and column `COLUMN`, each where there are several, and the highest index."""

    entry: Node
    last: dict[str, Node]


def listed(node: Node) -> Listed | None:
    """The entry that a matrix or list with dots is written for, or None where no single one is."""
    if any(len(n.sub) == 2 for n in _names(node)):
        node = rebuilt(node, _in_two)
    rows = node.rows if isinstance(node, Matrix) else (node.items,) if isinstance(node, Vectorised) else ()
    kept = [cells for r in rows if (cells := [c for c in r if not isinstance(c, Dots)])]
    if not kept or not any(isinstance(c, Dots) for r in rows for c in r):
        return None
    last: dict[str, Node] = {}
    if isinstance(node, Vectorised) or len(rows) == 1:
        entry = _along(kept[0], ROW if isinstance(node, Vectorised) else COLUMN, last)
    elif all(len(r) == 1 for r in rows):
        entry = _along([r[0] for r in kept], ROW, last)
    else:
        found = [_along(cells, COLUMN, last) for cells in kept]
        entry = None if None in found else _along([f for f in found if f is not None], ROW, last)
    return None if entry is None else Listed(entry, last)


def _names(node: object) -> Iterator[Name]:
    if isinstance(node, Name):
        yield node
    elif isinstance(node, tuple):
        for part in node:
            yield from _names(part)
    elif hasattr(node, "__dataclass_fields__"):
        for field in node.__dataclass_fields__:
            yield from _names(getattr(node, field))


def _in_two(node: Node) -> Node | None:
    """X_{11} beside X_{1m}: two indices."""
    number = node.sub[0] if isinstance(node, Name) and len(node.sub) == 1 else None
    if not isinstance(number, Literal) or len(number.text) != 2 or not isinstance(node, Name):
        return None
    return replace(node, sub=tuple(Literal(Fraction(c), c) for c in number.text))


def _along(cells: Sequence[Node], index: str, last: dict[str, Node]) -> Node | None:
    """What all cells are, with an index in the place of 1, 2 and the last number."""
    if len(cells) < 2:
        return None
    found: set[Node] = set()
    for k, cell in enumerate(cells[1:], 2):
        marks: list[Node] = []
        entry = _general(cells[0], cell, index, marks)
        if entry is None or not marks or any(m != marks[0] for m in marks):
            return None
        mark = marks[0]
        if k < len(cells) and not (isinstance(mark, Literal) and mark.value == k):
            return None
        here = k == len(cells)
        if here and (last.setdefault(index, mark) != mark or (isinstance(mark, Literal) and mark.value < k)):
            return None
        found.add(entry)
    return found.pop() if len(found) == 1 else None


def _general(first: object, other: object, index: str, marks: list[Node]) -> Node | None:
    """The first cell with an index for each 1 at a symbol where the other one has something else."""
    if isinstance(first, tuple) and isinstance(other, tuple):
        if len(first) != len(other):
            return None
        parts = [_general(a, b, index, marks) for a, b in zip(first, other, strict=True)]
        return None if any(p is None for p in parts) else tuple(parts)  # type: ignore[return-value]
    if type(first) is not type(other):
        return None
    if isinstance(first, Name) and isinstance(other, Name):
        if replace(first, sub=(), sup=(), at=0) != replace(other, sub=(), sup=(), at=0):
            return None
        sub = _marked(first.sub, other.sub, index, marks)
        sup = _marked(first.sup, other.sup, index, marks) if first.bracket else first.sup
        if sub is None or sup is None or (not first.bracket and first.sup != other.sup):
            return None
        return replace(first, sub=sub, sup=sup)
    if not hasattr(first, "__dataclass_fields__"):
        return first if first == other else None  # type: ignore[return-value]
    changes = {}
    for field in first.__dataclass_fields__:
        a, b = getattr(first, field), getattr(other, field)
        if field == "at" or (a is None and b is None):
            continue
        if isinstance(a, tuple) or hasattr(a, "__dataclass_fields__"):
            new = _general(a, b, index, marks)
            if new is None:
                return None
            changes[field] = new
        elif a != b:
            return None
    return replace(first, **changes)  # type: ignore[type-var, return-value]


def _marked(
    first: tuple[Node, ...], other: tuple[Node, ...], index: str, marks: list[Node]
) -> tuple[Node, ...] | None:
    if len(first) != len(other):
        return None
    out: list[Node] = []
    for a, b in zip(first, other, strict=True):
        if isinstance(a, Literal) and a.value == 1 and a != b and isinstance(b, Literal | Name):
            marks.append(replace(b, at=0) if isinstance(b, Name) else b)
            out.append(Name(index))
        elif a == b or (isinstance(a, Name) and isinstance(b, Name) and replace(a, at=0) == replace(b, at=0)):
            out.append(a)
        else:
            return None
    return tuple(out)
