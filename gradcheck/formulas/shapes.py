"""The shape language: `"n m"`, `"3 m"`, `"n-k+1"`, `3`, `""`.

A declaration gives each argument a shape whose entries are names, integers or expressions in names.
Names are shared between the arguments: `{"W": "n m", "x": "m"}` says that the columns of W are as
many as the entries of x.
"""

from __future__ import annotations

import operator
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gradcheck.errors import UsageError
from gradcheck.formulas.binding import bind
from gradcheck.formulas.dimensions import Dimension, Sizes, parse_dimension
from gradcheck.formulas.suggestions import did_you_mean, short

__all__ = ["Dimension", "ShapeLike", "Shapes", "parse_shape"]

ShapeLike = str | int | Sequence[str | int]


def parse_shape(shape: ShapeLike, where: str = "shape") -> tuple[Dimension, ...]:
    """Read one declared shape.

    `"n m"` is two axes, `3` a vector of length 3, `""` or `()` a scalar; a tuple `("n", 3)` is
    accepted too. ``where`` is put before the message of a `UsageError`.
    """
    if isinstance(shape, bool) or not (isinstance(shape, str | Sequence) or hasattr(shape, "__index__")):
        raise UsageError(
            f"{where}: expected a shape like 'n m', 3 or '', got {short(shape)}.{_values_hint(shape)}"
        )
    if isinstance(shape, str):
        text = unicodedata.normalize("NFKC", shape).strip()  # as Python reads names
        if "," in text and (text[0], text[-1]) in {("(", ")"), ("[", "]")}:
            text = text[1:-1]
        parts = text.replace(",", " ").split()
    elif isinstance(shape, Sequence):
        parts = [unicodedata.normalize("NFKC", str(part)).strip() for part in shape]
    else:
        try:
            parts = [str(operator.index(shape))]
        except TypeError:  # an array of several numbers
            raise UsageError(
                f"{where}: expected a shape like 'n m', 3 or '', got {short(shape)}.{_values_hint(shape)}"
            ) from None
    return tuple(parse_dimension(part, where) for part in parts)


def _names_hint(declaration: object, parameters: Sequence[str]) -> str:
    """The declaration that was meant by shapes without names, where there is one for each parameter."""
    texts = [declaration] if isinstance(declaration, str | int) else declaration
    if not isinstance(texts, list | tuple) or len(texts) != len(parameters) or not texts:
        return ""
    if not all(isinstance(t, str | int) for t in texts):
        return ""
    return f" Is it shapes={dict(zip(parameters, texts, strict=True))}?"


def _values_hint(shape: object) -> str:
    return " An array of values is given with values={...}." if hasattr(shape, "shape") else ""


@dataclass(frozen=True)
class Shapes:
    """The declared shapes of a formula's arguments, in positional order."""

    arguments: tuple[str, ...]
    shapes: tuple[tuple[Dimension, ...], ...]

    @classmethod
    def parse(cls, declaration: Mapping[str, ShapeLike], parameters: Sequence[str] = ()) -> Shapes:
        """Read a declaration `{"W": "n m", "x": "m"}`. Raises `UsageError`.

        ``parameters`` are the names of the function's own, for a better message.
        """
        if not isinstance(declaration, Mapping) or not declaration:
            raise UsageError(
                "shapes: expected one entry per argument, such as {'W': 'n m', 'x': 'm'}, "
                f"got {short(declaration)}.{_names_hint(declaration, parameters)}"
            )
        for name in declaration:
            if not isinstance(name, str):
                raise UsageError(
                    f"shapes: the keys are the arguments' names, such as 'x', got {short(name)}."
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

    def at(self, sizes: Mapping[str, Any]) -> tuple[tuple[Any, ...], ...]:
        """The arguments' shapes for sizes of any kind that knows sums and products; none is checked."""
        return tuple(tuple(d.size(sizes) for d in shape) for shape in self.shapes)

    @property
    def derived(self) -> bool:
        """Whether some size is an expression in names, such as `n+1`."""
        return any(d.names and not d.is_name for shape in self.shapes for d in shape)

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
        return bind(dict(zip(self.arguments, self.shapes, strict=True)), known)
