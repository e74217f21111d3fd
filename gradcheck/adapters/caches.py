"""The commonest form by hand: the forward returns a cache, the backward takes it."""

from __future__ import annotations

import copy
import functools
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from gradcheck.adapters.layer_objects.contents import Snapshot
from gradcheck.adapters.presenting import name_of, parameters_of, present, said
from gradcheck.errors import CandidateFault, UsageError
from gradcheck.formulas.calling.callables import check_parameters
from gradcheck.formulas.calling.sequences import OF_CACHES, Call, Played, UsedAgain

__all__ = ["with_cache"]

Pair = tuple[Callable[..., Any], Callable[..., Any]]


def with_cache(forward: Callable[..., Any], backward: Callable[..., Any]) -> Pair:
    """A pair for `verify` from `out, cache = forward(*args)` and `backward(dout, cache)`.

        def dense_forward(x, W, b):
            out = np.tanh(x @ W + b)
            return out, (x, W, out)

        def dense_backward(dout, cache):
            x, W, out = cache
            dz = dout * (1 - out**2)
            return dz @ W.T, x.T @ dz, dz.sum(axis=0)

        gradcheck.assert_correct(
            *gradcheck.with_cache(dense_forward, dense_backward),
            shapes={"x": "n m", "W": "m k", "b": "k"},
        )

    The cache is the last thing that the forward returns, and may be anything. What stands before it are
    the outputs, and the backward gets a gradient for them in the same form:

    ====================== =============================
    forward returns        backward is called as
    ====================== =============================
    `out, cache`           `backward(dout, cache)`
    `h, c, cache`          `backward(dh, dc, cache)`
    `(h, c), cache`        `backward((dh, dc), cache)`
    ====================== =============================

    The backward returns one gradient per argument of the forward, as a tuple, list or dict by name, or
    a bare array where there is one argument; `None` for one that is not checked. Every call gets the
    cache of a fresh forward at the same arguments. A backward that changes an array of its cache in
    place is an error: a second backward would start from other numbers, and what is cached may be the
    output itself. One that takes things out of its cache (a tape) is noted.

    Settings that are no arrays (a stride, a mode) are bound first:
    `with_cache(functools.partial(conv_forward, stride=2), conv_backward)`. A dict of settings that the
    forward writes into (`bn_param`, with running statistics) is copied for every call.

    Raises `UsageError` where one of the two cannot be called like that.
    """
    for function, role in ((forward, "forward"), (backward, "backward")):
        if not callable(function):
            raise UsageError(f"with_cache: expected a {role} function, got {type(function).__name__}.")
    _check_backward(backward)

    def run_forward(*args: Any) -> Any:
        outputs, _ = _split(_called(forward, args))
        return outputs if len(outputs) > 1 else outputs[0]

    def run_backward(delta: Any, *args: Any) -> Any:
        outputs, cache = _split(_called(forward, args))
        before = Snapshot(cache, "cache")
        deltas = delta if len(outputs) > 1 else (delta,)
        gradients = backward(*deltas, cache)
        _check_cache(before, cache)
        return gradients

    def play(program: Sequence[str], calls: Sequence[Call]) -> Played:
        made: dict[str, tuple[tuple[Any, ...], Any]] = {}
        for step in program:
            call, which = calls[int(step[1:])], step[1:]
            if step.startswith("F"):
                made[which] = _split(_called(forward, call.args))
                yield step, made[which][0]
            else:
                outputs, cache = made.get(which, made["0"])
                deltas = call.delta if len(outputs) > 1 else (call.delta,)
                yield step, backward(*deltas, cache)

    spelled = f"*gradcheck.with_cache({name_of(forward)}, {name_of(backward)})"
    candidate = present(run_backward, backward, ("delta", "*args"), spelled)
    candidate.used_again = UsedAgain("cache", play, OF_CACHES)  # type: ignore[attr-defined]
    return present(run_forward, forward), candidate


def _called(forward: Callable[..., Any], args: Sequence[Any]) -> Any:
    """What the forward returns; one that writes into its settings (running statistics) gets a copy."""
    if not isinstance(forward, functools.partial):
        return forward(*args)
    return forward.func(*forward.args, *args, **copy.deepcopy(forward.keywords))


def _split(returned: Any) -> tuple[tuple[Any, ...], Any]:
    """The outputs and the cache."""
    if not isinstance(returned, tuple | list) or len(returned) < 2:
        what = f"a {type(returned).__name__} of length 1" if isinstance(returned, tuple | list) else None
        raise TypeError(
            f"with_cache: the forward must return (output, cache), but it returned "
            f"{what or type(returned).__name__}; without a cache, give forward and backward to verify as "
            "they are"
        )
    return tuple(returned[:-1]), returned[-1]


def _check_cache(before: Snapshot, cache: Any) -> None:
    if path := before.changed(cache):
        raise CandidateFault("error", f"the backward changes {path} in place; work on a copy")
    if path := before.used_up(cache):
        warnings.warn(
            f"the backward uses up its cache ({path} is gone): a second backward needs a new forward",
            stacklevel=2,
        )


def _check_backward(backward: Callable[..., Any]) -> None:
    names = parameters_of(backward)
    if names is None:
        return
    if names and names[0] == "cache":
        raise UsageError(
            f"with_cache: {said(backward, 'the backward')} takes ({', '.join(names)}), but it is called as "
            "(dout, cache). Turn the two round: lambda dout, cache: backward(cache, dout)."
        )
    if len(names) < 3:  # more are the gradients of several outputs
        check_parameters(backward, ("dout", "cache"), "with_cache: the backward")
