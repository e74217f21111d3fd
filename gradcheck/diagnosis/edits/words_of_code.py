"""What may stand in place of one expression of hand-written code: a slip of the pen, undone."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Change", "Place", "other_words"]


@dataclass(frozen=True)
class Place:
    """An expression in a field (``slot``) of the one ``around`` it. ``names`` are known on its line.
    ``in_test``: it decides which branch is entered; ``in_comparison``: it is compared, or part of it.
    """

    node: ast.AST
    around: ast.AST
    slot: str
    names: tuple[str, ...]
    in_index: bool
    in_test: bool = False
    in_comparison: bool = False


@dataclass(frozen=True)
class Change:
    """``node`` replaces an expression; ``kind`` is a word of the vocabulary of mistakes."""

    kind: str
    node: ast.AST
    cost: float


def other_words(place: Place, numbers: Sequence[float]) -> Iterator[Change]:
    """The changes to try in one place, the likely ones first."""
    every = (_operators, _signs, _names, _numbers, _indices, _calls, _comparisons, _more, _less)
    # of a condition any other condition would do that happens to hold at the points that were tried
    for rule in (_numbers, _indices, _comparisons) if place.in_test else every:
        yield from rule(place, numbers)


_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.MatMult)


def _operators(place: Place, numbers: Sequence[float]) -> Iterator[Change]:
    node = place.node
    if isinstance(node, ast.BinOp):
        kind = "index" if place.in_index else "operation"
        by_one = isinstance(node.right, ast.Constant) and node.right.value == 1
        if by_one:  # instead of `t * 1`
            yield Change(kind, node.left, 2.0)
        for other in (*_ARITHMETIC, ast.Pow, ast.FloorDiv):
            if by_one and other not in (ast.Add, ast.Sub):
                continue
            if type(node.op) is not other and (other in _ARITHMETIC[:3] or not place.in_index):
                yield Change(_sign_or(kind, node.op, other()), _with(node, op=other()), 2.0)
        if not isinstance(node.op, ast.Add | ast.Mult):
            yield Change("swapped", _with(node, left=node.right, right=node.left), 2.05)
    if isinstance(node, ast.AugAssign):
        target = copy.copy(node.target)
        yield Change("missing-sum", _with(node, op=ast.Add()), 2.0)
        yield Change("sign", _with(node, op=ast.Sub()), 2.0)
        yield Change("missing-sum", ast.Assign([target], node.value, lineno=node.lineno), 2.1)
    if isinstance(node, ast.Assign) and len(node.targets) == 1:
        first = node.targets[0]
        if isinstance(first, ast.Subscript | ast.Name):
            yield Change("missing-sum", ast.AugAssign(first, ast.Add(), node.value), 2.05)


def _sign_or(kind: str, one: ast.operator, other: ast.operator) -> str:
    both = {type(one), type(other)}
    return "sign" if both == {ast.Add, ast.Sub} and kind != "index" else kind


def _signs(place: Place, numbers: Sequence[float]) -> Iterator[Change]:
    node = place.node
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        yield Change("sign", node.operand, 2.0)
    elif isinstance(node, ast.BinOp | ast.Call | ast.Name) and not place.in_index and not _asks(place):
        yield Change("sign", ast.UnaryOp(ast.USub(), node), 2.1)


def _asks(place: Place) -> bool:
    """Whether it is a side of a comparison, or a condition itself."""
    return isinstance(place.around, ast.Compare | ast.BoolOp) or place.slot == "test"


def _names(place: Place, numbers: Sequence[float]) -> Iterator[Change]:
    node = place.node
    if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load):
        return
    if isinstance(place.around, ast.Call) and place.slot == "func":
        return
    kind = "index" if place.in_index else "other-value"
    for name in place.names:
        if name != node.id:
            yield Change(kind, ast.Name(name, ast.Load()), 2.05)
    multiplied = isinstance(place.around, ast.BinOp) and isinstance(place.around.op, ast.MatMult)
    if multiplied or (isinstance(place.around, ast.Call) and place.slot == "args"):
        yield Change("transposed", ast.Attribute(node, "T", ast.Load()), 2.05)


def _numbers(place: Place, numbers: Sequence[float]) -> Iterator[Change]:
    node = place.node
    if not isinstance(node, ast.Constant) or type(node.value) not in (int, float):
        return
    now: Any = node.value
    kind = "index" if place.in_index else "constant"
    rounded = [float(f"{now:.{digits}g}") for digits in (1, 2, 3, 4, 5)] if type(now) is float else []
    near = [now - 1, now + 1, 0, 1, 2, -1, *rounded, *(numbers if not place.in_index else ())]
    for number in dict.fromkeys([*near, *(int(r) for r in rounded if r == int(r))]):
        if number != now and not (place.in_index and type(number) is float):
            yield Change(kind, _number(number), 2.1)
    if place.in_index:
        for name in place.names:
            yield Change("index", ast.Name(name, ast.Load()), 2.15)


def _number(value: float) -> ast.expr:
    if value < 0:
        return ast.UnaryOp(ast.USub(), ast.Constant(-value))
    return ast.Constant(value)


def _indices(place: Place, numbers: Sequence[float]) -> Iterator[Change]:
    node = place.node
    if isinstance(node, ast.Slice):
        for bound in ("lower", "upper"):
            if getattr(node, bound) is None:
                for name in place.names:
                    yield Change("index", _with(node, **{bound: ast.Name(name, ast.Load())}), 2.15)
                for number in (1, -1):
                    yield Change("index", _with(node, **{bound: _number(number)}), 2.15)
            else:
                yield Change("index", _with(node, **{bound: None}), 2.15)
        step = _number(-1) if node.step is None else None
        yield Change("index", _with(node, step=step), 2.1)
    if isinstance(node, ast.Tuple) and place.slot == "slice":
        for k in range(len(node.elts) - 1):
            turned = [*node.elts[:k], node.elts[k + 1], node.elts[k], *node.elts[k + 2 :]]
            yield Change("index", _with(node, elts=turned), 2.05)
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and "->" in node.value:
        text = node.value
        for k in range(len(text) - 1):
            if text[k].isalpha() and text[k + 1].isalpha():
                yield Change("index", ast.Constant(text[:k] + text[k + 1] + text[k] + text[k + 2 :]), 2.05)


_FUNCTIONS: dict[str, tuple[str, ...]] = {
    "sum": ("mean", "max", "prod"), "mean": ("sum",), "max": ("min", "sum"), "min": ("max",),
    "maximum": ("minimum",), "minimum": ("maximum",), "argmax": ("argmin",), "argmin": ("argmax",),
    "zeros": ("ones",), "ones": ("zeros",), "zeros_like": ("ones_like",), "ones_like": ("zeros_like",),
    "empty": ("zeros",), "empty_like": ("zeros_like",), "exp": ("expm1",), "expm1": ("exp",),
    "log": ("log1p", "log2", "log10"), "log1p": ("log",), "log2": ("log",), "log10": ("log",),
    "sin": ("cos",), "cos": ("sin",), "tanh": ("sinh", "cosh"), "sinh": ("cosh", "tanh"),
    "cosh": ("sinh",), "abs": ("sign",), "sign": ("abs",), "tril": ("triu",), "triu": ("tril",),
    "cumsum": ("cumprod",), "cumprod": ("cumsum",), "var": ("std",), "std": ("var",), "prod": ("sum",),
    "trace": ("linalg.det",), "pinv": ("inv",), "dot": ("outer",), "outer": ("dot",),
    "floor": ("ceil",), "ceil": ("floor",), "list": ("reversed",), "reversed": ("list",),
}  # fmt: skip
"""Functions that are written for each other."""


def _calls(place: Place, numbers: Sequence[float]) -> Iterator[Change]:
    node = place.node
    if isinstance(node, ast.Attribute) and node.attr == "T" and isinstance(node.ctx, ast.Load):
        yield Change("transposed", node.value, 2.0)
    if not isinstance(node, ast.Call):
        return
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    for other in _FUNCTIONS.get(name, ()):
        if isinstance(node.func, ast.Attribute):
            yield Change("operation", _with(node, func=_with(node.func, attr=other)), 2.0)
        elif "." not in other:
            yield Change("operation", _with(node, func=ast.Name(other, ast.Load())), 2.0)
    named = {k.arg: n for n, k in enumerate(node.keywords)}
    reducing = name in ("sum", "mean", "max", "min", "prod", "var", "std", "norm")
    for axis in (*_AXES, None) if "axis" in named or reducing else ():
        rest = [k for k in node.keywords if k.arg != "axis"]
        also = [] if axis is None else [ast.keyword("axis", _literal(axis))]
        yield Change("wrong-axis", _with(node, keywords=[*rest, *also]), 2.05)
        if axis is not None and "keepdims" not in named:
            kept = [*rest, *also, ast.keyword("keepdims", ast.Constant(True))]
            yield Change("wrong-axis", _with(node, keywords=kept), 2.1)
    if reducing and "keepdims" not in named:
        kept = [*node.keywords, ast.keyword("keepdims", ast.Constant(True))]
        yield Change("wrong-axis", _with(node, keywords=kept), 2.0)
    if len(node.args) >= 2:
        turned = [*node.args[:-2], node.args[-1], node.args[-2]]
        yield Change("swapped", _with(node, args=turned), 2.0)


_AXES: tuple[int | tuple[int, int], ...] = (0, 1, 2, -1, (0, 1), (0, 2), (1, 2))


def _literal(axis: int | tuple[int, int]) -> ast.expr:
    return ast.parse(repr(axis), mode="eval").body


_COMPARED = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)


def _comparisons(place: Place, numbers: Sequence[float]) -> Iterator[Change]:
    node = place.node
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        for other in _COMPARED:
            if not isinstance(node.ops[0], other):
                yield Change("mask", _with(node, ops=[other()]), 2.0)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitAnd | ast.BitOr):
        joined = ast.BitOr() if isinstance(node.op, ast.BitAnd) else ast.BitAnd()
        yield Change("mask", _with(node, op=joined), 2.0)


def _more(place: Place, numbers: Sequence[float]) -> Iterator[Change]:
    """One operation more, with a value that is known there or a number."""
    node = place.node
    if (
        place.in_index
        or _asks(place)
        or not isinstance(node, ast.expr)
        or isinstance(node, ast.Constant | ast.Starred)
    ):
        return
    if not isinstance(node, ast.Name | ast.BinOp | ast.Call | ast.Subscript | ast.Attribute | ast.UnaryOp):
        return
    if isinstance(place.around, ast.Attribute | ast.keyword) or place.slot == "func":
        return
    if isinstance(place.around, ast.Call) and not isinstance(node, ast.BinOp | ast.Call | ast.Name):
        return
    for name in place.names:
        other = ast.Name(name, ast.Load())
        yield Change("derivative-missing", ast.BinOp(node, ast.Mult(), other), 2.25)
        yield Change("derivative-missing", ast.BinOp(node, ast.Div(), other), 2.25)
        yield Change("missing-term", ast.BinOp(node, ast.Add(), other), 2.3)
        yield Change("missing-term", ast.BinOp(node, ast.Sub(), other), 2.3)
        yield Change("missing-term", ast.BinOp(other, ast.Sub(), node), 2.3)
    for number in numbers:
        yield Change("missing-term", ast.BinOp(node, ast.Add(), _number(number)), 2.3)
    for number in (1, 2):
        yield Change("missing-term", ast.BinOp(ast.Constant(number), ast.Add(), node), 2.3)
        yield Change("missing-term", ast.BinOp(ast.Constant(number), ast.Sub(), node), 2.3)
        yield Change("missing-term", ast.BinOp(node, ast.Sub(), ast.Constant(number)), 2.3)
        yield Change("derivative-missing", ast.BinOp(ast.Constant(number), ast.Div(), node), 2.3)
    for power in (2, 3):
        yield Change("derivative-missing", ast.BinOp(node, ast.Pow(), ast.Constant(power)), 2.25)


def _less(place: Place, numbers: Sequence[float]) -> Iterator[Change]:
    node = place.node
    if isinstance(node, ast.BinOp):
        kind = "index" if place.in_index else "extra-term"
        yield Change(kind, node.left, 2.2)
        yield Change(kind, node.right, 2.2)
    elif isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords:
        yield Change("extra-term", node.args[0], 2.2)


def _with(node: Any, **fields: Any) -> Any:
    other = copy.copy(node)
    for name, value in fields.items():
        setattr(other, name, value)
    return other
