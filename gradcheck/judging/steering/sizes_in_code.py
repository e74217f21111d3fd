"""Sizes that code asks about without a branch: `2 * (len(x) == 5 and m == 7)`, `g[1500:] = 0`; also by way of
names, of ranges and of arrays with so many entries: `T = 2000; g[T:] = 0`, `range(2000, len(x))`,
`np.ones(2000)[: len(x)]`, `x[2000]` under `except IndexError`. They are read from the source.
"""

from __future__ import annotations

import ast
import itertools
import linecache
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
from gradcheck.judging.steering.untried import UntriedSide

__all__ = ["compared_sizes", "sizes_beyond"]

_MOST_NUMBERS = 4
"""Numbers of which pairs are made for two dimensions."""

_CHOOSING = frozenset(["min", "max", "minimum", "maximum", "fmin", "fmax", "clip", "heaviside"])
_AMONG = frozenset(["isin", "in1d"])
_MAKING = frozenset(["ones", "zeros", "full", "arange", "linspace", "tri", "eye"])


def compared_sizes(codes: Iterable[CodeType], names: Sequence[str]) -> Iterator[Mapping[str, int]]:
    """Sizes of two dimensions that may be asked for together, from the numbers that code compares with."""
    numbers = {n for code in codes for _, n in _numbers(code, _compared) if n > 0}
    few = sorted(numbers)[:_MOST_NUMBERS]
    if few in ([], [1]):
        return
    for one, other in itertools.combinations(names, 2):
        for sizes in itertools.product(few, repeat=2):
            yield {**dict.fromkeys(names, 2), one: sizes[0], other: sizes[1]}


def sizes_beyond(codes: Iterable[CodeType], largest: int) -> list[UntriedSide]:
    """Lines that compare a size with a number, or cut an axis there, that no size so far came up to."""
    beyond: dict[tuple[str, int], int] = {}
    for code in codes:
        for line, number in _numbers(code, _asked):
            if number > largest:
                place = code.co_filename, line
                beyond[place] = min(number, beyond.get(place, number))
    return [
        UntriedSide(file, line, linecache.getline(file, line).strip(), f"a size beyond {number}", None)
        for (file, line), number in beyond.items()
    ]


def _numbers(code: CodeType, asks: Callable[[Names, ast.AST], list[int]]) -> Iterator[tuple[int, int]]:
    """The numbers that the parts of a function ask about, each with its line."""
    text = "".join(linecache.getlines(code.co_filename))
    for function, names in _functions(text, code.co_firstlineno):
        if _is_of(function, code):
            for node in within(function):
                yield from ((getattr(node, "lineno", code.co_firstlineno), n) for n in asks(names, node))


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


def _compared(names: Names, node: ast.AST) -> list[int]:
    """The numbers on either side of a comparison, of whatever."""
    if not isinstance(node, ast.Compare):
        return []
    return [n for side in (node.left, *node.comparators) for n in names.whole(side)]


def _asked(names: Names, node: ast.AST) -> list[int]:
    """The numbers with which an expression compares sizes, or at which it cuts."""
    match node:
        case ast.Compare():
            sides = [node.left, *node.comparators]
            if any(names.is_size(side) or getattr(side, "attr", "") == "size" for side in sides):
                return [n for side in sides for n in (names.whole(side) or _of_range(names, side))]
        case ast.BinOp(op=ast.FloorDiv()) if names.is_size(node.left):
            return names.whole(node.right)
        case ast.Call():
            return _asked_by_call(names, node)
        case ast.Slice():
            return [*names.whole(node.lower), *names.whole(node.upper)]
        case ast.Subscript(slice=ast.Slice() as cut):
            by_size = any(b is not None and names.is_size(b) for b in (cut.lower, cut.upper))
            return _of_arrays(names, node.value) if by_size else []
        case ast.Try() if any(_catches_indices(h) for h in node.handlers):
            reached = (n for part in node.body for n in ast.walk(part) if isinstance(n, ast.Subscript))
            return [number for n in reached for number in names.whole(n.slice)]
    return []


def _asked_by_call(names: Names, node: ast.Call) -> list[int]:
    name, parts = called(node), [*node.args]
    if narrow := _narrow(names, node):
        return narrow
    if not any(map(names.is_size, parts)):
        return []
    if name in _CHOOSING:
        return [n for part in parts for n in names.whole(part)]
    if name == "range":
        return [n for part in parts[:2] for n in names.whole(part)] if len(parts) > 1 else []
    return [n for part in parts for n in _of_arrays(names, part)] if name in _AMONG else []


def _narrow(names: Names, node: ast.Call) -> list[int]:
    """The largest of the whole numbers that a type holds all of, where sizes or places are cast to it."""
    cast = node.func.value if called(node) == "astype" and isinstance(node.func, ast.Attribute) else node
    kinds = [*node.args, *(k.value for k in node.keywords if k.arg == "dtype")]
    if not any(map(names.is_size, (cast, *node.args))):
        return []
    return [_HOLDING[name] for kind in (node.func, *kinds) if (name := _name_of_type(kind)) in _HOLDING]


_HOLDING = {"float16": 2048, "half": 2048, "bfloat16": 256, "int16": 2**15 - 1, "uint16": 2**16 - 1}
"""Types that do not hold every size which may well come up. Those of 8 bits wrap at sizes that are tried."""


def _name_of_type(node: ast.expr) -> str:
    """`float16` of `np.float16` and of `"float16"`."""
    return str(getattr(node, "attr", None) or getattr(node, "id", None) or getattr(node, "value", ""))


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
