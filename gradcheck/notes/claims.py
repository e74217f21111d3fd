"""The formulas of a note sorted into definitions and claims."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace

from gradcheck.notes.grammar.latex import latex
from gradcheck.notes.grammar.lexer import NotRead, Token, tokens
from gradcheck.notes.grammar.normalising import normalise
from gradcheck.notes.grammar.parser import Parser, parse
from gradcheck.notes.grammar.syntax import (
    Apply,
    Name,
    Node,
    Relation,
    Vectorised,
)
from gradcheck.notes.statements.chains import assume_chains
from gradcheck.notes.statements.context import (
    LAYERS,
    Context,
    Definition,
    is_number,
    key_of,
    letter_of,
    nodes,
    turned,
)
from gradcheck.notes.statements.declarations import (
    Declarations,
    Declared,
    membership,
    symbols_of,
)
from gradcheck.notes.statements.defining import define, define_roots, numbered
from gradcheck.notes.statements.differentials import varied
from gradcheck.notes.statements.letters import Apart, side_by_side, stacked, told_apart, told_by_use
from gradcheck.notes.statements.pieces import Formula, Piece, excerpt
from gradcheck.notes.statements.remarks import is_at_a_label, is_set, remark
from gradcheck.notes.statements.sides import (
    applied_and_multiplied,
    as_differentials,
    only_named,
    parsed_side,
    read_sides,
)
from gradcheck.notes.statements.splitting import Statement, split
from gradcheck.notes.statements.updates import updated
from gradcheck.notes.symbols.alone import Variables, variables
from gradcheck.notes.symbols.arguments import Counted, counted_arguments
from gradcheck.notes.symbols.customs import (
    D_IS_A_SIZE,
    MEANS,
    SHORTHAND,
    applied_bases,
    bold_letters,
    counts_from_zero,
    join_words,
    limits,
    means,
    plain_numbers,
    plain_size,
    symbols_beside_steps,
    twice_derived,
)
from gradcheck.notes.symbols.intermediates import name_intermediates
from gradcheck.notes.symbols.labels import Labels, labelled, labels
from gradcheck.notes.symbols.lifted import lift
from gradcheck.notes.symbols.lost import lose
from gradcheck.notes.symbols.valued import Valued, valued
from gradcheck.notes.symbols.variances import Squares, squares

__all__ = ["sort"]


def sort(formulas: Iterable[Formula], declarations: Declarations) -> tuple[list[Piece], Context]:
    """All statements in order, and what they tell of the note's symbols."""
    formulas = list(formulas)
    context = Context(declarations)
    for k, d in enumerate(declarations.shapes):
        declarations.shapes[k] = _of_each(replace(d, name=numbered(d.name)))
    statements = [(f, s) for f in formulas for s in _statements(f, declarations)]
    context.applied = applied_bases(statements, declarations)
    context.symbols = frozenset(d.name.base for d in declarations.shapes) | frozenset(declarations.words)
    size = any(s == "d" for d in declarations.shapes for s in d.sizes)
    size = size or any(D_IS_A_SIZE.search(f.text) for f in formulas)
    if size and not any(SHORTHAND.match(f.text) for f in formulas):
        context.symbols |= {"d"}
    for text, row in declarations.derivatives:
        _declared_derivative(text, row, context)
    context.bold = bold_letters(formulas)
    bare = {key_of(d.name) for d in declarations.shapes if not d.name.sub}
    parsed = _parsed(statements, context)
    own_value = valued([sides for _, sides in parsed])
    parsed = [(scope, own_value(sides)) for scope, sides in parsed]
    counted = counted_arguments(parsed)
    context.varied = varied([sides for _, sides in parsed])
    parsed = [(scope, as_differentials(counted(sides, scope), context)) for scope, sides in parsed]
    label = labels([s for _, sides in parsed for s in sides], bare)
    said_in_comments = {d.name.base for d in declarations.shapes if not d.prose}
    apart, alone_in_its_function = told_apart(parsed, said_in_comments), variables(parsed, said_in_comments)
    marked = [[labelled(s, label) for s in sides] for _, sides in parsed]
    stacks = stacked([(scope, sides) for (scope, _), sides in zip(parsed, marked, strict=True)])
    own_squares, squared = squares(marked, {key_of(d.name) for d in declarations.shapes})
    context.squared |= own_squares
    for k, d in enumerate(declarations.shapes):
        name = labelled(d.name, label)
        assert isinstance(name, Name)
        declarations.shapes[k] = replace(d, name=name)
    for base in told_by_use(parsed) - {d.name.base for d in declarations.shapes}:
        declarations.shapes.append(Declared(Name(base), (), values="label", scope=-1, prose=True))
    context.forget()
    heads = {s.sides[0][0].text for _, s in statements if not isinstance(s, str) and len(s.sides[0]) == 1}
    context.counted = {x for x in MEANS - heads if not any(key_of(d.name) == x for d in declarations.shapes)}
    pieces: list[Piece] = []
    said: dict[int, Relation] = {}
    alone = Counter(id(f) for f, _ in statements)
    for formula, statement in statements:
        context.enter(formula.scope)
        if isinstance(statement, str):
            pieces.append(Piece(formula, 0, len(formula.text), "claim", reason=statement))
            lose(formula.text, formula.scope, context)
            continue
        equal = _equal_indices(statement)
        if equal is not None:
            own = next((p for p in reversed(pieces) if p.formula is formula and p.sides), None)
            if own is not None and equal.sign == "=":
                own.conditions.append(equal)
            elif own is None:
                said[formula.scope] = equal
            continue
        piece = _piece(
            formula,
            statement,
            context,
            pieces,
            (label, apart, alone_in_its_function, squared, own_value),
            stacks,
            counted,
        )
        if piece is not None:
            piece.said = said.get(formula.scope)
            piece.whole = alone[id(formula)] == 1
            pieces.append(piece)
    context.enter(0)
    define_roots(pieces, context)
    lift(pieces, context)
    name_intermediates(pieces, context)
    assume_chains(pieces, context)
    everything = [n for p in pieces for n in p.sides]
    join_words(declarations, everything)
    context.forget()
    context.learn([(p.formula.scope, n) for p in pieces for n in p.sides])
    context.twice = any(twice_derived(n) for n in nodes(tuple(everything)))
    context.from_zero = counts_from_zero(everything, context)
    context.defining = {
        n.function.base for d in context.definitions for n in nodes((d.name, d.body)) if isinstance(n, Apply)
    } | {d.name.base for d in context.definitions}
    context.sizes = {plain_size(s) for d in declarations.shapes for s in d.sizes}
    context.sizes |= limits(everything) - turned(everything)
    for d in declarations.shapes:
        if d.values == "integer" and not d.sizes:
            context.sizes.add(key_of(d.name))
    symbols_beside_steps(context, everything)
    context.numbers = plain_numbers(context, pieces, formulas)
    return pieces, context


def _equal_indices(statement: Statement) -> Relation | None:
    r"""i = j or i \neq j: under what other formulas hold."""
    relation = statement.relation
    if relation is not None and relation.text == "\\neq" and len(statement.sides) == 1:
        tokens_ = statement.sides[0]
        at = tokens_.index(relation)
        sides = [tokens_[:at], tokens_[at + 1 :]]
    elif relation is None and statement.signs:
        sides = statement.sides
    else:
        return None
    if len(sides) != 2 or not all(len(s) == 1 and s[0].text in {*"ijklmnpqrs"} for s in sides):
        return None
    left, right = (Name(s[0].text) for s in sides)
    return Relation(left, "\\neq" if relation is not None else "=", right)


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


def _parsed(
    statements: list[tuple[Formula, Statement | str]], context: Context
) -> list[tuple[int, list[Node]]]:
    """All sides that can be read, by statement, with its section."""
    found: list[tuple[int, list[Node]]] = []
    for formula, statement in statements:
        sides: list[Node] = []
        for side in [] if isinstance(statement, str) else statement.sides:
            with suppress(NotRead, RecursionError):
                assert not isinstance(statement, str)
                sides.append(parsed_side(side, statement, context))
        if sides and updated(sides) is None:
            found.append((formula.scope, sides))
    return found


def _piece(
    formula: Formula,
    statement: Statement,
    context: Context,
    before: list[Piece],
    named: tuple[Labels, Apart, Variables, Squares, Valued],
    stacks: dict[str, tuple[Name, Vectorised]],
    counted: Counted,
) -> Piece | None:
    start, end = statement.start, statement.end
    label, apart, alone, squared, valued = named
    if statement.relation is not None:
        return _related(formula, statement, context, start, end)
    if not statement.signs:
        return None
    piece = Piece(formula, start, end, "claim", known=len(context.definitions))
    try:
        read_sides(piece, statement, context)
        update = updated(piece.sides)
        if update is not None:
            piece.sides, piece.reason = [], f"it is an update of {update}, not a claim about a derivative"
            return piece
        piece.sides = valued(piece.sides)
        sides = as_differentials(counted(piece.sides, formula.scope), context)
        marked = [labelled(s, label) for s in sides]
        if only_named(marked, statement, context):
            marked, piece.latex = marked[1:], piece.latex[1:]
        piece.sides = [squared(means(side_by_side(s, stacks), context.counted)) for s in marked]
        piece.sides = alone(apart(piece.sides, formula.scope))
        first = piece.sides[0]
        if isinstance(first, Name) and first.primes and not first.base.isupper():
            raise NotRead(f"what the prime of {key_of(first)} means is not clear")
        for condition in statement.conditions:
            _condition(condition, piece, context)
        both = applied_and_multiplied(piece.sides)
        if both is not None:
            raise NotRead(f"whether {both} is multiplied or applied is not clear")
    except NotRead as error:
        head = piece.anchor = piece.sides[0] if piece.sides else None
        function = key_of(head.function) if isinstance(head, Apply) and not head.function.primes else ""
        if function and not context.is_defined(function):
            context.unread.add(function)
        piece.sides, piece.reason = [], str(error)
        lose(excerpt(formula.text, start, end), formula.scope, context)
        return piece
    except RecursionError:
        piece.sides, piece.reason = [], "it is nested too deeply"
        return piece
    if is_at_a_label(piece.sides):
        return None
    if isinstance(piece.sides[0], Name) and key_of(piece.sides[0]) in stacks and len(piece.sides) == 2:
        context.unread.add(key_of(piece.sides[0]))  # what it is by itself is not read, only W z
        return None
    if remark(piece.sides, formula.scope, context):
        return None
    rest = piece.sides[1:]
    if rest and isinstance(piece.sides[0], Name) and (all(is_number(s) for s in rest) or is_set(piece.sides)):
        return None  # "n = 3", "w = b = 1": values, nothing to check
    if statement.continues:
        return _continuation(piece, before)
    if _defines_one_case(piece, context):
        piece.sides, piece.reason = [], r"it is one case of a definition; all in \begin{cases} are read"
        return piece
    define(piece, context)
    if piece.skipped and piece.definition is not None:
        context.lost.setdefault(piece.definition.key, set()).add(formula.scope)
    return piece


_IF = re.compile(r"\\(?:text|mbox|mathrm)[a-z]*\{\s*if\b")


def _defines_one_case(piece: Piece, context: Context) -> bool:
    """Whether a function is given for some of its arguments only: "g(x) = x if x > 0"."""
    head = piece.sides[0]
    if not isinstance(head, Apply) or head.function.primes or context.is_defined(key_of(head.function)):
        return False
    said = piece.unclear is not None and _IF.search(piece.formula.text, piece.end) is not None
    if not (said or piece.formula.one_case):
        return False
    context.unread.add(key_of(head.function))
    return True


def _related(formula: Formula, statement: Statement, context: Context, start: int, end: int) -> Piece | None:
    relation = statement.relation
    assert relation is not None
    text = excerpt(formula.text, start, end)
    if relation.text == "\\in":
        try:
            names, sign, space = text.partition("\\in")
            before = formula.text[:start]
            if formula.text.count("\\in") == 1 and before.rstrip().endswith(","):
                names = before + names  # x, y \in \mathbb{R}^n
            for name in symbols_of(names):
                found = membership(name + sign + space)
                found = _of_each(replace(found, name=numbered(found.name)))
                if _said_in_a_comment(context, found, formula.scope):
                    continue
                context.declarations.shapes.append(replace(found, scope=formula.scope, prose=True))
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


def _of_each(declared: Declared) -> Declared:
    """x^{(i)}: the shape of each example's x."""
    name = declared.name
    letter = letter_of(name.sup[0]) if name.bracket == "(" else None
    if letter is None or letter in LAYERS:
        return declared
    return replace(declared, name=replace(name, sup=(), bracket=""), each=True)


def _said_in_a_comment(context: Context, found: Declared, scope: int) -> bool:
    """Whether a comment of the section declares the same symbol with a shape, which comes first."""
    return any(
        d.scope == scope and not d.prose and not d.unsaid and str(d.name.sup) == str(found.name.sup)
        for d in context.declarations.shapes
        if key_of(d.name) == key_of(found.name)
    )


def _condition(tokens_: list[Token], piece: Piece, context: Context) -> None:
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
    if node.sign != "=" and (is_number(node.left) or is_number(node.right)):  # n \\neq 0, x > 0
        piece.unclear = " ".join(t.text for t in tokens_)
        return
    piece.conditions.append(node)


def _continuation(piece: Piece, before: list[Piece]) -> Piece:
    """A block that begins with an equality sign goes on from the last side before it."""
    last = next((p for p in reversed(before)), None)
    anchor = None if last is None else last.sides[-1] if last.sides else last.anchor
    if last is None or anchor is None or last.formula.scope != piece.formula.scope:
        piece.sides, piece.reason = [], "it continues a formula that was not read"
        return piece
    piece.anchor = last.anchor
    piece.sides.insert(0, anchor)
    piece.latex.insert(0, last.latex[-1] if last.sides else latex(anchor))
    piece.conditions = piece.conditions or last.conditions
    piece.kind = "step"
    return piece
