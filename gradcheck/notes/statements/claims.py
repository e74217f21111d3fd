"""The formulas of a note sorted into definitions and claims."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from gradcheck.notes.grammar.lexer import NotRead, Token, tokens
from gradcheck.notes.grammar.normalising import normalise
from gradcheck.notes.grammar.parser import parse
from gradcheck.notes.grammar.syntax import (
    Addition,
    Apply,
    Bars,
    Derivative,
    Differential,
    Literal,
    Matrix,
    Multiplication,
    Nabla,
    Name,
    Node,
    Norm,
    Raised,
    Relation,
    Vectorised,
)
from gradcheck.notes.statements.context import LOSSES, Context, Definition, key_of, letter_of, nodes
from gradcheck.notes.statements.declarations import Declarations, membership
from gradcheck.notes.statements.splitting import Statement, split

__all__ = ["Formula", "Piece", "sort"]


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula of the note: its text, and where it begins (line and column count from 1)."""

    text: str
    line: int
    column: int
    scope: int = 0
    display: bool = True
    ignored: bool = False

    def place(self, offset: int) -> tuple[int, int]:
        before = self.text[:offset]
        line = before.count("\n")
        if not line:
            return self.line, self.column + offset
        return self.line + line, offset - before.rindex("\n")


@dataclass(slots=True)
class Piece:
    """One statement: ``sides`` as nodes, or ``reason`` why it is not read."""

    formula: Formula
    start: int
    end: int
    kind: str  # definition, claim, step
    sides: list[Node] = field(default_factory=list)
    latex: list[str] = field(default_factory=list)
    reason: str | None = None
    conditions: list[Node] = field(default_factory=list)
    unclear: str | None = None  # a condition in words
    definition: Definition | None = None
    wrong: str | None = None
    known: int = 0  # how many definitions stand before it

    whole: bool = False  # the only statement of its formula

    @property
    def text(self) -> str:
        """The statement as it is written; all of the formula where it has no other."""
        if self.whole:
            return self.formula.text.strip()
        return excerpt(self.formula.text, self.start, self.end)

    @property
    def offset(self) -> int:
        return 0 if self.whole else self.start


def excerpt(text: str, start: int, end: int) -> str:
    """A part of a formula, with the braces and commands that belong to its ends."""
    depth = lowest = 0
    for char in text[start:end]:
        depth += {"{": 1, "}": -1}.get(char, 0)
        lowest = min(lowest, depth)
    while lowest < 0 and start > 0:
        start -= 1
        if text[start] == "{":
            lowest += 1
            depth += 1
            back = start
            while back > 0 and text[back - 1].isalpha():
                back -= 1
            start = back - 1 if back > 0 and text[back - 1] == "\\" else start
    while depth > 0 and end < len(text):
        depth += {"{": 1, "}": -1}.get(text[end], 0)
        end += 1
    return text[start:end].strip()


_D_IS_A_SIZE = re.compile(r"\\sum[^^]{0,30}\^\{?d\b|\\frac\{1\}\{d\}|\\times\s*d\b|\bd\s*\\times")


def sort(formulas: Iterable[Formula], declarations: Declarations) -> tuple[list[Piece], Context]:
    """All statements in order, and what they tell of the note's symbols."""
    formulas = list(formulas)
    context = Context(declarations)
    for k, d in enumerate(declarations.shapes):
        declarations.shapes[k] = replace(d, name=numbered(d.name))
    statements = [(f, s) for f in formulas for s in _statements(f, declarations)]
    context.applied = _functions(statements, declarations)
    context.symbols = frozenset(d.name.base for d in declarations.shapes) | frozenset(declarations.words)
    if any(s == "d" for d in declarations.shapes for s in d.sizes) or any(
        _D_IS_A_SIZE.search(f.text) for f in formulas
    ):
        context.symbols |= {"d"}
    for text, row in declarations.derivatives:
        _declared_derivative(text, row, context)
    pieces: list[Piece] = []
    alone = Counter(id(f) for f, _ in statements)
    for formula, statement in statements:
        if isinstance(statement, str):
            pieces.append(Piece(formula, 0, len(formula.text), "claim", reason=statement))
            continue
        piece = _piece(formula, statement, context, pieces)
        if piece is not None:
            piece.whole = alone[id(formula)] == 1
            pieces.append(piece)
    everything = [n for p in pieces for n in p.sides]
    _worded(declarations, everything)
    context.forget()
    context.learn([(p.formula.scope, n) for p in pieces for n in p.sides])
    context.twice = any(_second(n) for n in nodes(tuple(everything)))
    context.defining = {
        n.function.base for d in context.definitions for n in nodes((d.name, d.body)) if isinstance(n, Apply)
    } | {d.name.base for d in context.definitions}
    context.sizes = {_plain(s) for d in declarations.shapes for s in d.sizes}
    context.sizes |= _limits(everything)
    for d in declarations.shapes:
        if d.values == "integer" and not d.sizes:
            context.sizes.add(key_of(d.name))
    _symbols_beside_steps(context, everything)
    context.numbers = _numbers(context, pieces, formulas)
    return pieces, context


def _worded(declarations: Declarations, everything: list[Node]) -> None:
    r"""W_{hx} in a declaration is one symbol where the note writes W_{\\text{hx}}."""
    texts = {n.text for side in everything for n in nodes(side) if isinstance(n, Name) and n.text}
    for k, declared in enumerate(declarations.shapes):
        together = "".join(letter_of(s) or "?" for s in declared.name.sub)
        if together in texts:
            declarations.shapes[k] = replace(declared, name=replace(declared.name, sub=(), text=together))


_BOLD = re.compile(r"\\(?:mathbf|boldsymbol|bm|vec|bf|pmb)\b\s*\{?\s*(\\?[A-Za-z]+)")


def _numbers(context: Context, pieces: list[Piece], formulas: list[Formula]) -> set[str]:
    """Symbols that stand in formulas of numbers only: nothing is bold, transposed, a norm or an array."""
    bold = {m.group(1) for f in formulas for m in _BOLD.finditer(f.text)}
    seen: set[str] = set()
    arrays: set[str] = set()
    for piece in pieces:
        names = [n for n in nodes(tuple(piece.sides)) if isinstance(n, Name)]
        found = {key_of(n) for n in names}
        seen |= found
        if piece.definition is not None and piece.definition.parameters:
            found |= {piece.definition.key}
        if any(_shaped(n, context) for n in nodes(tuple(piece.sides))) or any(n.base in bold for n in names):
            arrays |= found
    return {k for k in seen - arrays if k not in context.functions and len(k.strip("\\")) < 9}


def _shaped(node: Node, context: Context) -> bool:
    """Whether a node has a meaning for arrays only, or stands for one."""
    match node:
        case Raised():
            return node.transposed or node.inverse
        case Norm() | Bars() | Nabla() | Matrix() | Vectorised() | Differential():
            return True
        case Name():
            declared = context.declared(key_of(node))
            return (
                bool(node.sub)
                or node.base in {"\\ones", "I"}
                or (declared is not None and bool(declared.sizes))
            )
        case Multiplication(factors):
            return any(sign in {"\\odot", "\\circ"} for sign, _ in factors)
        case Apply(function, _, _):
            return function.base in {"softmax", "tr", "det", "diag", "max"}
    return False


def _second(node: Node) -> bool:
    """Whether a second derivative is written."""
    if isinstance(node, Derivative):
        return len(node.by) > 1 or any(isinstance(n, Derivative) for n in nodes(node.body))
    return (isinstance(node, Nabla) and node.order > 1) or (isinstance(node, Name) and node.primes > 1)


def _plain(size: str) -> str:
    return size.replace("{", "").replace("}", "").replace(" ", "")


def _limits(everything: list[Node]) -> set[str]:
    from gradcheck.notes.grammar.syntax import BigSum

    found: set[str] = set()
    for side in everything:
        for node in nodes(side):
            if isinstance(node, BigSum) and isinstance(node.high, Name) and letter_of(node.high):
                found.add(node.high.base)
    return found


def _symbols_beside_steps(context: Context, everything: list[Node]) -> None:
    """Letters that count layers or steps and are declared or defined as something else too."""
    for letter in context.static:
        declared = context.declared(letter)
        if (
            context.is_defined(letter)
            or letter in context.losses
            or (declared is not None and declared.values != "integer")
        ):
            context.used_as_symbol.add(letter)


def _statements(formula: Formula, declarations: Declarations) -> list[Statement | str]:
    if len(formula.text) > 20000:
        return ["it is longer than 20000 characters"]
    try:
        found = normalise(tokens(formula.text), frozenset(declarations.words))
        return list(split(found))
    except NotRead as error:
        return [str(error)] if formula.display or "=" in formula.text else []
    except RecursionError:
        return ["it is nested too deeply"]


def _functions(
    statements: list[tuple[Formula, Statement | str]], declarations: Declarations
) -> frozenset[str]:
    """Bases that are applied where brackets follow: declared, defined as f(x) = ..., or known by custom."""
    found = set(declarations.elementwise) | {"\\sigma", "\\phi", "\\varphi", "f", "g"}
    declared = {d.name.base for d in declarations.shapes if not d.name.sup}
    found -= declared - set(declarations.elementwise)
    for _, statement in statements:
        if isinstance(statement, str) or not statement.signs:
            continue
        head = [t for t in statement.sides[0] if t.kind != "space"]
        if len(head) >= 4 and head[1].text == "(" and head[-1].text == ")" and _is_symbol(head[0]):
            found.add(head[0].text)
        for side in statement.sides[1:]:
            if len(side) >= 4 and side[1].text == "(" and _is_symbol(side[0]) and side[-1].text == ")":
                inner = [t.text for t in side]
                if ("," in inner and (side[0].text in {"l", "\\ell"} or side[0].text in LOSSES)) or side[
                    0
                ].kind == "word":
                    found.add(side[0].text)
    for name in LOSSES | {"l"}:
        if any(_called_somewhere(name, s) for _, s in statements if not isinstance(s, str)):
            found.add(name)
    return frozenset(found)


def _is_symbol(token: Token) -> bool:
    return token.kind in {"letter", "word"} or (token.kind == "command" and token.text[1:].isalpha())


def _called_somewhere(name: str, statement: Statement) -> bool:
    for side in statement.sides:
        for a, b, c in zip(side, side[1:], side[2:], strict=False):
            if a.text == name and b.text == "(" and c.text not in {"-", "+"}:
                closing = [t.text for t in side[side.index(b) :]]
                depth, items = 0, 0
                for text in closing:
                    depth += {"(": 1, ")": -1}.get(text, 0)
                    items += text == "," and depth == 1
                    if not depth:
                        break
                if items:
                    return True
    return False


def _declared_derivative(text: str, row: bool, context: Context) -> None:
    try:
        statement = split(normalise(tokens(text), frozenset(context.declarations.words)))[0]
        sides = [parse(s, context.applied, context.symbols) for s in statement.sides]
    except (NotRead, IndexError) as error:
        context.declarations.problems.append(
            (0, f"the declaration {text!r} is not understood: {error}; it is skipped")
        )
        return
    if isinstance(sides[0], Name):
        context.definitions.append(Definition(sides[0], sides[1], (), -1, row, derived=True))


def _piece(formula: Formula, statement: Statement, context: Context, before: list[Piece]) -> Piece | None:
    start, end = statement.start, statement.end
    if statement.relation is not None:
        return _related(formula, statement, context, start, end)
    if not statement.signs:
        return None
    piece = Piece(formula, start, end, "claim", known=len(context.definitions))
    try:
        for side in statement.sides:
            piece.sides.append(parse(side, context.applied, context.symbols))
            piece.latex.append(excerpt(formula.text, side[0].start, side[-1].end))
        for condition in statement.conditions:
            _condition(condition, piece, context)
    except NotRead as error:
        piece.sides, piece.reason = [], str(error)
        return piece
    except RecursionError:
        piece.sides, piece.reason = [], "it is nested too deeply"
        return piece
    if "…" in statement.remarks:
        pass
    if isinstance(piece.sides[0], Name) and all(_is_number(s) for s in piece.sides[1:]):
        return None  # "n = 3": a value, nothing to check
    if statement.continues:
        return _continuation(piece, before)
    _as_definition(piece, context)
    return piece


def _related(formula: Formula, statement: Statement, context: Context, start: int, end: int) -> Piece | None:
    relation = statement.relation
    assert relation is not None
    text = formula.text[start:end]
    if relation.text == "\\in":
        try:
            for part in text.split(", "):
                context.declarations.shapes.append(replace(membership(part), scope=formula.scope))
            context.forget()
        except NotRead:
            return None
        return None
    if statement.signs or relation.text == "\\approx":
        sign = relation.text
        return Piece(
            formula, start, end, "claim", reason=f"it has the sign {sign}, and only equalities are read"
        )
    return None


def _condition(tokens_: list[Token], piece: Piece, context: Context) -> None:
    from gradcheck.notes.grammar.parser import Parser

    if any(t.text in {"\\forall", "\\in", "\\ldots"} for t in tokens_):
        return
    parser = Parser(tokens_, context.applied, context.symbols)
    try:
        node = parser.relation()
    except NotRead:
        piece.unclear = " ".join(t.text for t in tokens_)
        return
    if (parser.here is not None and parser.text() != ".") or not isinstance(node, Relation):
        piece.unclear = " ".join(t.text for t in tokens_)
        return
    piece.conditions.append(node)


def _continuation(piece: Piece, before: list[Piece]) -> Piece:
    """A block that begins with an equality sign goes on from the last side before it."""
    last = next((p for p in reversed(before)), None)
    if last is None or not last.sides or last.formula.scope != piece.formula.scope:
        piece.sides, piece.reason = [], "it continues a formula that was not read"
        return piece
    piece.sides.insert(0, last.sides[-1])
    piece.latex.insert(0, last.latex[-1])
    piece.conditions = piece.conditions or last.conditions
    piece.kind = "step"
    return piece


def _is_number(node: Node) -> bool:
    if isinstance(node, Addition) and len(node.terms) == 1:
        return _is_number(node.terms[0][1])
    return isinstance(node, Literal)


def derives(node: Node) -> bool:
    """Whether a derivative stands in an expression."""
    return any(isinstance(n, Derivative | Nabla | Differential) for n in nodes(node))


def numbered(name: Name) -> Name:
    """W_1 as a symbol of its own, with the number as text."""
    if len(name.sub) == 1 and isinstance(name.sub[0], Literal) and not name.text:
        return replace(name, sub=(), text=name.sub[0].text)
    return name


def _mentions(node: Node, name: Name) -> bool:
    """Whether a symbol stands in an expression, with the same marks and outside of derivatives."""
    own = (key_of(name), tuple(map(str, name.sub)), tuple(map(str, name.sup)))
    plain = {
        id(n)
        for d in nodes(node)
        if isinstance(d, Derivative | Nabla)
        for n in nodes(d)
        if isinstance(n, Name)
    }
    return any(
        isinstance(n, Name)
        and id(n) not in plain
        and (key_of(n), tuple(map(str, n.sub)), tuple(map(str, n.sup))) == own
        for n in nodes(node)
    )


def _written_out(node: Node, name: Name) -> bool:
    """x = [x_1, ..., x_n]: a symbol by its own entries, which says nothing new."""
    return not name.sub and any(
        isinstance(n, Name) and n.sub and key_of(n) == key_of(name) and str(n.sup) == str(name.sup)
        for n in nodes(node)
    )


def _as_definition(piece: Piece, context: Context) -> None:
    """A symbol that is not known yet, by itself on the left, is defined by what follows."""
    left, scope = piece.sides[0], piece.formula.scope
    parameters: tuple[Node, ...] = ()
    name = left
    if isinstance(left, Apply) and not left.bare and not left.function.primes:
        parameters, name = left.arguments, left.function
        if not all(isinstance(p, Name) for p in parameters):
            return
    if not isinstance(name, Name) or name.primes:
        return
    if _written_out(piece.sides[1], name):
        return
    if not parameters and _mentions(piece.sides[1], name):
        piece.reason, piece.sides = f"it is an update of {key_of(name)}, not a claim about a derivative", []
        return
    declared = context.declared(key_of(name))
    if (declared is None or not declared.sizes) and name.base != "\\delta":
        name = numbered(name)
    key = key_of(name)
    derived = any(derives(s) for s in piece.sides[1:])
    if key == "\\delta" and not _pure(piece.sides[1]) and not (context.is_defined(key)):
        return
    if key == "\\delta" and len(name.sub) == 2:
        return
    if any(
        key_of(d.name) == key and d.scope in {scope, -1} and _overlap(d.name, name)
        for d in context.definitions
    ):
        return
    squared = (
        bool(name.sup) and not name.bracket and not name.sub and key in {"\\sigma", "s", "v", "\\rho"}
        and getattr(name.sup[0], "text", "") == "2"
    )  # fmt: skip
    definition = Definition(name, piece.sides[1], parameters, scope, derived=derived, squared=squared)
    context.definitions.append(definition)
    piece.definition = definition
    if squared:
        context.squared.add(key)
    if not (key == "\\delta" and name.sup) or not derived:
        piece.kind = "definition"


def _pure(node: Node) -> bool:
    return isinstance(node, Derivative | Nabla)


def _overlap(a: Name, b: Name) -> bool:
    """Whether two left sides can mean the same: no different numbers as layer or index."""
    from gradcheck.notes.grammar.syntax import Literal

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
