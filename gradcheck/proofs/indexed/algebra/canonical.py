"""One name for each bound index, whatever it was called: the canonical form of a product.

Indices are coloured by where they stand, colours are refined by those of their neighbours, and only
within what remains tied are orders tried, the least result winning.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gradcheck.proofs.indexed.algebra.indices.codes import BOUND
from gradcheck.proofs.indexed.algebra.space import Factor, Number, Space, Term, TooLarge

__all__ = ["canonical_term", "oriented"]

_MOST_ORDERS = 720
"""Orders tried within ties; beyond it the term is too symmetric."""

Merged = Mapping[tuple[int, tuple[int, ...]], Number]


def oriented(space: Space, head: int, indices: tuple[int, ...]) -> tuple[int, ...]:
    """The least of the orders of indices that a symmetric head does not tell apart."""
    symmetries = space.heads[head].symmetries
    if not symmetries:
        return indices
    return min([indices, *(tuple(indices[s] for s in order) for order in symmetries)])


def canonical_term(space: Space, merged: Merged, bounds: Mapping[int, int]) -> Term:
    """The product of the factors ``merged`` (head and indices -> power), summed over the bound codes
    ``bounds`` (code -> number of its size).
    """
    if not bounds:
        return tuple(sorted((h, i, p) for (h, i), p in merged.items())), ()
    if len(bounds) == 1:
        (code,) = bounds
        return _named(space, merged, bounds, [code])
    factors = [(h, i, p) for (h, i), p in merged.items() if any(k >= BOUND for k in i)]
    colours = _first_colours(space, factors, bounds)
    if len(set(colours.values())) == len(bounds):  # the common case: each stands where no other does
        return _named(space, merged, bounds, sorted(colours, key=colours.__getitem__))
    orders = list(_orders(space, factors, colours))
    if len(orders) == 1:
        return _named(space, merged, bounds, orders[0])
    space.spend(len(orders) // 8)
    return min(_named(space, merged, bounds, order) for order in orders)


def _first_colours(space: Space, factors: list[Factor], bounds: Mapping[int, int]) -> dict[int, int]:
    """Colours by size and by the places in factors, neighbours aside."""
    signatures: dict[int, Any] = {code: [] for code in bounds}
    for head, indices, power in factors:
        symmetric = bool(space.heads[head].symmetries)
        for place, index in enumerate(indices):
            if index >= BOUND:
                signatures[index].append((head, power, 0 if symmetric else place))
    for code, size in bounds.items():
        found = signatures[code]
        found.sort()
        signatures[code] = (size, tuple(found))
    return _ranked(signatures)


def _named(space: Space, merged: Merged, bounds: Mapping[int, int], order: list[int]) -> Term:
    names = {code: BOUND + k for k, code in enumerate(order)}
    factors = []
    for (head, indices), power in merged.items():
        new = tuple([names.get(i, i) for i in indices])
        factors.append((head, oriented(space, head, new), power))
    return tuple(sorted(factors)), tuple(bounds[code] for code in order)


def _orders(space: Space, factors: list[Factor], colours: dict[int, int]) -> Iterator[list[int]]:
    """The orders of the bound codes that refinement leaves possible."""
    found = 0
    pending = [_refined(space, factors, colours)]
    while pending:
        current = pending.pop()
        classes: dict[int, list[int]] = {}
        for code, colour in current.items():
            classes.setdefault(colour, []).append(code)
        tied = next((classes[c] for c in sorted(classes) if len(classes[c]) > 1), None)
        if tied is None:
            found += 1
            if found > _MOST_ORDERS:
                raise space.refused(TooLarge(f"a product that more than {_MOST_ORDERS} orders leave alike"))
            yield sorted(current, key=current.__getitem__)
            continue
        for code in tied:
            split = {c: 2 * colour for c, colour in current.items()}
            split[code] -= 1
            pending.append(_refined(space, factors, split))


def _refined(space: Space, factors: list[Factor], colours: dict[int, int]) -> dict[int, int]:
    while True:
        signatures: dict[int, Any] = {code: [] for code in colours}
        for head, indices, power in factors:
            around = tuple([(1, colours[i]) if i >= BOUND else (0, i) for i in indices])
            symmetric = bool(space.heads[head].symmetries)
            if symmetric:
                around = tuple(sorted(around))
            for place, index in enumerate(indices):
                if index >= BOUND:
                    signatures[index].append((head, power, 0 if symmetric else place, around))
        for code, found in signatures.items():
            found.sort()
            signatures[code] = (colours[code], tuple(found))
        refined = _ranked(signatures)
        if len(set(refined.values())) == len(set(colours.values())):
            return refined
        colours = refined


def _ranked(signatures: Mapping[int, Any]) -> dict[int, int]:
    """Signatures as small numbers, in their order."""
    ranks = {signature: rank for rank, signature in enumerate(sorted(set(signatures.values())))}
    return {code: ranks[signature] for code, signature in signatures.items()}
