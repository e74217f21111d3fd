"""Derivatives, laid out as the convention says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

from gradcheck.notes.arrays.algebra import add, multiply, names, substitute, total
from gradcheck.notes.arrays.terms import Delta, Entry, Number, Term, fresh
from gradcheck.notes.arrays.values import (
    Value,
)
from gradcheck.notes.grammar.lexer import NotRead
from gradcheck.notes.grammar.syntax import (
    Addition,
    Apply,
    Derivative,
    Group,
    Nabla,
    Name,
    Node,
    Raised,
)
from gradcheck.notes.reading.functions import Functions
from gradcheck.notes.reading.options import Operand
from gradcheck.notes.statements.context import LOSSES, base_of, key_of

__all__ = ["Derivatives"]


_MINUS = Number(Fraction(-1))
_TWO = Number(Fraction(2))


def same_symbol(a: Node, b: Node) -> bool:
    """Whether both are one symbol without an index."""
    return isinstance(a, Name) and isinstance(b, Name) and key_of(a) == key_of(b) and not (a.sub or b.sub)


class Derivatives(Functions):
    """Derivatives, laid out as the convention says."""

    def operand(self, node: Node) -> Operand:
        if isinstance(node, Raised) and node.transposed and not node.inverse and node.exponent is None:
            raise NotRead("a derivative by a transpose is not read")
        if isinstance(node, Group):
            return self.operand(node.body)
        if not isinstance(node, Name):
            raise NotRead("a derivative by something that is no symbol is not read")
        array, subs, exponent = self.array(self.last_layer(node))
        if exponent is not None:
            raise NotRead("a derivative by a power is not read")
        value = self.entries(node, array, subs)
        if not isinstance(value.body, Entry):
            raise NotRead("a derivative by a constant is not read")
        return Operand(value.body.name, value.body.places, value)

    def last_layer(self, name: Name) -> Name:
        r"""a in \\nabla_a C: of the last layer."""
        key = key_of(name)
        if name.sup or key not in self.context.layered or not self.layer_free(key) or "L" not in self.static:
            return name
        self.assume(f"{key} without a layer is that of the last one")
        return replace(name, sup=(Name("L"),))

    def derivative(self, node: Derivative) -> Value:
        if len(node.by) == 2:
            if same_symbol(*node.by):
                whole = self.nabla(Nabla(node.body, node.by[0], 2))
                if whole.matrix:
                    self.curved = True
                    return whole
            inner = self.derivative(Derivative(node.body, node.by[1:], node.total))
            if not inner.scalar:
                raise NotRead("a second derivative by vectors is not read")
            self.curved = True
            return self.differentiated(inner, self.operand(node.by[0]), partial=False)
        shifted = self.shifted(node)
        if shifted is not None:
            return shifted
        of = self.at_its_variable(node.body, node.by[0])
        body = self.value(of)
        return self.differentiated(body, self.operand(node.by[0]), partial=not node.total, of=of)

    def at_its_variable(self, body: Node, by: Node) -> Node:
        """g of dg/dx, where g is an undefined function: g(x)."""
        if not isinstance(body, Name) or not isinstance(by, Name) or body.sub or body.sup or body.primes:
            return body
        key = key_of(body)
        known = self.context.is_defined(key) or self.context.declared(key) is not None
        return Apply(body, (by,)) if key in self.context.functions - LOSSES and not known else body

    def shifted(self, node: Derivative) -> Value | None:
        r"""\\partial L / \\partial y_{j-k}: by the entry at that place, where there is one."""
        (by,) = node.by
        return self.moved(by, lambda plain: self.derivative(replace(node, by=(plain,))))

    def moved(self, by: Node | None, taken: Callable[[Name], Value]) -> Value | None:
        """A derivative by the entry at a shifted index or a label, from what is ``taken`` at any index."""
        subs = by.sub if isinstance(by, Name) else ()
        marks = [s for s in subs if (isinstance(s, Addition) and not self.is_static(s)) or self.labels(s)]
        if not marks:
            return None
        assert isinstance(by, Name)
        own = {id(s): f"{s!r}" for s in marks}
        plain = tuple(Name(own[id(s)]) if id(s) in own else s for s in subs)
        value = taken(replace(by, sub=plain))
        for s in marks:
            index = self.letters.pop(own[id(s)])
            self.free.pop(own[id(s)])
            if isinstance(s, Addition):
                at = self.slid(index, s)
            else:
                assert isinstance(s, Name)
                k, hot = self.labelled(s)
                index.dim.unify(k.dim)
                at = substitute(hot, {k: index})
            value = value.with_body(total(index, multiply((at, value.body))))
        return value

    def labels(self, mark: Node) -> bool:
        return isinstance(mark, Name) and self.is_label(mark)

    def differentiated(self, body: Value, by: Operand, *, partial: bool, of: Node | None = None) -> Value:
        self.reach(body.body, by.array)
        own = self.graph.arrays[by.array]
        if own.body is not None and isinstance(body.body, Entry) and body.body.name == by.array:
            term = self.graph.derivative(body.body, by.array, by.places)
        else:
            fixed = self.held(body.body, by.array, partial=partial)
            term = self.graph.derivative(self.spread(body.body, by.array, fixed), by.array, by.places, fixed)
        return self.laid_out(body, by.value, term)

    def spread(self, term: Term, by: str, fixed: frozenset[str]) -> Term:
        return self.graph.entry(term.name, term.places) if fixed and isinstance(term, Entry) else term

    def held(self, term: Term, by: str, *, partial: bool) -> frozenset[str]:
        """Named quantities that a partial derivative holds fixed, where it is read so."""
        if not partial or not isinstance(term, Entry) or term.name.split("@")[0] in self.context.losses:
            return frozenset()
        body = self.graph.arrays[term.name].body
        if body is None:
            return frozenset()
        others = {
            n
            for n in names(body)
            if n != by and self.graph.arrays[n].body is not None and by in self.graph.reads(n)
        }
        if not others or by not in names(body):
            return frozenset()
        if not self.choose("partial"):
            return frozenset()
        self.assume(f"{', '.join(sorted(others))} held fixed")
        return frozenset(others)

    def reach(self, term: Term, by: str) -> None:
        """An undefined loss depends on whatever a note differentiates it by.

        Raises `NotRead` where it may depend on it in a way that the note says and that is not read.
        """
        self.known_way(term, by)
        for name in names(term):
            if name in self.context.losses:
                self.asked[by] = None
            if name in self.context.losses and name in self.graph.arrays and by not in self.graph.reads(name):
                if by in self.graph.reads(name) or name in self.graph.reads(by):
                    continue
                if by not in self.extra_sinks:
                    self.extra_sinks[by] = None
                    self.grown = True

    def known_way(self, term: Term, by: str) -> None:
        opaque = self.context.opaque
        if not opaque:
            return
        own = by.split("@", maxsplit=1)[0]
        for leaf in self.graph.leaves(term):
            name, dot, _ = leaf.partition(".")
            key = name.split("@")[0]
            # an undefined loss reaches by through what is computed of it; what it says of by itself is lost
            beside = dot and base_of(by) in opaque.get(key, ()) and self.graph.arrays[by].body is None
            through = not dot and key != own and key in opaque and self.context.may_rest_on(key, by)
            if beside or through:
                raise NotRead(f"the definition of {key} is not read")

    def laid_out(self, body: Value, by: Value, term: Term) -> Value:
        if by.scalar:
            if body.scalar:
                return Value(None, None, term)
            if body.matrix:
                value = body.with_body(term)
                return value.transposed() if self.choose("matrix") == "transposed" else value
            value = body.with_body(term)
            return value.transposed() if self.choose("layout") == "denominator" else value
        if body.scalar:
            if by.matrix:
                value = by.with_body(term)
                return value.transposed() if self.choose("matrix") == "transposed" else value
            if by.vector and self.choose("layout") == "numerator":
                return Value(by.column, by.row, term)
            return by.with_body(term)
        if body.vector and by.vector:
            (i,), (p,) = body.open, by.open
            if i == p:
                raise NotRead("a derivative of a vector by itself is not clear")
            if self.choose("layout") == "denominator":
                return Value(p, i, term)
            return Value(i, p, term)
        count = len(body.open) + len(by.open)
        raise NotRead(
            f"a derivative with {count} indices is no matrix; write its entries, or differentiate a scalar"
        )

    def nabla(self, node: Nabla) -> Value:
        moved = self.moved(node.by, lambda plain: self.nabla(replace(node, by=plain)))
        if moved is not None:
            return moved
        body = self.value(node.body)
        by = self.nabla_by(node)
        if isinstance(by, list):
            if node.order != 1 or not body.scalar:
                raise NotRead("this gradient is not read")
            terms = []
            index = fresh(self.dim(str(len(by))), "r")
            for k, operand in enumerate(by):
                self.reach(body.body, operand.array)
                slope = self.graph.derivative(body.body, operand.array, operand.places)
                terms.append(multiply((Delta(index, k), slope)))
            return Value(index, None, add(terms), listed=True)
        self.reach(body.body, by.array)
        term = self.graph.derivative(body.body, by.array, by.places)
        if body.scalar and node.order == 1:
            # a gradient has the shape of what it is taken by; a row only under the other layout
            value = by.value.with_body(term)
            return value.transposed() if by.value.vector and self.choose("turned") else value
        if body.vector and node.order == 1:
            return self.laid_out(body, by.value, term)
        if body.scalar and node.order == 2 and by.value.scalar:
            return Value(None, None, self.graph.derivative(term, by.array, by.places))
        if body.scalar and node.order == 2 and by.value.vector:
            (p,) = by.value.open
            q = fresh(p.dim, "c")
            places = tuple(q if x == p else x for x in by.places)
            return Value(p, q, self.graph.derivative(term, by.array, places))
        raise NotRead("this gradient is not read")

    def nabla_by(self, node: Nabla) -> Operand | list[Operand]:
        if node.by is not None:
            return self.operand(node.by)
        parameters: tuple[Node, ...] = ()
        body = node.body
        if isinstance(body, Apply):
            parameters = body.arguments
        elif isinstance(body, Name):
            for definition in self.context.definition(key_of(body), self.scope):
                parameters = definition.parameters
        if len(parameters) == 1:
            return self.operand(parameters[0])
        if parameters:
            return [self.operand(p) for p in parameters]
        if isinstance(body, Name):
            key = key_of(body)
            leaves = self.graph.leaves(Entry(key, ())) if key in self.graph.arrays else []
            for parameter in ("w", "\\theta", "\\beta", "x"):
                if parameter in leaves:
                    self.assume(f"the gradient is taken by {parameter}")
                    return self.operand(Name(parameter))
        raise NotRead("by what a gradient is taken is not said")

    def shorthand(self, of: Node) -> Value:
        """dX: the loss's derivative by X, in X's own shape."""
        by = self.operand(of)
        loss = self.default_loss()
        self.assume(f"d before a symbol is the derivative of {loss} by it")
        body = Entry(loss, ())
        self.reach(body, by.array)
        return by.value.with_body(self.graph.derivative(body, by.array, by.places))

    def default_loss(self) -> str:
        for definition in self.context.definitions:
            if definition.key in LOSSES:
                array, _, _ = self.array(definition.name)
                if not self.info(definition.name, array).dims:
                    return array
        key = next(iter(sorted(self.context.losses)), "J")
        self.context.losses.add(key)
        if key not in self.infos:
            self.loss(key)
        return key
