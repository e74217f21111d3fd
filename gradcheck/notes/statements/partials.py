"""u_x and u_{xy} beside u(x, y): the derivatives of a function of several variables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from gradcheck.notes.grammar.syntax import Apply, Derivative, Group, Name, Node, rebuilt
from gradcheck.notes.statements.context import Definition, key_of, letter_of, nodes

__all__ = ["spelt_out"]

_VARIABLES = {*"xyzrstuvwKLPSTVXYZ"}
"""Letters that are no index."""
_TIMES = {"dot": 1, "ddot": 2}


def spelt_out(node: Node, definitions: Iterable[Definition], scope: int) -> Node:
    """A node with such symbols as derivatives, where the note defines the function before."""
    own = [d for d in definitions if d.scope == scope and d.parameters and not (d.name.sub or d.name.sup)]
    of = {key_of(d.name): [letter_of(p) for p in d.parameters] for d in own}
    functions = {id(n.function) for n in nodes(node) if isinstance(n, Apply)}

    def change(part: Node) -> Node | None:
        moved = part.function if isinstance(part, Apply) else part
        if isinstance(moved, Name) and moved.accent in _TIMES:
            return _in_time(part, moved, of)
        if isinstance(part, Group) and part.sub and isinstance(part.body, Derivative):
            held = [letter_of(s) for s in part.sub]  # (dP/dV)_T, and not the entry (df/dx)_i
            return Group(part.body) if len(held) == 1 and held[0] in _VARIABLES else None
        if not isinstance(part, Name) or id(part) in functions or part.sup or part.primes or part.text:
            return None
        letters = [letter_of(s) for s in part.sub]
        variables = of.get(key_of(part), [])
        known = _VARIABLES & {*variables} if len(variables) > 1 else set()
        if not 1 <= len(letters) <= 2 or not all(x in known for x in letters):
            return None
        plain = Name(part.base, accent=part.accent, bold=part.bold, at=part.at)
        return Derivative(plain, tuple(part.sub), total=False, at=part.at)

    return rebuilt(node, change)


def _in_time(part: Node, moved: Name, of: dict[str, list[str | None]]) -> Node | None:
    r"""\\dot{x}, \\dot{x}(t) and \\ddot{x} beside x(t), as derivatives."""
    plain = replace(moved, accent="")
    variables = of.get(key_of(plain), [])
    arguments = part.arguments if isinstance(part, Apply) else ()
    at = [letter_of(a) for a in arguments]
    if variables != ["t"] or moved.sub or moved.sup or moved.primes or at not in ([], ["t"]):
        return None
    return Derivative(plain, (Name("t"),) * _TIMES[moved.accent], total=True, at=moved.at)
