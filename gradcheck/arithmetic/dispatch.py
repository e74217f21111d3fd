"""How NumPy's functions find their implementations on `ElementArray`, and what these share."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from gradcheck.arithmetic.array import FUNCTIONS, ElementArray, lift
from gradcheck.arithmetic.domain import Domain
from gradcheck.arithmetic.narrow import is_exact
from gradcheck.errors import Unsupported

__all__ = ["NOT_GIVEN", "find_domain", "implements", "lift"]

NOT_GIVEN = np._NoValue  # noqa: SLF001  (NumPy's own default for keywords)


def implements(*functions: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register an implementation. It gets only keywords that it names: ``out``, ``dtype``, ``order`` and
    the like are dealt with here, and any other is refused, because a keyword that is silently ignored
    makes a wrong truth.
    """

    def register(implementation: Callable[..., Any]) -> Callable[..., Any]:
        guarded = _guarded(implementation)
        for function in functions:
            FUNCTIONS[function] = guarded
        return guarded

    return register


_HARMLESS: dict[str, tuple[Any, ...]] = {
    "dtype": (None, np.float64, float, np.dtype(np.float64)),
    "order": (None, "C", "K"),
    "casting": ("same_kind", "safe", "unsafe"),
    "subok": (True, False),
    "kind": (None, "stable", "quicksort", "mergesort", "heapsort"),
    "stable": (None, True, False),
    "optimize": (True, False, "greedy", "optimal"),
    "where": (True,),
    "mean": (),
    "device": (None, "cpu"),
    "like": (None,),
    "hermitian": (False,),
}
"""Keywords that an implementation need not know, with the values that change nothing."""


def _guarded(implementation: Callable[..., Any]) -> Callable[..., Any]:
    signature = inspect.signature(implementation)
    takes_any = any(p.kind is p.VAR_KEYWORD for p in signature.parameters.values())

    positional = [p for p in signature.parameters.values() if p.kind is p.POSITIONAL_OR_KEYWORD]
    takes_all = any(p.kind is p.VAR_POSITIONAL for p in signature.parameters.values())
    accepted: set[tuple[Any, ...]] = set()  # whether a call binds depends on their number and names alone
    most = sys.maxsize if takes_all else len(positional)

    @functools.wraps(implementation)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        out = None
        if "out" not in signature.parameters:
            out = kwargs.pop("out", None)
        for name in [k for k in kwargs if k not in signature.parameters]:
            value = kwargs[name]
            if value is NOT_GIVEN or _is_harmless(name, value):
                del kwargs[name]
            elif not takes_any:
                raise Unsupported(f"the keyword {name}={value!r} of a NumPy function is not available here")
        if kwargs or len(args) > most:
            try:
                if (form := (len(args), *kwargs)) not in accepted:  # binding costs more than a small sum
                    signature.bind(*args, **kwargs)
                    accepted.add(form)
            except TypeError as error:
                raise Unsupported(
                    f"these arguments of a NumPy function are not available here: {error}"
                ) from None
        result = implementation(*args, **kwargs)
        return result if out is None else _filled(out, result)

    return guarded


def _is_harmless(name: str, value: Any) -> bool:
    if name == "dtype" and value is not None and is_exact(value):
        return True
    return any(value is v or (type(value) is type(v) and value == v) for v in _HARMLESS.get(name, ()))


def _filled(out: Any, result: Any) -> Any:
    """What `out=` asks for."""
    if isinstance(out, tuple):
        (out,) = out
    if type(out) is ElementArray:
        out[...] = result
        return out
    if isinstance(result, np.ndarray | np.generic) and isinstance(out, np.ndarray):
        out[...] = result
        return out
    raise Unsupported("storing into a float64 array (out=) would lose precision")


def find_domain(args: Iterable[Any]) -> Domain:
    """The domain of the first ElementArray among the arguments, at any depth of lists and tuples."""
    for arg in args:
        if type(arg) is ElementArray:
            return arg.domain
        if isinstance(arg, list | tuple):
            try:
                return find_domain(arg)
            except LookupError:
                continue
    raise LookupError
