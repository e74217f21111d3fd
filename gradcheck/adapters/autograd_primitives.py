"""VJP rules of HIPS autograd, given by `defvjp`, as candidates."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from gradcheck.adapters.frameworks import load, place_fixed, places_of
from gradcheck.adapters.presenting import parameters_of, present
from gradcheck.errors import Unsupported, UsageError
from gradcheck.formulas.calling.foreign import float_only

__all__ = ["autograd_primitive"]

Pair = tuple[Callable[..., Any], Callable[..., Any]]


def autograd_primitive(
    function: Any,
    forward: Callable[..., Any] | None = None,
    *,
    fixed: Mapping[int | str, Any] | None = None,
) -> Pair:
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
    runs in ball arithmetic like any other code, and is certified. A rule that raises
    `NotImplementedError` declines: it is not called wrong.

    - ``function`` is a primitive; or a `functools.partial` of one with keywords, as in
      `partial(autograd.numpy.sum, axis=0)`. It may also be any other function written in `autograd.numpy`:
      then `autograd.make_vjp` makes the candidate from the rules of what it calls, in float64 only, and
      ``forward`` must be given.
    - ``forward`` is the same function in NumPy; left out, it is the function that the primitive wraps.
    - ``fixed`` holds positional arguments that are no arrays (the subscripts of `einsum`), by position or
      parameter name; they are no arguments of the pair.

    Integer arguments have no gradient. Raises `UsageError` where autograd is missing, for what is no
    function of autograd, and for a primitive without a rule.
    """
    core = load("autograd.core", "autograd", "autograd_primitive")
    bound = function if isinstance(function, functools.partial) else functools.partial(function)
    primitive, keywords = bound.func, bound.keywords
    name = str(getattr(primitive, "__name__", "function"))
    wrapped = getattr(primitive, "fun", None) if getattr(primitive, "_is_autograd_primitive", False) else None
    rule = core.primitive_vjps.get(primitive)
    if wrapped is not None and rule is None:
        raise UsageError(f"autograd_primitive: {name} has no rule; give it one with autograd.extend.defvjp.")
    if wrapped is None and forward is None:
        raise UsageError(
            f"autograd_primitive: {name} is no primitive of autograd; decorate it with "
            "autograd.extend.primitive, or give the same function in NumPy as forward=."
        )
    settings = dict(enumerate(bound.args))
    names = parameters_of(wrapped or primitive)
    places = places_of(fixed or {}, names, "autograd_primitive: fixed")
    settings.update(zip(places, (fixed or {}).values(), strict=True))

    def dense(gradient: Any) -> Any:
        """An array from what indexing leaves: a sparse object that knows how to add itself to one."""
        if isinstance(gradient, core.SparseObject):
            return gradient.mut_add(gradient.vs.zeros())
        return gradient

    # no plain function: arithmetics that run copies of functions have no business inside autograd
    ruled = _Ruled(primitive, rule)

    def by_rule(delta: Any, *args: Any) -> tuple[Any, ...]:
        whole = tuple(place_fixed(args, settings))
        free = [k for k in range(len(whole)) if k not in settings]
        moving = tuple(k for k in free if _is_float(whole[k]))
        try:
            gradients = ruled(moving, whole, keywords, delta)
            found = dict(zip(moving, gradients, strict=True))
        except NotImplementedError as error:
            raise Unsupported(f"autograd declines: {error}") from error
        return tuple(dense(found.get(k)) for k in free)

    def by_tracing(delta: Any, *args: Any) -> tuple[Any, ...]:
        found: list[Any] = []
        for k, arg in enumerate(args):
            if not _is_float(arg):
                found.append(None)
                continue

            def of_one(moved: Any, place: int = k) -> Any:
                given = [*args[:place], moved, *args[place + 1 :]]
                return primitive(*place_fixed(given, settings), **keywords)

            pullback, _ = core.make_vjp(of_one, arg)
            found.append(pullback(delta))
        return tuple(found)

    spelled = f"*gradcheck.adapters.autograd_primitive({name}{', ...' if keywords or settings else ''})"
    candidate = by_rule if wrapped is not None else float_only(by_tracing, "autograd's tracing")
    first = min(k for k in range(len(settings) + 1) if k not in settings)
    written = _rule_as_written(rule, first) or wrapped or primitive
    backward = present(candidate, written, ("delta", "*args"), spelled)
    if forward is None:
        assert wrapped is not None
        of_arrays = lambda *args: wrapped(*place_fixed(args, settings), **keywords)
        forward = present(of_arrays, wrapped, ("*args",))
    return forward, backward


@dataclass(frozen=True)
class _Ruled:
    """A primitive's rule, called as autograd calls it."""

    primitive: Any
    rule: Any

    def __call__(self, moving: Any, args: Any, keywords: Any, delta: Any) -> Any:
        return self.rule(moving, self.primitive(*args, **keywords), args, keywords)(delta)


def _is_float(value: Any) -> bool:
    return getattr(getattr(value, "dtype", None), "kind", "") == "f"


def _rule_as_written(rule: Any, argument: int) -> Any:
    """The function that was given to `defvjp` for an argument, whose source a report shows; or None."""
    code, cells = getattr(rule, "__code__", None), getattr(rule, "__closure__", None) or ()
    held = dict(zip(code.co_freevars if code else (), cells, strict=False))
    by_argument = held["vjps_dict"].cell_contents if "vjps_dict" in held else {}
    maker = held["vjpmaker"].cell_contents if "vjpmaker" in held else None  # of defvjp_argnum
    return by_argument.get(argument, maker)
