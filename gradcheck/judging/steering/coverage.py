"""What the points of a claim came to in its code: which sides of each comparison happened, and where."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from gradcheck.arithmetic.watched import Extent, Site, Watch
from gradcheck.formulas.point import Point

__all__ = ["Coverage"]


@dataclass
class Coverage:
    """What the points came to, one comparison after the other. ``bases`` are those from which values may
    reach a side: not where sizes have decided.
    """

    sides: dict[Site, Extent] = field(default_factory=dict)
    bases: dict[tuple[Site, bool], list[Point]] = field(default_factory=dict)
    given: set[tuple[str, int]] = field(default_factory=set)

    def add(self, point: Point, watch: Watch) -> bool:
        """Take in what a run compared; whether it had a side that was new."""
        new = False
        self.given |= watch.given
        for site, extent in watch.sites.items():
            known = self.sides.setdefault(site, Extent())
            new |= not (extent.sides <= known.sides and extent.beside_zero <= known.beside_zero)
            known.sides |= extent.sides
            known.beside_zero |= extent.beside_zero
            known.constants |= extent.constants
            known.is_decided = known.is_decided and extent.is_decided
            for wanted in (True, False):
                by_sizes = extent.margins[not wanted] == np.inf
                self.bases.setdefault((site, wanted), []).extend([] if by_sizes else [point])
        return new

    def missing(self) -> list[tuple[Site, bool]]:
        """The comparisons that went one way only, each with the side that is missing, unless no declared
        value is on it.
        """
        asked = ((s, e) for s, e in self.sides.items() if not e.is_decided)
        return [(s, side) for s, e in asked for side in (True, False) if side not in e.sides]

    @property
    def decided(self) -> frozenset[tuple[str, int, str]]:
        """Where comparisons stand that declared values decide, and their text."""
        sites: dict[bool, set[tuple[str, int, str]]] = {True: set(), False: set()}
        for s, e in self.sides.items():
            sites[e.is_decided].add((s.file, s.line, s.code))
        return frozenset(sites[True] - sites[False])

    def wanted(self) -> list[tuple[Site, bool]]:
        """These, and the sides that happened at zeros alone."""
        asked = ((s, e) for s, e in self.sides.items() if not e.is_decided)
        return [(s, side) for s, e in asked for side in (True, False) if side not in e.beside_zero]
