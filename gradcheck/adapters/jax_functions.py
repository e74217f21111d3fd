"""Backward passes of JAX: functions with a rule of their own, by `jax.custom_vjp`, as candidates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gradcheck.adapters.frameworks import as_outputs, check_order
from gradcheck.adapters.jax_decorated import Decorated, decorated, in_float64
from gradcheck.adapters.presenting import present
from gradcheck.adapters.same_function import check_same_function
from gradcheck.adapters.undefined import Undefined
from gradcheck.errors import CandidateFault
from gradcheck.formulas.calling.foreign import float_only
from gradcheck.formulas.dtypes import from_numpy

__all__ = ["Pair", "jax_custom_vjp"]

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
    rule = decorated(function, "custom_vjp", ("fwd", "bwd"), "defvjp(fwd, bwd)", fixed)
    check_order(order, forward, "jax_custom_vjp")
    unused = Undefined(rule.name)

    def run_backward(delta: Any, *args: Any) -> tuple[Any, ...]:
        import jax

        whole = rule.whole(args)
        own = rule.own(whole)
        moving = [k for k in own if from_numpy(whole[k]) is not None]
        of_floats = rule.of_floats(whole, moving)
        with in_float64():
            outputs, pullback = jax.vjp(of_floats, *(jax.numpy.asarray(whole[k]) for k in moving))
            if forward is not None:
                check_same_function([np.asarray(o) for o in as_outputs(outputs)], forward, args, rule.name)
            given = _like(outputs, delta)
            if isinstance(outputs, tuple | list):
                _check_undefined(unused, of_floats, [whole[k] for k in moving], given, pullback)
            try:
                found = dict(zip(moving, map(np.asarray, pullback(given)), strict=True))
            except (TypeError, ValueError):  # of a wrong number or shape
                found = _as_returned(function, whole, given, moving)
        return tuple(found.get(k) for k in own)

    spelled = f"*gradcheck.adapters.jax_custom_vjp({rule.name}, ...)"
    backwards = present(float_only(run_backward, "JAX"), function.bwd, ("delta", "*args"), spelled)
    if order == 2:
        shown = present(float_only(_twice(rule), "JAX"), function.bwd, ("grads", "delta", "*args"), spelled)
        backwards.modes = {"double_backward": shown}  # type: ignore[attr-defined]
    return (rule.forward() if forward is None else forward), backwards


def _twice(rule: Decorated) -> Callable[..., Any]:
    """`(grads, delta, *args) -> gradients for (delta, *args)`, by JAX's derivative of the rule."""

    def double_backward(grads: Any, delta: Any, *args: Any) -> Any:
        import jax

        whole = rule.whole(args)
        own = rule.own(whole)
        moving = [k for k in own if from_numpy(whole[k]) is not None]

        def gradients(deltas: Any, *floats: Any) -> Any:
            outputs, pullback = jax.vjp(rule.of_floats(whole, moving), *floats)
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
    unused: Undefined, of_floats: Callable[..., Any], floats: list[Any], deltas: Any, pullback: Any
) -> None:
    """Only one output is used at a time."""
    import jax

    def alone(k: int) -> Any:
        _, back = jax.vjp(lambda *given: of_floats(*given)[k], *map(jax.numpy.asarray, floats))
        return back(deltas[k])

    def zeroed(k: int) -> Any:
        zeros = [d if j == k else np.zeros_like(d) for j, d in enumerate(deltas)]
        return pullback(type(deltas)(zeros))

    unused.check(floats, deltas, alone, zeroed)


def _as_returned(function: Any, whole: list[Any], delta: Any, moving: list[int]) -> dict[int, Any]:
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


def _like(outputs: Any, delta: Any) -> Any:
    """Delta in the structure and the dtype of the outputs, as `jax.vjp` wants it."""
    theirs, ours = as_outputs(outputs), list(delta) if isinstance(delta, tuple) else [delta]
    if len(theirs) != len(ours):
        raise CandidateFault(
            "error", f"the function has {len(theirs)} outputs, but the forward has {len(ours)}"
        )
    parts = [np.asarray(d, dtype=o.dtype) for d, o in zip(ours, theirs, strict=True)]
    return type(outputs)(parts) if isinstance(outputs, tuple | list) else parts[0]
