r"""One letter for several things: x beside a bold x, and x_{ij} for the entries of X."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from gradcheck.notes.grammar.latex import latex
from gradcheck.notes.grammar.syntax import (
    Addition,
    Apply,
    BigSum,
    Group,
    Literal,
    Matrix,
    Multiplication,
    Nabla,
    Name,
    Node,
    Norm,
    Raised,
    Relation,
    Vectorised,
    rebuilt,
)
from gradcheck.notes.statements.context import LOSSES, key_of, letter_of, nodes

__all__ = ["INDICES", "PLAIN", "Apart", "marks", "side_by_side", "stacked", "told_apart", "told_by_use"]

INDICES = {*"ijklmnpqt"}
PLAIN = "mathit"
"""The accent of a letter that is not bold beside one that is: two symbols."""

Apart = Callable[[list[Node], int], list[Node]]


def told_apart(statements: Sequence[tuple[int, list[Node]]], declared: set[str]) -> Apart:
    """What gives the symbols of a statement, in its section, names of their own.

    A letter that is not bold is another symbol than the bold one where a formula holds nothing but plain
    small letters: authors who print some symbols bold and forget it elsewhere mean the same one. Small
    letters with two indices are entries of the capital one where the small one is not declared.
    """
    bold: dict[int, set[str]] = {}
    capital: dict[int, set[str]] = {}
    rows: dict[int, set[str]] = {}
    heads: dict[int, set[str]] = {}
    both: dict[int, set[str]] = {}
    for scope, sides in statements:
        inner = {id(n) for n in marks(sides)}
        for n in nodes(tuple(sides)):
            if not isinstance(n, Name) or id(n) in inner or n.accent or n.text:
                continue
            if n.bold and not n.sub:
                bold.setdefault(scope, set()).add(n.base)
            if n.base.isupper() and not n.sub:
                capital.setdefault(scope, set()).add(n.base)
            if len(n.sub) == 1:
                rows.setdefault(scope, set()).add(n.base)
        own = [n for n in nodes(tuple(sides)) if isinstance(n, Name) and id(n) not in inner and not n.accent]
        light = {n.base for n in own if not (n.bold or n.sub or n.sup or n.text)}
        both.setdefault(scope, set()).update(light & {n.base for n in own if n.bold and not n.sub})
        if isinstance(sides[0], Name) and len(sides[0].sub) == 2:
            heads.setdefault(scope, set()).add(sides[0].base)

    def apart(sides: list[Node], scope: int) -> list[Node]:
        inner = {id(n) for n in marks(sides)}
        functions = {id(n.function) for n in nodes(tuple(sides)) if isinstance(n, Apply)}
        plain = (bold if _of_numbers(sides, inner) else both).get(scope, set()) - declared
        own = heads.get(scope, set()) | rows.get(scope, set()) - bold.get(scope, set()) | declared
        small = {x.lower() for x in capital.get(scope, set()) - declared} - own

        def change(part: Node) -> Node | None:
            if not isinstance(part, Name) or part.accent or part.text or id(part) in inner | functions:
                return None
            if part.base in plain and not part.sub and not part.bold:
                return replace(part, accent=PLAIN)
            if part.base in small and len(part.sub) == 2:
                return replace(part, base=part.base.upper())
            return None

        return [rebuilt(s, change) for s in sides] if plain or small else sides

    return apart


def told_by_use(statements: Sequence[tuple[int, list[Node]]]) -> set[str]:
    """Symbols that are labels: y of p_{y_i} and p_y, where y is but an index, or compared with one."""
    every = [n for _, sides in statements for n in nodes(tuple(sides)) if isinstance(n, Name)]
    inner = {id(n) for _, sides in statements for n in marks(sides)}
    for _, sides in statements:
        for n in nodes(tuple(sides)):
            if isinstance(n, Relation):
                inner |= {id(side) for side in (n.left, n.right)}
    for _, sides in statements:  # "if k = y_i": compared with an index
        if len(sides) == 2 and letter_of(sides[0]) in INDICES:
            inner.add(id(sides[1]))
        if len(sides) == 1 and letter_of(sides[0]):  # "the class $c$"
            inner.add(id(sides[0]))
    entries = {key_of(n) for n in every if len(n.sub) == 1 and letter_of(n.sub[0]) in INDICES}
    told: set[str] = set()
    for n in every:
        for s in n.sub:
            single = isinstance(s, Name) and len(s.sub) == 1 and letter_of(s.sub[0])
            if single or (letter_of(s) == "y" and key_of(n) in entries):
                assert isinstance(s, Name)
                told.add(s.base)
    told |= _classes(statements)
    return told - {n.base for n in every if id(n) not in inner}


def _classes(statements: Sequence[tuple[int, list[Node]]]) -> set[str]:
    r"""c of a loss -\\log p_c, where nothing else has or adds up an index c: the class that is right."""
    sums = [n for _, sides in statements for n in nodes(tuple(sides)) if isinstance(n, BigSum)]
    bound = {letter_of(i) for n in sums for i in (n.index, *n.more) if i is not None}
    heads = {letter_of(m) for _, sides in statements if isinstance(sides[0], Name) for m in sides[0].sub}
    found: set[str] = set()
    for _, sides in statements:
        loss = sides[0] if len(sides) > 1 else None
        if isinstance(loss, Name) and loss.base in LOSSES and not loss.sub:
            marked = [letter_of(n.sub[0]) for n in nodes(sides[1]) if isinstance(n, Name) and len(n.sub) == 1]
            found |= {x for x in ("c", "k", "t", "y") if x in marked}
    return found - bound - heads


def stacked(statements: Sequence[tuple[int, list[Node]]]) -> dict[str, tuple[Name, Vectorised]]:
    """Vectors that stand for others one above the other, as z_t = [h_{t-1}, x_t], and for nothing else."""
    found: dict[str, tuple[Name, Vectorised]] = {}
    heads = [sides[0] for _, sides in statements if len(sides) > 1 and isinstance(sides[0], Name)]
    for _, sides in statements:
        head = sides[0]
        parts = _stack(sides[1]) if len(sides) == 2 else None
        if parts is None or not isinstance(head, Name) or not head.sub or head.sup:
            continue
        if sum(key_of(h) == key_of(head) for h in heads) == 1:
            found[key_of(head)] = head, parts
    return found


def _stack(node: Node) -> Vectorised | None:
    """Symbols of which each has an index of its own step; x_1, ..., x_n are entries."""
    if isinstance(node, Matrix):
        node = Vectorised(tuple(cell for row in node.rows for cell in row))
    if not isinstance(node, Vectorised) or len(node.items) < 2:
        return None
    names = [i for i in node.items if isinstance(i, Name) and i.sub and not isinstance(i.sub[0], Literal)]
    return node if len({key_of(n) for n in names}) == len(node.items) else None


def side_by_side(node: Node, stacks: dict[str, tuple[Name, Vectorised]] | None = None) -> Node:
    """W [h, x] as the sum of two products: a matrix times vectors that stand one above the other."""
    known = stacks or {}

    def change(part: Node) -> Node | None:
        match part:
            case Multiplication(((first, Name() as matrix), (sign, vector))) if sign in {"", "\\cdot"}:
                upper = len(matrix.base) == 1 and matrix.base.isupper() and not (matrix.sub or matrix.sup)
                if isinstance(vector, Name) and key_of(vector) in known:
                    head, parts = known[key_of(vector)]
                    vector = parts if latex(head) == latex(vector) else vector
                if not upper or not isinstance(vector, Vectorised):
                    return None
                items = vector.items
                if not all(isinstance(i, Name) and i.sub for i in items):
                    return None
                blocks = [replace(matrix, text=f"{matrix.text}{k}") for k in range(1, len(items) + 1)]
                terms = [
                    (1, Multiplication(((first, b), ("", i)))) for b, i in zip(blocks, items, strict=True)
                ]
                return Group(Addition(tuple(terms)))
        return None

    return rebuilt(node, change)


def _of_numbers(sides: list[Node], inner: set[int]) -> bool:
    """Whether nothing in a formula is bold, capital, transposed, or has a meaning for arrays only."""
    for n in nodes(tuple(sides)):
        match n:
            case Name() if id(n) not in inner:
                if n.bold or (len(n.base) == 1 and n.base.isupper() and n.base not in LOSSES):
                    return False
            case Raised():
                if (n.transposed and not n.prime) or n.inverse:
                    return False
            case Norm() | Nabla() | Matrix() | Vectorised():
                return False
            case Apply(function, _, _) if function.base in {"softmax", "tr", "det", "logdet", "diag"}:
                return False
    return True


def marks(sides: Iterable[Node]) -> list[Node]:
    """Everything that stands below or above a symbol or a sum."""
    found: list[Node] = []
    for n in nodes(tuple(sides)):
        if isinstance(n, Name):
            found += [m for mark in (*n.sub, *n.sup) for m in nodes(mark)]
        elif hasattr(n, "sub"):
            found += [m for mark in n.sub for m in nodes(mark)]
        elif isinstance(n, BigSum):
            limits = [m for m in (n.index, n.low, n.high, *n.more) if m is not None]
            found += [m for limit in limits for m in nodes(limit)]
    return found
