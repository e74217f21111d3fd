"""What the adapters for other frameworks share: importing them, and placing their arguments."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from typing import Any

from gradcheck.errors import UsageError

__all__ = ["as_outputs", "check_order", "load", "place_fixed", "places_of"]


def load(module: str, extra: str, adapter: str) -> Any:
    """The framework's module. Raises `UsageError` with the line that installs it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise UsageError(
            f"{adapter} needs {extra}, which cannot be imported ({type(error).__name__}: {error}); install "
            f"it with: pip install 'gradcheck[{extra}]'"
        ) from None


def check_order(order: int, forward: Any, adapter: str) -> None:
    """Raise `UsageError` for another order than 1 or 2, and for 2 without the function in NumPy."""
    if order not in (1, 2):
        raise UsageError(f"{adapter}: expected order 1 or 2, got {order!r}.")
    if order == 2 and forward is None:
        raise UsageError(
            f"{adapter}: order=2 needs forward, the same function in NumPy: second derivatives are not to be "
            "had from float64 values."
        )


def places_of(given: Mapping[Any, Any] | Sequence[Any], names: Sequence[str] | None, who: str) -> list[int]:
    """Positions of arguments that were given by position or by the name of a parameter."""
    places = []
    for key in given:
        if isinstance(key, int) and not isinstance(key, bool) and key >= 0:
            places.append(key)
        elif names is not None and key in names:
            places.append(list(names).index(key))
        else:
            known = ", ".join(names) if names else "positions only"
            raise UsageError(f"{who}: there is no argument {key!r}; there are {known}.")
    if len(set(places)) != len(places):
        raise UsageError(f"{who}: an argument is named twice: {', '.join(map(str, given))}.")
    return places


def place_fixed(args: Sequence[Any], fixed: Mapping[int, Any]) -> list[Any]:
    """All arguments in order: the ``fixed`` ones at their positions, ``args`` in the places between."""
    count = len(args) + len(fixed)
    if fixed and max(fixed) >= count:
        raise UsageError(f"fixed: position {max(fixed)} leaves a gap; there are {len(args)} other arguments.")
    rest = iter(args)
    return [fixed[k] if k in fixed else next(rest) for k in range(count)]


def as_outputs(returned: Any) -> list[Any]:
    """The outputs of a forward, one or several."""
    return list(returned) if isinstance(returned, tuple | list) else [returned]
