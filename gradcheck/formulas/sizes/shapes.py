"""The shape language: `"n m"`, `"3 m"`, `"n-k+1"`, `3`, `""`.

A declaration gives each argument a shape whose entries are names, integers or expressions in names.
Names are shared between the arguments: `{"W": "n m", "x": "m"}` says that the columns of W are as
many as the entries of x. An argument that is a dict, list, tuple, named tuple or dataclass of arrays is
declared as one of shapes: `{"params": {"W1": "D H", "b1": "H"}, "Ws": ["n1 n0", "n2 n1"]}`.
"""

from __future__ import annotations

import operator
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import Field, dataclass, field
from typing import Any, ClassVar, Protocol

from gradcheck.errors import UsageError
from gradcheck.formulas.nested.nesting import Nesting, unfolded
from gradcheck.formulas.sizes.binding import bind
from gradcheck.formulas.sizes.dimensions import Dimension, Sizes, parse_dimension
from gradcheck.formulas.suggestions import did_you_mean, short

__all__ = ["Dimension", "ShapeLike", "Shapes", "is_shape", "parse_shape"]


class _Dataclass(Protocol):
    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


ShapeLike = str | int | Sequence[Any] | Mapping[Any, Any] | _Dataclass
"""A shape, or a container of shapes."""


def is_shape(value: Any) -> bool:
    """Whether a declaration is one shape, and no container of shapes.

    `("n", 3)` and `[4, 3]` are shapes; `["n m", "m"]`, `["n", "m"]` and `("n m", "m")` are several.
    """
    if isinstance(value, list):
        return all(hasattr(v, "__index__") for v in value)
    if isinstance(value, tuple):
        one_size = all(hasattr(v, "__index__") or (isinstance(v, str) and len(v.split()) == 1) for v in value)
        return one_size and not hasattr(value, "_fields")
    return isinstance(value, str) or hasattr(value, "__index__")


def parse_shape(shape: Any, where: str = "shape") -> tuple[Dimension, ...]:
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
    """The declared shapes of a formula's arguments, in positional order.

    Where the function's own arguments hold several arrays, ``arguments`` are these arrays, such as
    `params["W1"]`, and ``nesting`` says how they come together.
    """

    arguments: tuple[str, ...]
    shapes: tuple[tuple[Dimension, ...], ...]
    nesting: Nesting = field(compare=False)

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
        named = {str(a): s for a, s in declaration.items()}
        leaves = {n: s for a, declared in named.items() for n, s in unfolded(a, declared, is_shape)}
        parsed = tuple(parse_shape(s, f"shapes[{a!r}]") for a, s in leaves.items())
        return cls(tuple(leaves), parsed, Nesting.of(named, is_shape))

    @property
    def declared(self) -> dict[str, Any]:
        """The declaration as it was written, each shape a text."""
        texts = [self.text(a) for a in self.arguments]
        return dict(zip(self.nesting.arguments, self.nesting.arranged(texts), strict=True))

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
