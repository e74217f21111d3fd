"""The user's functions as functions of the leaves: what they are given is nested, what they return flat."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from gradcheck.formulas.calling.sequences import Call, Played, UsedAgain
from gradcheck.formulas.nested.nesting import Nesting

__all__ = ["of_leaves"]


def of_leaves(
    function: Callable[..., Any],
    nesting: Nesting,
    leading: tuple[str, ...] = (),
    read: Callable[[Any], Any] | None = None,
    lead: Callable[[tuple[Any, ...]], tuple[Any, ...]] | None = None,
) -> Callable[..., Any]:
    """``function`` as one of ``leading``, which go through as they are (or as ``lead`` nests them), and of
    leaves; itself where each of its arguments is an array.

    ``read`` makes of the result what the engine takes; what it notes as ``absent`` the wrapper has too. The
    wrapper is a plain Python function that wraps, so that its source is the user's, and what looks into
    functions (buffers, proofs) sees through.
    """
    if nesting.is_flat and read is None:
        return function
    count = len(leading)

    def nested(*given: Any) -> Any:
        before = given[:count] if lead is None else lead(given[:count])
        result = function(*before, *nesting.called_with(given[count:]))
        return result if read is None else read(result)

    functools.update_wrapper(nested, function)
    kind = inspect.Parameter
    parameters = [kind(name, kind.POSITIONAL_OR_KEYWORD) for name in leading]
    nested.__signature__ = inspect.Signature([*parameters, kind("args", kind.VAR_POSITIONAL)])  # type: ignore[attr-defined]
    nested.absent = getattr(read, "absent", set())  # type: ignore[attr-defined]
    if hasattr(function, "used_again"):
        nested.used_again = _again(function.used_again, nesting, read)  # type: ignore[attr-defined]
    return nested


def _again(how: UsedAgain, nesting: Nesting, read: Callable[[Any], Any] | None) -> UsedAgain:
    """The same sequences at calls that are given leaves."""

    def arranged(call: Call) -> Call:
        return replace(call, args=nesting.called_with(call.args))

    def serves(one: Call, other: Call) -> bool:
        return how.serves(arranged(one), arranged(other))

    def play(program: Sequence[str], calls: Sequence[Call]) -> Played:
        for step, gave in how.play(program, [arranged(call) for call in calls]):
            yield step, gave if read is None or not step.startswith("B") else read(gave)

    own = list(nesting.arguments)
    kept = own[len(own) - how.parameters :]
    leaves = len(nesting.leaves_of(kept))
    return replace(how, play=play, parameters=leaves, serves=serves)
