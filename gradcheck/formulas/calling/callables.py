"""Whether a function can be called as it will be: found at the declaration, not at the first point."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from gradcheck.errors import UsageError
from gradcheck.formulas.suggestions import short

__all__ = ["check_parameters", "defaults_beyond", "hashable", "parameter_names", "taken"]


def check_parameters(function: Callable[..., Any], wanted: tuple[str, ...], who: str) -> None:
    """Raise `UsageError` where ``function`` cannot take the positional arguments ``wanted``.

    Names need not match, but the same names in another order are an error: it is the surest sign of
    arguments swapped by mistake. ``who`` begins the message.
    """
    if not callable(function):
        raise UsageError(f"{who}: expected a function, got {type(function).__name__}.")
    _check_kind(function, who)
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return  # a ufunc or another builtin without a signature: the call itself will tell
    positional = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    required = [
        p.name
        for p in parameters
        if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) and p.default is p.empty
    ]
    takes_any = any(p.kind is p.VAR_POSITIONAL for p in parameters)
    keyword_only = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY and p.default is p.empty]
    call = f"({', '.join(wanted)})"
    who = f"{who}{_named(function)}"
    if keyword_only:
        raise UsageError(
            f"{who} needs the keyword argument {keyword_only[0]!r}, but it is called as {call}. Give it a "
            "default or bind it with functools.partial."
        )
    if len(required) > len(wanted) or (len(positional) < len(wanted) and not takes_any):
        count = f"{len(wanted)} argument{'' if len(wanted) == 1 else 's'}"
        raise UsageError(
            f"{who} takes ({', '.join(positional)}), but it is called as {call}: {count}."
            f"{_hint(positional, wanted) or _kept_hint(function, wanted[len(positional) :])}"
        )
    taken = positional[: len(wanted)]
    dropped = [n for n in taken if n not in wanted]
    moved = [n for n, at in zip(wanted, taken, strict=False) if n != at and n in positional]
    if len(positional) > len(wanted) and dropped and moved:
        raise UsageError(
            f"{who} takes ({', '.join(positional)}), but it is called as {call}: {moved[0]!r} would be taken "
            f"for {dropped[0]!r}. Give shapes an entry for {dropped[0]!r} too, or bind it with "
            "functools.partial."
        )
    if not takes_any and taken != list(wanted) and sorted(taken) == sorted(wanted):
        raise UsageError(
            f"{who} takes ({', '.join(taken)}), but it is called as {call}: the same names in another order."
        )
    other = [n for n in taken if n not in wanted]
    if wanted[0] == "delta" and "delta" not in taken and len(other) == 1 and taken[0] != other[0]:
        raise UsageError(
            f"{who} takes ({', '.join(taken)}), but it is called as {call}: delta, which {other[0]} seems to "
            "be, comes first."
        )


def parameter_names(function: object) -> list[str]:
    """The names of the positional parameters, as far as they can be known."""
    try:
        parameters = inspect.signature(function).parameters.values()  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return []
    return [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]


def taken(function: object) -> tuple[list[str], list[str]]:
    """The positional parameters that must be given, and all of them. Raises `ValueError` where they cannot be
    known, or there is no end of them.
    """
    parameters = list(inspect.signature(function).parameters.values())  # type: ignore[arg-type]
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        raise ValueError("it takes any number")
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return [p.name for p in positional if p.default is p.empty], [p.name for p in positional]


def defaults_beyond(function: object, count: int) -> list[str]:
    """`"reg=0.0"` for each parameter with a default after the first ``count`` positional ones."""
    try:
        parameters = list(inspect.signature(function).parameters.values())  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return []
    left = [p for p in parameters[count:] if p.default is not p.empty]
    return [f"{p.name}={short(p.default)}" for p in left]


def hashable(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function itself, or one that calls it where it cannot be a key (an object of a dataclass)."""
    try:
        hash(function)
    except TypeError:

        @functools.wraps(function, updated=())
        def called(*args: Any) -> Any:
            return function(*args)

        return called
    return function


def _check_kind(function: Callable[..., Any], who: str) -> None:
    """Callables that can never give an array when they are called."""
    who = f"{who}{_named(function)}"
    if inspect.isclass(function):
        raise UsageError(
            f"{who} is a class: calling it makes an object, no array. Give a method of an object, such as "
            f"{function.__name__}(...).forward."
        )
    inner: Any = function
    while isinstance(inner, functools.partial):
        inner = inner.func
    if any(
        inspect.iscoroutinefunction(f) or inspect.isasyncgenfunction(f)
        for f in (inner, getattr(inner, "__call__", None))  # noqa: B004
    ):
        raise UsageError(f"{who} is async: it gives a coroutine, no array. Give a plain function.")


def _hint(positional: list[str], wanted: tuple[str, ...]) -> str:
    """What the parameters look like, where that is plain."""
    if positional[:1] == ["self"]:
        return " It is a method without its object: give that of an object, such as layer.forward."
    if wanted[:1] == ("delta",):
        if "cache" in positional[1:]:
            return " For a forward that returns a cache see gradcheck.with_cache."
        if tuple(positional) == wanted[1:]:
            return (
                " Are forward and backward interchanged, or is delta, the first argument, missing? A "
                "gradient without delta, as SciPy takes it, is given as jac=."
            )
    elif positional[1:] == list(wanted):
        return (
            " Are forward and backward interchanged? Else shapes needs an entry for each of "
            f"{', '.join(positional)}."
        )
    elif positional[: len(wanted)] == list(wanted):
        rest = positional[len(wanted) :]
        return f" Give shapes an entry for {rest[0]!r} too, or bind it with functools.partial."
    return ""


def _kept_hint(function: Callable[..., Any], beyond: tuple[str, ...]) -> str:
    """Where a layer may keep what it does not take."""
    if not beyond or not hasattr(function, "keeps_arguments"):
        return ""
    return f" What the layer keeps itself is named for it: gradcheck.layer(..., parameters={beyond!r})."


def _named(function: Callable[..., Any]) -> str:
    """The function's name after a blank; nothing for a lambda or an object, whose name says nothing."""
    name = str(getattr(function, "__name__", ""))
    return f" {name}" if name.isidentifier() else ""
