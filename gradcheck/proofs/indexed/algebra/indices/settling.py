"""Rules for products of relations between indices (see `relations`), each true for all sizes.

A rule takes a factor away, joins two indices, or finds that the product is nothing, so that they end.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, permutations

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.indices.codes import is_constant
from gradcheck.proofs.indexed.algebra.indices.relations import relation
from gradcheck.proofs.indexed.algebra.polynomials import (
    Monomial,
    Polynomial,
    added,
    as_polynomial,
    difference_of,
    lower_bound,
)
from gradcheck.proofs.indexed.algebra.space import Head, Number, Space

__all__ = ["settle"]

Key = tuple[int, tuple[int, ...]]
Merged = dict[Key, Number]
Pairs = list[tuple[int, int]]
_DETERMINED = {"place": (1,), "mirror": (0, 1), "turn": (0, 1), "add": (2,)}
"""Where in a relation the index stands that there is exactly one of, whatever the others are."""
_UNIQUE = {"place": (0, 1), "mirror": (0, 1), "turn": (0, 1), "add": (0, 1, 2)}
"""Where in a relation the index stands that there is at most one of."""


class _Nothing(Exception):
    """The product is zero."""


def settle(space: Space, merged: Merged, live: dict[int, int]) -> tuple[Number, Pairs] | None:
    """Use rules on the factors ``merged``, until one joins indices: a number to multiply with, and the
    pairs of indices that are joined. None where the product is zero. Sums that are done leave ``live``.
    """
    number: Number = 1
    try:
        while True:
            found = [key for key in merged if key[0] in space.relations]
            if not found:
                return number, []
            space.spend()
            times, pairs, changed = _constants(space, merged, found)
            number *= times
            if pairs:
                return number, pairs
            if changed:
                continue
            for rule in _RULES:
                joined = rule(space, merged, live, found)
                if joined is not None:
                    break
            else:
                return number, []
            if joined:
                return number, joined
    except _Nothing:
        return None


def _constants(space: Space, merged: Merged, found: list[Key]) -> tuple[Number, Pairs, bool]:
    """Relations of indices that are known."""
    number: Number = 1
    for key in found:
        head, indices = space.heads[key[0]], key[1]
        if head.kind == "position" and is_constant(indices[0]):
            power = merged.pop(key)
            if not indices[0] and power < 0:
                raise space.refused(Unsupported("a division by the index 0"))
            if not indices[0]:
                raise _Nothing
            number = number * indices[0] ** power  # type: ignore[assignment]
            return number, [], True
        if not any(map(is_constant, indices)) and len(set(indices)) == len(indices):
            continue
        if head.kind == "add" and is_constant(indices[0]) != is_constant(indices[1]):
            return number, _one_window(space, merged, key), True
        pairs = _KNOWN[head.kind](space, head, indices) if head.kind in _KNOWN else None
        if pairs is None:
            continue
        del merged[key]
        return number, pairs, True
    return number, [], False


def _one_window(space: Space, merged: Merged, key: Key) -> Pairs:
    """`k = i + j` for an i or j that is a number."""
    head, (i, j, k) = space.heads[key[0]], key[1]
    del merged[key]
    number, rest, size = (i, j, head.slots[1]) if is_constant(i) else (j, i, head.slots[0])
    offset: Polynomial = (((), number),) if number else ()
    made = relation(space, "place", (size, head.slots[2]), offset)
    if made is None:
        return [(rest, k)]
    merged[made[0], (rest, k)] = 1
    return []


def _known_place(space: Space, head: Head, indices: tuple[int, ...]) -> Pairs | None:
    i, j = indices
    offset = _plain(head.offset)
    if offset is None:
        least = lower_bound(dict(head.offset))
        if is_constant(j) and least is not None and j < least:
            raise _Nothing
        return None
    if is_constant(i):
        return [(j, i + offset)]
    if is_constant(j):
        if j < offset:
            raise _Nothing
        room = lower_bound(_size(space, head.slots[0]))
        return [(i, j - offset)] if room is not None and j - offset < room else None
    return None


def _known_order(space: Space, head: Head, indices: tuple[int, ...]) -> Pairs | None:
    i, j = indices
    if i == j or i == 0:
        return []
    if is_constant(i) and is_constant(j):
        if i > j:
            raise _Nothing
        return []
    return [(i, 0)] if j == 0 else None


def _known_add(space: Space, head: Head, indices: tuple[int, ...]) -> Pairs | None:
    i, j, k = indices
    if is_constant(i) and is_constant(j):
        return [(k, i + j)]
    if k == 0 and is_constant(k):
        return [(i, 0), (j, 0)]
    return None


def _known_mirror(space: Space, head: Head, indices: tuple[int, ...]) -> Pairs | None:
    size = space.size_list[head.slots[0]]
    constants = [i for i in indices if is_constant(i)]
    if type(size) is not int or not constants:
        return None
    i, j = indices if is_constant(indices[0]) else reversed(indices)
    return [(j, size - 1 - i)]


def _known_turn(space: Space, head: Head, indices: tuple[int, ...]) -> Pairs | None:
    size, offset = space.size_list[head.slots[0]], _plain(head.offset)
    i, j = indices
    if type(size) is not int or offset is None:
        return None
    if is_constant(i):
        return [(j, (i + offset) % size)]
    return [(i, (j - offset) % size)] if is_constant(j) else None


_KNOWN: dict[str, Callable[[Space, Head, tuple[int, ...]], Pairs | None]] = {
    "place": _known_place,
    "order": _known_order,
    "add": _known_add,
    "mirror": _known_mirror,
    "turn": _known_turn,
}


def _twice(space: Space, merged: Merged, live: dict[int, int], found: list[Key]) -> Pairs | None:
    """Two of one relation that agree in all indices but one agree in that one too."""
    for one, other in combinations(found, 2):
        kind = space.heads[one[0]].kind
        if one[0] == other[0] and kind in _UNIQUE:
            orders = [other[1], *([other[1][::-1]] if kind == "mirror" else [])]
            for indices in orders:
                differ = [k for k, (a, b) in enumerate(zip(one[1], indices, strict=True)) if a != b]
                if len(differ) == 1 and differ[0] in _UNIQUE[kind]:
                    del merged[other]
                    return [(one[1][differ[0]], indices[differ[0]])]
        if one[0] == other[0] and kind == "order" and one[1] == other[1][::-1]:
            del merged[one], merged[other]
            return [(one[1][0], one[1][1])]
    return None


def _apart(space: Space, merged: Merged, live: dict[int, int], found: list[Key]) -> Pairs | None:
    """No index is in two parts of an axis that lie one behind the other."""
    places = [key for key in found if space.heads[key[0]].kind == "place"]
    for one, other in combinations(places, 2):
        if one[0] == other[0] or one[1][1] != other[1][1]:
            continue
        for (first, _), (second, _) in ((one, other), (other, one)):
            end = added(dict(space.heads[first].offset), _size(space, space.heads[first].slots[0]))
            gap = lower_bound(difference_of(dict(space.heads[second].offset), end))
            if gap is not None and gap >= 0:
                raise _Nothing
    return None


def _summed(space: Space, merged: Merged, live: dict[int, int], found: list[Key]) -> Pairs | None:
    """A sum over the one index that a relation determines is 1."""
    for key in found:
        for position in _DETERMINED.get(space.heads[key[0]].kind, ()):
            index = key[1][position]
            if index in live and _count(merged, index) == 1:
                del merged[key], live[index]
                return []
    return None


def _chained(space: Space, merged: Merged, live: dict[int, int], found: list[Key]) -> Pairs | None:
    """A part of a part of an axis is a part of it, and two turns are one, if nothing else uses the index
    in between.
    """
    keys = [key for key in found if space.heads[key[0]].kind in ("place", "turn")]
    for one, other in permutations(keys, 2):
        first, second = space.heads[one[0]], space.heads[other[0]]
        middle, i, k = one[1][1], one[1][0], other[1][1]
        chained = first.kind == second.kind and middle == other[1][0] and i != k
        if not chained or middle not in live or _count(merged, middle) != 2:
            continue
        offset = tuple(sorted(added(dict(first.offset), dict(second.offset)).items()))
        del merged[one], merged[other], live[middle]
        sizes = first.slots[0], second.slots[1]
        made = relation(space, first.kind, sizes, offset)
        if made is None:
            return [(i, k)]
        number, turned = made
        merged[number, (k, i) if turned else (i, k)] = 1
        return []
    return None


def _mirrored(space: Space, merged: Merged, live: dict[int, int], found: list[Key]) -> Pairs | None:
    """`i <= j` of two mirrored indices is `j' <= i'` of what they mirror, if nothing else uses them."""
    mirrors = [key for key in found if space.heads[key[0]].kind == "mirror"]
    for key in found:
        if space.heads[key[0]].kind != "order":
            continue
        i, j = key[1]
        if i not in live or j not in live or _count(merged, i) != 2 or _count(merged, j) != 2:
            continue
        first = next((m for m in mirrors if i in m[1]), None)
        second = next((m for m in mirrors if j in m[1]), None)
        if first is None or second is None or first == second:
            continue
        a, b = (m[1][1] if m[1][0] == k else m[1][0] for m, k in ((first, i), (second, j)))
        del merged[key], merged[first], merged[second], live[i], live[j]
        merged[key[0], (b, a)] = 1
        return []
    return None


_RULES = (_twice, _apart, _summed, _chained, _mirrored)


def _count(merged: Merged, index: int) -> int:
    return sum(indices.count(index) for _, indices in merged)


def _plain(offset: Polynomial) -> int | None:
    """An offset that is a number."""
    if not offset:
        return 0
    return offset[0][1] if len(offset) == 1 and offset[0][0] == () else None


def _size(space: Space, number: int) -> dict[Monomial, int]:
    return as_polynomial(space.size_list[number])
