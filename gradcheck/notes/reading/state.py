"""What every part of the reader shares."""

from __future__ import annotations

from dataclasses import dataclass, field

from gradcheck.notes.arrays.graph import Graph
from gradcheck.notes.arrays.terms import Dim, Index, Term
from gradcheck.notes.arrays.values import Value
from gradcheck.notes.grammar.syntax import Name, Node
from gradcheck.notes.reading.options import Info, Operand, Options
from gradcheck.notes.statements.context import Context
from gradcheck.notes.statements.declarations import Declared

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
    uses: dict[str, frozenset[str]] = field(default_factory=dict)  # what an array's definition has chosen
    extra_sinks: dict[str, None] = field(default_factory=dict)
    only_sinks: tuple[str, ...] | None = None  # what the loss is read as a function of, where that is enough
    asked: dict[str, None] = field(default_factory=dict)  # by what the loss was differentiated
    curved: bool = False  # second derivatives of the loss are asked for
    grown: bool = False  # the loss was found to depend on more, so that what was read before is stale
    moving: frozenset[str] = frozenset()  # the symbols of whose differentials a statement is made
    deep: int = 0

    def __post_init__(self) -> None:
        if self.context.now != self.scope:
            self.context = self.context.at(self.scope)
        if not self.static:
            self.static = dict(self.context.static)

    @property
    def einstein(self) -> bool:
        """Whether an index that stands twice in a product is summed over."""
        return self.context.declarations.einstein or self.options.einstein

    def choose(self, name: str) -> object:
        self.used.add(name)
        return getattr(self.options, name)

    def assume(self, text: str) -> None:
        self.assumed[text] = None

    # -- what later parts bring, and earlier ones call

    def value(self, node: Node) -> Value:
        """What an expression means."""
        raise NotImplementedError

    def plus(self, values: list[Value]) -> Value:
        """The sum of values."""
        raise NotImplementedError

    def info(self, name: Name, array: str, written: int = 0) -> Info:
        """The axes of an array."""
        raise NotImplementedError

    def declared_for(self, name: Name, array: str) -> Declared | None:
        """The declaration that holds for an array."""
        raise NotImplementedError

    def alias_rows(self, array: str, matrix: str, info: Info, axis: int) -> Info:
        """Make a family of vectors the rows or columns of a matrix."""
        raise NotImplementedError

    def loss(self, array: str) -> Info:
        """Make an undefined loss."""
        raise NotImplementedError

    def default_loss(self) -> str:
        """The loss of the note, where a formula names none."""
        raise NotImplementedError

    def transposes(self, exponent: Node) -> bool:
        """Whether a small t as an exponent is a transpose."""
        raise NotImplementedError

    def raised(self, base: Value, exponent: Value, node: Node) -> Value:
        """A power."""
        raise NotImplementedError

    def operand(self, node: Node) -> Operand:
        """What a derivative is taken by."""
        raise NotImplementedError

    def reach(self, term: Term, by: str) -> None:
        """Put down that a loss is differentiated by an array."""
        raise NotImplementedError
