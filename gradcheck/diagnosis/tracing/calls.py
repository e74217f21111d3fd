"""One operation of the code that runs: what is called, with what, where, for the how-manieth time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from gradcheck.diagnosis.tracing.sites import Site

__all__ = ["Call", "Key", "Value", "leaves", "mapped"]


class Value:
    """A value that is being watched: see `gradcheck.diagnosis.tracing.traced.Traced`.

    ``value`` is a float64 (integer, boolean) array or number, or an `ElementArray`; ``call`` the
    operation that it came from, None for an argument of the code or a buffer; ``name`` of an argument.
    """

    __slots__ = ("call", "name", "run", "value")
    value: Any
    call: Call | None
    name: str | None
    run: Any
    shape: Any  # both as the value has them; see `Traced`
    dtype: Any


@dataclass(frozen=True)
class Key:
    """What tells the operations of a piece of code apart: the site, and the name of the operation."""

    site: Site
    name: str


@dataclass(eq=False)
class Call:
    """An operation. ``args`` may hold watched values at any depth of lists and tuples.

    ``turn`` counts the operations with the same key in one run, from 0. ``output`` is what came out. A
    step of an operation on complex numbers ``is_step``: the code says the whole.
    """

    key: Key
    turn: int
    function: Callable[..., Any]
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    output: Any = field(default=None, repr=False)
    is_step: bool = False

    @property
    def name(self) -> str:
        return self.key.name

    @property
    def inputs(self) -> list[Value]:
        """The watched values among the arguments, in order."""
        return list(leaves((self.args, tuple(self.kwargs.values()))))


def leaves(value: Any) -> Iterator[Value]:
    """The watched values in nested lists and tuples."""
    if isinstance(value, Value):
        yield value
    elif isinstance(value, list | tuple):
        for part in value:
            yield from leaves(part)


def mapped(value: Any, change: Callable[[Any], Any]) -> Any:
    """The same nesting with every watched value changed."""
    if isinstance(value, Value):
        return change(value)
    kind = type(value)
    if kind is tuple or kind is list:
        return kind([mapped(part, change) for part in value])
    if kind is slice:
        return slice(mapped(value.start, change), mapped(value.stop, change), mapped(value.step, change))
    return value
