"""Making an adapter's function look like the user's own: name, source, signature, the line that calls it."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

__all__ = ["name_of", "parameters_of", "present", "said"]


def present(
    function: Callable[..., Any],
    original: Callable[..., Any],
    parameters: Sequence[str] | None = None,
    spelled: str | None = None,
    assumes: Sequence[str] = (),
    *,
    takes_delta: bool = True,
) -> Callable[..., Any]:
    """``function`` with the name and documentation of ``original``, whose source reports then show.

    ``parameters`` are the names of its positional arguments; None for those of ``original``.
    ``spelled`` is how the pair is written in a call of `verify`, for the line that reproduces a failure;
    ``assumes`` is what the adapter takes for granted, which the report says. Where the user's own code has
    no delta, it does not ``takes_delta``: sentences about that code have none either.
    """
    functools.update_wrapper(function, _function_of(original), updated=())
    function.__wrapped__ = original  # type: ignore[attr-defined]
    if parameters is not None:
        signature = inspect.Signature(_positional(parameters))
        function.__signature__ = signature  # type: ignore[attr-defined]
    if spelled is not None:
        function.spelled = spelled  # type: ignore[attr-defined]
    if assumes:
        function.assumes = tuple(assumes)  # type: ignore[attr-defined]
    if not takes_delta:
        function.takes_delta = False  # type: ignore[attr-defined]
    return function


def _positional(names: Sequence[str]) -> list[inspect.Parameter]:
    """Positional parameters of these names; a name with a star takes all that follow."""
    kind = inspect.Parameter
    return [
        kind(n.lstrip("*"), kind.VAR_POSITIONAL if n.startswith("*") else kind.POSITIONAL_OR_KEYWORD)
        for n in names
    ]


def parameters_of(function: Callable[..., Any]) -> list[str] | None:
    """The names of the positional parameters that must be given; None where they cannot be known.

    That is so for builtins, and for functions that take any number.
    """
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return None
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [p.name for p in parameters if p.kind in positional and p.default is p.empty]


def _function_of(function: Any) -> Any:
    """The user's function within `functools.partial`, whose own name and module are those of the library."""
    while isinstance(function, functools.partial):
        function = function.func
    return function


def name_of(function: Any) -> str:
    """What a reader would call a function, class or object."""
    function = _function_of(function)
    name = str(getattr(function, "__name__", type(function).__name__))
    return "..." if name == "<lambda>" else name


def said(function: Any, role: str = "the function") -> str:
    """What a message calls a function: its name, or its role where that says nothing."""
    name = name_of(function)
    return role if name == "..." else name
