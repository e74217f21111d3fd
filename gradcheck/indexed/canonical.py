"""One name for each bound index, whatever it was called: the canonical form of a product.

Indices are coloured by where they stand, colours are refined by those of their neighbours, and only
within what remains tied are orders tried, the least result winning.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gradcheck.indexed.codes import BOUND, is_bound
from gradcheck.indexed.space import Factor, Number, Space, Term, TooLarge

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
    factors = [(h, i, p) for (h, i), p in merged.items()]
    colours = _ranked({code: (size,) for code, size in bounds.items()})
    orders = list(_orders(space, factors, colours))
    if len(orders) == 1:
        return _named(space, merged, bounds, orders[0])
    space.spend(len(orders) // 8)
    return min(_named(space, merged, bounds, order) for order in orders)


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
            if not any(is_bound(i) for i in indices):
                continue
            around = tuple((1, colours[i]) if is_bound(i) else (0, i) for i in indices)
            if space.heads[head].symmetries:
                around = tuple(sorted(around))
                places: list[int] = [0] * len(indices)
            else:
                places = list(range(len(indices)))
            for place, index in zip(places, indices, strict=True):
                if is_bound(index):
                    signatures[index].append((head, power, place, around))
        refined = _ranked({c: (colours[c], sorted(s)) for c, s in signatures.items()})
        if len(set(refined.values())) == len(set(colours.values())):
            return refined
        colours = refined


def _ranked(signatures: Mapping[int, Any]) -> dict[int, int]:
    """Signatures as small numbers, in their order."""
    ranks: dict[Any, int] = {}
    ordered = sorted(signatures.items(), key=lambda item: item[1])
    result = {}
    for code, signature in ordered:
        key = repr(signature)
        ranks.setdefault(key, len(ranks))
        result[code] = ranks[key]
    return result
