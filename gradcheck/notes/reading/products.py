"""Products, quotients, powers and norms."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from gradcheck.notes.arrays.algebra import add, multiply, power, substitute, total
from gradcheck.notes.arrays.terms import Delta, Det, Function, Index, Inverse, Number, Term, fresh
from gradcheck.notes.arrays.values import (
    Mismatch,
    Undeclared,
    Value,
    compatible,
    hadamard,
    matrix_product,
    same_shape,
    scaled,
)
from gradcheck.notes.grammar.dotted import COLUMN, ROW, listed
from gradcheck.notes.grammar.lexer import NotRead
from gradcheck.notes.grammar.syntax import (
    Apply,
    Derivative,
    Dots,
    Group,
    Indicator,
    Literal,
    Matrix,
    Name,
    Node,
    Norm,
    Raised,
    Relation,
    Vectorised,
)
from gradcheck.notes.reading.unknowns import Unknowns
from gradcheck.notes.statements.context import key_of, letter_of, nodes

__all__ = ["Products"]


_MINUS = Number(Fraction(-1))
_TWO = Number(Fraction(2))


class Products(Unknowns):
    """Products, quotients, powers and norms."""

    def product(self, factors: tuple[tuple[str, Node], ...]) -> Value:
        groups: list[list[tuple[str, Node]]] = [[]]
        for sign, node in factors:
            if sign in {"\\odot", "\\circ"}:
                groups.append([("", node)])
            else:
                groups[-1].append((sign, node))
        result = self.chain(groups[0])
        for group in groups[1:]:
            result = hadamard(result, self.chain(group))
        return result

    def chain(self, factors: list[tuple[str, Node]]) -> Value:
        values = [(sign, self.value(node)) for sign, node in self.called(factors)]
        if len(values) == 1:
            return values[0][1]
        try:
            return self.folded(values)
        except Mismatch:
            if len(values) < 3:
                raise
        result = values[-1][1]
        for (_, value), (sign, _) in zip(reversed(values[:-1]), reversed(values[1:]), strict=False):
            result = self.times(sign, value, result)
        return result

    def called(self, factors: list[tuple[str, Node]]) -> list[tuple[str, Node]]:
        """`1(x > 0)`: a number before a condition is an indicator."""
        out: list[tuple[str, Node]] = []
        for sign, node in factors:
            condition = isinstance(node, Group) and isinstance(node.body, Relation)
            if condition and out and isinstance(out[-1][1], Literal) and out[-1][1].value == 1 and not sign:
                out[-1] = (out[-1][0], Indicator(node.body))  # type: ignore[union-attr]
            else:
                out.append((sign, node))
        return out

    def folded(self, values: list[tuple[str, Value]]) -> Value:
        result = values[0][1]
        for sign, value in values[1:]:
            result = self.times(sign, result, value)
        return result

    def times(self, sign: str, a: Value, b: Value) -> Value:
        if sign == "\\otimes":
            return self.outer(a, b)
        if a.scalar or b.scalar:
            return scaled(a, b)
        if sign == "*" and same_shape(a, b):
            return hadamard(a, b)
        if a.vector and b.vector and same_shape(a, b):
            if self.entrywise or (sign == "\\times"):
                return hadamard(a, b)
            if sign in {"\\cdot", "."}:
                if self.choose("dot"):
                    return hadamard(a, b)
                return (
                    matrix_product(a.transposed(), b)
                    if a.column is None
                    else matrix_product(a, b.transposed())
                )
            if self.choose("elementwise"):
                return hadamard(a, b)
            raise Mismatch(f"a product of {a.words()} and {b.words()} does not conform")
        if sign == "\\times" and _alike(a, b) and not _alike(a, a.transposed()):
            return hadamard(a, b)  # sizes that nothing tells would be made equal for a product of matrices
        try:
            return matrix_product(a, b)
        except Mismatch:
            if same_shape(a, b) and sign in {"\\cdot", "\\times", ""}:
                if sign == "\\times":
                    return hadamard(a, b)
                if self.choose("elementwise"):
                    return hadamard(a, b)
            raise

    def outer(self, a: Value, b: Value) -> Value:
        """a b^T of two vectors; between matrices the sign means another product."""
        if not (a.vector and b.vector):
            raise NotRead("what \\otimes means here is not clear")
        return matrix_product(a.transposed() if a.row is None else a, b if b.row is None else b.transposed())

    def quotient(self, above: Value, below: Value) -> Value:
        if below.scalar:
            return above.with_body(multiply((above.body, power(below.body, _MINUS))))
        inverse = below.with_body(power(below.body, _MINUS))
        if above.scalar:
            if not self.entrywise:
                self.assume("a division by a vector is taken entry by entry")
            return inverse.with_body(multiply((above.body, inverse.body)))
        if not same_shape(above, below):
            raise Mismatch(f"a quotient of {above.words()} and {below.words()} does not conform")
        self.assume("a division of vectors is taken entry by entry")
        return hadamard(above, inverse)

    def raising(self, node: Raised) -> Value:
        base = node.base
        if node.exponent is not None and isinstance(base, Norm):
            inner = self.value(base.body)
            squared = isinstance(node.exponent, Literal) and node.exponent.value == 2
            if squared and base.kind in {"", "2", "F"}:
                return self.squares(inner, base.kind)
        if node.exponent is not None and letter_of(node.exponent) == "t" and self.transposes(node.exponent):
            inner = self.value(base)
            if not inner.scalar:
                return inner.transposed()
        entry = self.entry_of(node)
        if entry is not None:
            return entry
        inner = self.value(base)
        if node.prime and inner.scalar:
            return self.value(Derivative(base, (_variable(base),), total=True))
        if node.inverse:
            inner = self.inverse(inner)
        if node.transposed:
            inner = inner.transposed()
        if node.exponent is not None:
            inner = self.raised(inner, self.value(node.exponent), node.exponent)
        return inner

    def entry_of(self, node: Raised) -> Value | None:
        """X^{-1}_{ij} and X^T_{ij}: entries of the inverse and of the transpose."""
        base = node.base
        if (
            not isinstance(base, Name)
            or len(base.sub) != 2
            or base.primes
            or not (node.inverse or node.transposed)
        ):
            return None
        try:
            whole = self.named(replace(base, sub=()))
        except (Undeclared, NotRead):
            return None
        if not whole.matrix:
            return None
        if node.inverse:
            whole = self.inverse(whole)
        if node.transposed:
            whole = whole.transposed()
        assert whole.row is not None and whole.column is not None
        i, j = (self.place(s) for s in base.sub)
        for place, index in ((i, whole.row), (j, whole.column)):
            if isinstance(place, Index):
                place.dim.unify(index.dim)
        return Value(None, None, substitute(whole.body, {whole.row: i, whole.column: j}))

    def transposes(self, exponent: Node) -> bool:
        """A small t as an exponent: a transpose, where t is no symbol of the note."""
        return "t" not in self.static and self.context.declared("t") is None and "t" not in self.letters

    def raised(self, base: Value, exponent: Value, node: Node) -> Value:
        if letter_of(node) == "t" and not base.scalar and self.transposes(node):
            return base.transposed()
        if letter_of(node) == "t" and self.transposes(node) and not self.context.is_defined("t"):
            raise NotRead("whether t is a power or a transpose is not clear")
        if not exponent.scalar:
            raise Mismatch("an exponent is no number")
        if base.scalar or self.entrywise:
            return base.with_body(power(base.body, exponent.body))
        if base.matrix and isinstance(exponent.body, Number) and exponent.body.value.denominator == 1:
            times = int(exponent.body.value)
            if times == 0:
                row = fresh(base.row.dim, "r") if base.row else None
                assert row is not None
                column = fresh(row.dim, "c")
                return Value(row, column, Delta(row, column))
            if 1 <= abs(times) <= 6:
                result = base = self.inverse(base) if times < 0 else base
                for _ in range(abs(times) - 1):
                    result = matrix_product(result, base)
                return result
        if base.vector:
            self.assume("a power of a vector is taken entry by entry")
            return base.with_body(power(base.body, exponent.body))
        raise NotRead(f"a power of {base.words()} is not read")

    def inverse(self, value: Value) -> Value:
        if value.scalar:
            return value.with_body(power(value.body, _MINUS))
        if not value.matrix or not compatible(value.row, value.column):
            raise self.not_square(value, "inverse")
        assert value.row is not None and value.column is not None
        value.row.dim.unify(value.column.dim)
        i, j = fresh(value.row.dim, "r"), fresh(value.row.dim, "c")
        return Value(i, j, Inverse(value.row, value.column, value.body, i, j))

    def not_square(self, value: Value, what: str) -> Mismatch | NotRead:
        """Texts use a letter anew: a matrix is certainly not square where a comment declares its sizes."""
        text = f"the {what} of {value.words()} does not exist"
        sides = [i.dim for i in (value.row, value.column) if i is not None]
        return Mismatch(text) if value.matrix and self.sizes_are_declared(*sides) else NotRead(text)

    def determinant(self, value: Value) -> Term:
        if not value.matrix or not compatible(value.row, value.column):
            raise self.not_square(value, "determinant")
        assert value.row is not None and value.column is not None
        value.row.dim.unify(value.column.dim)
        return Det(value.row, value.column, value.body)

    def squares(self, value: Value, kind: str) -> Value:
        if value.matrix and kind in {"2", ""}:
            self.assume("the norm of a matrix is the root of its squared entries")
        body = power(value.body, _TWO)
        for index in value.open:
            body = total(index, body)
        return Value(None, None, body)

    def norm(self, value: Value, kind: str) -> Value:
        if kind == "1":
            body: Term = Function("abs", value.body)
            for index in value.open:
                body = total(index, body)
            return Value(None, None, body)
        return Value(None, None, Function("sqrt", self.squares(value, kind).body))

    def dotted(self, node: Node) -> Value:
        r"""[x_1, \\ldots, x_n], by its entry."""
        found = listed(node)
        if found is None:
            raise NotRead("dots stand for something that is not written out")
        value = self.value(found.entry)
        if not value.scalar:
            raise NotRead("a matrix with dots in it holds more than numbers")
        places: dict[str, Index] = {}
        for name, last in found.last.items():
            self.free.pop(name, None)
            places[name] = self.letters.pop(name)
            size = letter_of(last) if isinstance(last, Name) else None
            if size is not None and not places[name].dim.unify(self.dim(size)):
                raise NotRead(f"whether all entries are listed, up to {size}, is not clear")
        listed_ = isinstance(node, Vectorised)
        return Value(places.get(ROW), places.get(COLUMN), value.body, listed=listed_)

    def matrix(self, rows: tuple[tuple[Node, ...], ...]) -> Value:
        if any(isinstance(c, Dots) for r in rows for c in r):
            return self.dotted(Matrix(rows))
        if len({len(r) for r in rows}) != 1:
            raise NotRead("a matrix that is written out has rows of different lengths")
        height, width = len(rows), len(rows[0])
        row = fresh(self.dim(str(height)), "r") if height > 1 else None
        column = fresh(self.dim(str(width)), "c") if width > 1 else None
        terms: list[Term] = []
        for i, cells in enumerate(rows):
            for j, cell in enumerate(cells):
                value = self.value(cell)
                if not value.scalar:
                    raise NotRead("a matrix that is written out holds more than numbers")
                where: list[Term] = []
                if row is not None:
                    where.append(Delta(row, i))
                if column is not None:
                    where.append(Delta(column, j))
                terms.append(multiply((*where, value.body)))
        return Value(row, column, add(terms))


def _variable(node: Node) -> Name:
    """By what (f(x) g(x))' is differentiated: the argument of its functions, else its only symbol."""
    functions = [n for n in nodes(node) if isinstance(n, Apply)]
    heads = {id(n.function) for n in functions}
    arguments = {key_of(a): a for n in functions for a in n.arguments if isinstance(a, Name)}
    others = {
        key_of(n): n for n in nodes(node) if isinstance(n, Name) and id(n) not in heads and n.base != "e"
    }
    found = list((arguments or others).values())
    if len(found) != 1 or found[0].sub or found[0].bracket:
        raise NotRead("by what the brackets with a prime are differentiated is not clear")
    return replace(found[0], sup=())


def _alike(a: Value, b: Value) -> bool:
    """Whether two matrices are known to have the same sizes."""
    if a.row is None or a.column is None or b.row is None or b.column is None:
        return False
    return a.row.dim.root() is b.row.dim.root() and a.column.dim.root() is b.column.dim.root()
