"""Sections of a note that rest on each other; those that do not are read apart, each with its own symbols."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from gradcheck.notes.grammar.syntax import Name
from gradcheck.notes.statements.context import Context, key_of
from gradcheck.notes.statements.declarations import Declarations
from gradcheck.notes.statements.pieces import Piece, nodes_of

__all__ = ["declarations_for", "together"]


def together(pieces: Sequence[Piece], context: Context) -> list[frozenset[int]]:
    """Groups of sections: one uses what another defines, and does not define or declare it anew."""
    scopes = sorted({p.formula.scope for p in pieces})
    own: dict[int, set[str]] = {s: set() for s in scopes}
    for definition in context.definitions:
        own.setdefault(definition.scope, set()).update({definition.key, key_of(definition.name)})
    said = {s: {key_of(d.name) for d in context.declarations.shapes if d.scope == s} for s in scopes}
    group = {s: s for s in scopes}

    def root(scope: int) -> int:
        while group[scope] != scope:
            scope = group[scope]
        return scope

    for scope in scopes:
        used = {key_of(n) for n in nodes_of(pieces, scope) if isinstance(n, Name)}
        for key in used - own[scope] - (said[scope] if scope else set()):
            others = [s for s in scopes if s != scope and key in own[s]]
            before = [s for s in others if s < scope]
            if others:
                group[root(scope)] = root(max(before) if before else min(others))
    found: dict[int, set[int]] = {}
    for scope in scopes:
        found.setdefault(root(scope), set()).add(scope)
    return [frozenset(s) for s in found.values()]


def declarations_for(group: frozenset[int], declarations: Declarations) -> Declarations:
    """The declarations that hold in a group of sections, without what its own formulas will say again."""
    shapes = [d for d in declarations.shapes if not (d.prose and d.scope in group)]
    return replace(declarations, shapes=shapes, problems=[])
