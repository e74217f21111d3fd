"""Claims after a second, different definition of a symbol: judged by the nearest before them."""

from __future__ import annotations

from dataclasses import replace

from gradcheck.notes.convention import Found
from gradcheck.notes.grammar.latex import latex
from gradcheck.notes.grammar.syntax import Apply, Differential, Name, Node
from gradcheck.notes.judging.readings import Readings
from gradcheck.notes.records import ClaimRecord
from gradcheck.notes.statements.context import LOSSES, Context, Definition, is_number, key_of, nodes
from gradcheck.notes.statements.defining import derives
from gradcheck.notes.statements.differentials import moving, rests
from gradcheck.notes.statements.pieces import Piece
from gradcheck.notes.symbols.telling import redefines
from gradcheck.notes.verdicts.evidence import Evidence, completed, plainest, sentence
from gradcheck.notes.verdicts.right import judge_right

__all__ = ["judge_redefined", "not_read", "redefinition", "total_differential"]


def redefinition(context: Context, piece: Piece) -> Definition | None:
    """What a statement would define, were its symbol not defined before it."""
    if piece.definition is not None or piece.reason is not None or len(piece.sides) < 2:
        return None
    left, body = piece.sides[0], piece.sides[1]
    if not redefines(context, left) or any(derives(s) for s in piece.sides):
        return None
    head = left.function if isinstance(left, Apply) else left
    if not isinstance(head, Name):
        return None
    parameters = left.arguments if isinstance(left, Apply) else ()
    if parameters and (is_number(body) or not all(isinstance(p, Name) for p in parameters)):
        return None  # f(x, y) = -12, a value
    return Definition(head, body, parameters, piece.formula.scope)


def _in_the_next(context: Context, own: str, others: set[str]) -> bool:
    """Whether others are computed directly from a symbol, as c_t from f_t, and it from none of them so."""
    direct = {d.key for d in context.definitions if own in _keys(d.body)}
    named = {k for d in context.definitions if d.key == own for k in _keys(d.body)}
    return bool(others) and others <= direct and not others & named


def _keys(node: Node) -> set[str]:
    return {key_of(n) for n in nodes(node) if isinstance(n, Name)}


def judge_redefined(
    evidence: Evidence, base: ClaimRecord, found: Found, before: list[Definition]
) -> ClaimRecord | None:
    """The verdict under the nearest definitions ``before`` a claim, where it rests on one that has two.

    Right, wrong or not read; nobody is called wrong for it, since the first may be meant.
    """
    piece, context = found.piece, evidence.readings.context
    own = {d.key: d for d in before if d.scope == piece.formula.scope}
    named = rests(context, tuple(piece.sides))
    own = {k: d for k, d in own.items() if k in named and not _is_the_first(context, d)}
    if not own:
        return None
    kept = [d for d in context.definitions if d.key not in own or d.scope != piece.formula.scope]
    changed = replace(context, definitions=[*kept, *own.values()], losses=set(context.losses))
    readings = Readings(changed, evidence.readings.base, dict(evidence.readings.rows))
    readings.fixed.update(evidence.readings.fixed)
    outcomes = readings.outcomes(piece)
    right = [o for o in outcomes if o.state == "right"]
    if right:
        return judge_right(replace(evidence, readings=readings), base, piece, plainest(right))
    said = f"{', '.join(sorted(own))} is defined twice before it, and differently"
    verdict = "wrong" if any(o.state == "wrong" for o in outcomes) else "not-read"
    return completed(base, verdict=verdict, reason=sentence(said))


def _is_the_first(context: Context, definition: Definition) -> bool:
    """Whether the nearest definition is the first one, given once more."""
    first = next(
        (d for d in context.definitions if d.key == definition.key and d.scope == definition.scope), None
    )
    return first is not None and latex(first.body) == latex(definition.body)


def not_read(context: Context, piece: Piece) -> str | None:
    """A symbol that a claim rests on, and whose definition is not read."""
    scope = piece.formula.scope
    for key in sorted(rests(context, tuple(piece.sides)) & context.lost.keys()):
        own = any(d.key == key and d.scope == scope for d in context.definitions)
        if scope in context.lost[key] or not own:
            return key
    return None


def total_differential(context: Context, piece: Piece) -> bool:
    """Whether dz = W dx is about what z is computed from; dX alone is short for the loss's derivative."""
    of = [n.of for n in nodes(piece.sides[0]) if isinstance(n, Differential)]
    if not of or not isinstance(of[0], Name) or moving(piece.sides, context):
        return False
    own = key_of(of[0])
    below = rests(context, (of[0],)) - {own}
    others = {
        key_of(n.of)
        for n in nodes(tuple(piece.sides[1:]))
        if isinstance(n, Differential) and isinstance(n.of, Name)
    }
    used = own in {key_of(n) for d in context.definitions for n in nodes(d.body) if isinstance(n, Name)}
    if _in_the_next(context, own, others):
        return False
    given = any(d.prose is False for d in context.declarations.shapes if key_of(d.name) == own)
    return bool(others & below) or own in LOSSES or not (used or given or context.is_defined(own))
