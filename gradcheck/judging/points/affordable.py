"""Smaller sizes where a point is dear: a forward that fills its result entry by entry.

What a forward costs is counted (`operations`), and how that grows with each size is measured by doubling one
after the other. So the cost at other sizes is known before anything runs there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from gradcheck.judging.points.sizes import distinct

__all__ = ["EACH", "MOST", "Affordable"]

MOST = 400
"""Operations that a point may cost. Layers as people write them take 5 to 100."""

EACH = 40
"""Operations that the points of a formula may cost on average, 50 or as many as are asked for; beyond that no
more are drawn. The plan's shapes are always tried."""

_USUAL = 50


_FEW = 9
"""Sizes from here on are large: the plan wants each of them once."""

Sizes = Mapping[str, int]


@dataclass
class Affordable:
    """Sizes that cost no more than `MOST`. ``cost`` counts the operations of a forward at given sizes, up to
    a limit; ``allows`` says whether the declaration allows them; ``names`` are those that can be chosen.
    """

    cost: Callable[[Sizes, float], int]
    allows: Callable[[Sizes], bool]
    names: tuple[str, ...]
    spent: int = 0
    replaced: dict[tuple[int, ...], dict[str, int]] = field(default_factory=dict)
    _known: dict[tuple[int, ...], int] = field(default_factory=dict)
    _paid: set[tuple[int, ...]] = field(default_factory=set)

    def sizes(self, wanted: Sizes) -> dict[str, int]:
        """The sizes themselves, or smaller ones that are like them."""
        key = tuple(wanted.values())
        if key not in self._known:
            self._known[key] = self.cost(wanted, MOST)
            if self._known[key] > MOST and (found := self._smaller(wanted)) is not None:
                self.replaced[key] = found
                self._known[key] = min(int(self._predicted(found)), MOST)
        return self.replaced.get(key) or dict(wanted)

    def pay(self, wanted: Sizes) -> None:
        """Count what a point costs that is made for these sizes."""
        self.spent += self._known[tuple(wanted.values())]
        self._paid.add(tuple(self.sizes(wanted).values()))

    def is_paid(self, sizes: Sizes) -> bool:
        """Whether a point of these sizes is there already."""
        return tuple(sizes.values()) in self._paid

    def is_spent(self, examples: int) -> bool:
        """Whether no more points should be drawn, of so many that are asked for."""
        return self.spent > EACH * max(examples, _USUAL)

    def _smaller(self, wanted: Sizes) -> dict[str, int] | None:
        possible = [{**wanted, **s} for s in self._candidates(wanted) if self.allows({**wanted, **s})]
        if not possible or self._growth is None:
            return None
        cheapest = min(possible, key=self._predicted)
        if len(self._known) == 1 and distinct(wanted):  # the one shape at which no two axes can be mistaken
            possible = [s for s in possible if distinct(s)]
            cheapest = min(possible, key=self._predicted, default=cheapest)
        found = next((s for s in possible if self._predicted(s) <= MOST), cheapest)
        return found if self._predicted(found) <= self._predicted(wanted) / 2 else None

    def _candidates(self, wanted: Sizes) -> Iterator[dict[str, int]]:
        """Sizes like these, the likest first: as different from each other, with a large one, without."""
        small = {n: wanted[n] for n in self.names if wanted[n] < _FEW}
        yield _ranked(small)
        if distinct(wanted):
            dearest = sorted(self.names, key=lambda n: -(self._growth or {}).get(n, 0.0))
            yield {n: 2 + k for k, n in enumerate(dearest)}
        yield {n: min(v, 2) for n, v in small.items()}
        yield dict.fromkeys(small, 1)
        yield _ranked({n: wanted[n] for n in self.names})
        yield {n: min(wanted[n], 3) for n in self.names}
        yield {n: min(wanted[n], 2) for n in self.names}

    def _predicted(self, sizes: Sizes) -> float:
        growth = self._growth or {}
        return float(self._base * math.prod((sizes[n] / 2) ** power for n, power in growth.items()))

    @cached_property
    def _base(self) -> int:
        return max(1, self.cost(dict.fromkeys(self.names, 2), math.inf))

    @cached_property
    def _growth(self) -> dict[str, float] | None:
        """The power of each size by which the cost grows; None where it cannot be measured."""
        base = dict.fromkeys(self.names, 2)
        tried = {n: {**base, n: 4} for n in self.names}
        if not all(map(self.allows, [base, *tried.values()])):
            return None
        return {n: max(0.0, math.log2(max(1, self.cost(s, math.inf)) / self._base)) for n, s in tried.items()}


def _ranked(sizes: Sizes) -> dict[str, int]:
    """The smallest sizes in the same order, equal where these are equal, and 1 where these are."""
    ranks = {v: 2 + k for k, v in enumerate(sorted({v for v in sizes.values() if v > 1}))}
    return {n: ranks.get(v, 1) for n, v in sizes.items()}
