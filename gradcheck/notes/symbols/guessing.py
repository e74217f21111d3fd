"""What the symbols that a note does not declare can be: numbers, vectors, matrices; the likely first."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from gradcheck.notes.grammar.cursor import GREEK
from gradcheck.notes.grammar.syntax import (
    Addition,
    Apply,
    BigSum,
    Derivative,
    Group,
    Multiplication,
    Nabla,
    Name,
    Node,
    Norm,
    Quotient,
    Raised,
)
from gradcheck.notes.statements.context import LAYERS, Context, key_of, letter_of, nodes
from gradcheck.notes.statements.letters import PLAIN
from gradcheck.notes.statements.pieces import Piece

__all__ = ["Guess", "guesses"]

MOST = 24
"""Combinations of ranks that are tried of one note; with more, its symbols count as undeclared."""

CONSTANTS = {"e", "I", "\\ones", "\\zeros", "\\pi", "d"}
OFTEN_NUMBERS = {
    "\\epsilon", "\\varepsilon", "\\lambda", "\\eta", "\\alpha", "\\gamma", "\\tau", "\\rho", "c", "t", "k",
    "n", "m", "i", "j", "\\ell", "\\delta",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Guess:
    """One rank for every undeclared symbol; ``cost`` counts the unlikely ones."""

    ranks: tuple[tuple[str, int], ...]
    cost: int


def guesses(context: Context, pieces: list[Piece]) -> list[Guess]:
    """All combinations, the likely ones first; a single empty one where nothing is open."""
    sides = [s for p in pieces for s in p.sides]
    signs = _Signs(sides, context)
    context.members = {k for k in signs.members if signs.counts_members(k) and not _known(k, context)}
    context.numbers -= {
        k for k in signs.added if signs.indexed.get(k) == {0}
    }  # as b in W x + b: the sum tells
    open_: dict[str, tuple[tuple[int, int], ...]] = {}
    plain = _parameters(pieces, signs, context)
    for key in signs.keys:
        if key in plain or not _known(key, context):
            options = signs.options(key)
            if options:
                open_[key] = options
    for key, beside in context.examples.items():
        if not _known(key, context) and key not in signs.indices and 1 not in beside:
            each = _each(key)  # y^{(i)} may be a number where y has them all
            open_[each] = ((1, 0),) if each in signs.array else ((0, 0), (1, 1))
            if 0 not in signs.plain.get(key, set()):
                open_.pop(key, None)
    count = 1
    for options in open_.values():
        count *= len(options)
    if count > MOST:
        open_ = {k: o[:1] for k, o in open_.items()}
    found = [
        Guess(tuple(zip(open_, (r for r, _ in chosen), strict=True)), sum(c for _, c in chosen))
        for chosen in itertools.product(*open_.values())
    ]
    return sorted(found, key=lambda g: g.cost)


def _known(key: str, context: Context) -> bool:
    declared = context.declarations
    return (
        any(key_of(d.name) == key and not d.unsaid for d in declared.shapes)
        or (context.is_defined(key) and key not in context.layered)
        or key in context.losses
        or key in context.functions
        or key in context.static
        or key in context.sizes
        or key in declared.elementwise
        or key in CONSTANTS | LAYERS
        or key == "\\delta"
        or declared.scalars
    )


def _parameters(pieces: list[Piece], signs: _Signs, context: Context) -> set[str]:
    r"""\ell and \delta where they are numbers, a length or a threshold: no layer, no loss, no error."""
    told = context.losses | context.functions | context.static.keys() | signs.indices | signs.array
    found = {"\\ell", "\\delta"} - told - {key_of(d.name) for d in context.declarations.shapes}
    for p in pieces:
        heads = [s.body if isinstance(s, Derivative) else s for s in p.sides[:1]]
        found -= {key_of(s) for s in heads if isinstance(s, Name)}
        if any(isinstance(s, Multiplication) for s in p.sides[:1]):
            found -= {key_of(n) for n in nodes(p.sides[0]) if isinstance(n, Name)}  # \\delta h = ...
    held = {key_of(n) for d in context.definitions for n in nodes(d.body) if isinstance(n, Name)}
    found = {k for k in found & held if signs.indexed.get(k) == {0} and not context.is_defined(k)}
    return found if context.preactivation() is None else found - {"\\delta"}


class _Signs:
    """What the formulas show of each symbol without any meaning given to them."""

    def __init__(self, sides: list[Node], context: Context) -> None:
        self.context = context
        self.keys: dict[str, None] = {}
        self.array: set[str] = set()  # transposed, a norm's or a gradient's, bold
        self.square: set[str] = set()  # inverted, or under a trace or a determinant
        self.indexed: dict[str, set[int]] = {}
        self.after_matrix: set[str] = set()
        self.added: set[str] = set()  # to a matrix times something, as b in W x + b
        self.plain: dict[str, set[int]] = {}  # with how many indices, without an example's number
        self.members: set[str] = set()  # of which an indexed one is a vector
        self.places: dict[str, set[tuple[str | None, ...]]] = {}  # with which letters a symbol is indexed
        self.below: set[str] = set()  # alone below a line, as T in z_i / T
        self.powers: set[str] = set()  # to the power of something that is no whole number, as p^{-\eta}
        self.shaped = bool(context.bold)
        marks: set[int] = set()
        for side in sides:
            for node in nodes(side):
                self._node(node, marks)
        for side in sides:
            for node in nodes(side):
                if isinstance(node, Name) and id(node) not in marks:
                    self.keys.setdefault(key_of(node))
                    self.indexed.setdefault(key_of(node), set()).add(len(node.sub))
                    self.places.setdefault(key_of(node), set()).add(tuple(letter_of(s) for s in node.sub))
                    if node.bracket != "(":
                        self.plain.setdefault(key_of(node), set()).add(len(node.sub))
                    if node.base in context.bold and node.accent != PLAIN:
                        self.array.add(key_of(node))
        self.indices = {letter for n in marks_of(sides) if (letter := letter_of(n)) is not None}

    def _node(self, node: Node, marks: set[int]) -> None:
        match node:
            case Name(_, sub, sup):
                if (
                    sup
                    and not node.bracket
                    and any(isinstance(n, Name) and n.base in GREEK for n in nodes(sup))
                ):
                    self.powers.add(key_of(node))
                marks |= {id(n) for mark in (*sub, *sup) for n in nodes(mark)}
            case BigSum(_, index, low, high, _, _, more):
                for limit in (index, low, high, *more):
                    if limit is not None:
                        marks |= {id(n) for n in nodes(limit)}
            case Raised(base, _, _, _, True) if not any(_upper(n) for n in nodes(base)):
                pass  # (x^2)', a derivative
            case Raised(base, _, transposed, inverse) if transposed or inverse:
                self.shaped = True
                if isinstance(base, Name) and len(base.sub) == 1 and not inverse:
                    self.members |= _lower(base)
                elif isinstance(base, Name):
                    (self.square if inverse and not transposed else self.array).add(key_of(base))
                    if inverse:
                        self.square.add(key_of(base))
                elif isinstance(base, Group):
                    self.array |= _summed(base.body)
                    self.members |= _indexed(base.body)
            case Quotient(_, Name(_, ()) as below):
                self.below.add(key_of(below))
            case Norm(body):
                self.shaped = True
                self.array |= _summed(body)
                self.members |= _indexed(body)
            case Nabla(_, by, _, _) if isinstance(by, Name):
                self.shaped = True
                if not by.sub:
                    self.array.add(key_of(by))
            case Derivative(_, by, _, _) if len(by) == 2:
                pass
            case Apply(function, arguments, _) if function.base in {"tr", "det", "logdet"}:
                self.shaped = True
                self.square |= {key_of(a) for a in arguments if isinstance(a, Name)}
            case Apply(function, arguments, _) if function.base in {"softmax", "diag", "\\langle"}:
                self.shaped = True
                self.array |= {key_of(a) for a in arguments if isinstance(a, Name) and not a.sub}
            case Addition(terms):
                flat = [x for _, t in terms for x in _terms(t)]
                if any(isinstance(t, Multiplication) and _upper(t.factors[0][1]) for t in flat):
                    self.added |= {k for k in _summed(node) if not k[:1].isupper()}
            case Multiplication(factors):
                for (_, a), (sign, b) in itertools.pairwise(factors):
                    if sign in {"\\odot", "\\circ"}:
                        self.shaped = True
                        self.array |= {key_of(x) for x in (a, b) if isinstance(x, Name) and not x.sub}
                    turned = isinstance(a, Raised) and a.transposed and isinstance(a.base, Name)
                    turned = turned and len(a.base.sub) < 2  # type: ignore[union-attr]
                    if turned and not _upper(a) and isinstance(b, Name) and len(b.sub) == 1:
                        self.members |= _lower(b)  # w^T x_i, w_j^T x_i
                    small = isinstance(b, Name) and not b.sub and not _upper(b)
                    if turned and small and not _upper(a) and not sign:
                        self.array |= _summed(b)  # a^T x
                    if not sign and _upper(a) and isinstance(b, Name) and not _upper(b) and not b.sub:
                        self.after_matrix.add(key_of(b))
            case _:
                pass

    def counts_members(self, key: str) -> bool:
        """Whether x_i is a vector and x_{ij} its entry j, wherever x has two indices."""
        found = self.places.get(key, set())
        first = {p[0] for p in found if len(p) == 1}
        both = {p for p in found if len(p) == 2}
        rest = {len(p) for p in found} - {1, 2}
        return bool(first) and not rest and all(p[0] in first and p[1] not in first for p in both)

    def options(self, key: str) -> tuple[tuple[int, int], ...]:
        """The ranks that a symbol may have, with what each costs."""
        counts = self.indexed.get(key, set()) | self.context.counts(key)
        if key in self.context.examples and 1 in self.context.examples[key]:
            return ((1, 0),)
        if counts - {0} or key in self.indices:
            small = key in self.array and key not in self.indices and not key[:1].isupper()
            return ((1, 0),) if counts == {0, 1} and small else ()  # w^T x here, w_j there: its entries tell
        base = key.split("_", maxsplit=1)[0]
        if base.startswith(f"\\{PLAIN}"):
            return ((0, 0),)
        accented = base.startswith(("\\hat", "\\bar", "\\tilde", "\\dot", "\\ddot"))
        letter = base[base.index("{") + 1 : -1] if accented else base
        upper = (len(letter) == 1 and letter.isupper()) or (letter in GREEK and letter[1:2].isupper())
        if not (len(letter) == 1 or letter in GREEK):
            return ()
        array = key in self.array or letter in self.context.bold
        if letter in {"N", "M"} and not array and key not in self.square:
            return ()  # a count under another name, or nothing that is known
        if key == "\\Delta" and not array and key not in self.square:
            return ((0, 0),)  # a margin, or a step
        if key in self.powers and not array:
            return ((0, 0),)
        if upper and key in self.below and not array and key not in self.square:
            return ((0, 0),)  # nobody divides by a matrix
        if upper:
            if key in self.square or letter in self.context.bold:
                return ((2, 0),)
            if not self.shaped:
                return ((2, 0), (0, 0))
            return ((2, 0), (1, 1))
        if key in self.added and not array and not self.context.is_defined(key):
            return ()  # the sum tells
        if key in self.after_matrix and not array and (letter in GREEK or key in OFTEN_NUMBERS):
            return ((1, 0), (0, 1))  # A \\omega, where A may be an amplitude
        if array or key in self.after_matrix or (self.shaped and self.context.is_defined(key)):
            return ((1, 0),)
        if key in OFTEN_NUMBERS:
            return ((0, 0),)
        return ((0, 0), (1, 0)) if self.shaped else ((0, 0),)


def marks_of(sides: list[Node]) -> Iterator[Node]:
    """Everything that stands below or above a symbol or a sum."""
    for side in sides:
        for node in nodes(side):
            if isinstance(node, Name):
                yield from node.sub
            elif isinstance(node, BigSum) and node.index is not None:
                yield node.index


def _terms(node: Node) -> list[Node]:
    """The terms of a sum in brackets."""
    body = node.body if isinstance(node, Group) else node
    return [x for _, t in body.terms for x in _terms(t)] if isinstance(body, Addition) else [body]


def _summed(node: Node) -> set[str]:
    """The plain symbols that a sum adds up."""
    terms = [t for _, t in node.terms] if isinstance(node, Addition) else [node]
    return {
        _each(key_of(t)) if t.bracket == "(" else key_of(t)
        for t in terms
        if isinstance(t, Name) and not t.sub
    }


def _each(key: str) -> str:
    """The symbol of each example, beside the one that has them all."""
    return key + "^{(i)}"


def _indexed(node: Node) -> set[str]:
    terms = [t for _, t in node.terms] if isinstance(node, Addition) else [node]
    return {k for t in terms if isinstance(t, Name) and len(t.sub) == 1 for k in _lower(t)}


def _lower(name: Name) -> set[str]:
    """The key of a small letter that is written with the letter of an index."""
    letter = name.base.removeprefix("\\")[:1] if name.base in GREEK else name.base
    small = len(letter) == 1 and letter.islower() and letter_of(name.sub[0]) is not None
    return {key_of(name)} if small else set()


def _upper(node: Node) -> bool:
    """Whether a factor is written like a matrix: a capital letter, transposed or not."""
    inner = node.base if isinstance(node, Raised) and node.exponent is None else node
    return (
        isinstance(inner, Name)
        and not inner.sub
        and (
            (len(inner.base) == 1 and inner.base.isupper())
            or (inner.base in GREEK and inner.base[1].isupper())
        )
    )
