"""Both sides of an equality as terms over the same indices, or why they cannot be compared."""

from __future__ import annotations

from gradcheck.notes.arrays.algebra import multiply, substitute, total
from gradcheck.notes.arrays.terms import Delta, Index, Place, Term
from gradcheck.notes.arrays.values import Mismatch, Slip, Value, compatible, same_shape, unify
from gradcheck.notes.grammar.lexer import NotRead
from gradcheck.notes.grammar.syntax import Derivative, Literal, Name, Node
from gradcheck.notes.judging.comparison import Comparison, Target
from gradcheck.notes.judging.screening import screen
from gradcheck.notes.reading.einstein import repeated
from gradcheck.notes.reading.reader import Reader
from gradcheck.notes.statements.context import letter_of, nodes

__all__ = ["LeftMismatch", "Licensed", "compare", "fitted", "indices_of", "summed"]


class LeftMismatch(Exception):
    pass


class Licensed(Mismatch):
    """Sides of different shapes that are equal all the same under a usual licence; ``condition`` says it."""

    def __init__(self, text: str, condition: str) -> None:
        super().__init__(text)
        self.condition = condition


def compare(
    reader: Reader, left: Node, right: Node, conditions: list[Node], *, first: bool = True
) -> tuple[Comparison, tuple[Value, Value]]:
    """Both sides as terms over the same indices. Raises what says why they cannot be compared."""
    target = None
    try:
        a = reader.value(left)
    except Mismatch as error:
        if first:
            raise LeftMismatch(str(error)) from error
        raise
    except Slip as error:
        if first:
            raise NotRead(str(error)) from error
        raise
    if reader.einstein:
        a = reader.contracted(left, a, set())
    letters = dict(reader.free)
    assumed = reader.used & {"partial"}
    b = reader.value(right)
    if reader.einstein:
        b = summed(reader, b, letters)
    mask: Term | None = None
    if conditions:
        masks = []
        for condition in conditions:
            value = reader.condition(condition)
            masks.append(value.body)
        mask = multiply(masks)
    new = [x for x in reader.free if x not in letters]
    missing = [x for x in letters if x not in indices_of(right)]
    if missing and any(repeated(left, x) for x in missing):
        raise NotRead(
            f"the index {missing[0]} is repeated on the left without a sum; if it is summed, declare einstein"
        )
    if new:
        if any(repeated(right, x) for x in new):
            raise NotRead(
                f"the index {new[0]} is repeated on the right without a sum; if summed, declare einstein"
            )
        if new[0] in reader.context.sizes:
            raise NotRead(f"the index {new[0]} is how many there are: which entry is meant is not clear")
        raise Slip(reader.stray(new, set(letters)))
    if a.vector and b.matrix:
        _batch(reader, a, b, letters)
    if a.matrix and b.vector:
        _diagonal(reader, a, b, letters)
    b = fitted(a, b, right)
    axes = (*a.open, *letters.values())
    if isinstance(left, Derivative) and len(left.by) == 1 and not assumed and "partial" not in reader.used:
        target = _target(reader, left, a)
    right_body = b.at(a.row, a.column)
    comparison = Comparison(reader.graph, axes, a.body, right_body, mask, target, tuple(letters.items()))
    return comparison, (a, b)


def _batch(reader: Reader, a: Value, b: Value, letters: dict[str, Index]) -> None:
    along, other = (b.column, b.row) if a.row is None else (b.row, b.column)
    own = a.open[0]
    assert along is not None and other is not None
    if not compatible(own, along) or own.dim.root() is other.dim.root():
        return
    own.dim.unify(along.dim)
    summed = total(other, substitute(b.body, {along: own}))
    if screen(Comparison(reader.graph, (own, *letters.values()), a.body, summed)):
        said = f"the left side is {a.words()}, the right side {b.words()}"
        raise Licensed(said, f"{other.dim} = 1; for a batch, sum over its rows")


def _diagonal(reader: Reader, a: Value, b: Value, letters: dict[str, Index]) -> None:
    """f'(x) for the derivative of an elementwise function: the Jacobian's diagonal, all else is zero."""
    assert a.row is not None and a.column is not None
    own = b.open[0]
    if not (compatible(a.row, own) and compatible(a.column, own) and compatible(a.row, a.column)):
        return
    a.row.dim.unify(a.column.dim)
    a.row.dim.unify(own.dim)
    right = multiply((Delta(a.row, a.column), substitute(b.body, {own: a.row})))
    if screen(Comparison(reader.graph, (a.row, a.column, *letters.values()), a.body, right)):
        said = f"the left side is {a.words()}, the right side {b.words()}"
        raise Licensed(said, "it is read entry by entry: the right side is the diagonal of the Jacobian")


def indices_of(node: Node) -> set[str]:
    return {x for n in nodes(node) if isinstance(n, Name) for s in (*n.sub, *n.sup) if (x := letter_of(s))}


def _target(reader: Reader, left: Derivative, value: Value) -> Target | None:
    """The left side as gradcheck states it, with the indices of ``value``."""
    by_ = left.by[0]
    if isinstance(by_, Name) and any(isinstance(s, Name) and reader.is_label(s) for s in by_.sub):
        return None
    known = set(reader.free)
    body = reader.value(reader.at_its_variable(left.body, by_))
    if reader.einstein:
        body = reader.contracted(left.body, body, known)
    by = reader.operand(by_)
    if body.scalar and by.value.scalar:
        return Target(body.body, _free_axes(reader, body.body), by.array, by.places)
    own, theirs = list(value.open), [*body.open, *by.value.open]
    if len(own) != len(theirs):
        return None
    if body.vector and by.value.vector:
        (i,), (p,) = body.open, by.value.open
        turned = reader.options.layout == "denominator"
        a, b = (own[1], own[0]) if turned else (own[0], own[1])
        to = {i: a, p: b}
        return Target(substitute(body.body, to), (a,), by.array, _placed(by.places, to))
    if body.scalar and by.value.matrix:
        assert by.value.row is not None and by.value.column is not None
        flipped = reader.options.matrix == "transposed"
        rows = (own[1], own[0]) if flipped else (own[0], own[1])
        to = {by.value.row: rows[0], by.value.column: rows[1]}
        return Target(body.body, _free_axes(reader, body.body), by.array, _placed(by.places, to))
    if body.scalar and by.value.vector:
        to = {by.value.open[0]: own[0]}
        return Target(body.body, _free_axes(reader, body.body), by.array, _placed(by.places, to))
    if body.vector and by.value.scalar:
        to = {body.open[0]: own[0]}
        return Target(substitute(body.body, to), tuple(own), by.array, by.places)
    return None


def _placed(places: tuple[Place, ...], to: dict[Index, Index]) -> tuple[Place, ...]:
    return tuple(to.get(p, p) if isinstance(p, Index) else p for p in places)


def _free_axes(reader: Reader, term: Term) -> tuple[Index, ...]:
    from gradcheck.notes.arrays.algebra import free

    inside = free(term)
    return tuple(i for i in reader.free.values() if i in inside)


def fitted(a: Value, b: Value, node: Node) -> Value:
    """The right side in the left side's shape. Raises `Mismatch`."""
    zero = isinstance(node, Literal) and node.value == 0
    if zero or (b.listed and b.scalar):
        return Value(a.row, a.column, b.body)
    if not same_shape(a, b) and (a.listed or b.listed) and a.vector and b.vector:
        b = b.transposed()
    if not same_shape(a, b):
        raise Mismatch(f"the left side is {a.words()}, the right side {b.words()}")
    unify(a, b)
    return b


def summed(reader: Reader, value: Value, letters: dict[str, Index]) -> Value:
    """Einstein's convention: an index that the left side does not have is summed over."""
    body = value.body
    for letter in [x for x in reader.free if x not in letters]:
        index = reader.free.pop(letter)
        reader.letters.pop(letter, None)
        body = total(index, body)
    return value.with_body(body)
