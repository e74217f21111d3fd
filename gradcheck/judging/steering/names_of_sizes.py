"""Which names and expressions of a function hold sizes, and which hold whole numbers that stand in the code.

`n = len(x)` on one line and `n > T` on another. A name counts only if all that is ever assigned to it does.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["Names", "called", "names_of", "numbers_of", "within"]

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda

_KEEPING = frozenset(["int", "float", "abs", "min", "max", "maximum", "minimum", "range", "arange", "ones"])
"""Functions of sizes that give sizes, or places along an axis, and nothing larger than the size."""

_REDUCING = frozenset(["max", "min", "astype"])

_LINEAR = (ast.Add, ast.Sub, ast.Div, ast.FloorDiv)
"""A product of sizes may be larger than any size that was tried."""

_A_LENGTH = ast.parse("len(x)", mode="eval").body


@dataclass(frozen=True)
class Names:
    """``sizes`` are names of sizes and of places along an axis, ``numbers`` those of whole numbers."""

    sizes: frozenset[str] = frozenset()
    numbers: dict[str, int] = field(default_factory=dict)

    def is_size(self, node: ast.expr) -> bool:
        """Whether an expression is a size, or grows no faster than one."""
        match node:
            case ast.Name():
                return node.id in self.sizes
            case ast.Attribute():
                return node.attr == "shape"
            case ast.Subscript():
                return self.is_size(node.value)
            case ast.UnaryOp():
                return self.is_size(node.operand)
            case ast.BinOp() if isinstance(node.op, _LINEAR):
                return self._of_sizes([node.left, node.right])
            case ast.Call():
                name = called(node)
                if name in ("len", "shape") or (name == "sum" and _counts_ones(node)):
                    return True
                if (
                    isinstance(node.func, ast.Attribute)
                    and name in _REDUCING
                    and self.is_size(node.func.value)
                ):
                    return True
                return name in _KEEPING and self._of_sizes(node.args)
        return False

    def _of_sizes(self, parts: list[ast.expr]) -> bool:
        """Whether some of these are sizes, and the others numbers."""
        return any(map(self.is_size, parts)) and all(self.is_size(p) or self.whole(p) for p in parts)

    def whole(self, node: ast.expr | None) -> list[int]:
        """The whole numbers that an expression is, or holds if it is a tuple of them or a sum with a size."""
        match node:
            case ast.Constant(value=bool()):
                return []
            case ast.Constant(value=int() | float() as value) if value == value // 1:
                return [int(value)]
            case ast.Name():
                return [self.numbers[node.id]] if node.id in self.numbers else []
            case ast.UnaryOp(op=ast.USub()):
                return self.whole(node.operand)
            case ast.Tuple() | ast.List() | ast.Set():
                return [n for part in node.elts for n in self.whole(part)]
            case ast.BinOp(op=ast.Add() | ast.Sub()) if self.is_size(node):
                return self.whole(node.left) + self.whole(node.right)
        return []


def called(node: ast.expr) -> str:
    """The last part of the name of what is called: `arange` of `np.arange(n)`."""
    if not isinstance(node, ast.Call):
        return ""
    return str(getattr(node.func, "attr", None) or getattr(node.func, "id", ""))


def _counts_ones(node: ast.Call) -> bool:
    return len(node.args) == 1 and called(node.args[0]) == "ones"


def within(function: Function | ast.Module) -> Iterator[ast.AST]:
    """The nodes of a function without those of functions inside of it, which have code of their own."""
    body = function.body if isinstance(function.body, list) else [function.body]
    left: list[ast.AST] = list(body)
    while left:
        node = left.pop()
        if not isinstance(node, Function | ast.ClassDef):
            yield node
            left.extend(ast.iter_child_nodes(node))


def numbers_of(module: ast.Module) -> dict[str, int]:
    """The names of a file that stand for a whole number each."""
    return _numbers(_assigned(module))


def names_of(function: Function, outside: dict[str, int]) -> Names:
    """What the names mean that a function uses; ``outside`` are the numbers that its file names."""
    assigned = _assigned(function)
    own = _numbers(assigned)
    numbers = {name: n for name, n in (outside | own).items() if name not in assigned or name in own}
    names = Names(frozenset(assigned), numbers)
    rooted = {name for name, values in assigned.items() if any(v is not None for v in values)}
    kept = frozenset(rooted)
    while True:  # from all names down: one may be made of another, and of itself
        names = Names(kept, numbers)
        left = frozenset(
            name
            for name in kept
            if all(v is not None and (names.is_size(v) or names.whole(v)) for v in assigned[name])
            and any(v is not None and names.is_size(v) for v in assigned[name])
        )
        if left == kept:
            return names
        kept = left


Assigned = dict[str, list[ast.expr | None]]


def _numbers(assigned: Assigned) -> dict[str, int]:
    plain = Names()
    found = {name: plain.whole(values[0]) for name, values in assigned.items() if len(values) == 1}
    return {name: numbers[0] for name, numbers in found.items() if len(numbers) == 1}


def _assigned(scope: Function | ast.Module) -> Assigned:
    """By name all that is assigned to it; None for what is not known, as of a parameter without a default."""
    found: Assigned = {}
    if not isinstance(scope, ast.Module):
        given = scope.args
        plain = [*given.posonlyargs, *given.args]
        defaults = [None] * (len(plain) - len(given.defaults)) + list(given.defaults)
        pairs = [*zip(plain, defaults, strict=True), *zip(given.kwonlyargs, given.kw_defaults, strict=True)]
        for parameter, default in pairs:
            found.setdefault(parameter.arg, []).append(default)
    for node in within(scope):
        match node:
            case ast.Assign():
                for target in node.targets:
                    _bind(found, target, node.value)
            case ast.AnnAssign() | ast.NamedExpr():
                _bind(found, node.target, node.value)
            case ast.AugAssign(target=ast.Name() as name):
                _bind(found, name, ast.BinOp(name, node.op, node.value))
            case ast.For() | ast.comprehension():
                counts = called(node.iter) == "enumerate" and isinstance(node.target, ast.Tuple)
                if counts and isinstance(node.target, ast.Tuple):
                    _bind(found, node.target.elts[0], _A_LENGTH)
                    _bind(found, node.target.elts[1], None)
                else:
                    _bind(found, node.target, node.iter)
            case ast.withitem(optional_vars=ast.expr()):
                _bind(found, node.optional_vars, None)
    return found


def _bind(found: Assigned, target: ast.expr | None, value: ast.expr | None) -> None:
    match target:
        case ast.Name():
            found.setdefault(target.id, []).append(value)
        case ast.Starred():
            _bind(found, target.value, value)
        case ast.Tuple() | ast.List():
            one_each = isinstance(value, ast.Tuple) and len(value.elts) == len(target.elts)
            for k, part in enumerate(target.elts):
                _bind(found, part, value.elts[k] if one_each and isinstance(value, ast.Tuple) else value)
