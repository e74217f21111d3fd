"""Relations between indices as expressions, where the sizes fit."""

from __future__ import annotations

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.expression import Expr, constant, delta, factor
from gradcheck.proofs.indexed.algebra.indices.relations import relation
from gradcheck.proofs.indexed.algebra.polynomials import (
    Monomial,
    Polynomial,
    added,
    as_polynomial,
    difference_of,
    lower_bound,
)
from gradcheck.proofs.indexed.algebra.space import Space

__all__ = ["add", "at_most", "label", "mirror", "place", "position", "turn"]


def _fits(space: Space, room: dict[Monomial, int], what: str) -> None:
    least = lower_bound(room)
    if least is None or least < 0:
        raise space.refused(Unsupported(f"{what}, where it is not certain that the sizes fit"))


def place(space: Space, i: int, j: int, sizes: tuple[int, int], offset: Polynomial) -> Expr:
    """`j = i + offset`, for axes of these sizes (by number), the second of which holds all of it."""
    small, big = (as_polynomial(space.size_list[s]) for s in sizes)
    _fits(space, dict(offset), "a part of an axis")
    _fits(space, difference_of(big, added(small, dict(offset))), "a part of an axis")
    return _made(space, "place", (i, j), sizes, offset)


def mirror(space: Space, i: int, j: int, size: int) -> Expr:
    """`i + j = n - 1`."""
    return _made(space, "mirror", (i, j), (size, size))


def turn(space: Space, i: int, j: int, size: int, offset: Polynomial) -> Expr:
    """`j = i + offset` modulo n."""
    return _made(space, "turn", (i, j), (size, size), offset)


def add(space: Space, i: int, j: int, k: int, sizes: tuple[int, int, int]) -> Expr:
    """`k = i + j`, for axes the last of which holds every sum."""
    first, second, total = (as_polynomial(space.size_list[s]) for s in sizes)
    room = added(difference_of(difference_of(total, first), second), {(): 1})
    _fits(space, room, "a window")
    return _made(space, "add", (i, j, k), sizes)


def at_most(space: Space, i: int, j: int, size: int) -> Expr:
    """`i <= j`."""
    return _made(space, "order", (i, j), (size, size))


def label(space: Space, variable: int, indices: tuple[int, ...], code: int, size: int) -> Expr:
    """Whether the whole number that a variable has at these indices is the index ``code``."""
    head = space.heads[variable]
    lowest, beyond = head.bounds or (-1, 0)
    what = f"{head.name} as an index, which need not be within its axis"
    if lowest < 0:
        raise space.refused(Unsupported(what))
    _fits(space, difference_of(as_polynomial(space.size_list[size]), {(): beyond}), what)
    if code in space.digits:
        raise space.refused(Unsupported("an index of an axis that np.reshape splits"))
    slots = (*head.slots, size)
    about = {"slots": slots, "binary": True, "one_hot": True, "of": variable}
    made = space.head(("label", variable, size), "label", head.name, **about)
    return factor(space, made.number, (*indices, code))


def position(space: Space, i: int, size: int) -> Expr:
    """The index as a number, counted from 0."""
    if space.size_list[size] == 1:
        return constant(space, 0)
    if i in space.digits:
        raise space.refused(Unsupported("an index of an axis that np.reshape splits"))
    made = space.head(("position", size), "position", "position", slots=(size,))
    space.relations.add(made.number)
    return factor(space, made.number, (i,))


def _made(
    space: Space, kind: str, indices: tuple[int, ...], sizes: tuple[int, ...], offset: Polynomial = ()
) -> Expr:
    if not space.digits.keys().isdisjoint(indices):
        raise space.refused(Unsupported("a part of an axis that np.reshape splits"))
    found = relation(space, kind, sizes, offset)
    if found is None:
        return delta(space, *indices)
    number, turned = found
    return factor(space, number, (indices[1], indices[0], *indices[2:]) if turned else indices)
