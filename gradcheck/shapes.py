"""The shape language: `"n m"`, `"3 m"`, `"n-k+1"`, `3`, `""`.

A declaration gives each argument a shape whose entries are names, integers or expressions in names.
Names are shared between the arguments: `{"W": "n m", "x": "m"}` says that the columns of W are as
many as the entries of x.
"""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from gradcheck.errors import UsageError

__all__ = ["Dimension", "Shapes", "did_you_mean", "parse_shape"]

ShapeLike = str | int | Sequence[str | int]
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
        return _evaluate(ast.parse(self.text, mode="eval").body, sizes)


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


def _parse_dimension(text: str, where: str) -> Dimension:
    def refuse(why: str) -> UsageError:
        return UsageError(
            f"{where}: cannot read the size {text!r}: {why}. A size is a name (n), an integer (3) or an "
            "expression of them with + - * // and no blanks (n-k+1); blanks separate axes."
        )

    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise refuse("it is no expression") from None
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


def parse_shape(shape: ShapeLike, where: str = "shape") -> tuple[Dimension, ...]:
    """Read one declared shape.

    `"n m"` is two axes, `3` a vector of length 3, `""` or `()` a scalar; a tuple `("n", 3)` is
    accepted too. ``where`` is put before the message of a `UsageError`.
    """
    if isinstance(shape, bool) or not isinstance(shape, str | int | Sequence):
        raise UsageError(f"{where}: expected a shape like 'n m', 3 or '', got {shape!r}.")
    if isinstance(shape, int):
        parts = [str(shape)]
    elif isinstance(shape, str):
        parts = shape.replace(",", " ").split()
    else:
        parts = [str(part).strip() for part in shape]
    return tuple(_parse_dimension(part, where) for part in parts)


@dataclass(frozen=True)
class Shapes:
    """The declared shapes of a formula's arguments, in positional order."""

    arguments: tuple[str, ...]
    shapes: tuple[tuple[Dimension, ...], ...]

    @classmethod
    def parse(cls, declaration: Mapping[str, ShapeLike]) -> Shapes:
        """Read a declaration `{"W": "n m", "x": "m"}`. Raises `UsageError`."""
        if not isinstance(declaration, Mapping) or not declaration:
            raise UsageError(
                "shapes: expected one entry per argument, such as {'W': 'n m', 'x': 'm'}, "
                f"got {declaration!r}."
            )
        parsed = tuple(parse_shape(s, f"shapes[{a!r}]") for a, s in declaration.items())
        return cls(tuple(str(a) for a in declaration), parsed)

    @property
    def names(self) -> tuple[str, ...]:
        """The dimension names, in order of first appearance."""
        return tuple(dict.fromkeys(n for shape in self.shapes for d in shape for n in d.names))

    def concrete(self, sizes: Sizes) -> tuple[tuple[int, ...], ...] | None:
        """The arguments' shapes for given sizes, or None where a derived size falls below 1."""
        result = tuple(tuple(d.size(sizes) for d in shape) for shape in self.shapes)
        return None if any(size < 1 for shape in result for size in shape) else result

    @property
    def plain(self) -> tuple[tuple[str | int, ...], ...] | None:
        """Every shape as names and integers; None where one has a derived size such as `n+1`."""
        if not all(d.is_name or not d.names for shape in self.shapes for d in shape):
            return None
        return tuple(tuple(d.text if d.is_name else d.size({}) for d in shape) for shape in self.shapes)

    def text(self, argument: str) -> str:
        """The declared shape of one argument as it was written, blank-separated."""
        return " ".join(d.text for d in self.shapes[self.arguments.index(argument)])

    def check_batch(self, name: str | None) -> str | None:
        """The name of a batch dimension, which must be a whole axis wherever it occurs."""
        if name is None:
            return None
        if name not in self.names:
            raise UsageError(
                f"batch: expected the name of a dimension, got {name!r}; the dimensions are "
                f"{', '.join(self.names) or 'none'}.{did_you_mean(name, self.names)}"
            )
        for argument, shape in zip(self.arguments, self.shapes, strict=True):
            having = [d for d in shape if name in d.names]
            if len(having) > 1 or any(not d.is_name for d in having):
                raise UsageError(
                    f"batch={name!r}: the argument {argument!r} is declared as {self.text(argument)!r} and "
                    f"cannot be cut into rows; {name} must be one whole axis of an argument that has it."
                )
        return name

    def bind(self, known: Mapping[str, tuple[int, ...]]) -> dict[str, int]:
        """The sizes that arguments of known shape fix (arrays given as ``values``).

        Raises `UsageError` naming the two arguments that contradict each other.
        """
        sizes: dict[str, int] = {}
        origin: dict[str, str] = {}
        for argument, actual in known.items():
            declared = self.shapes[self.arguments.index(argument)]
            if len(declared) != len(actual):
                raise UsageError(
                    f"values[{argument!r}]: an array of shape {actual} was given, but the argument is "
                    f"declared as {self.text(argument)!r} ({len(declared)} axes)."
                )
            for dimension, size in zip(declared, actual, strict=True):
                if not dimension.is_name:
                    continue
                name = dimension.text
                if sizes.setdefault(name, size) != size:
                    raise UsageError(
                        f"{argument!r} has shape {actual} and makes {name} = {size}, but {origin[name]} "
                        f"makes {name} = {sizes[name]}."
                    )
                origin.setdefault(name, f"{argument!r} with shape {actual}")
        for argument, actual in known.items():
            declared = self.shapes[self.arguments.index(argument)]
            for dimension, size in zip(declared, actual, strict=True):
                if set(dimension.names) <= sizes.keys() and dimension.size(sizes) != size:
                    raise UsageError(
                        f"{argument!r} has shape {actual}, but its size {dimension.text} comes to "
                        f"{dimension.size(sizes)} with {_equations(sizes)}."
                    )
        return sizes


def did_you_mean(name: object, known: Iterable[str]) -> str:
    """`" Did you mean 'n'?"` for the nearest known name, or nothing."""
    near = difflib.get_close_matches(str(name), list(known), n=1, cutoff=0.4)
    return f" Did you mean {near[0]!r}?" if near else ""


def _equations(sizes: Sizes) -> str:
    return ", ".join(f"{name} = {size}" for name, size in sizes.items()) or "no named sizes"
