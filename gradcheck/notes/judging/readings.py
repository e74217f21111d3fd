"""A claim read in every way that is open, and what comes of it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from gradcheck.notes.arrays.algebra import names
from gradcheck.notes.arrays.graph import NotDifferentiable
from gradcheck.notes.arrays.terms import ZERO
from gradcheck.notes.arrays.values import Mismatch, Slip, Undeclared, Value
from gradcheck.notes.grammar.lexer import NotRead
from gradcheck.notes.grammar.syntax import Derivative, Differential, Literal, Nabla, Name, Node
from gradcheck.notes.judging.comparing import LeftMismatch, Licensed, compare
from gradcheck.notes.judging.comparison import Comparison
from gradcheck.notes.judging.screening import screen
from gradcheck.notes.reading.reader import Options, Reader
from gradcheck.notes.statements.context import Context, key_of, nodes
from gradcheck.notes.statements.differentials import moving
from gradcheck.notes.statements.pieces import Piece

__all__ = ["CHOICES", "NOTE_WIDE", "Outcome", "Readings", "first_derivative", "is_zero"]

CHOICES: dict[str, tuple[object, ...]] = {
    "layout": ("denominator", "numerator", "gradient"),
    "matrix": ("own", "transposed"),
    "sigmoid": (False, True),
    "dot": (False, True),
    "partial": (False, True),
    "elementwise": (False, True),
    "turned": (False, True),
    "columns": (False, True),
}


NOTE_WIDE = ("layout", "matrix")
"""Conventions of a whole note; the other choices are made claim by claim, the first first."""


@dataclass(slots=True)
class Outcome:
    """``state``: right, wrong, mismatch, slip, not-read."""

    options: Options
    state: str
    message: str = ""
    comparison: Comparison | None = None
    used: frozenset[str] = frozenset()
    assumed: tuple[str, ...] = ()
    pair: int = 0  # of a chain: which equality it is about
    suggestion: str | None = None
    undeclared: str | None = None
    values: tuple[Value, Value] | None = None
    comparisons: tuple[Comparison, ...] = ()
    narrow: Outcome | None = None  # the same with the loss a function of what the right side names only
    batch: str | None = None  # under what sides of different shapes are equal


@dataclass(slots=True)
class Readings:
    """Reads pieces of one note; what does not depend on a choice is read once."""

    context: Context
    base: Options = field(default_factory=Options)
    rows: dict[int, bool] = field(default_factory=dict)
    errors: dict[int, Exception] = field(default_factory=dict)  # of definitions that are read as corrected
    readers: dict[tuple[Options, int], Reader] = field(default_factory=dict)
    fixed: dict[str, object] = field(default_factory=dict)

    def at(self, scope: int) -> Options:
        """What is fixed in a section: whether its vectors are rows, as those of the one before it."""
        known = [s for s in self.rows if s <= scope]
        rows = self.rows[max(known)] if known else next(iter(self.rows.values()), False)
        return replace(self.base, rows=rows)

    def reader(self, options: Options, scope: int) -> Reader:
        """A reader of the note's definitions; a copy, so that claims do not meet."""
        key = options, scope
        if key not in self.readers:
            fresh = Reader(self.context, options, scope)
            fresh.define_all()
            self.readers[key] = fresh
        known = self.readers[key]
        return Reader(
            self.context,
            options,
            scope,
            graph=known.graph.copy(),
            infos=dict(known.infos),
            dims=known.dims,
            static=dict(known.static),
            broken=dict(known.broken),
            uses=dict(known.uses),
        )

    def outcomes(self, piece: Piece, alias: tuple[tuple[str, str], ...] = ()) -> list[Outcome]:
        """One outcome for every combination of the choices that the piece depends on."""
        found: dict[tuple[tuple[str, object], ...], Outcome] = {}
        base = replace(self.at(piece.formula.scope), alias=alias, **self.fixed)  # type: ignore[arg-type]
        first = self.outcome(piece, base)
        used = set(first.used)
        done: list[Outcome] = [first]
        found[self._relevant(base, used)] = first
        for _ in range(3):
            grew = False
            for options in self._combinations(base, used):
                key = self._relevant(options, used)
                if key in found:
                    continue
                outcome = self.outcome(piece, options)
                found[key] = outcome
                done.append(outcome)
                if outcome.used - used:
                    used |= outcome.used
                    grew = True
                    break
            if not grew:
                break
            found = {self._relevant(o.options, used): o for o in done}
        return done

    def _relevant(self, options: Options, used: set[str]) -> tuple[tuple[str, object], ...]:
        return tuple((n, getattr(options, n)) for n in CHOICES if n in used)

    def _combinations(self, base: Options, used: set[str]) -> Iterator[Options]:
        names = [n for n in CHOICES if n in used and n not in self.fixed]
        for values in itertools.product(*(CHOICES[n] for n in names)):
            yield replace(base, **dict(zip(names, values, strict=True)))  # type: ignore[arg-type]

    def outcome(self, piece: Piece, options: Options) -> Outcome:
        reader = self.reader(options, piece.formula.scope)
        reader.curved = any(
            (isinstance(n, Nabla) and n.order == 2) or (isinstance(n, Derivative) and len(n.by) == 2)
            for s in piece.sides
            for n in nodes(s)
        )
        for _ in range(3):
            reader.grown = False
            outcome = self._outcome(piece, options, reader)
            near = None if reader.grown else self.frontier(reader, outcome)
            if near is None and not reader.grown:
                break
            reader = self.again(reader, options, piece, near)
        narrow = self.narrowed(piece, options, reader, outcome)
        steps = any(n.split("@")[0] in self.context.stepped for n in reader.asked)
        if narrow is not None and not steps and self.later(piece, reader, list(reader.asked)):
            return narrow
        outcome.narrow = narrow
        outcome.used = frozenset(reader.used)
        outcome.assumed = tuple(reader.assumed)
        return outcome

    def derived(self) -> set[str]:
        return {d.key for d in self.context.definitions if d.derived}

    def narrowed(self, piece: Piece, options: Options, reader: Reader, outcome: Outcome) -> Outcome | None:
        """The claim where an undefined loss depends on nothing but what the right side names."""
        asked = list(reader.asked)
        if (
            outcome.state != "wrong"
            or reader.only_sinks is not None
            or len(asked) < 2
            or asked[0] in asked[1:]
        ):
            return None
        if not any(n in reader.graph.arrays and asked[0] in reader.graph.reads(n) for n in asked[1:]):
            return None
        again = self.again(reader, options, piece, tuple(asked[1:]))
        narrow = self._outcome(piece, options, again)
        if narrow.state != "right" or again.grown:
            return None
        narrow.used, narrow.assumed = frozenset(again.used), tuple(again.assumed)
        return narrow

    def later(self, piece: Piece, reader: Reader, asked: list[str]) -> bool:
        """Whether all that the loss depends on otherwise is defined below the claim."""
        lost = next((n for n in self.context.losses if n in reader.graph.arrays), None)
        body = reader.graph.arrays[lost].body if lost is not None else None
        sinks = (
            {n.split(".", 1)[1].rsplit(".", 1)[0] for n in names(body) if "." in n}
            if body is not None
            else set()
        )
        before = {d.key for d in self.context.definitions[: piece.known]}
        return all(s in asked or s.split("@")[0] not in before for s in sinks)

    def again(self, old: Reader, options: Options, piece: Piece, sinks: tuple[str, ...] | None) -> Reader:
        """A fresh reader that has not met the loss yet, and knows what it is a function of."""
        reader = self.reader(options, piece.formula.scope)
        reader.extra_sinks, reader.curved, reader.only_sinks = dict(old.extra_sinks), old.curved, sinks
        for array in [*self.context.losses, *self.derived()]:
            for known in [n for n in reader.infos if n == array or n.split("@")[0] == array]:
                del reader.infos[known]
        return reader

    def frontier(self, reader: Reader, outcome: Outcome) -> tuple[str, ...] | None:
        """The quantities by which the right side differentiates an undefined loss, where every way from
        the left side's to the loss goes through them: the claim is the same for a loss of these alone.
        """
        if reader.only_sinks is not None or outcome.state not in {"right", "wrong"}:
            return None
        lost = [n for n in self.context.losses if n in reader.graph.arrays]
        asked = list(reader.asked)
        if len(lost) != 1 or len(asked) < 2:
            return None
        first, rest = asked[0], asked[1:]
        body = reader.graph.arrays[lost[0]].body
        if body is None or first in rest:
            return None
        seen, stack = set(rest), [n for n in names(body) if n not in rest]
        while stack:
            name = stack.pop()
            if name == first:
                return None
            if name in seen:
                continue
            seen.add(name)
            inner = reader.graph.arrays[name].body
            if inner is not None:
                stack += [n for n in names(inner) if n not in seen]
        sinks = tuple(rest)
        return (
            None
            if set(sinks) == {n.split(".", 1)[1].rsplit(".", 1)[0] for n in names(body) if "." in n}
            else sinks
        )

    def _outcome(self, piece: Piece, options: Options, reader: Reader) -> Outcome:
        """The first equality of a chain that is not right, else the last; with all comparisons."""
        sides = piece.sides
        if len(sides) > 2 and is_zero(sides[-1]):
            sides = sides[:-1]  # "= 0" at the end of a chain is what is to be solved
        outcomes: list[Outcome] = []
        for pair in range(len(sides) - 1):
            outcome = self._pair(piece, pair, pair, options, reader)
            outcome.pair = pair
            outcomes.append(outcome)
            if outcome.state not in {"right", "wrong"}:
                break
        first = next((o for o in outcomes if o.state != "right"), outcomes[-1])
        if all(o.comparison is not None for o in outcomes) and len(outcomes) == len(sides) - 1:
            first.comparisons = tuple(o.comparison for o in outcomes if o.comparison is not None)
        if first.state == "wrong" and is_zero(piece.sides[first.pair + 1]):
            first.state, first.message = (
                "not-read",
                "it sets something to zero: an equation to be solved, not a claim",
            )
        return first

    def _pair(self, piece: Piece, pair: int, left: int, options: Options, reader: Reader) -> Outcome:
        a, b = piece.sides[left], piece.sides[pair + 1]
        reader.letters, reader.free = {}, {}
        reader.moving = moving(piece.sides, self.context)
        reader.beside_layers = any(
            isinstance(n, Name) and n.sup and key_of(n) in self.context.layered
            for side in (a, b)
            for n in nodes(side)
        )
        try:
            comparison, values = compare(reader, a, b, piece.conditions, first=pair == 0)
        except LeftMismatch as error:
            return Outcome(options, "not-read", f"the left side does not conform: {error}")
        except Licensed as error:
            return Outcome(options, "mismatch", str(error), batch=error.condition)
        except Mismatch as error:
            return Outcome(options, "mismatch", str(error))
        except Slip as error:
            return Outcome(options, "slip", str(error), suggestion=error.suggestion)
        except Undeclared as error:
            return Outcome(options, "not-read", str(error), undeclared=error.symbol)
        except (NotRead, NotDifferentiable) as error:
            return Outcome(options, "not-read", str(error))
        except RecursionError:
            return Outcome(options, "not-read", "it is nested too deeply")
        except (TypeError, ValueError, AssertionError, KeyError, AttributeError, OverflowError) as error:
            return Outcome(
                options,
                "not-read",
                f"gradcheck does not know how to read it ({type(error).__name__}: {error})",
            )
        try:
            equal = screen(comparison)
        except (MemoryError, TypeError, ArithmeticError) as error:
            return Outcome(
                options, "not-read", f"it cannot be evaluated ({type(error).__name__})", comparison
            )
        except RecursionError:
            return Outcome(options, "not-read", "its definitions rest on each other in a circle")
        if equal and isinstance(a, Differential) and comparison.left == comparison.right == ZERO:
            said = "neither side depends on what the loss is differentiated by, as it is defined"
            return Outcome(options, "not-read", said, comparison)
        if equal is False and first_derivative(a) and comparison.left == ZERO:
            return Outcome(
                options,
                "not-read",
                "what is differentiated does not depend on it, as it is defined",
                comparison,
            )
        if equal is False and comparison.right == ZERO and not is_zero(b):
            said = "a derivative on the right side is of something that does not depend on it, as it is read"
            return Outcome(options, "not-read", said, comparison)
        untold = None if equal else untold_loss(comparison, self.context.losses)
        if equal is False and untold is not None:
            return Outcome(options, "not-read", untold, comparison)
        if equal is None:
            return Outcome(
                options, "not-read", "it has no finite value at the points that were tried", comparison
            )
        return Outcome(options, "right" if equal else "wrong", "", comparison, values=values)


def is_zero(node: Node) -> bool:
    return (isinstance(node, Literal) and node.value == 0) or (
        isinstance(node, Name) and node.base == "\\zeros"
    )


def untold_loss(comparison: Comparison, losses: set[str]) -> str | None:
    """Why sides that differ may be equal for the loss that the author means and the note leaves out."""
    graph = comparison.graph
    sides = [graph.leaves(t) for t in (comparison.left, comparison.right)]
    left, right = ({n.split(".")[0] for n in s if "." in n} & losses for s in sides)
    if right - left:
        return f"the loss {min(right - left)} is not defined, so that it may be anything"
    if left and not right:
        return f"the loss {min(left)} is not defined, so that its derivative may be anything"
    return None


def first_derivative(node: Node) -> bool:
    return isinstance(node, Derivative | Nabla)
