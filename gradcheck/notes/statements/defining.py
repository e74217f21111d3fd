"""Whether a statement defines the symbol on its left."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeGuard

from gradcheck.notes.grammar.latex import latex
from gradcheck.notes.grammar.normalising import FUNCTIONS
from gradcheck.notes.grammar.syntax import (
    Addition,
    Apply,
    Derivative,
    Differential,
    Group,
    Literal,
    Matrix,
    Nabla,
    Name,
    Node,
    Raised,
    Root,
    Vectorised,
    rebuilt,
)
from gradcheck.notes.statements.context import LOSSES, Context, Definition, key_of, letter_of, nodes
from gradcheck.notes.statements.declarations import Declared
from gradcheck.notes.statements.letters import PLAIN, marks
from gradcheck.notes.statements.pieces import Piece

__all__ = ["define", "define_roots", "derives", "numbered"]


def derives(node: Node) -> bool:
    """Whether a derivative stands in an expression."""
    return any(isinstance(n, Derivative | Nabla | Differential) for n in nodes(node))


def numbered(name: Name) -> Name:
    """W_1 as a symbol of its own, with the number as text."""
    if len(name.sub) == 1 and isinstance(name.sub[0], Literal) and not name.text:
        return replace(name, sub=(), text=name.sub[0].text)
    return name


def _written(name: Name) -> tuple[str, ...]:
    """A symbol with its marks, wherever it stands."""
    return key_of(name), *map(latex, name.sub), "^", *map(latex, name.sup)


def _mentions(node: Node, name: Name) -> bool:
    """Whether a symbol stands in an expression, with the same marks and outside of derivatives."""
    own = _written(name)
    plain = {
        id(n)
        for d in nodes(node)
        if isinstance(d, Derivative | Nabla)
        for n in nodes(d)
        if isinstance(n, Name)
    }
    plain |= {id(n) for n in marks((node,))}
    return any(isinstance(n, Name) and id(n) not in plain and _written(n) == own for n in nodes(node))


def _own_entries(node: Node, name: Name) -> list[Name]:
    """The entries of a symbol in x = [x_1, ..., x_n], which says nothing but its axes."""
    if not isinstance(node, Matrix | Vectorised | Raised | Group) or name.sub:
        return []
    sup = tuple(map(latex, name.sup))
    return [
        n
        for n in nodes(node)
        if isinstance(n, Name) and n.sub and key_of(n) == key_of(name) and tuple(map(latex, n.sup)) == sup
    ]


def _in_a_row(node: Node) -> bool:
    """Whether entries are written side by side in one row of a matrix."""
    return isinstance(node, Matrix) and len(node.rows) == 1 and len(node.rows[0]) > 1


def _declare_listed(name: Name, entries: list[Name], context: Context, scope: int, *, row: bool) -> None:
    """A symbol that is written out has as many axes as its entries have indices."""
    if name.sup or context.declared(key_of(name)) is not None:
        return
    last = entries[-1].sub
    sizes = tuple(letter_of(s) or getattr(s, "text", "") or "size_" for s in last)
    context.declarations.shapes.append(
        Declared(name, sizes, row=row and len(sizes) == 1, scope=scope, prose=True)
    )
    context.forget()


def define_roots(pieces: list[Piece], context: Context) -> None:
    """s, where a note writes it and defines s^2."""
    for d in [d for d in context.definitions if d.squared]:
        key = key_of(d.name)
        if context.is_defined(key) or context.declared(key) is not None:
            continue
        own = [
            n
            for p in pieces
            if p.formula.scope == d.scope
            for n in nodes(tuple(p.sides))
            if isinstance(n, Name)
        ]
        if any(key_of(n) == key and not (n.sup or n.sub) for n in own):
            context.definitions.append(Definition(replace(d.name, sup=()), Root(d.name), (), d.scope))


def _is_square(name: Name, body: Node) -> bool:
    """Whether r^2 = x^2 + y^2 says what r is: a sum, in which 2 is a power and no layer."""
    if name.bracket or name.sub or len(name.sup) != 1 or getattr(name.sup[0], "text", "") != "2":
        return False
    if name.base in {"\\sigma", "s", "v", "\\rho"} or not isinstance(body, Addition):
        return False
    names = [n for n in nodes(body) if isinstance(n, Name)]
    return not any(n.base.isupper() or (n.sup and getattr(n.sup[0], "text", "") != "2") for n in names)


def _circular(body: Node, name: Name, scope: int, context: Context) -> bool:
    """Whether what defines a symbol is defined by that symbol."""
    own, seen, stack = _written(name), set[str](), [body]
    while stack:
        for n in nodes(stack.pop()):
            if not isinstance(n, Name):
                continue
            if _written(n) == own:
                return True
            key = key_of(n)
            known = [d for d in context.definitions if d.scope == scope and d.key == key]
            if key not in seen and not any(d.name.sup or d.derived for d in known):  # layers are no circle
                seen.add(key)
                stack += [d.body for d in known]
    return False


def _is_function(node: Node) -> TypeGuard[Apply]:
    """Whether a node is a function that has no name of its own, at symbols."""
    return (
        isinstance(node, Apply)
        and not node.bare
        and not (node.function.primes or node.function.word or node.function.sub or node.function.sup)
        and all(isinstance(a, Name) and not a.sub for a in node.arguments)
    )


def _say_of_what_is_logged(piece: Piece, context: Context) -> None:
    """log p(x) = y says what p is: exp(y)."""
    left = piece.sides[0]
    if not (isinstance(left, Apply) and left.function == Name("log", word=True, at=left.function.at)):
        return
    (inner,) = left.arguments if len(left.arguments) == 1 else (None,)
    name = inner.function if isinstance(inner, Apply) and _is_function(inner) else inner
    if not isinstance(name, Name) or name.sub or name.sup or name.primes:
        return
    likely = isinstance(inner, Apply) or name.base in LOSSES
    known = any(d.key == key_of(name) and d.scope in {piece.formula.scope, -1} for d in context.definitions)
    if not likely or inner is None or known:
        return
    if any(isinstance(n, Name) and key_of(n) == key_of(name) for s in piece.sides[1:] for n in nodes(s)):
        return
    piece.sides[:] = [inner, *(Apply(Name("exp", word=True), (s,)) for s in piece.sides[1:])]


def define(piece: Piece, context: Context) -> None:
    """A symbol that is not known yet, by itself on the left, is defined by what follows."""
    _say_of_what_is_logged(piece, context)
    _define_every_class(piece)
    left, scope = piece.sides[0], piece.formula.scope
    parameters: tuple[Node, ...] = ()
    name = left
    if isinstance(left, Apply) and not left.bare and not left.function.primes:
        parameters, name = left.arguments, left.function
        if name.word and name.base in FUNCTIONS.values():
            return  # tanh(x) = ...: a claim about it
        if not all(isinstance(p, Name) for p in parameters):
            return
    if not isinstance(name, Name) or name.primes:
        return
    entries = _own_entries(piece.sides[1], name)
    if entries and not parameters:
        _declare_listed(name, entries, context, scope, row=_in_a_row(piece.sides[1]))
        return
    if not parameters and _mentions(piece.sides[1], name):
        piece.reason, piece.sides = f"it is an update of {key_of(name)}, not a claim about a derivative", []
        return
    declared = context.declared(key_of(name))
    if (declared is None or not declared.sizes) and name.base != "\\delta":
        name = numbered(name)
    key = key_of(name)
    derived = any(derives(s) for s in piece.sides[1:])
    if key == "\\delta" and not _pure(piece.sides[1]):
        return
    if key == "\\delta" and len(name.sub) == 2:
        return
    if key in LOSSES and not name.sup and not name.text:
        name = _of_an_example(name, scope, context)
        key = key_of(name)
    if parameters and any(d.key == key and _contradicts(d, parameters, piece) for d in context.definitions):
        context.unread.add(key)  # E(A) = a and E(B) = b are no definitions of E
        return
    if any(
        key_of(d.name) == key and d.scope in {scope, -1} and _overlap(d.name, name)
        for d in context.definitions
    ):
        return
    squared = (
        bool(name.sup) and not name.bracket and not name.sub and name.base in {"\\sigma", "s", "v", "\\rho"}
        and getattr(name.sup[0], "text", "") == "2"
    )  # fmt: skip
    if not parameters and _is_a_model(name, piece.sides[1]):
        return
    if not parameters and _circular(piece.sides[1], name, scope, context):
        return  # z = log(p / (1 - p)) after p = sigmoid(z): a claim about the inverse
    if _is_square(name, piece.sides[1]):
        name = replace(name, sup=())
        piece.sides[:] = [name, *(Root(s) for s in piece.sides[1:])]
    named = piece.sides[1]
    if (
        len(piece.sides) > 2
        and _is_function(named)
        and not derived
        and not context.is_defined(key_of(named.function))
    ):
        # u = f(x) = ...: what f is, too
        context.definitions.append(Definition(named.function, piece.sides[2], named.arguments, scope))
    if len(piece.sides) > 2 and not derived:
        _define_by_use(named, piece.sides[2], scope, context)
    rest = () if derived else tuple(piece.sides[2:])
    definition = Definition(
        name, piece.sides[1], parameters, scope, derived=derived, squared=squared, rest=rest
    )
    context.definitions.append(definition)
    piece.definition = definition
    if squared:
        context.squared.add(key)
    if not (key == "\\delta" and name.sup) or not derived:
        piece.kind = "definition"


def _is_a_model(name: Name, body: Node) -> bool:
    r"""Whether y_i = w^T x_i + \epsilon_i tells how data came about, which no fit moves."""
    noise = {"\\epsilon", "\\varepsilon"}
    terms = body.terms if isinstance(body, Addition) else ()
    added = any(sign > 0 and isinstance(t, Name) and t.base in noise for sign, t in terms)
    return added and name.base in {"y", "Y", "t"} and not name.accent


def _define_by_use(node: Node, body: Node, scope: int, context: Context) -> None:
    r"""g, where h(x) = g(w^T x) = 1 / (1 + e^{-w^T x}) says what g makes of its argument."""
    if not isinstance(node, Apply) or node.bare or len(node.arguments) != 1:
        return
    function, argument = node.function, latex(node.arguments[0])
    marked = function.word or function.primes or function.sub or function.sup
    if marked or isinstance(node.arguments[0], Name) or context.is_defined(key_of(function)):
        return
    variable = Name("z", accent=PLAIN)
    made = rebuilt(body, lambda part: variable if latex(part) == argument else None)
    if not any(isinstance(n, Name) and n.base != "e" and n != variable and not n.word for n in nodes(made)):
        context.definitions.append(Definition(function, made, (variable,), scope))


def _define_every_class(piece: Piece) -> None:
    r"""p_{y_i} = e^{f_{y_i}} / \sum_j e^{f_j} says the same of every class k as of the label y_i."""
    head = piece.sides[0]
    label = head.sub[0] if isinstance(head, Name) and len(head.sub) == 1 else None
    if len(piece.sides) != 2 or not isinstance(label, Name) or len(label.sub) != 1:
        return
    own = latex(label)
    used = {n.base for s in piece.sides for n in nodes(s) if isinstance(n, Name)}
    letter = next((x for x in "kcmq" if x not in used), None)
    if letter is None:
        return

    def change(part: Node) -> Node | None:
        at = isinstance(part, Name) and [latex(s) for s in part.sub] == [own]
        return replace(part, sub=(Name(letter),)) if at and isinstance(part, Name) else None

    made = [rebuilt(s, change) for s in piece.sides]
    marks_ = {n.base for n in nodes(label) if isinstance(n, Name)}
    if not any(isinstance(n, Name) and n.base in marks_ for s in made for n in nodes(s)):
        piece.sides[:] = made


EACH = "i"
"""The mark of the loss of an example beside the loss of all."""


def _of_an_example(name: Name, scope: int, context: Context) -> Name:
    """A loss L_i beside a loss L: two symbols."""
    for k, d in enumerate(context.definitions):
        if d.name.base != name.base or d.scope != scope or d.name.sup or d.name.accent:
            continue
        if bool(d.name.sub) == bool(name.sub) or isinstance((d.name.sub or name.sub)[0], Literal):
            continue
        context.doubled.add(name.base)
        if d.name.sub and not d.name.text:
            context.definitions[k] = replace(d, name=replace(d.name, text=EACH))
    return replace(name, text=EACH) if name.sub and name.base in context.doubled else name


def _contradicts(known: Definition, parameters: tuple[Node, ...], piece: Piece) -> bool:
    """Whether a function is something else at another argument."""
    if known.scope != piece.formula.scope or len(known.parameters) != 1 or len(parameters) != 1:
        return False
    old, new = known.parameters[0], parameters[0]
    if not (isinstance(old, Name) and isinstance(new, Name)) or key_of(old) == key_of(new):
        return False
    key = key_of(old)

    def moved(part: Node) -> Node | None:
        same = isinstance(part, Name) and key_of(part) == key and not (part.sub or part.sup)
        return new if same else None

    plain = not any(isinstance(n, Name) and key_of(n) == key for n in nodes(known.body))
    return plain and latex(rebuilt(known.body, moved)) != latex(piece.sides[1])


def _pure(node: Node) -> bool:
    return isinstance(node, Derivative | Nabla)


def _overlap(a: Name, b: Name) -> bool:
    """Whether two left sides can mean the same: no different numbers as layer or index."""
    for x, y in ((a.sup, b.sup), (a.sub, b.sub)):
        for m, n in zip(x, y, strict=False):
            if isinstance(m, Literal) and isinstance(n, Literal) and m.value != n.value:
                return False
        if bool(x) != bool(y) and x is a.sup:
            return False
        if len(x) == len(y) and any(
            isinstance(m, Literal) != isinstance(n, Literal) for m, n in zip(x, y, strict=True)
        ):
            return x is a.sub
    return True
