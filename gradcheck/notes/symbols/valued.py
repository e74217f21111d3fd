r"""A value with the letter of a function: \sigma_n (1 - \sigma_n) beside \sigma(w^T x_n)."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from dataclasses import replace

from gradcheck.notes.grammar.latex import latex
from gradcheck.notes.grammar.syntax import Apply, Group, Multiplication, Name, Node, rebuilt
from gradcheck.notes.statements.context import nodes
from gradcheck.notes.statements.letters import PLAIN

__all__ = ["Valued", "valued"]

Valued = Callable[[list[Node]], list[Node]]


def valued(statements: Iterable[list[Node]]) -> Valued:
    """What gives such values a name of their own; functions without a value beside them stay as they are."""
    applied: set[str] = set()
    values: set[str] = set()
    for sides in statements:
        head = sides[0]
        for n in nodes(tuple(sides)):
            if isinstance(n, Apply) and not n.function.word:
                applied.add(n.function.base)
                own = isinstance(head, Name) and head.sub and len(sides) > 1 and n is sides[1]
                if own and isinstance(head, Name) and head.base == n.function.base:
                    values.add(head.base)
            if isinstance(n, Multiplication):
                values |= {
                    a.base
                    for (_, a), (sign, b) in itertools.pairwise(n.factors)
                    if isinstance(a, Name) and isinstance(b, Group) and not sign and holds(b, a)
                }
    both = applied & values

    def apart(sides: list[Node]) -> list[Node]:
        kept = {id(n.function) for n in nodes(tuple(sides)) if isinstance(n, Apply)}

        def change(part: Node) -> Node | None:
            plain = isinstance(part, Name) and part.base in both and not (part.primes or part.accent)
            return replace(part, accent=PLAIN) if plain and id(part) not in kept else None  # type: ignore[arg-type]

        return [rebuilt(s, change) for s in sides] if both else sides

    return apart


def holds(node: Node, name: Name) -> bool:
    """Whether a symbol stands in a node with the same marks, and not as a function."""
    functions = {id(n.function) for n in nodes(node) if isinstance(n, Apply)}
    own = latex(name)
    return any(isinstance(n, Name) and id(n) not in functions and latex(n) == own for n in nodes(node))
