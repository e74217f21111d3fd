"""The tables that the expressions of one run share: names, indices, sizes, what was asked and used."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, ClassVar

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.conditions.questions import Question, Questions
from gradcheck.proofs.indexed.algebra.indices.codes import FREE, is_constant
from gradcheck.proofs.indexed.algebra.indices.digits import Splits, decoded
from gradcheck.proofs.indexed.algebra.polynomials import Polynomial, as_polynomial

__all__ = [
    "DELTA",
    "LARGEST",
    "Factor",
    "Head",
    "Leak",
    "Mark",
    "Number",
    "Space",
    "Term",
    "TooLarge",
    "Uses",
    "plain",
]

Number = int | Fraction
Factor = tuple[int, tuple[int, ...], Number]
"""A head's number, its indices, and a power."""
Term = tuple[tuple[Factor, ...], tuple[int, ...]]
"""The factors of a product, sorted, and the sizes (by number) of the indices that it is summed over."""

DELTA = 0
"""The head of the Kronecker delta."""
LARGEST = 2**31 - 1
"""No axis has more entries, and no integer argument larger ones: what proofs take for granted of int64."""


def plain(number: Number) -> Number:
    """An int where it is one."""
    if type(number) is Fraction and number.denominator == 1:
        return number.numerator
    return number


class Leak(Unsupported):
    """The code got to know something that differs from size to size or from run to run, and went on."""


class TooLarge(Unsupported):
    """The expressions outgrow the work that a proof may cost."""


@dataclass(eq=False)
class Head:
    """What a factor is made of: an argument's entry, a size, or a function of an inner expression.

    A function is *let-bound*: ``argument`` is its inner expression in the slots' indices, shared by
    all factors whose inner expressions are equal but for the names of their indices. ``symmetries`` are
    the permutations of the slots that leave it unchanged.
    """

    number: int
    kind: str  # delta, size, root, variable, power, exp, log, step, max, argmax, apply; see `relations`
    name: str
    slots: tuple[int, ...] = ()  # sizes, by number
    argument: Any = None  # an `Expr`, which is made of heads
    over: tuple[int, ...] = ()  # of max: the codes that it runs over, in the argument
    symmetries: tuple[tuple[int, ...], ...] = ()
    positive: bool = False  # above zero
    binary: bool = False  # 0 or 1
    one_hot: bool = False  # binary, one 1 along the last slot
    definite: bool = False  # of a variable: positive definite matrices
    unit: bool = False  # strictly between 0 and 1
    order: int = 0  # of apply: which derivative
    of: int | None = None  # of argmax: the head of the maximum; of label: that of the whole numbers
    offset: Polynomial = ()  # of place and turn
    bounds: tuple[int, int] | None = None  # of a variable of whole numbers: the least, and the first beyond
    declared: bool = False  # of a variable: where its values come from is declared
    leading: Term | None = None  # of power: the argument's term that relations rewrite
    magnitude: int = LARGEST  # of a variable of integers: none is larger


@dataclass
class Uses:
    """What a run took for granted about values, beside their being real numbers.

    ``nonzero``, ``positive`` and ``roots``: what was divided by, or had its logarithm or a root taken;
    ``once``: maxima whose places code asks for, as if none were attained twice;
    ``unequal``: what code compared with 0 for equality, and was told that it is not;
    ``halves``: steps that `np.sign` made, which are neither side's at 0; ``bent``: those of them that were
    multiplied with themselves or put into a function, so that 0 does not stand halfway between;
    ``sides``: for steps `z > 0`, what the code gives at z = 0 (0, 1, or 0.5 for `np.sign`);
    ``decided``: what has the same sign for all values, where code compares it with 0.
    """

    nonzero: dict[Hashable, Any] = field(default_factory=dict)
    once: set[int | None] = field(default_factory=set)
    unequal: dict[Hashable, Any] = field(default_factory=dict)
    positive: dict[Hashable, Any] = field(default_factory=dict)
    roots: dict[Hashable, Any] = field(default_factory=dict)
    sides: dict[int, set[float]] = field(default_factory=dict)
    halves: set[int] = field(default_factory=set)
    bent: set[int] = field(default_factory=set)
    decided: list[Any] = field(default_factory=list)


@dataclass(frozen=True)
class Mark:
    """The lengths of a space's tables at one moment."""

    tables: tuple[int, ...]
    lists: tuple[int, ...]
    fresh: int


class Space:
    """One run's tables. ``limit`` bounds the work, counted in products of terms, so that what is proved
    does not depend on the machine. ``expand``: sums over sizes that are plain numbers are written out.
    ``off_ties``: values are compared for equality as if none were equal by chance (see `equality`).
    """

    sizes_of: ClassVar[Callable[[Space, Polynomial], Any]]  # put in by `arrays.size`, which makes sizes

    def __init__(
        self,
        questions: Questions | None = None,
        *,
        limit: int = 60_000,
        expand: bool = False,
        splits: Splits | None = None,
    ) -> None:
        self.questions = questions or Questions()
        self.limit = limit
        self.expand = expand
        self.splits: Splits = splits or {}
        self.digits: dict[int, tuple[int, ...]] = {}  # by the codes of axes that have several
        self.off_ties = False
        self.work = 0
        self.depth = 0
        self.epoch = 0  # counts the times that tables were rewound
        self.heads: list[Head] = []
        self.keys: dict[Hashable, int] = {}
        self.relations: set[int] = set()  # the heads that `settling` has rules for
        self.size_list: list[Any] = []  # of ints, and of sizes that are not known
        self.code_sizes: list[int] = []
        self.code_names: list[tuple[str, int]] = []
        self.products: dict[Any, Any] = {}
        self.memo: dict[Any, Any] = {}
        self.loops: list[Any] = []  # that are run now, see `copies.looping`
        self.made = self.unknowns = 0  # arrays, and unknown entries, so far
        self.uses = Uses()
        self.refusals: list[Unsupported] = []
        self.algebra: Callable[[], AbstractContextManager[None]] = (
            nullcontext  # around what calls no user's code
        )
        self._sizes: dict[Hashable, int] = {}
        self._codes: dict[tuple[str, int, int], int] = {}
        self._fresh = 0
        self.head(("delta",), "delta", "delta", binary=True)

    def mark(self) -> Mark:
        """Where the tables stand now, to come back to with `rewind`."""
        return Mark(tuple(map(len, self._tables())), tuple(map(len, self._lists())), self._fresh)

    def _tables(self) -> list[dict[Any, Any]]:
        reduced = self.memo.setdefault("reduced", {})
        return [self.keys, self.products, self.memo, reduced, self._sizes, self._codes, self.digits]

    def _lists(self) -> list[list[Any]]:
        return [self.heads, self.size_list, self.code_sizes, self.code_names]

    def rewind(self, mark: Mark) -> None:
        """Forget what was added since the mark: what runs next meets the tables as they were then."""
        for table, count in zip(self._tables(), mark.tables, strict=True):
            while len(table) > count:
                table.popitem()
        for entries, count in zip(self._lists(), mark.lists, strict=True):
            del entries[count:]
        self.relations = {h for h in self.relations if h < len(self.heads)}
        self._fresh = mark.fresh
        self.epoch += 1
        self.work = 0
        self.loops = []
        self.unknowns = 0
        self.uses = Uses()
        self.refusals = []

    def spend(self, amount: int = 1) -> None:
        """Count work. Raises `TooLarge` beyond the limit."""
        self.work += amount
        if self.work > self.limit:
            raise self.refused(TooLarge(f"the expressions grow beyond {self.limit} products of terms"))

    def refused(self, error: Unsupported) -> Unsupported:
        """Note a refusal, so that code which catches it cannot hide it."""
        if not any(known is error for known in self.refusals):
            self.refusals.append(error)
        return error

    def ask(self, question: Question, default: bool = False) -> bool:
        """The answer to a question on this branch. Raises `Unsupported` where there are too many."""
        try:
            return self.questions.ask(question, default)
        except Unsupported as error:
            raise self.refused(error) from None

    def note_bent(self, *sums: Iterable[Term]) -> None:
        """Steps of `np.sign` that stand in all of the sums given are used in another way than linearly."""
        common = set(self.uses.halves)
        for terms in sums:
            common &= {h for factors, _ in terms for h, _, _ in factors}
        self.uses.bent |= common

    def head(self, key: Hashable, kind: str, name: str, **about: Any) -> Head:
        """The head with this key, made where there is none yet."""
        number = self.keys.get(key)
        if number is None:
            number = self.keys[key] = len(self.heads)
            self.heads.append(Head(number, kind, name, **about))
        return self.heads[number]

    def size_number(self, size: Any) -> int:
        """A size's place in the table."""
        key: Hashable = getattr(size, "polynomial", size)
        if key not in self._sizes:
            self._sizes[key] = len(self.size_list)
            self.size_list.append(size)
        return self._sizes[key]

    def code(self, kind: str, position: int, size: int) -> int:
        """The index of a kind at a position, of a size given by its number."""
        key = (kind, position, size)
        if key not in self._codes:
            self._codes[key] = made = FREE + len(self.code_sizes)
            self.code_sizes.append(size)
            self.code_names.append((kind, position))
            parts = self.split(size)
            if parts:
                self.digits[made] = tuple(
                    self.code(f"digit {k} of {kind}", position, part) for k, part in enumerate(parts)
                )
        return self._codes[key]

    def split(self, size: int) -> tuple[int, ...]:
        """The digits of an axis of this size, both by number; none where it is not split."""
        if not self.splits:
            return ()
        polynomial: Any = tuple(sorted(as_polynomial(self.size_list[size]).items()))
        parts = self.splits.get(polynomial, ())
        return tuple(self._numbers(parts))

    def _numbers(self, parts: Iterable[Polynomial]) -> Iterable[int]:
        for part in parts:
            constant = sum(c for names, c in part if not names)
            known = all(not names for names, _ in part)
            yield self.size_number(constant if known else Space.sizes_of(self, part))

    def flat(self, codes: Iterable[int]) -> tuple[int, ...]:
        """The indices of axes, digit by digit."""
        if not self.digits:
            return tuple(codes)
        return tuple([digit for code in codes for digit in self.digits.get(code, (code,))])

    def flat_names(self, names: Mapping[int, int]) -> dict[int, int]:
        """New indices for old ones, digit by digit. Raises `Unsupported` where digits are not known."""
        found: dict[int, int] = {}
        for old, new in names.items():
            own = self.digits.get(old)
            if own is None:
                found[old] = new
                continue
            given: tuple[int, ...] | None = self.digits.get(new)
            if is_constant(new):
                given = decoded(new, tuple(self.size_list[self.size_of(d)] for d in own))
            if given is None or len(given) != len(own):
                raise self.refused(Unsupported("an index of an axis that np.reshape splits"))
            found.update(zip(own, given, strict=True))
        return found

    def fresh(self, size: int) -> int:
        """An index that nothing else uses."""
        self._fresh += 1
        return self.code("fresh", self._fresh, size)

    def size_of(self, code: int) -> int:
        """The number of a named index's size."""
        return self.code_sizes[code - FREE]
