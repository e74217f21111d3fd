"""Whether a note says enough of its symbols for a formula to be called wrong."""

from __future__ import annotations

from gradcheck.notes.grammar.syntax import Apply, BigSum, Name, Node
from gradcheck.notes.statements.context import LAYERS, Context, key_of, letter_of, nodes

__all__ = ["all_declared", "redefines"]

CONSTANTS = {"e", "I", "\\ones", "\\zeros", "\\pi"}


def all_declared(context: Context, sides: list[Node]) -> bool:
    """Whether the author declared every symbol to gradcheck, or defined it: then a definition can be wrong.

    What stands in the text of a note says less: sizes have other names from page to page, and a letter
    is used anew.
    """
    marks = {
        id(inner)
        for node in nodes(tuple(sides))
        if isinstance(node, Name | BigSum)
        for mark in (
            (*node.sub, *node.sup) if isinstance(node, Name) else (node.index, node.high, *node.more)
        )
        if mark is not None
        for inner in nodes(mark)
    }
    left = key_of(sides[0]) if isinstance(sides[0], Name) else ""
    for node in nodes(tuple(sides)):
        if isinstance(node, Apply) and not node.function.word:
            key = key_of(node.function)
            if not context.is_defined(key) and key not in context.declarations.elementwise:
                return False
        if not isinstance(node, Name) or id(node) in marks or node.word:
            continue
        key = key_of(node)
        declared = [d for d in context.declarations.shapes if key_of(d.name) in {key, node.base}]
        if any(not d.prose for d in declared) or key == left or key in CONSTANTS | LAYERS:
            continue
        if context.is_defined(key) or key in context.declarations.elementwise or key in context.sizes:
            continue
        if letter_of(node) in context.static or key in context.losses:
            continue
        return False
    return bool([d for d in context.declarations.shapes if not d.prose])


def redefines(context: Context, left: Node) -> bool:
    """Whether the left side is a symbol or function with a definition: notes define their losses anew."""
    head = left.function if isinstance(left, Apply) else left
    return (
        isinstance(head, Name)
        and not head.primes
        and any(d.key == key_of(head) and not d.derived for d in context.definitions)
    )
