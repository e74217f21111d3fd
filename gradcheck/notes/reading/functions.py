"""Functions: known ones, those that the note defines, and undefined ones."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from gradcheck.notes.arrays.algebra import add, multiply, negative, power, substitute, total
from gradcheck.notes.arrays.elementary import COMPOSED, composed
from gradcheck.notes.arrays.graph import Graph
from gradcheck.notes.arrays.inlining import put
from gradcheck.notes.arrays.terms import Delta, Det, Entry, Function, Index, Largest, Number, fresh
from gradcheck.notes.arrays.values import (
    Mismatch,
    Slip,
    Undeclared,
    Value,
    compatible,
    hadamard,
    same_shape,
)
from gradcheck.notes.grammar.latex import latex
from gradcheck.notes.grammar.lexer import NotRead
from gradcheck.notes.grammar.normalising import FUNCTIONS
from gradcheck.notes.grammar.syntax import (
    Addition,
    Apply,
    Group,
    Literal,
    Multiplication,
    Name,
    Node,
    Raised,
    rebuilt,
)
from gradcheck.notes.reading.options import Info
from gradcheck.notes.reading.sums import Sums
from gradcheck.notes.statements.context import ACTIVATIONS, LOSSES, Definition, key_of

__all__ = ["Functions"]


_MINUS = Number(Fraction(-1))
_TWO = Number(Fraction(2))


PLAIN = {
    "exp", "log", "tanh", "sigmoid", "sqrt", "sin", "cos", "abs", "relu", "sign",
    "arctan", "arcsin", "arccos",
}  # fmt: skip


class Functions(Sums):
    """Functions: known ones, those that the note defines, and undefined ones."""

    def applied(self, node: Apply) -> Value:
        name, base = node.function, node.function.base
        key = key_of(name)
        if key in self.context.unread:
            raise NotRead(f"the definition of {key} is not read")
        if base == "\\langle":
            return self.inner_product(node)
        defined = [d for d in self.context.definition(key, self.scope) if d.parameters]
        if defined:
            return self.macro(defined[-1], node)
        if name.word and base in FUNCTIONS.values() and not self.context.is_defined(key):
            return self.known(base, node)
        if key in self.context.losses and not name.primes:
            if any(isinstance(a, Addition | Multiplication) for a in node.arguments):
                raise NotRead(f"what {key} of an expression is, is not clear")
            return self.named(replace(name, primes=0))
        if len(node.arguments) == 1 and not name.word and self.is_array(name, key):
            return self.chain([("", name), ("", Group(node.arguments[0]))])
        if self.context.is_defined(key):
            return self.value_of_function(name, node)
        if base == "\\sigma" and self.choose("sigmoid"):
            self.assume("\\sigma is the sigmoid")
            return self.elementwise("sigmoid", name.primes, self.one(node))
        return self.undefined(name, node)

    def is_array(self, name: Name, key: str) -> bool:
        """Whether a symbol in front of brackets is declared as an array, and so multiplied.

        X' is then a matrix's transpose.
        """
        declared = self.context.declared(key)
        if declared is None or key in self.context.declarations.elementwise:
            return False
        return bool(declared.sizes) and (not name.primes or (name.primes == 1 and len(declared.sizes) == 2))

    def value_of_function(self, name: Name, node: Apply) -> Value:
        """`J(W)` where J is defined without its argument."""
        if name.primes:
            raise NotRead(f"the derivative {key_of(name)}' is not clear")
        for argument in node.arguments:
            if not isinstance(argument, Name):
                raise NotRead(f"whether {key_of(name)} is multiplied or applied is not clear")
        return self.named(name)

    def inner_product(self, node: Apply) -> Value:
        """The sum of the products of all entries."""
        a, b = (self.value(x) for x in node.arguments)
        if a.scalar or not same_shape(a, b):
            raise Mismatch(f"the inner product of {a.words()} and {b.words()} does not exist")
        product = hadamard(a, b)
        body = product.body
        for index in product.open:
            body = total(index, body)
        return Value(None, None, body)

    def one(self, node: Apply) -> Value:
        if len(node.arguments) != 1:
            raise NotRead(f"{key_of(node.function)} has {len(node.arguments)} arguments")
        return self.value(node.arguments[0])

    def elementwise(self, function: str, order: int, x: Value) -> Value:
        if order == 0:
            return x.with_body(composed(function, x.body))
        array = "slot."
        graph = Graph()
        graph.given(array, ())
        term = composed(function, Entry(array, ()))
        for _ in range(order):
            term = graph.derivative(term, array, ())
        return x.with_body(put(term, array, x.body))

    def known(self, base: str, node: Apply) -> Value:
        order = node.function.primes
        if base == "min" and len(node.arguments) == 2 and not order:
            return self.smaller(*(self.value(a) for a in node.arguments))
        if base == "max" and len(node.arguments) == 2:
            first, second = (self.value(a) for a in node.arguments)
            if isinstance(second.body, Number) and second.body.value == 0:
                first, second = second, first
            if isinstance(first.body, Number) and first.body.value == 0:
                return second.with_body(Function("relu", second.body))
            return self.larger(first, second)
        x = self.one(node)
        if base in {"max", "min"}:
            if base == "min" or x.matrix or x.scalar:
                raise NotRead(f"{base} of {x.words()} is not read")
            return Value(None, None, Largest(x.open[0], x.body))
        if base == "log" and not order and isinstance(x.body, Function) and x.body.name == "exp":
            return x.with_body(x.body.argument)
        if base == "tr":
            if x.scalar:
                return x
            if not x.matrix or not compatible(x.row, x.column):
                raise self.not_square(x, "trace")
            assert x.row is not None and x.column is not None
            x.row.dim.unify(x.column.dim)
            k = fresh(x.row.dim)
            return Value(None, None, total(k, x.at(k, k)))
        if base == "det":
            return Value(None, None, self.determinant(x))
        if base == "logdet":
            return Value(None, None, Function("logabs", self.determinant(x)))
        if base == "diag":
            if not x.vector:
                raise NotRead(f"diag of {x.words()} is not read")
            (index,) = x.open
            other = fresh(index.dim, "c")
            return Value(index, other, multiply((Delta(index, other), x.body)))
        if base == "softmax":
            return self.softmax(x, order)
        if base == "log" and isinstance(x.body, Det | Function) and x.scalar:
            inner = x.body.argument if isinstance(x.body, Function) and x.body.name == "abs" else x.body
            if inner is not x.body or isinstance(x.body, Det):
                return x.with_body(Function("logabs", inner))
        if base not in PLAIN | COMPOSED:
            raise NotRead(f"the function {base} is not known")
        return self.elementwise(base, order, x)

    def smaller(self, first: Value, second: Value) -> Value:
        """min(a, b) = a - relu(a - b), of values of one shape or of a value and a number."""
        if first.scalar and not second.scalar:
            first, second = second, first
        if not second.scalar and not same_shape(first, second):
            raise Mismatch(f"the smaller of {first.words()} and {second.words()} does not exist")
        other = second.at(first.row, first.column)
        difference = add((first.body, negative(other)))
        return first.with_body(add((first.body, negative(Function("relu", difference)))))

    def larger(self, first: Value, second: Value) -> Value:
        """max(a, b) = -min(-a, -b)."""
        smaller = self.smaller(*(v.with_body(negative(v.body)) for v in (first, second)))
        return smaller.with_body(negative(smaller.body))

    def softmax(self, x: Value, order: int) -> Value:
        if x.scalar or order:
            raise NotRead(f"the softmax of {x.words()} is not read")
        index = x.open[0]
        if x.matrix:
            columns = bool(self.choose("columns"))
            self.assume(f"the softmax acts on the {'columns' if columns else 'rows'}")
            index = x.open[0 if columns else 1]
        k = fresh(index.dim)
        normaliser = total(k, Function("exp", substitute(x.body, {index: k})))
        return x.with_body(multiply((Function("exp", x.body), power(normaliser, _MINUS))))

    def macro(self, definition: Definition, node: Apply) -> Value:
        """A function that the note defines: at its own arguments the defined value, elsewhere put in."""
        name = node.function
        parameters = definition.parameters
        if len(parameters) != len(node.arguments):
            raise NotRead(f"{key_of(name)} is defined with {len(parameters)} arguments")
        same = all(_same(a, b) for a, b in zip(parameters, node.arguments, strict=True))
        array = definition.key
        if not name.primes and same and not any(isinstance(p, Name) and p.sub for p in parameters):
            return self.named(replace(name, primes=0))
        if any(isinstance(p, Name) and p.sub for p in parameters) and len(parameters) > 1:
            return self.entry_of_function(definition, node)
        plain = [p for p in parameters if isinstance(p, Name)]
        if len(plain) < len(parameters):
            raise NotRead(f"{key_of(name)} at other arguments than its own is not read")
        parameter, argument = plain[0], node.arguments[0]
        if not name.primes and not parameter.sub and not same and array not in self.making:
            put_in = {key_of(p): a for p, a in zip(plain, node.arguments, strict=True)}
            self.making.append(array)
            try:
                return self.value(_with_arguments(definition.body, put_in))
            finally:
                self.making.pop()
        if len(plain) > 1:
            raise NotRead(f"{key_of(name)} at other arguments than its own is not read")
        if parameter.sub:
            if name.primes or not isinstance(argument, Name) or argument.base != parameter.base:
                raise NotRead(f"{key_of(name)} at another argument is not read")
            info = self.info(replace(name, primes=0), array)
            places = [self.place(s) for s in argument.sub]
            if len(places) != len(info.dims):
                raise Slip(f"{key_of(name)} has {len(info.dims)} indices, here it has {len(places)}")
            for dim, place in zip(info.dims, places, strict=True):
                if isinstance(place, Index):
                    place.dim.unify(dim)
            return Value(None, None, Entry(array, tuple(places)))
        info = self.info(replace(name, primes=0), array)
        inner_array, _, _ = self.array(parameter)
        if (info.dims or self.infos.get(inner_array, Info(())).dims) and (name.primes or not same):
            raise NotRead(f"{key_of(name)} at another argument is not read")
        x = self.value(argument)
        term = self.graph.entry(array, ())
        for _ in range(name.primes):
            term = self.graph.derivative(term, inner_array, ())
        return x.with_body(put(term, inner_array, x.body))

    def entry_of_function(self, definition: Definition, node: Apply) -> Value:
        """p(x_i, w), of a function that is defined for each i, at another index."""
        name = node.function
        places: list[Node] = []
        unclear = NotRead(f"{key_of(name)} at other arguments than its own is not read")
        for p, a in zip(definition.parameters, node.arguments, strict=True):
            if name.primes or not isinstance(p, Name) or not isinstance(a, Name):
                raise unclear
            if len(p.sub) != len(a.sub) or not _same(replace(p, sub=()), replace(a, sub=())):
                raise unclear
            places += a.sub
        return self.named(replace(name, sub=tuple(places)))

    def undefined(self, name: Name, node: Apply) -> Value:
        key = key_of(name)
        array = key
        if name.sup:
            array, subs, exponent = self.array(replace(name, primes=0))
            if isinstance(exponent, Literal) and not subs and not name.primes:  # g^2(x)
                return self.raised(
                    self.applied(replace(node, function=replace(name, sup=()))),
                    self.value(exponent),
                    exponent,
                )
            if subs or exponent is not None:
                raise NotRead(f"the superscript of {key} is not clear")
        if name.sub:
            raise NotRead(f"the index of the function {key} is not clear")
        elementwise = key in self.context.declarations.elementwise
        others = sorted(f for f, s in self.context.declarations.elementwise.items() if s <= self.scope)
        if not elementwise and others and name.base in ACTIVATIONS - self.context.defining:
            shown = others[0]
            raise Slip(f"{key} is not declared; the activation of this note is {shown}", shown)
        if (elementwise or name.base in ACTIVATIONS or name.primes) and len(node.arguments) == 1:
            x = self.value(node.arguments[0])
            if not x.scalar and not elementwise:
                self.assume(f"{key} works entry by entry")
            return x.with_body(self.some_activation(array, name.primes, x.body))
        if name.base not in LOSSES | {"l", "D"}:
            raise NotRead(f"the function {key} is neither declared nor defined")
        arguments: list[Value] = []
        for argument in node.arguments:
            try:
                arguments.append(self.value(argument))
            except Undeclared:
                continue
        if name.primes or not arguments:
            raise NotRead(f"the derivative of {key} is not clear")
        several = bool(self.letters) or self.static != self.context.static  # it is used at several points
        curved = several or self.curved or self.context.twice
        return Value(None, None, self.some_function(array, arguments, curved=curved))


def _same(a: Node, b: Node) -> bool:
    """Whether two nodes are written alike, wherever they stand."""
    return _placeless(a) == _placeless(b)


def _placeless(node: object) -> object:
    if isinstance(node, tuple):
        return tuple(_placeless(n) for n in node)
    if hasattr(node, "__dataclass_fields__"):
        parts = [
            (f, _placeless(getattr(node, f))) for f in node.__dataclass_fields__ if f not in {"at", "bold"}
        ]
        return type(node).__name__, tuple(parts)
    return node


def _with_arguments(body: Node, put: dict[str, Node]) -> Node:
    """The body of a function with the places of its parameters taken by arguments, all at once."""

    def change(part: Node) -> Node | None:
        argument = put.get(key_of(part)) if isinstance(part, Name) else None
        if argument is None:
            return None
        assert isinstance(part, Name)
        if isinstance(argument, Name) and not (argument.sub or argument.sup or argument.primes):
            sub, sup = (_with_arguments(marks, put) for marks in (part.sub, part.sup))  # type: ignore[arg-type]
            return replace(argument, sub=sub, sup=sup, primes=part.primes, bracket=part.bracket)  # type: ignore[arg-type]
        if part.primes or part.sub or part.bracket or len(part.sup) > 1:
            raise NotRead(f"what an entry of {latex(argument)} is, is not clear")
        whole = Group(argument)
        return Raised(whole, _with_arguments(part.sup[0], put)) if part.sup else whole

    return rebuilt(body, change)
