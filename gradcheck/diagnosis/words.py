"""What places and values are called in a sentence."""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import Any

import numpy as np

from gradcheck.diagnosis.tracing.calls import Call, Key, Value
from gradcheck.diagnosis.tracing.run import COMPOSED
from gradcheck.diagnosis.tracing.sites import Site

__all__ = ["describe", "is_written_out", "operand", "operands_of", "place_of"]


def place_of(key: Key, *, everywhere: bool = False) -> str:
    """Where an operation stands: "`x.mean(axis=0)` (layer.py:7)".

    In a helper function only one call of it is meant, and said, unless it is ``everywhere``.
    """
    site = key.site
    where = site.place
    if where and len(site.frames) > 1 and not everywhere and (caller := site.caller.place):
        where = f"{where}, called from {caller}"
    inside = _written_out(key.name)  # np.maximum in np.clip: one of its two bounds
    step = f"np.{inside} in " if inside in ("maximum", "minimum") else ""
    if site.snippet and where:
        return f"{step}`{site.snippet}` ({where})"
    return f"np.{key.name}" + (f" ({where})" if where else "")


def operand(call: Call, k: int) -> str:
    """An operand of an operation as it is written there; see `describe` where that is not known."""
    value = call.args[k]
    text = () if _written_out(call.key.name) else operands_of(call.key.site.snippet)
    if k >= len(text) or text[k].endswith("..."):
        return describe(value)
    bare = (
        text[k] == value.name if isinstance(value, Value) else text[k].lstrip("-").replace(".", "").isdigit()
    )
    return text[k] if bare else f"`{text[k]}`"


def describe(value: Any, at: Key | None = None) -> str:
    """A value as a sentence calls it: an argument's name, the source of what made it, or a number.

    ``at`` is the operation that the sentence is about: a value that comes out of a helper function is then
    named by the call of the helper.
    """
    if isinstance(value, Value):
        if value.name:
            return value.name
        if value.call is not None:
            if at is not None and (text := _seen_from(value, at)):
                return text
            snippet, inside = value.call.key.site.snippet, _written_out(value.call.name)
            if (held := value.call.key.site.holder) and not inside:
                return f"`{held}`"
            if inside:  # of np.var, say, of which there is no text
                return f"`np.{inside}(...)`" + (f" in `{snippet}`" if snippet else "")
            return f"`{snippet}`" if snippet else f"the result of np.{value.call.name}"
        return "a buffer"
    if isinstance(value, int | float | np.number):
        return f"{value!s}"
    return "a constant"


def _written_out(name: str) -> str:
    """The step of a function that is written out in simpler ones: `mean` for `var.mean`, "" for all else."""
    outer, _, inner = name.partition(".")
    return inner if outer in {f.__name__ for f in COMPOSED} else ""


def is_written_out(name: str) -> bool:
    """Whether an operation is a step of a function such as `np.var`: the code has no such step."""
    return bool(_written_out(name))


def _seen_from(value: Value, at: Key) -> str:
    assert value.call is not None
    mine, its = at.site.frames, value.call.key.site.frames
    depth = len(its) - len(mine)
    if depth <= 0 or not mine or its[depth][0] is not mine[0][0]:
        return ""
    level = 0  # up to where the value is what a helper function returns
    while level < depth and value.run.ends(value.call, level + 1):
        level += 1
    name, outer = Site(its[level:]).snippet, Site(its[depth:]).snippet
    if not (name and outer):
        return ""
    return f"`{name}`" if level == depth else f"`{name}` in `{outer}`"


@lru_cache(maxsize=4096)
def operands_of(snippet: str) -> tuple[str, ...]:
    """The texts of the two sides of an operator, or of a function's arguments; () for all else."""
    try:
        tree: Any = ast.parse(snippet).body[0]
    except (SyntaxError, IndexError, ValueError):
        return ()
    if isinstance(tree, ast.AugAssign):
        return _texts(snippet, tree.target, tree.value)
    node = getattr(tree, "value", None)
    if isinstance(node, ast.BinOp):
        return _texts(snippet, node.left, node.right)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        of_numpy = isinstance(node.func.value, ast.Name) and node.func.value.id in ("np", "numpy")
        starred = any(isinstance(a, ast.Starred) for a in node.args)
        if of_numpy and not starred:
            return _texts(snippet, *node.args)
    return ()


def _texts(snippet: str, *nodes: ast.AST) -> tuple[str, ...]:
    return tuple(ast.get_source_segment(snippet, n) or "..." for n in nodes)
