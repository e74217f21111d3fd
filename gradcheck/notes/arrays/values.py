"""What an expression of a note means: a number, a column, a row or a matrix, entry by entry."""

from __future__ import annotations

from dataclasses import dataclass

from gradcheck.notes.arrays.algebra import add, multiply, substitute, total
from gradcheck.notes.arrays.terms import Dim, Entry, Index, Number, Product, Term, fresh

__all__ = ["Mismatch", "Slip", "Undeclared", "Value", "hadamard", "matrix_product", "same_shape", "scaled"]


class Mismatch(Exception):
    """Shapes that do not conform; the message says which."""


class Slip(Exception):
    """A mistake of index or symbol that needs no calculus; the message says which."""

    def __init__(self, message: str, suggestion: str | None = None) -> None:
        super().__init__(message)
        self.suggestion = suggestion


class Undeclared(Exception):
    """A symbol of which nothing is known."""

    def __init__(self, symbol: str) -> None:
        super().__init__(f"the symbol {symbol} is neither declared nor defined")
        self.symbol = symbol


@dataclass(frozen=True, slots=True)
class Value:
    """``row`` runs down the rows, ``column`` along the columns; None where there is only one."""

    row: Index | None
    column: Index | None
    body: Term
    listed: bool = False  # written as a list [a, b]: a row or a column, as is needed

    @property
    def scalar(self) -> bool:
        return self.row is None and self.column is None

    @property
    def vector(self) -> bool:
        return (self.row is None) != (self.column is None)

    @property
    def matrix(self) -> bool:
        return self.row is not None and self.column is not None

    @property
    def open(self) -> tuple[Index, ...]:
        return tuple(i for i in (self.row, self.column) if i is not None)

    def transposed(self) -> Value:
        return Value(self.column, self.row, self.body, self.listed)

    def with_body(self, body: Term) -> Value:
        return Value(self.row, self.column, body, self.listed)

    def at(self, row: Index | None, column: Index | None) -> Term:
        """The body with its own indices replaced."""
        to = {
            own: new
            for own, new in ((self.row, row), (self.column, column))
            if own is not None and new is not None
        }
        return substitute(self.body, to)

    def shape(self) -> str:
        return f"{self.row.dim if self.row else 1} x {self.column.dim if self.column else 1}"

    def words(self) -> str:
        if self.scalar:
            return "a number"
        kind = "a matrix" if self.matrix else "a column" if self.column is None else "a row"
        return f"{kind} ({self.shape()})"


def compatible(a: Index | None, b: Index | None) -> bool:
    """Whether two axes can be one, without making them one."""
    if a is None or b is None:
        return a is b
    x, y = a.dim.root(), b.dim.root()
    return x is y or not (x.known and y.known) or (x.name, x.number) == (y.name, y.number)


def same_shape(a: Value, b: Value) -> bool:
    return compatible(a.row, b.row) and compatible(a.column, b.column)


def unify(a: Value, b: Value) -> None:
    for x, y in ((a.row, b.row), (a.column, b.column)):
        if x is not None and y is not None:
            x.dim.unify(y.dim)


def scaled(a: Value, b: Value) -> Value:
    """A number times anything."""
    number, other = (a, b) if a.scalar else (b, a)
    return other.with_body(multiply((number.body, other.body)))


def matrix_product(a: Value, b: Value) -> Value:
    """Rows times columns. Raises `Mismatch`."""
    if a.scalar or b.scalar:
        return scaled(a, b)
    if not compatible(a.column, b.row):
        raise Mismatch(f"a product of {a.words()} and {b.words()} does not conform")
    row = fresh(a.row.dim, "r") if a.row else None
    column = fresh(b.column.dim, "c") if b.column else None
    if a.column is None or b.row is None:
        body = multiply((a.at(row, None), b.at(None, column)))
        return Value(row, column, body)
    a.column.dim.unify(b.row.dim)
    k = fresh(a.column.dim)
    body = total(k, multiply((a.at(row, k), b.at(k, column))))
    return Value(row, column, body)


def hadamard(a: Value, b: Value) -> Value:
    """Entry by entry. Raises `Mismatch`."""
    if a.scalar or b.scalar:
        return scaled(a, b)
    if not same_shape(a, b):
        raise Mismatch(f"an elementwise product of {a.words()} and {b.words()} does not conform")
    unify(a, b)
    return a.with_body(multiply((a.body, b.at(a.row, a.column))))


def plus(values: list[Value]) -> Value:
    """The sum of values; a row or column is added to every row or column of a matrix. Raises `Mismatch`."""
    first = next((v for v in values if v.matrix), values[0])
    bodies: list[Term] = []
    for value in values:
        broadcast = first.matrix and value.vector and _named(value.body)
        if broadcast:
            axis = value.row or value.column
            along = first.row if value.row is not None else first.column
            fits = compatible(axis, along)
        else:
            fits = same_shape(first, value)
        if not fits:
            raise Mismatch(f"a sum of {first.words()} and {value.words()} does not conform")
        unify(first, value)
        bodies.append(value.at(first.row, first.column))
    return Value(first.row, first.column, add(bodies), all(v.listed for v in values))


def _named(term: Term) -> bool:
    """A symbol, as the bias that is added to every row; an expression would hide a mistake."""
    if isinstance(term, Product):
        return all(isinstance(f, Number | Entry) for f in term.factors)
    return isinstance(term, Entry)


def dim_of(index: Index) -> Dim:
    return index.dim.root()
