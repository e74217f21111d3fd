"""How a wrong formula should stand: one small change of it that makes it right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from gradcheck.notes.arrays.graph import NotDifferentiable
from gradcheck.notes.arrays.values import Mismatch, Slip, Undeclared
from gradcheck.notes.grammar.lexer import NotRead
from gradcheck.notes.grammar.syntax import (
    Addition,
    Apply,
    BigSum,
    Group,
    Literal,
    Multiplication,
    Name,
    Node,
    Quotient,
    Raised,
    rebuilt,
)
from gradcheck.notes.judging.comparison import Comparison
from gradcheck.notes.judging.readings import Outcome, Readings
from gradcheck.notes.judging.wording import simplified, written_like
from gradcheck.notes.reading.reader import Options, Reader
from gradcheck.notes.statements.context import Definition, key_of, letter_of, nodes
from gradcheck.notes.statements.pieces import Piece

__all__ = ["Correction", "correction", "edits"]

MOST = 160
"""Changes that are tried of one formula."""


@dataclass(frozen=True, slots=True)
class Correction:
    """``latex`` is the formula as it should stand, ``change`` says what of it."""

    latex: str
    change: str
    comparison: Comparison | None = None
    node: Node | None = None  # the corrected right side


def correction(
    readings: Readings,
    piece: Piece,
    options: Options,
    definition: Definition | None,
    outcome: Outcome | None = None,
) -> Correction | None:
    """The corrected formula, or None. What is given has been read again and found right."""
    pair = outcome.pair if outcome is not None else 0
    if len(piece.sides) < 2:
        return None
    left, right = piece.sides[pair], piece.sides[pair + 1]
    sizes = sorted(s for s in readings.context.sizes if s.isalpha() and len(s) == 1)
    letters = sorted(
        {
            x
            for side in piece.sides
            for n in nodes(side)
            if isinstance(n, Name)
            for s in n.sub
            if (x := letter_of(s))
        }
    )
    for count, changed in enumerate(edits(right, sizes, letters, readings)):
        if count >= MOST:
            break
        if definition is not None:
            if not _defines(readings, definition, changed):
                continue
        else:
            short = replace(piece, sides=[left, changed], latex=["", ""])
            again = readings.outcome(short, options)
            if again.state != "right":
                continue
        short_form = simplified(changed)
        if short_form != changed and definition is None:
            plain = readings.outcome(replace(piece, sides=[left, short_form], latex=["", ""]), options)
            changed = short_form if plain.state == "right" else changed
        shown = written_like(changed, piece.formula.text)
        return Correction(
            f"{piece.latex[pair]} = {shown}",
            f"it is right as {shown}",
            again.comparison if definition is None else None,
            changed,
        )
    return None


def _defines(readings: Readings, definition: Definition, body: Node) -> bool:
    known = readings.context.definitions
    at = known.index(definition)
    known[at] = replace(definition, body=body)
    reader = Reader(readings.context, readings.at(definition.scope), definition.scope)
    try:
        for array, name in reader.instances(known[at]):
            reader.info(name, array)
    except (NotRead, Mismatch, Slip, Undeclared, NotDifferentiable):
        return False
    finally:
        known[at] = definition
    return True


def edits(
    node: Node, sizes: list[str], letters: list[str], readings: Readings | None = None
) -> Iterator[Node]:
    """The node with one thing changed: a sign, a transpose, an index, an order, a factor."""
    yield from _turned(node)
    yield _negated(node)
    for at in _everywhere(node):
        for old, new in _local(at, letters, readings):
            yield _swap(node, old, new)
    for factor in _factors(sizes):
        yield _times(factor, node)
    yield from _two_transposes(node)
    yield from _squared(node)


def _squared(node: Node) -> Iterator[Node]:
    r"""A function's value, a group or a divisor squared (`1 - \tanh(z)`, `f / x`), and an inner derivative
    put before a chain: the variable, or twice that.
    """
    two = Literal(Fraction(2), "2")
    for at in _everywhere(node):
        if isinstance(at, Apply | Group) and not getattr(at, "sub", ()):
            yield _swap(node, at, Raised(at, two))
        if isinstance(at, Quotient) and isinstance(at.below, Name):
            yield _swap(node, at, replace(at, below=Raised(at.below, two)))
    names = (n for n in _everywhere(node) if isinstance(n, Name) and not (n.sub or n.word))
    for variable in {n.base: replace(n, sup=()) for n in names}.values():
        yield _times(variable, node)
        yield _times(two, _times(variable, node))


def _negated(node: Node) -> Node:
    if isinstance(node, Addition):
        return Addition(tuple((-s, t) for s, t in node.terms))
    return Addition(((-1, node),))


def _factors(sizes: list[str]) -> Iterator[Node]:
    one, two = Literal(Fraction(1), "1"), Literal(Fraction(2), "2")
    yield two
    yield Quotient(one, two)
    for size in sizes:
        yield Quotient(one, Name(size))
        yield Name(size)
    yield Quotient(one, Literal(Fraction(4), "4"))
    for size in sizes:
        yield Quotient(two, Name(size))


def _times(factor: Node, node: Node) -> Node:
    if isinstance(node, Addition) and len(node.terms) == 1 and node.terms[0][0] < 0:
        return Addition(((-1, _times(factor, node.terms[0][1])),))
    inner: tuple[tuple[str, Node], ...] = node.factors if isinstance(node, Multiplication) else (("", node),)
    if isinstance(node, Addition):
        inner = (("", Group(node)),)
    return Multiplication((("", factor), *inner))


def _everywhere(node: Node) -> Iterator[Node]:
    """Every node but the indices, which are changed with the symbol that has them."""
    marks = {
        id(inner)
        for n in nodes(node)
        if isinstance(n, Name)
        for mark in (*n.sub, *n.sup)
        for inner in nodes(mark)
    }
    marks |= {id(n.index) for n in nodes(node) if isinstance(n, BigSum)}
    yield from (n for n in nodes(node) if id(n) not in marks)


def _swap(node: Node, old: Node, new: Node) -> Node:
    """The node with the one object ``old`` replaced."""
    return rebuilt(node, lambda part: new if part is old else None)


def _turned(node: Node) -> Iterator[Node]:
    """Transposes put on or taken off one factor, and two neighbours exchanged."""
    for at in list(nodes(node)):
        if isinstance(at, Multiplication):
            for k, (sign, factor) in enumerate(at.factors):
                if isinstance(factor, Raised) and factor.transposed and not factor.inverse:
                    plain: Node = factor.base
                elif isinstance(factor, Name | Group | Raised) and not _is_entry(factor):
                    plain = Raised(factor, None, transposed=True)
                else:
                    continue
                changed = Multiplication((*at.factors[:k], (sign, plain), *at.factors[k + 1 :]))
                yield _swap(node, at, changed)
            for k in range(len(at.factors) - 1):
                order = list(at.factors)
                order[k], order[k + 1] = (order[k][0], order[k + 1][1]), (order[k + 1][0], order[k][1])
                yield _swap(node, at, Multiplication(tuple(order)))
    if isinstance(node, Raised) and node.transposed and not node.inverse:
        yield node.base
    elif isinstance(node, Name | Group | Multiplication | Raised | Addition):
        negative = isinstance(node, Addition) and len(node.terms) == 1
        if negative and isinstance(node, Addition):
            yield Addition(((node.terms[0][0], Raised(_grouped(node.terms[0][1]), None, transposed=True)),))
        else:
            yield Raised(_grouped(node), None, transposed=True)


def _is_entry(node: Node) -> bool:
    return isinstance(node, Name | Group) and bool(node.sub)


def _grouped(node: Node) -> Node:
    return node if isinstance(node, Name | Group) else Group(node)


def _two_transposes(node: Node) -> Iterator[Node]:
    """Neighbours exchanged, one of them transposed."""
    for at in list(nodes(node)):
        if isinstance(at, Multiplication):
            for k in range(len(at.factors) - 1):
                order = list(at.factors)
                order[k], order[k + 1] = (order[k][0], order[k + 1][1]), (order[k + 1][0], order[k][1])
                for j in (k, k + 1):
                    factor = order[j][1]
                    if isinstance(factor, Raised) and factor.transposed:
                        turned: Node = factor.base
                    elif isinstance(factor, Name | Group) and not _is_entry(factor):
                        turned = Raised(factor, None, transposed=True)
                    else:
                        continue
                    again = [*order[:j], (order[j][0], turned), *order[j + 1 :]]
                    yield _swap(node, at, Multiplication(tuple(again)))


def _local(at: Node, letters: list[str], readings: Readings | None) -> Iterator[tuple[Node, Node]]:
    match at:
        case Addition(terms) if len(terms) > 1:
            for k, (sign, term) in enumerate(terms):
                yield at, Addition((*terms[:k], (-sign, term), *terms[k + 1 :]))
                if not isinstance(term, Literal):
                    twice = _times(Literal(Fraction(2), "2"), term)
                    yield at, Addition((*terms[:k], (sign, twice), *terms[k + 1 :]))
        case Name(_, sub, sup) if not at.word:
            for k, old in enumerate(sub):
                for letter in letters:
                    if letter != letter_of(old):
                        yield at, replace(at, sub=(*sub[:k], Name(letter), *sub[k + 1 :]))
                if isinstance(old, Literal):
                    for number in (1, 2, 3, 4):
                        yield (
                            at,
                            replace(
                                at, sub=(*sub[:k], Literal(Fraction(number), str(number)), *sub[k + 1 :])
                            ),
                        )
            if len(sub) == 2:
                yield at, replace(at, sub=(sub[1], sub[0]))
            if not sub and not sup and at.base != "\\ones":
                for letter in letters:
                    yield at, replace(at, sub=(Name(letter),))
            if not sup and readings is not None and key_of(at) in readings.context.layered:
                l = Name("l")
                one = Literal(Fraction(1), "1")
                for layer in (l, Addition(((1, l), (1, one))), Addition(((1, l), (-1, one)))):
                    yield at, replace(at, sup=(layer,))
            if sup and letter_of(sup[0]) == "l":
                one = Literal(Fraction(1), "1")
                for sign in (1, -1):
                    yield at, replace(at, sup=(Addition(((1, sup[0]), (sign, one))),))
            if sup and isinstance(sup[0], Addition) and len(sup[0].terms) == 2:
                yield at, replace(at, sup=(sup[0].terms[0][1],))
        case Literal(value, _) if value.denominator == 1 and 1 <= value <= 4:
            for other in (1, 2, 3, 4):
                if other != value:
                    yield at, Literal(Fraction(other), str(other))
        case BigSum() if at.high is not None and isinstance(at.high, Name) and readings is not None:
            for size in sorted(readings.context.sizes):
                if size != at.high.base and size.isalpha() and len(size) == 1:
                    yield at, replace(at, high=Name(size))
        case Apply(function, arguments, _) if (
            function.primes == 0 and len(arguments) == 1 and not function.word
        ):
            yield at, replace(at, function=replace(function, primes=1))
        case Multiplication(factors):
            for k in range(1, len(factors)):
                if factors[k][0] != "\\odot":
                    yield at, Multiplication((*factors[:k], ("\\odot", factors[k][1]), *factors[k + 1 :]))
            for k in range(len(factors)):
                if len(factors) > 1:
                    rest = (*factors[:k], *factors[k + 1 :])
                    yield at, Multiplication((("", rest[0][1]), *rest[1:])) if len(rest) > 1 else rest[0][1]
        case _:
            return
