"""What every part of the reader shares."""

from __future__ import annotations

from dataclasses import dataclass, field

from gradcheck.notes.context import Context
from gradcheck.notes.graph import Graph
from gradcheck.notes.reading.options import Info, Options
from gradcheck.notes.terms import (
    Dim,
    Index,
)

__all__ = ["State"]


@dataclass
class State:
    """What is known while one note is read under one set of conventions.

    Nothing is guessed in silence: a choice that had to be made is put down in ``used``, an assumption in
    ``assumed``.
    """

    context: Context
    options: Options
    scope: int = 0
    graph: Graph = field(default_factory=Graph)
    infos: dict[str, Info] = field(default_factory=dict)
    dims: dict[str, Dim] = field(default_factory=dict)
    letters: dict[str, Index] = field(default_factory=dict)
    free: dict[str, Index] = field(default_factory=dict)
    static: dict[str, int] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)
    assumed: dict[str, None] = field(default_factory=dict)
    making: list[str] = field(default_factory=list)
    entrywise: int = 0
    broken: dict[str, Exception] = field(default_factory=dict)
    uses: dict[str, frozenset[str]] = field(
        default_factory=dict
    )  # the choices that an array's definition depends on
    extra_sinks: dict[str, None] = field(default_factory=dict)
    only_sinks: tuple[str, ...] | None = None  # what the loss is read as a function of, where that is enough
    asked: dict[str, None] = field(default_factory=dict)  # by what the loss was differentiated
    curved: bool = False  # second derivatives of the loss are asked for
    grown: bool = False  # the loss was found to depend on more, so that what was read before is stale
    deep: int = 0

    def __post_init__(self) -> None:
        if self.context.now != self.scope:
            self.context = self.context.at(self.scope)
        if not self.static:
            self.static = dict(self.context.static)

    def choose(self, name: str) -> object:
        self.used.add(name)
        return getattr(self.options, name)

    def assume(self, text: str) -> None:
        self.assumed[text] = None
