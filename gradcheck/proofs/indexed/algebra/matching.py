"""Finding one product inside another, sums included."""

from __future__ import annotations

from collections.abc import Mapping

from gradcheck.proofs.indexed.algebra.indices.codes import is_bound
from gradcheck.proofs.indexed.algebra.space import Factor, Number, Space, Term, plain

__all__ = ["match"]


def match(
    space: Space,
    wanted: Term,
    names: Mapping[int, int],
    factors: tuple[Factor, ...],
    *,
    sizes_may_lack: bool = False,
) -> tuple[tuple[Factor, ...], frozenset[int]] | None:
    """What is left of a product's ``factors`` once ``wanted`` is taken out of it, and the bound indices
    of the product whose sums go with it; None where it is not in there.

    ``names`` are the indices that stand for the named ones of ``wanted``. An index that ``wanted`` sums
    over has to be one that the product sums over too, and that stands nowhere else in it. With
    ``sizes_may_lack``, sizes are divided by where the product does not have them.
    """
    needed = sorted(wanted[0], key=lambda f: sum(is_bound(i) for i in f[1]))
    return _take(space, needed, dict(names), list(factors), {}, sizes_may_lack)


def _take(
    space: Space,
    needed: list[Factor],
    names: dict[int, int],
    left: list[Factor],
    sums: dict[int, int],
    lack: bool,
) -> tuple[tuple[Factor, ...], frozenset[int]] | None:
    if not needed:
        consumed = frozenset(sums.values())
        free = not any(i in consumed for _, indices, _ in left for i in indices)
        used_before = any(i in consumed for i in names.values())
        return (tuple(left), consumed) if free and not used_before else None
    (head, indices, power), *others = needed
    if space.heads[head].kind in ("size", "root", "pi"):
        present: Number = next((p for h, _, p in left if h == head), 0)
        if present < power and not lack:
            return None
        rest = [f for f in left if f[0] != head]
        remaining = plain(present - power)
        kept = [*rest, (head, (), remaining)] if remaining else rest
        return _take(space, others, names, kept, sums, lack)
    for position, (h, candidate, p) in enumerate(left):
        if h != head:
            continue
        for order in [None, *space.heads[head].symmetries]:
            seen = candidate if order is None else tuple(candidate[s] for s in order)
            extended = _aligned(indices, seen, names, sums)
            if extended is None:
                continue
            bound = any(is_bound(i) for i in indices)
            if p < power or (bound and p != power):
                continue
            remaining = plain(p - power)
            rest = left[:position] + left[position + 1 :]
            kept = [*rest, (h, candidate, remaining)] if remaining else rest
            found = _take(space, others, names, kept, extended, lack)
            if found is not None:
                return found
    return None


def _aligned(
    wanted: tuple[int, ...], present: tuple[int, ...], names: Mapping[int, int], sums: Mapping[int, int]
) -> dict[int, int] | None:
    """The sums' indices extended so that ``wanted`` is ``present``, or None."""
    extended = dict(sums)
    for i, j in zip(wanted, present, strict=True):
        if not is_bound(i):
            if names.get(i, i) != j:
                return None
        elif i in extended:
            if extended[i] != j:
                return None
        elif not is_bound(j) or j in extended.values():
            return None
        else:
            extended[i] = j
    return extended
