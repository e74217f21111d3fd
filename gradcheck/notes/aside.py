"""Definitions that cannot be read, set aside: their symbols are given, and depend on what stands in them."""

from __future__ import annotations

from dataclasses import replace

from gradcheck.notes.arrays.values import Mismatch, Slip, Undeclared
from gradcheck.notes.convention import rows_of
from gradcheck.notes.grammar.lexer import NotRead
from gradcheck.notes.judging.readings import Readings
from gradcheck.notes.reading.options import Options
from gradcheck.notes.statements.context import LOSSES, Context, Definition, base_of, bases

__all__ = ["set_aside"]

ROUNDS = 3
"""How often definitions are set aside that could not be read after those before them were."""


def set_aside(context: Context, ranks: tuple[tuple[str, int], ...]) -> bool:
    """Take the definitions out of ``context`` that cannot be read under a guess. False where there are none.

    A claim about such a symbol is true or false for whatever it is, as long as nothing is differentiated
    by a symbol that its definition may rest on.
    """
    base = Options(ranks=ranks)
    readings = Readings(context, base, rows=rows_of(context, context.declarations, base))
    found: list[tuple[Definition, Exception]] = []
    for scope in sorted({d.scope for d in context.definitions}):
        broken = readings.reader(readings.at(scope), scope).broken
        for definition in context.definitions:
            error = broken.get(definition.key)
            if (
                definition.scope == scope
                and error is not None
                and _may_be_anything(context, definition, error)
            ):
                found.append((definition, error))
    for definition, error in found:
        context.aside[id(definition)] = error
        if definition.rest:  # L = \\prod P(y_i | x_i) = ...: what it is equal to may be read
            at = context.definitions.index(definition)
            context.definitions[at] = replace(definition, body=definition.rest[0], rest=definition.rest[1:])
            context.lost.setdefault(definition.key, set()).add(definition.scope)
            continue
        context.definitions.remove(definition)
        known = context.opaque.get(definition.key, frozenset())
        context.opaque[definition.key] = known | bases(definition.body) - {base_of(definition.key)}
        context.lost.setdefault(definition.key, set()).add(definition.scope)
        if definition.key in LOSSES:
            context.losses.add(definition.key)
    return bool(found)


def _may_be_anything(context: Context, definition: Definition, error: Exception) -> bool:
    """Whether a definition is not understood, and names no layer, step or function.

    It may be wrong only where a comment declares the shapes of symbols.
    """
    told = any(not d.prose and not d.unsaid for d in context.declarations.shapes)
    kinds = NotRead | Undeclared if told else NotRead | Undeclared | Mismatch | Slip
    if not isinstance(error, kinds) or str(error).startswith("the definition of"):
        return False
    if definition.parameters and definition.key not in LOSSES:
        return False
    key = definition.key
    return not (definition.derived or definition.name.sup or key in context.layered | context.stepped)
