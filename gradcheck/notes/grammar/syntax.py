"""What a formula is made of, before anything is known of its symbols."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction

__all__ = [
    "Addition", "Apply", "Bars", "BigSum", "Cases", "Derivative", "Differential", "Dots", "Group",
    "Indicator",
    "Literal", "Matrix", "Multiplication", "Nabla", "Name", "Node", "Norm", "Quotient", "Raised", "Relation",
    "Root", "Vectorised", "rebuilt",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Literal:
    value: Fraction
    text: str


@dataclass(frozen=True, slots=True)
class Name:
    r"""A symbol with its marks: ``base`` is `W`, `\\sigma` or a word; sub and sup as written."""

    base: str
    sub: tuple[Node, ...] = ()
    sup: tuple[Node, ...] = ()
    primes: int = 0
    accent: str = ""
    bold: bool = field(default=False, compare=False)
    word: bool = False
    bracket: str = ""  # of a superscript: "(" or "["
    at: int = 0
    transposed: bool = False  # by a superscript that holds both, as in [l-1]T
    inverse: bool = False
    text: str = ""  # the index part is text, as in W_{\text{hx}}


@dataclass(frozen=True, slots=True)
class Addition:
    terms: tuple[tuple[int, Node], ...]


@dataclass(frozen=True, slots=True)
class Multiplication:
    r"""``factors`` with the sign before each: "" for none, `\\cdot`, `\\times`, `\\odot`, `*`, `\\circ`."""

    factors: tuple[tuple[str, Node], ...]


@dataclass(frozen=True, slots=True)
class Quotient:
    above: Node
    below: Node
    loose: bool = False  # a / b c, which others read as a / (b c)


@dataclass(frozen=True, slots=True)
class Raised:
    """``mark``: T for a transpose, else the exponent stands in ``exponent``."""

    base: Node
    exponent: Node | None
    transposed: bool = False
    inverse: bool = False
    prime: bool = False  # written (x + y)': a transpose, or a derivative where it is a number


@dataclass(frozen=True, slots=True)
class Group:
    body: Node
    sub: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Apply:
    function: Name
    arguments: tuple[Node, ...]
    bare: bool = False


@dataclass(frozen=True, slots=True)
class BigSum:
    kind: str  # sum, prod
    index: Node | None
    low: Node | None
    high: Node | None
    condition: Node | None
    body: Node
    more: tuple[Node, ...] = ()  # further indices, as in \sum_{i,j}


@dataclass(frozen=True, slots=True)
class Norm:
    body: Node
    kind: str  # "", "1", "2", "F"


@dataclass(frozen=True, slots=True)
class Bars:
    body: Node


@dataclass(frozen=True, slots=True)
class Derivative:
    body: Node
    by: tuple[Node, ...]
    total: bool  # with d in place of \partial
    at: int = 0


@dataclass(frozen=True, slots=True)
class Nabla:
    body: Node
    by: Node | None
    order: int = 1
    transposed: bool = False


@dataclass(frozen=True, slots=True)
class Matrix:
    rows: tuple[tuple[Node, ...], ...]


@dataclass(frozen=True, slots=True)
class Vectorised:
    """[a, b] or (a, b): a list of scalars."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Cases:
    rows: tuple[tuple[Node, Node | None], ...]


@dataclass(frozen=True, slots=True)
class Relation:
    left: Node
    sign: str
    right: Node


@dataclass(frozen=True, slots=True)
class Indicator:
    condition: Node


@dataclass(frozen=True, slots=True)
class Root:
    body: Node


@dataclass(frozen=True, slots=True)
class Differential:
    """dX as a shorthand for the loss's derivative by X."""

    of: Node


@dataclass(frozen=True, slots=True)
class Dots:
    pass


Node = (
    Literal
    | Name
    | Addition
    | Multiplication
    | Quotient
    | Raised
    | Group
    | Apply
    | BigSum
    | Norm
    | Bars
    | Derivative
    | Nabla
    | Matrix
    | Vectorised
    | Cases
    | Relation
    | Indicator
    | Root
    | Differential
    | Dots
)


def rebuilt(node: Node, change: Callable[[Node], Node | None]) -> Node:
    """The node with each part for which ``change`` gives something in its place; the same where none does."""
    changed = change(node)
    if changed is not None:
        return changed
    if isinstance(node, tuple):
        return tuple(rebuilt(part, change) for part in node)  # type: ignore[return-value]
    if not hasattr(node, "__dataclass_fields__"):
        return node
    changes = {}
    for name in node.__dataclass_fields__:
        value = getattr(node, name)
        if isinstance(value, tuple) or hasattr(value, "__dataclass_fields__"):
            new = rebuilt(value, change)
            if new is not value and new != value:
                changes[name] = new
    return replace(node, **changes) if changes else node  # type: ignore[arg-type]
