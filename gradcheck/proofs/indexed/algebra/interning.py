"""Let-bound names: one head for all inner expressions that are equal but for their indices' names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations, product
from math import factorial, prod
from typing import Any

from gradcheck.proofs.indexed.algebra.expression import Expr
from gradcheck.proofs.indexed.algebra.indices.codes import is_bound
from gradcheck.proofs.indexed.algebra.space import Head, Space, TooLarge

__all__ = ["argument_at", "intern", "slot_codes", "template"]

_MOST_ORDERS = 120


def intern(
    kind: str, argument: Expr, *, name: str = "", over: Sequence[int] = (), **about: Any
) -> tuple[Head, tuple[int, ...]]:
    """The head of a function of ``argument``, and the indices that make it this one.

    ``argument`` has to be reduced. ``over`` are the indices that a maximum runs over.
    """
    space = argument.space
    if space.uses.halves:
        space.note_bent(argument.terms)
    raw = ("intern", kind, name, frozenset(argument.terms.items()), tuple(over), tuple(about.items()))
    if raw in space.memo:
        return space.memo[raw]  # type: ignore[no-any-return]
    indices, inner, symmetries, placed = template(argument, over)
    slots = tuple(space.size_of(i) for i in indices)
    key = (kind, name, tuple(sorted(inner.terms.items())), slots, placed, about.get("order", 0))
    new = key not in space.keys
    head = space.head(key, kind, name, slots=slots, argument=inner, over=placed, symmetries=symmetries)
    if new:
        for what, value in about.items():
            setattr(head, what, value)
    space.memo[raw] = (head, indices)
    return head, indices


def slot_codes(space: Space, head: Head) -> tuple[int, ...]:
    """The indices that a head's argument is written in."""
    return tuple(space.code("slot", k, size) for k, size in enumerate(head.slots))


def argument_at(space: Space, head: Head, indices: Sequence[int]) -> Expr:
    """A head's argument, written in these indices."""
    argument: Expr = head.argument
    return argument.renamed(dict(zip(slot_codes(space, head), indices, strict=True)))


def template(
    argument: Expr, over: Sequence[int] = ()
) -> tuple[tuple[int, ...], Expr, tuple[tuple[int, ...], ...], tuple[int, ...]]:
    """The canonical order of an expression's named indices; the expression in slots; its symmetries;
    the codes in it that stand for ``over``.
    """
    space = argument.space
    placed = {code: space.code("over", k, space.size_of(code)) for k, code in enumerate(over)}
    free = sorted(argument.free - placed.keys())
    best: Any = None
    orders: list[tuple[int, ...]] = []
    inner = argument
    for order in _orders(argument, free):
        names = {code: space.code("slot", k, space.size_of(code)) for k, code in enumerate(order)}
        written = argument.renamed(names | placed)
        form = (tuple(space.size_of(c) for c in order), tuple(sorted(written.terms.items())))
        if best is None or form < best:
            best, orders, inner = form, [order], written
        elif form == best:
            orders.append(order)
    first = orders[0]
    symmetries = tuple(tuple(first.index(code) for code in order) for order in orders[1:])
    return first, inner, symmetries, tuple(placed.values())


def _orders(argument: Expr, free: list[int]) -> Iterator[tuple[int, ...]]:
    """The orders of named indices that their places in the expression do not rule out."""
    if len(free) <= 1:
        yield tuple(free)
        return
    space = argument.space
    places: dict[int, list[Any]] = {code: [] for code in free}
    for (factors, bounds), coefficient in argument.terms.items():
        weight = (len(factors), len(bounds), abs(coefficient))
        for head, indices, power in factors:
            for place, index in enumerate(indices):
                if index in places:
                    where = -1 if space.heads[head].symmetries else place
                    around = tuple(sorted(i for i in indices if not is_bound(i) and i not in places))
                    places[index].append((weight, head, power, where, around))
    classes: dict[str, list[int]] = {}
    signed = {code: (space.size_of(code), sorted(found)) for code, found in places.items()}
    for code in sorted(free, key=signed.__getitem__):
        classes.setdefault(repr(signed[code]), []).append(code)
    if prod(factorial(len(c)) for c in classes.values()) > _MOST_ORDERS:
        raise space.refused(TooLarge("a function of an expression with too many indices alike"))
    for parts in product(*(permutations(c) for c in classes.values())):
        yield tuple(code for part in parts for code in part)
