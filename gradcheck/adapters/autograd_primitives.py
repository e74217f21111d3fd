"""VJP rules of HIPS autograd, given by `defvjp`, as candidates."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.adapters.frameworks import load
from gradcheck.adapters.presenting import present
from gradcheck.errors import UsageError
from gradcheck.foreign import float_only

__all__ = ["autograd_primitive"]

Pair = tuple[Callable[..., Any], Callable[..., Any]]


def autograd_primitive(function: Any, forward: Callable[..., Any] | None = None) -> Pair:
    """A pair for `verify` from a HIPS autograd primitive with a rule of its own.

        @autograd.extend.primitive
        def logsumexp(x):
            top = x.max()
            return top + np.log(np.exp(x - top).sum())

        autograd.extend.defvjp(logsumexp, lambda ans, x: lambda g: g * np.exp(x - ans))

        gradcheck.assert_correct(
            *gradcheck.adapters.autograd_primitive(logsumexp), shapes={"x": "n"}
        )

    The candidate is the rule, as `defvjp` registered it, called with the answer, the arguments and delta.
    Nothing of autograd's tracing is needed for that, so a rule written in NumPy (or in `autograd.numpy`)
    runs in ball arithmetic like any other code, and is certified.

    - ``function`` is a primitive; or a `functools.partial` of one that binds what is no array:
      `partial(autograd.numpy.sum, axis=0)`, `partial(autograd.numpy.einsum, "ij,jk->ik")`. It may also be
      any other function written in `autograd.numpy`: then `autograd.make_vjp` makes the candidate from the
      rules of what it calls, in float64 only, and ``forward`` must be given.
    - ``forward`` is the same function in NumPy; left out, it is the function that the primitive wraps.

    Integer arguments have no gradient. Raises `UsageError` where autograd is missing, for what is no
    function of autograd, and for a primitive without a rule.
    """
    core = load("autograd.core", "autograd", "autograd_primitive")
    bound = function if isinstance(function, functools.partial) else functools.partial(function)
    primitive, leading = bound.func, bound.args
    name = str(getattr(primitive, "__name__", "function"))
    wrapped = getattr(primitive, "fun", None) if getattr(primitive, "_is_autograd_primitive", False) else None
    rule = core.primitive_vjps.get(primitive)
    if not callable(primitive):
        raise UsageError(f"autograd_primitive: expected a function, got {type(function).__name__}.")
    if wrapped is not None and rule is None:
        raise UsageError(f"autograd_primitive: {name} has no rule; give it one with autograd.extend.defvjp.")
    if wrapped is None and forward is None:
        raise UsageError(
            f"autograd_primitive: {name} is no primitive of autograd; decorate it with "
            "autograd.extend.primitive, or give the same function in NumPy as forward=."
        )

    def dense(gradient: Any) -> Any:
        """An array from what indexing leaves: a sparse object that knows how to add itself to one."""
        if isinstance(gradient, core.SparseObject):
            return gradient.mut_add(gradient.vs.zeros())
        return gradient

    def by_rule(delta: Any, *args: Any) -> tuple[Any, ...]:
        whole = (*leading, *args)
        places = [k for k in range(len(leading), len(whole)) if _is_float(whole[k])]
        answer = primitive(*whole, **bound.keywords)
        gradients = rule(tuple(places), answer, whole, bound.keywords)(delta)
        found = dict(zip(places, gradients, strict=True))
        return tuple(dense(found.get(k)) for k in range(len(leading), len(whole)))

    def by_tracing(delta: Any, *args: Any) -> tuple[Any, ...]:
        found: list[Any] = []
        for k, arg in enumerate(args):
            if not _is_float(arg):
                found.append(None)
                continue

            def of_one(moved: Any, place: int = k) -> Any:
                return bound(*args[:place], moved, *args[place + 1 :])

            pullback, _ = core.make_vjp(of_one, arg)
            found.append(pullback(delta))
        return tuple(found)

    spelled = f"*gradcheck.adapters.autograd_primitive({name}{', ...' if bound.keywords or leading else ''})"
    candidate = by_rule if wrapped is not None else float_only(by_tracing, "autograd's tracing")
    written = _rule_as_written(rule, len(leading)) or wrapped or primitive
    backward = present(candidate, written, ("delta", "*args"), spelled)
    if forward is None:
        assert wrapped is not None
        forward = present(functools.partial(wrapped, *leading, **bound.keywords), wrapped, ("*args",))
    return forward, backward


def _is_float(value: Any) -> bool:
    dtype = getattr(value, "dtype", None)
    return isinstance(value, float) or (dtype is not None and np.dtype(dtype).kind == "f")


def _rule_as_written(rule: Any, argument: int) -> Any:
    """The function that was given to `defvjp` for an argument, whose source a report shows; or None."""
    code, cells = getattr(rule, "__code__", None), getattr(rule, "__closure__", None) or ()
    held = dict(zip(code.co_freevars if code else (), cells, strict=False))
    by_argument = held["vjps_dict"].cell_contents if "vjps_dict" in held else {}
    maker = held["vjpmaker"].cell_contents if "vjpmaker" in held else None  # of defvjp_argnum
    return by_argument.get(argument, maker)
