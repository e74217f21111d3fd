"""Which sizes are tried: a fixed plan that no run goes without, and the order of smallest first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations, product

import numpy as np

__all__ = ["LARGE", "Predicate", "box", "distinct", "example", "plan", "smallest_first"]

Sizes = dict[str, int]
Predicate = Callable[[Mapping[str, int]], bool]

LARGE = (11, 9, 13, 10, 12)
"""Sizes of 9 or more that are no multiple of 8: what a loop unrolled by 4 or 8 leaves over."""

_SEARCH_BOX = 14
_SEARCH_TRIES = 4000
_MOST_CHOICES = 4096


def distinct(sizes: Mapping[str, int]) -> bool:
    """All sizes differ and are at least 2, so that no two axes can be taken for each other."""
    values = list(sizes.values())
    return len(set(values)) == len(values) and min(values, default=2) >= 2


def plan(names: tuple[str, ...], allowed: Predicate) -> tuple[list[Sizes], list[str]]:
    """The fixed plan for the given dimension names, and notes on what it could not have.

    All sizes distinct; all 1; each dimension alone 1; each pair equal; each dimension alone large;
    all even; all odd. A tuple of sizes that ``allowed`` refuses is replaced by another with the same
    property where one can be found.
    """
    k = len(names)
    # neither rising nor falling, and the other way round below, so that both n < m and n > m occur
    base = [*range(3, k + 2, 2), *range(2, k + 2, 2)]
    back = base[::-1]
    wishes: list[tuple[str, list[int], Predicate]] = [
        ("all sizes distinct", base, distinct),
        ("all sizes 1", [1] * k, lambda s: set(s.values()) == {1}),
    ]
    for i, name in enumerate(names):
        alone = f"{name} = 1" if k == 1 else f"{name} = 1 beside larger sizes"
        wishes.append((alone, _put(base, i, 1), _alone(name, lambda v: v == 1)))
    for i, j in combinations(range(k), 2):
        a, b = names[i], names[j]
        wishes.append((f"{a} = {b}", _put(base, j, base[i]), lambda s, a=a, b=b: s[a] == s[b] > 1))  # type: ignore[misc]
    for i, name in enumerate(names):
        large = _put(base, i, LARGE[i % len(LARGE)])
        wishes.append((f"{name} large", large, lambda s, n=name: s[n] >= 9 and s[n] % 8 != 0))  # type: ignore[misc]
    if k:
        wishes.append(
            ("even sizes", [2 * b - 2 for b in back], lambda s: all(v % 2 == 0 for v in s.values()))
        )
        wishes.append(("odd sizes", [2 * b - 1 for b in back], lambda s: all(v % 2 for v in s.values())))

    chosen: list[Sizes] = []
    missing: list[str] = []
    for wish, direct, has_property in wishes:
        sizes = dict(zip(names, direct, strict=True))
        found: Sizes | None = sizes
        if not allowed(sizes):
            found = example(names, allowed, has_property)
        if found is None:
            missing.append(wish)
        elif found not in chosen:
            chosen.append(found)
    return chosen, missing


def example(names: tuple[str, ...], allowed: Predicate, has_property: Predicate) -> Sizes | None:
    """Allowed sizes with a property, or None where none were found."""
    return next((s for s in _search(names) if has_property(s) and allowed(s)), None)


def box(names: tuple[str, ...], allowed: Predicate, low: int, high: int) -> list[Sizes]:
    """The allowed sizes from ``low`` to ``high``, the smallest sum first.

    Where that would be more than `_MOST_CHOICES`, the highest size is lowered; where even two sizes each
    are too many, a few patterns are left: all the lowest, one the highest, and sizes that go round.
    """
    top = high
    while top > low and (top - low + 1) ** len(names) > _MOST_CHOICES:
        top -= 1
    values: Iterable[Sequence[int]] = product(range(low, top + 1), repeat=len(names))
    if top == low < high:
        round_trips = [[low + (i + j) % (high - low + 1) for i in range(len(names))] for j in range(high)]
        alone = [_put([low] * len(names), i, high) for i in range(len(names))]
        values = [[low] * len(names), *alone, *round_trips]
    ordered = sorted(values, key=lambda v: (sum(v), *v))
    return [s for v in ordered if allowed(s := dict(zip(names, v, strict=True)))]


def smallest_first(names: tuple[str, ...], allowed: Predicate, limit: Mapping[str, int]) -> Iterator[Sizes]:
    """Every allowed tuple of sizes whose total does not exceed that of ``limit``, by total, then order.

    The enumeration covers totals exhaustively, so the first refuting shape that it meets is a
    smallest one.
    """
    for total in range(len(names), sum(limit.values()) + 1):
        for values in _compositions(total, len(names)):
            sizes = dict(zip(names, values, strict=True))
            if allowed(sizes):
                yield sizes


def _compositions(total: int, parts: int) -> Iterator[tuple[int, ...]]:
    if parts == 0:
        if total == 0:
            yield ()
        return
    if parts == 1:
        yield (total,)
        return
    for first in range(1, total - parts + 2):
        for rest in _compositions(total - first, parts - 1):
            yield (first, *rest)


def _put(base: list[int], position: int, value: int) -> list[int]:
    return [value if i == position else b for i, b in enumerate(base)]


def _alone(name: str, test: Callable[[int], bool]) -> Predicate:
    return lambda s: test(s[name]) and all(v > 1 for n, v in s.items() if n != name)


def _search(names: tuple[str, ...]) -> Iterator[Sizes]:
    """Size tuples to look through: all of a box for few names, a fixed sample of it for many."""
    box = range(1, _SEARCH_BOX)
    if len(box) ** len(names) <= _SEARCH_TRIES:
        for values in sorted(product(box, repeat=len(names)), key=sum):
            yield dict(zip(names, values, strict=True))
        return
    rng = np.random.default_rng(0)
    for _ in range(_SEARCH_TRIES):
        yield dict(zip(names, (int(v) for v in rng.integers(1, _SEARCH_BOX, len(names))), strict=True))
