"""One entry of a declared shape: a name, an integer or an expression in names."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from gradcheck.errors import UsageError

__all__ = ["Dimension", "Sizes", "parse_dimension"]

Sizes = Mapping[str, int]

_OPERATORS: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.FloorDiv: lambda a, b: a // b,
}


@dataclass(frozen=True)
class Dimension:
    """One entry of a declared shape: an expression in dimension names.

    ``text`` is the source; ``names`` are the dimension names it uses, in order of appearance.
    """

    text: str
    names: tuple[str, ...]

    @property
    def is_name(self) -> bool:
        return self.names == (self.text,)

    def size(self, sizes: Sizes) -> int:
        """The value of the expression for given sizes (may be below 1; the caller decides)."""
        return _evaluate(_tree(self.text), sizes)


@lru_cache(maxsize=1024)
def _tree(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def _evaluate(node: ast.expr, sizes: Sizes) -> int:
    if isinstance(node, ast.Constant):
        return int(node.value)  # type: ignore[arg-type]  # checked to be an int by _parse_dimension
    if isinstance(node, ast.Name):
        return sizes[node.id]
    assert isinstance(node, ast.BinOp)
    left, right = _evaluate(node.left, sizes), _evaluate(node.right, sizes)
    if isinstance(node.op, ast.FloorDiv) and right == 0:
        return 0  # below 1, hence an invalid size, like any other expression that runs out
    return _OPERATORS[type(node.op)](left, right)


def parse_dimension(text: str, where: str) -> Dimension:
    def refuse(why: str) -> UsageError:
        return UsageError(
            f"{where}: cannot read the size {text!r}: {why}. A size is a name (n), an integer (3) or an "
            "expression of them with + - * // and no blanks (n-k+1); blanks separate axes."
        )

    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        factor = re.fullmatch(r"(\d+)([^\W\d]\w*)", text)
        raise refuse(
            f"a product is written {factor[1]}*{factor[2]}" if factor else "it is no expression"
        ) from None
    if isinstance(tree, ast.UnaryOp) and isinstance(tree.operand, ast.Constant):
        raise refuse("a size is 1 or more; for any size give a name, such as n")
    names: dict[str, None] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            names[node.id] = None
        elif isinstance(node, ast.Constant):
            if not isinstance(node.value, int) or isinstance(node.value, bool):
                raise refuse(f"{node.value!r} is no integer")
        elif isinstance(node, ast.BinOp):
            if type(node.op) not in _OPERATORS:
                raise refuse(f"the operator {type(node.op).__name__} is not known")
        elif not isinstance(node, ast.operator | ast.expr_context):
            raise refuse(f"{type(node).__name__} has no place in a size")
    order = sorted(names, key=lambda name: re.search(rf"\b{name}\b", text).start())  # type: ignore[union-attr]
    dimension = Dimension(text, tuple(order))
    if not dimension.names and dimension.size({}) < 1:
        raise refuse("a size is 1 or more")
    return dimension
