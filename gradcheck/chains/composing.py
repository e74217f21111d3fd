"""Forward and backward of a chain, made of those of its layers.

The functions are nested, one in the closure of the next, and take what is NumPy from nowhere but the
layers: so ball arithmetic finds the layers' functions in the closures, where it has to exchange their
`np.zeros` buffers (`gradcheck.arithmetic.code.buffers`).
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gradcheck.errors import CandidateFault
from gradcheck.formulas.kinds.per_argument import parts

__all__ = [
    "Places",
    "composed_backward",
    "composed_forwards",
    "gradients_of",
    "named",
    "tapped_forward",
    "without",
]

Function = Callable[..., Any]
Places = Sequence[int]
"""Where a layer's own arguments stand among those of the chain, whose input stands first."""


def composed_forwards(forwards: Sequence[Function], places: Sequence[Places]) -> list[Function]:
    """The chain's output after the first layer, after the second, and so on: `(*args) -> array`."""
    result = [_first(forwards[0], places[0])]
    for forward, own in zip(forwards[1:], places[1:], strict=True):
        result.append(_then(result[-1], forward, own))
    return result


def composed_backward(
    forwards: Sequence[Function],
    backwards: Sequence[Function],
    places: Sequence[Places],
    arguments: Sequence[tuple[str, ...]],
    names: Sequence[str],
    count: int,
) -> Function:
    """The chain's backward by the chain rule: `(delta, *args) -> one gradient per argument`.

    ``forwards`` are the composed ones. A gradient that some layer leaves out is None; one that several
    layers have a part in is their sum.
    """
    whole = _last(backwards[0], places[0], arguments[0], names[0], count)
    for k in range(1, len(backwards)):
        whole = _before(whole, forwards[k - 1], backwards[k], places[k], arguments[k], names[k - 1 : k + 1])
    return whole


def _first(forward: Function, places: Places) -> Function:
    def run(*args: Any) -> Any:
        return forward(args[0], *[args[i] for i in places])

    return run


def _then(inner: Function, forward: Function, places: Places) -> Function:
    def run(*args: Any) -> Any:
        return forward(inner(*args), *[args[i] for i in places])

    return run


def tapped_forward(
    forwards: Sequence[Function], places: Sequence[Places], between: Sequence[str]
) -> Function:
    """The chain's forward that names what lies between its layers: `(tap, *args) -> output`."""
    first = _first(forwards[0], places[0])

    def start(tap: Function, *args: Any) -> Any:
        return first(*args)

    whole: Function = start
    for forward, own, name in zip(forwards[1:], places[1:], between, strict=True):
        whole = _tapped(whole, forward, own, name)
    return whole


def _tapped(inner: Function, forward: Function, places: Places, name: str) -> Function:
    def run(tap: Function, *args: Any) -> Any:
        return forward(tap(name, inner(tap, *args)), *[args[i] for i in places])

    return run


def _last(backward: Function, places: Places, arguments: tuple[str, ...], name: str, count: int) -> Function:
    def run(delta: Any, *args: Any) -> Any:
        returned = backward(delta, args[0], *[args[i] for i in places])
        by_input, *by_own = gradients_of(returned, arguments, name)
        return _added((by_input, *[_NOTHING] * (count - 1)), places, by_own)

    return run


def _before(
    inner: Function,
    forward: Function,
    backward: Function,
    places: Places,
    arguments: tuple[str, ...],
    names: Sequence[str],
) -> Function:
    """``inner`` is the backward of the layers before this one, ``forward`` what they give it."""

    def run(delta: Any, *args: Any) -> Any:
        returned = backward(delta, forward(*args), *[args[i] for i in places])
        by_input, *by_own = gradients_of(returned, arguments, names[1])
        if by_input is None:
            raise CandidateFault(
                "error",
                f"{names[1]} returns None for its input: there is no delta to hand to {names[0]} before it",
            )
        return _added(inner(by_input, *args), places, by_own)

    return run


def gradients_of(returned: Any, arguments: tuple[str, ...], name: str) -> list[Any]:
    """One gradient per argument of a layer, in whatever form it returned them. Raises `CandidateFault`."""
    try:
        found = parts(arguments, returned, "gradient")
        if len(found) != len(arguments):
            raise CandidateFault(
                "error",
                f"expected {len(arguments)} gradients, one for each of {', '.join(arguments)}, got "
                f"{len(found)}; use None for an argument that is not checked",
            )
    except CandidateFault as fault:
        raise CandidateFault(fault.verdict, f"the backward of {name}: {fault}") from None
    return found


_NOTHING = object()
"""In the place of an argument that no layer has had a part in yet."""


def _added(gradients: Sequence[Any], places: Places, more: Sequence[Any]) -> tuple[Any, ...]:
    """The gradients with those of one more layer, a sum where an argument is in several."""
    result = list(gradients)
    for place, gradient in zip(places, more, strict=True):
        if result[place] is _NOTHING:
            result[place] = gradient
        elif result[place] is not None:
            result[place] = None if gradient is None else result[place] + gradient
    return tuple(result)


def without(candidate: Function, names: Sequence[str]) -> Function:
    """A backward that leaves out what it returns by name for arrays between the layers."""

    @functools.wraps(candidate)
    def run(delta: Any, *args: Any) -> Any:
        returned = candidate(delta, *args)
        if isinstance(returned, Mapping):
            return {name: gradient for name, gradient in returned.items() if name not in names}
        return returned

    return run


def named(
    function: Function, name: str, parameters: Sequence[str], written_at: Any, spelled: str
) -> Function:
    """A composed function that can be asked for its name, its parameters and where it was asked for."""
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    function.__name__ = function.__qualname__ = name
    if all(p.isidentifier() for p in parameters):
        function.__signature__ = inspect.Signature([inspect.Parameter(p, kind) for p in parameters])  # type: ignore[attr-defined]
    function.written_at = written_at  # type: ignore[attr-defined]
    function.spelled = spelled  # type: ignore[attr-defined]
    return function
