"""Backward passes of JAX: functions with a rule of their own, by `jax.custom_vjp`, as candidates."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from gradcheck.adapters.frameworks import as_outputs, check_order, load, place_fixed, places_of
from gradcheck.adapters.presenting import parameters_of, present
from gradcheck.adapters.same_function import check_same_function
from gradcheck.adapters.undefined import check_undefined
from gradcheck.errors import CandidateFault, UsageError
from gradcheck.formulas.calling.foreign import float_only
from gradcheck.formulas.dtypes import from_numpy

__all__ = ["Pair", "arrays_of", "in_float64", "jax_custom_vjp", "tracer_of"]

Pair = tuple[Callable[..., Any], Callable[..., Any]]


def jax_custom_vjp(
    function: Any,
    forward: Callable[..., Any] | None = None,
    *,
    fixed: Mapping[int | str, Any] | None = None,
    order: int = 1,
) -> Pair:
    """A pair for `verify` from a function decorated with `jax.custom_vjp`.

        @jax.custom_vjp
        def log1pexp(x):
            return jnp.log1p(jnp.exp(x))

        log1pexp.defvjp(
            lambda x: (log1pexp(x), x),
            lambda x, delta: (delta * (1 - 1 / (1 + jnp.exp(x))),),
        )

        gradcheck.assert_correct(
            *gradcheck.adapters.jax_custom_vjp(log1pexp, forward=lambda x: np.log1p(np.exp(x))),
            shapes={"x": "n"},
        )

    The candidate is the rule, run by `jax.vjp` in float64: through JAX's context manager, so that the
    process keeps its own setting. With `verify(..., dtype="bfloat16")` its arrays are of that type.

    - ``forward`` is the same function in NumPy. The truth is then found in ball arithmetic, and the values
      of the two are compared. Without it the truth is JAX's own derivative of the function without its
      rule, evaluated in ball arithmetic, and finite differences of its values in float64.
    - ``fixed`` holds arguments that are no arrays (those of `nondiff_argnums` and other settings), by
      position or parameter name; they are no arguments of the pair.

    - With ``order=2`` the pair also claims the rule's own derivative, as JAX makes it (a `double_backward`).
      That needs ``forward``.

    Integer arguments have no gradient. Of several outputs, each is also used alone: cotangents that never
    come are zero. Raises `UsageError` where JAX is missing, for what is not
    decorated, and where no rule was given.
    """
    load("jax", "jax", "jax_custom_vjp")
    if not all(hasattr(function, part) for part in ("fun", "fwd", "bwd", "defvjp")):
        raise UsageError(
            "jax_custom_vjp: expected a function decorated with jax.custom_vjp, got "
            f"{getattr(function, '__name__', repr(function))}; of a jitted function, give what was jitted."
        )
    if function.fwd is None or function.bwd is None:
        raise UsageError(f"jax_custom_vjp: {function.__name__} has no rule yet; call its defvjp(fwd, bwd).")
    check_order(order, forward, "jax_custom_vjp")
    names = parameters_of(function.fun)
    places = places_of(fixed or {}, names, "jax_custom_vjp: fixed")
    settings = dict(zip(places, (fixed or {}).values(), strict=True))
    name = str(getattr(function, "__name__", "function"))

    def run_forward(*args: Any) -> Any:
        tracers = [tracer_of(a) for a in args]
        if any(t is not None for t in tracers):  # JAX's own derivative, without the rule
            given = [a if t is None else t for a, t in zip(args, tracers, strict=True)]
            return function.fun(*place_fixed(given, settings))
        return float_forward(*args)

    def _values(*args: Any) -> Any:
        with in_float64():
            return arrays_of(function.fun(*place_fixed(_given(args), settings)))

    def run_backward(delta: Any, *args: Any) -> tuple[Any, ...]:
        import jax

        whole = place_fixed(_given(args), settings)
        moving = [k for k in range(len(whole)) if k not in settings]
        moving = [k for k in moving if from_numpy(whole[k]) is not None]

        def of_floats(*floats: Any) -> Any:
            given = dict(zip(moving, floats, strict=True))
            return function(*(given.get(k, a) for k, a in enumerate(whole)))

        with in_float64():
            outputs, pullback = jax.vjp(of_floats, *(jax.numpy.asarray(whole[k]) for k in moving))
            if forward is not None:
                check_same_function([np.asarray(o) for o in as_outputs(outputs)], forward, args, name)
            given = _like(outputs, delta)
            if isinstance(outputs, tuple | list):
                _check_undefined(name, of_floats, [whole[k] for k in moving], given, pullback)
            try:
                found = dict(zip(moving, map(np.asarray, pullback(given)), strict=True))
            except (TypeError, ValueError):  # of a wrong number or shape
                found = _as_returned(function, whole, given, settings, moving)
        return tuple(found.get(k) for k in range(len(whole)) if k not in settings)

    float_forward = float_only(_values, "JAX")
    spelled = f"*gradcheck.adapters.jax_custom_vjp({name}, ...)"
    backwards = present(float_only(run_backward, "JAX"), function.bwd, ("delta", "*args"), spelled)
    if order == 2:
        twice = float_only(_twice(function, settings), "JAX")
        shown = present(twice, function.bwd, ("grads", "delta", "*args"), spelled)
        backwards.modes = {"double_backward": shown}  # type: ignore[attr-defined]
    if forward is not None:
        return forward, backwards
    forwards = present(run_forward, function.fun, ("*args",) if settings or names is None else names)
    return forwards, backwards


def _twice(function: Any, settings: Mapping[int, Any]) -> Callable[..., Any]:
    """`(grads, delta, *args) -> gradients for (delta, *args)`, by JAX's derivative of the rule."""

    def double_backward(grads: Any, delta: Any, *args: Any) -> Any:
        import jax

        whole = place_fixed(_given(args), settings)
        own = [k for k in range(len(whole)) if k not in settings]
        moving = [k for k in own if from_numpy(whole[k]) is not None]

        def gradients(deltas: Any, *floats: Any) -> Any:
            def of_floats(*inner: Any) -> Any:
                given = dict(zip(moving, inner, strict=True))
                return function(*(given.get(k, a) for k, a in enumerate(whole)))

            outputs, pullback = jax.vjp(of_floats, *floats)
            return pullback(type(outputs)(deltas) if isinstance(outputs, tuple | list) else deltas)

        with in_float64():
            given = jax.tree.map(jax.numpy.asarray, delta)
            floats = [jax.numpy.asarray(whole[k]) for k in moving]
            _, pullback = jax.vjp(gradients, given, *floats)
            weights = tuple(jax.numpy.asarray(np.array(grads[own.index(k)])) for k in moving)
            by_delta, *by_floats = pullback(weights)
        found = dict(zip(moving, map(np.asarray, by_floats), strict=True))
        return (jax.tree.map(np.asarray, by_delta), *(found.get(k) for k in own))

    return double_backward


def _check_undefined(
    name: str, of_floats: Callable[..., Any], floats: list[Any], deltas: Any, pullback: Any
) -> None:
    """Only one output is used at a time."""
    import jax

    def alone(k: int) -> Any:
        _, back = jax.vjp(lambda *given: of_floats(*given)[k], *map(jax.numpy.asarray, floats))
        return back(deltas[k])

    def zeroed(k: int) -> Any:
        zeros = [d if j == k else np.zeros_like(d) for j, d in enumerate(deltas)]
        return pullback(type(deltas)(zeros))

    check_undefined(name, len(deltas), alone, zeroed)


def _as_returned(
    function: Any, whole: list[Any], delta: Any, settings: Mapping[int, Any], moving: list[int]
) -> dict[int, Any]:
    """What the rule returned that JAX refused, for a message about gradients. Raises what stops it."""
    _, residuals = function.fwd(*whole)
    returned = function.bwd(*(whole[k] for k in function.nondiff_argnums), residuals, delta)
    taken = [k for k in range(len(whole)) if k not in function.nondiff_argnums]
    if not isinstance(returned, tuple) or len(returned) != len(taken):
        count = len(returned) if isinstance(returned, tuple) else f"a {type(returned).__name__}"
        raise CandidateFault(
            "error",
            f"the rule of {function.__name__} returns {count} for {len(taken)} arguments; expected a tuple "
            "with one gradient for each, None for an argument without",
        )
    raw = dict(zip(taken, returned, strict=True))
    return {k: np.zeros(whole[k].shape) if raw[k] is None else np.asarray(raw[k]) for k in moving}


def in_float64() -> AbstractContextManager[Any]:
    """JAX in float64 for this block only: never through its global switch."""
    import jax
    import jax.experimental

    home: Any = jax if hasattr(jax, "enable_x64") else jax.experimental  # moved in JAX 0.8
    context: AbstractContextManager[Any] = home.enable_x64(True)
    return context


def _given(args: Sequence[Any]) -> list[Any]:
    return [np.array(a) for a in args]


def arrays_of(returned: Any) -> Any:
    values = [np.asarray(o) for o in as_outputs(returned)]
    return tuple(values) if isinstance(returned, tuple | list) else values[0]


def _like(outputs: Any, delta: Any) -> Any:
    """Delta in the structure and the dtype of the outputs, as `jax.vjp` wants it."""
    theirs, ours = as_outputs(outputs), list(delta) if isinstance(delta, tuple) else [delta]
    if len(theirs) != len(ours):
        raise CandidateFault(
            "error", f"the function has {len(theirs)} outputs, but the forward has {len(ours)}"
        )
    parts = [np.asarray(d, dtype=o.dtype) for d, o in zip(ours, theirs, strict=True)]
    return type(outputs)(parts) if isinstance(outputs, tuple | list) else parts[0]


def tracer_of(arg: Any) -> Any:
    """The tracer that an array of a backend stands for, None for anything else."""
    import jax

    held = arg.value if isinstance(getattr(type(arg), "value", None), property) else None
    return held if isinstance(held, jax.Array) else None
