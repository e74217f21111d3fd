"""From arrays of known shape to the sizes that they fix, or to the two that contradict each other."""

from __future__ import annotations

from collections.abc import Mapping

from gradcheck.errors import UsageError
from gradcheck.formulas.sizes.dimensions import Dimension, Sizes

__all__ = ["bind"]

Declared = Mapping[str, tuple[Dimension, ...]]

_MOST_TRIED = 1000
"""How far beyond an array's own size the open name of an expression is looked for."""


def bind(declared: Declared, known: Mapping[str, tuple[int, ...]]) -> dict[str, int]:
    """The sizes that arguments of known shape fix, also through an expression with one open name.

    Raises `UsageError` naming the two arguments that contradict each other.
    """
    sizes: dict[str, int] = {}
    origin: dict[str, str] = {}
    for argument, actual in known.items():
        shape = declared[argument]
        if len(shape) != len(actual):
            raise UsageError(
                f"values[{argument!r}]: an array of shape {actual} was given, but the argument is "
                f"declared as {_text(shape)!r} ({len(shape)} axes)."
            )
        if 0 in actual:
            raise UsageError(
                f"values[{argument!r}]: an empty array of shape {actual} was given; sizes are 1 or more."
            )
        for dimension, size in zip(shape, actual, strict=True):
            if not dimension.is_name:
                continue
            name = dimension.text
            if sizes.setdefault(name, size) != size:
                raise UsageError(
                    f"{argument!r} has shape {actual} and makes {name} = {size}, but {origin[name]} "
                    f"makes {name} = {sizes[name]}."
                )
            origin.setdefault(name, f"{argument!r} with shape {actual}")
    _solve(declared, known, sizes, origin)
    for argument, actual in known.items():
        shape = declared[argument]
        for axis, (dimension, size) in enumerate(zip(shape, actual, strict=True)):
            if not set(dimension.names) <= sizes.keys() or dimension.size(sizes) == size:
                continue
            if not dimension.names:
                raise UsageError(
                    f"{argument!r} has shape {actual}, but is declared as {_text(shape)!r}: axis "
                    f"{axis} must have the size {dimension.text}."
                )
            because = ", ".join(f"{n} = {sizes[n]} ({origin[n]})" for n in dimension.names)
            raise UsageError(
                f"{argument!r} has shape {actual}, but its size {dimension.text} comes to "
                f"{dimension.size(sizes)} with {because}."
            )
    return sizes


def _solve(
    declared: Declared, known: Mapping[str, tuple[int, ...]], sizes: dict[str, int], origin: dict[str, str]
) -> None:
    """Find the one name that is open in an expression (`"n+1"`), where one size alone fits."""
    found = True
    while found:
        found = False
        for argument, actual in known.items():
            for dimension, size in zip(declared[argument], actual, strict=True):
                open_names = [n for n in dimension.names if n not in sizes]
                if len(open_names) != 1:
                    continue
                (name,) = open_names
                fits = [n for n in range(1, _MOST_TRIED + size) if dimension.size({**sizes, name: n}) == size]
                if not fits:
                    raise UsageError(
                        f"{argument!r} has shape {actual}, but no {name} of 1 or more makes "
                        f"{dimension.text} = {size}{_given(sizes, dimension, origin)}."
                    )
                if len(fits) == 1:
                    sizes[name] = fits[0]
                    origin[name] = f"{argument!r} with shape {actual}"
                    found = True


def _text(shape: tuple[Dimension, ...]) -> str:
    return " ".join(d.text for d in shape)


def _given(sizes: Sizes, dimension: Dimension, origin: Mapping[str, str]) -> str:
    given = [f"{n} = {sizes[n]} ({origin[n]})" for n in dimension.names if n in sizes]
    return f" with {', '.join(given)}" if given else ""
