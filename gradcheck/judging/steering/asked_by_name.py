"""Sizes that code asks about by way of names, of ranges and of arrays with so many entries.

`T = 2000; g[T:] = 0`, `range(2000, len(x))`, `np.ones(2000)[: len(x)]`, `x[2000]` under `except IndexError`.
"""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterator
from functools import lru_cache
from types import CodeType

from gradcheck.judging.steering.names_of_sizes import (
    Function,
    Names,
    called,
    names_of,
    numbers_of,
    within,
)

__all__ = ["asked_by_name"]

_CHOOSING = frozenset(["min", "max", "minimum", "maximum", "fmin", "fmax", "clip", "heaviside"])
_AMONG = frozenset(["isin", "in1d"])
_MAKING = frozenset(["ones", "zeros", "full", "arange", "linspace", "tri", "eye"])


def asked_by_name(code: CodeType) -> Iterator[tuple[int, list[int]]]:
    """The lines of a function that ask about sizes, with the numbers that they ask about."""
    text = "".join(linecache.getlines(code.co_filename))
    for function, names in _functions(text, code.co_firstlineno):
        if _is_of(function, code):
            for node in within(function):
                if isinstance(node, ast.expr | ast.Try) and (numbers := _asked(names, node)):
                    yield node.lineno, numbers


@lru_cache(maxsize=64)
def _functions(text: str, line: int) -> list[tuple[Function, Names]]:
    """The functions of a file that begin on a line."""
    beginning, numbers = _read(text)
    return [(function, names_of(function, numbers)) for function in beginning.get(line, ())]


@lru_cache(maxsize=8)
def _read(text: str) -> tuple[dict[int, list[Function]], dict[str, int]]:
    """The functions of a file by the lines on which they begin, and the whole numbers that it names."""
    try:
        module = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return {}, {}
    beginning: dict[int, list[Function]] = {}
    for node in ast.walk(module):
        if isinstance(node, Function):
            line = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
            beginning.setdefault(line, []).append(node)
    return beginning, numbers_of(module)


def _is_of(function: Function, code: CodeType) -> bool:
    if not isinstance(function, ast.Lambda):
        return function.name == code.co_name
    body = function.body
    places = [(line, column) for line, _, column, _ in code.co_positions() if line and column is not None]
    end = (body.end_lineno or 0, body.end_col_offset or 0)
    inside = [p for p in places if p != (code.co_firstlineno, 0)]
    return code.co_name == "<lambda>" and all((body.lineno, body.col_offset) <= p < end for p in inside)


def _asked(names: Names, node: ast.expr | ast.Try) -> list[int]:
    """The numbers with which an expression compares sizes, or at which it cuts."""
    match node:
        case ast.Compare():
            sides = [node.left, *node.comparators]
            if any(map(names.is_size, sides)):
                return [n for side in sides for n in (names.whole(side) or _of_range(names, side))]
        case ast.BinOp(op=ast.FloorDiv()) if names.is_size(node.left):
            return names.whole(node.right)
        case ast.Call():
            return _asked_by_call(names, node)
        case ast.Subscript(slice=ast.Slice() as cut):
            by_size = any(b is not None and names.is_size(b) for b in (cut.lower, cut.upper))
            return [*names.whole(cut.lower), *names.whole(cut.upper)] + (
                _of_arrays(names, node.value) if by_size else []
            )
        case ast.Try() if any(_catches_indices(h) for h in node.handlers):
            reached = (n for part in node.body for n in ast.walk(part) if isinstance(n, ast.Subscript))
            return [number for n in reached for number in names.whole(n.slice)]
    return []


def _asked_by_call(names: Names, node: ast.Call) -> list[int]:
    name, parts = called(node), [*node.args]
    if not any(map(names.is_size, parts)):
        return []
    if name in _CHOOSING:
        return [n for part in parts for n in names.whole(part)]
    if name == "range":
        return [n for part in parts[:2] for n in names.whole(part)] if len(parts) > 1 else []
    return [n for part in parts for n in _of_arrays(names, part)] if name in _AMONG else []


def _of_range(names: Names, node: ast.expr) -> list[int]:
    if isinstance(node, ast.Call) and called(node) == "range":
        return [n for part in node.args[:2] for n in names.whole(part)]
    return []


def _of_arrays(names: Names, node: ast.expr) -> list[int]:
    """The numbers of entries of arrays that are made inside of an expression."""
    made = [call for call in ast.walk(node) if isinstance(call, ast.Call) and called(call) in _MAKING]
    return [n for call in made for part in call.args[:1] for n in names.whole(part)]


def _catches_indices(handler: ast.ExceptHandler) -> bool:
    caught = handler.type
    kinds = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(k is None or getattr(k, "id", "") in ("IndexError", "LookupError", "Exception") for k in kinds)
