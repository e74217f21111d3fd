r"""Steps of a descent, w^{(k+1)} = w^{(k)} - \eta \nabla J: they claim nothing, and k counts no layers."""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck.notes.grammar.syntax import Addition, Derivative, Nabla, Name, Node, Raised
from gradcheck.notes.statements.context import key_of, nodes

__all__ = ["updated"]

_RATES = {"\\eta", "\\alpha"}
"""What authors call the length of a step."""


def updated(sides: Sequence[Node]) -> str | None:
    """The symbol of which a statement gives the next value, as the last one and a step.

    The step holds a derivative, or a rate and what it is multiplied by. A state h_t = h_{t-1} + f(x_t) has
    neither, and is defined.
    """
    left = sides[0]
    if len(sides) < 2 or not isinstance(left, Name) or not (left.sup or left.sub or left.text):
        return None
    right = sides[1]
    if not isinstance(right, Addition):
        return None
    last = [t for _, t in right.terms if isinstance(t, Name) and t.base == left.base and t != left]
    steps = tuple(t for _, t in right.terms if t not in last)
    if not last or not steps:
        return None
    found = list(nodes(steps))
    rate = any(isinstance(n, Name) and n.base in _RATES for n in found)
    slope = any(isinstance(n, Derivative | Nabla) or (isinstance(n, Raised) and n.inverse) for n in found)
    return key_of(left) if rate or slope else None
