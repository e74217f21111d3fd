"""What a note leaves out that a claim rests on, so that nobody can be called wrong."""

from __future__ import annotations

from gradcheck.notes.arrays.algebra import names
from gradcheck.notes.arrays.terms import Entry
from gradcheck.notes.grammar.syntax import (
    Apply,
    Derivative,
    Differential,
    Literal,
    Nabla,
    Name,
    Node,
    Quotient,
)
from gradcheck.notes.judging.comparison import Comparison
from gradcheck.notes.judging.readings import Outcome
from gradcheck.notes.reading.given import NUMBERS
from gradcheck.notes.statements.context import key_of, letter_of, nodes
from gradcheck.notes.statements.defining import derives
from gradcheck.notes.statements.pieces import Piece
from gradcheck.notes.verdicts.evidence import Evidence

__all__ = [
    "how_many", "loosely_written", "names_others", "perhaps_diagonal", "strange_symbol", "unknown", "unsaid",
    "untold_symbol",
]  # fmt: skip


def unsaid(evidence: Evidence, piece: Piece, outcome: Outcome) -> str | None:
    """What a note leaves out that a derivative of an undefined loss rests on."""
    comparison, left = outcome.comparison, piece.sides[outcome.pair]
    if comparison is None:
        return None
    graph, losses = comparison.graph, evidence.readings.context.losses
    own = left.body if isinstance(left, Derivative | Nabla) else None
    loss = key_of(own) if isinstance(own, Name) else ""
    written = names(comparison.left) | names(comparison.right)
    reached = {a for n in written for a in graph.reads(n)} | written
    others = {a.split(".")[0].split("@")[0] for a in reached} & (losses - {loss})
    if loss and others:
        return f"{min(others)} is not defined, so that it may be anything"
    named = left.by[0] if isinstance(left, Derivative) else left.by if isinstance(left, Nabla) else None
    short = left.of if isinstance(left, Differential) else None
    if isinstance(short, Name):
        return _not_led_to(evidence, piece, outcome, short)
    if not isinstance(named, Name) or loss not in losses:
        return None
    by = {a for a in graph.arrays if a.split("@")[0] == key_of(named)}
    for n in nodes(piece.sides[outcome.pair + 1]):
        if isinstance(n, Derivative) and isinstance(n.body, Name) and isinstance(n.by[0], Name):
            through = {a for a in graph.arrays if a.split("@")[0] == key_of(n.by[0])}
            tied = any(a in graph.reads(b) or b in graph.reads(a) for a in through for b in by)
            if key_of(n.body) == loss and through and by and not tied:
                return f"how {key_of(n.by[0])} depends on {key_of(named)} is not said"
    return None


def _not_led_to(evidence: Evidence, piece: Piece, outcome: Outcome, of: Name) -> str | None:
    """dz of the right side of db = sum dz, where the note does not say that z is computed from b."""
    assert outcome.comparison is not None
    graph = outcome.comparison.graph
    by = {a for a in graph.arrays if a.split("@")[0] == key_of(of)}
    for n in nodes(piece.sides[outcome.pair + 1]):
        if isinstance(n, Differential) and isinstance(n.of, Name):
            through = {a for a in graph.arrays if a.split("@")[0].removesuffix("^{(i)}") == key_of(n.of)}
            if not any(a in graph.reads(b) or b in graph.reads(a) for a in through for b in by):
                return f"how {key_of(n.of)} depends on {key_of(of)} is not said"
    return None


def unknown(evidence: Evidence, piece: Piece, outcome: Outcome) -> str | None:
    """A function that the note does not tell and that could make the claim true, as f in F' = f."""
    known = evidence.readings.context

    def told(key: str) -> bool:
        return known.is_defined(key) or key in known.declarations.elementwise or key == "\\sigma"

    def applied(node: object) -> dict[str, bool]:
        found = [n.function for n in nodes(node) if isinstance(n, Apply) and not n.function.word]
        found = [f for f in found if f.base != "\\langle" and not told(key_of(f))]
        return {key_of(f): f.primes > 0 for f in found}

    left, right = piece.sides[outcome.pair], applied(piece.sides[outcome.pair + 1])
    own = applied(left)
    if isinstance(left, Apply) and own.get(key_of(left.function)) and set(right) - known.losses:
        return f"the function {key_of(left.function)} is neither declared nor defined"
    through = {k for d in known.definitions for k in applied(d.body)} | set(own)
    alone = sorted(set(right) - through - known.losses)
    return f"the function {alone[0]} is neither declared nor defined" if alone else None


def perhaps_diagonal(evidence: Evidence, left: Node, right: Node) -> bool:
    """Whether f'(x) stands in the derivative of an array by an array: many mean its diagonal matrix."""
    own = left.body if isinstance(left, Derivative) else None
    losses = evidence.readings.context.losses
    primed = any(isinstance(n, Apply) and n.function.primes for n in nodes(right))
    return isinstance(own, Name) and key_of(own) not in losses and primed


def loosely_written(evidence: Evidence, piece: Piece) -> str | None:
    """Why it may mean another thing: a / b c stands in it, or in a definition that it names."""
    named = {key_of(n) for n in nodes(tuple(piece.sides)) if isinstance(n, Name)}
    seen: set[str] = set()
    bodies: list[Node] = list(piece.sides)
    while named - seen:
        key = (named - seen).pop()
        seen.add(key)
        own = [d.body for d in evidence.readings.context.definitions if d.key == key]
        bodies += own
        named |= {key_of(n) for n in nodes(tuple(own)) if isinstance(n, Name)}
    if any(isinstance(n, Quotient) and n.loose for n in nodes(tuple(bodies))):
        return "what stands below the '/' is not clear; use \\frac or brackets"
    return None


def how_many(evidence: Evidence, piece: Piece) -> str | None:
    """A symbol of which definitions write out entries one by one: any other entry is perhaps not there."""
    known = evidence.readings.context
    out = {
        key_of(n)
        for d in known.definitions
        for n in nodes(d.body)
        if isinstance(n, Name) and len(n.sub) == 1 and isinstance(n.sub[0], Literal)
    }
    for n in nodes(tuple(piece.sides)):
        if isinstance(n, Name) and key_of(n) in out and any(letter_of(s) for s in n.sub):
            declared = known.declared(key_of(n))
            if declared is None or declared.prose:
                return f"how many entries {key_of(n)} has is not said"
    return None


def names_others(evidence: Evidence, piece: Piece) -> bool:
    """Whether a claim has symbols that no definition or declaration has: its layers may be others."""
    known = evidence.readings.context
    told = {key_of(n) for d in known.definitions for n in nodes((d.name, d.body)) if isinstance(n, Name)}
    told |= {key_of(d.name) for d in known.declarations.shapes} | known.losses | {"\\delta"}
    found = {key_of(n) for n in nodes(tuple(piece.sides)) if isinstance(n, Name) and n.sup and not n.primes}
    return bool(found - told)


def strange_symbol(evidence: Evidence, comparison: Comparison | None, left: Node) -> str | None:
    """A symbol of which nothing is said, in a left side that differentiates nothing: D of D_j S_i."""
    if comparison is None or derives(left) or any(isinstance(n, Name) and n.primes for n in nodes(left)):
        return None
    context = evidence.readings.context
    said = {key_of(n) for d in context.definitions for n in nodes((d.name, d.body)) if isinstance(n, Name)}
    right = set(comparison.graph.leaves(comparison.right))
    for name in comparison.graph.leaves(comparison.left):
        key = name.split("@")[0]
        if "." not in name and key not in said and name not in right and context.declared(key) is None:
            return key
    return None


def untold_symbol(evidence: Evidence, comparison: Comparison, left: Node) -> str | None:
    """A symbol of the right side that the left side does not rest on, and of which nothing is said."""
    graph, context = comparison.graph, evidence.readings.context
    own = set(graph.leaves(comparison.left))
    if comparison.target is not None:
        own |= set(graph.leaves(comparison.target.body)) | {comparison.target.array}
    if isinstance(left, Differential) and isinstance(left.of, Name):  # what it acts on, and that rests on
        by = {a for a in graph.arrays if a.split("@")[0] == key_of(left.of)}
        own |= {x for a in graph.arrays if by & graph.reads(a) for x in graph.leaves(Entry(a, ()))}
    for name in graph.leaves(comparison.right):
        key = name.split("@")[0]
        declared = context.declared(key)
        if name in own or "." in name or key in NUMBERS or (declared is not None and not declared.prose):
            continue
        return key
    return None
