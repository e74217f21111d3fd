r"""Arguments that count: \pi(a) in \sum_a \pi(a) q(a) is the entry a of \pi, as p_i is of p."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeGuard

from gradcheck.notes.grammar.syntax import Apply, BigSum, Name, Node, Relation, rebuilt
from gradcheck.notes.statements.context import key_of, letter_of, nodes

__all__ = ["Counted", "counted_arguments"]

Counted = Callable[[list[Node], int], list[Node]]


def counted_arguments(statements: Sequence[tuple[int, list[Node]]]) -> Counted:
    r"""What writes such functions with indices, in the statements in which their arguments are no values.

    A function is one where a sum of its section runs over its argument, and what defines it first has the
    argument as no value. An argument over which nothing sums is the same everywhere, as s in \pi(a | s),
    and left out.
    """
    found: dict[int, dict[str, set[int]]] = {}  # at which places of a function a sum runs over an argument
    for scope, sides in statements:
        for n in nodes(tuple(sides)):
            bound = (
                {letter_of(i) for i in (n.index, *n.more) if i is not None}
                if isinstance(n, BigSum)
                else set()
            )
            for a in nodes(n.body) if isinstance(n, BigSum) else ():
                if _is_plain(a):
                    at = {k for k, x in enumerate(a.arguments) if letter_of(x) in bound}
                    if at:
                        found.setdefault(scope, {}).setdefault(key_of(a.function), set()).update(at)
    for _ in range(2):  # what is computed from such entries has them too
        for scope, sides in statements:
            _by_its_entries(sides, found.setdefault(scope, {}))
    heads: set[tuple[int, str]] = set()
    for scope, sides in statements:
        head = sides[0]
        if not isinstance(head, Apply) or len(sides) < 2:
            continue
        key = key_of(head.function)
        if (scope, key) not in heads and key in found.get(scope, {}) and _letters(head) & _values(sides):
            del found[scope][key]
        heads.add((scope, key))

    def written(sides: list[Node], scope: int) -> list[Node]:
        own = found.get(scope, {})
        applied = [a for a in nodes(tuple(sides)) if _is_plain(a) and key_of(a.function) in own]
        if not applied or {x for a in applied for x in _letters(a)} & _values(sides):
            return sides

        def change(part: Node) -> Node | None:
            if not _is_plain(part) or key_of(part.function) not in own:
                return None
            kept = tuple(a for k, a in enumerate(part.arguments) if k in own[key_of(part.function)])
            return replace(part.function, sub=kept)

        return [rebuilt(s, change) for s in sides]

    return written


def _by_its_entries(sides: list[Node], found: dict[str, set[int]]) -> None:
    r"""\\pi(a) of \\pi(a) = e^{H(a)} / \\sum_b e^{H(b)}: its argument is nothing but the index of an H."""
    head = sides[0]
    if len(sides) < 2 or not _is_plain(head) or _letters(head) & _values(sides):
        return
    entries = {
        letter_of(a.arguments[k])
        for a in nodes(tuple(sides[1:]))
        if _is_plain(a)
        for k in found.get(key_of(a.function), ())
        if k < len(a.arguments)
    }
    at = {k for k, x in enumerate(head.arguments) if letter_of(x) in entries}
    if at:
        found.setdefault(key_of(head.function), set()).update(at)


def _is_plain(node: Node) -> TypeGuard[Apply]:
    """Whether a node is a function that has no name of its own, at letters."""
    if not isinstance(node, Apply) or node.bare or not node.arguments:
        return False
    name = node.function
    marked = name.word or name.primes or name.sub or name.sup or name.base in {"\\langle", "\\sigma"}
    return not marked and all(letter_of(a) for a in node.arguments)


def _letters(node: Node) -> set[str]:
    assert isinstance(node, Apply)
    return {x for a in node.arguments if (x := letter_of(a))}


def _values(sides: list[Node]) -> set[str]:
    """Letters that stand for a value somewhere, and not as an index, in a condition or as an argument."""
    return {x for s in sides for n in _outside(s) if (x := letter_of(n))}


def _outside(node: object) -> Iterator[Name]:
    match node:
        case tuple():
            for part in node:
                yield from _outside(part)
        case Name():
            yield node
        case Relation():
            return
        case BigSum():
            yield from _outside(node.body)
        case Apply() if _is_plain(node):
            return
        case _ if hasattr(node, "__dataclass_fields__"):
            for name in node.__dataclass_fields__:
                yield from _outside(getattr(node, name))
