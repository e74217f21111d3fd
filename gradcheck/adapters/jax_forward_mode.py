"""Forward mode of JAX: functions with a rule of their own, by `jax.custom_jvp`, as candidates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gradcheck.adapters.frameworks import as_outputs, load, place_fixed, places_of
from gradcheck.adapters.jax_functions import Pair, arrays_of, in_float64, tracer_of
from gradcheck.adapters.presenting import parameters_of, present
from gradcheck.adapters.same_function import check_same_function
from gradcheck.errors import UsageError
from gradcheck.formulas.calling.foreign import float_only

__all__ = ["jax_custom_jvp"]


def jax_custom_jvp(
    function: Any,
    forward: Callable[..., Any] | None = None,
    *,
    fixed: Mapping[int | str, Any] | None = None,
) -> Pair:
    """A forward and its jvp from a function decorated with `jax.custom_jvp`.

        @jax.custom_jvp
        def log1pexp(x):
            return jnp.log1p(jnp.exp(x))

        @log1pexp.defjvp
        def rule(primals, tangents):
            (x,), (dx,) = primals, tangents
            return log1pexp(x), dx * (1 - 1 / (1 + jnp.exp(x)))

        forward, jvp = gradcheck.adapters.jax_custom_jvp(log1pexp)
        gradcheck.assert_correct(forward, jvp=jvp, shapes={"x": "n"})

    The rule is run by `jax.jvp` in float64: through JAX's context manager, so that the process keeps its own
    setting. ``forward`` and ``fixed`` are those of `jax_custom_vjp`, where ``fixed`` holds the arguments of
    `nondiff_argnums`. Integer arguments have no tangent. Raises `UsageError` where JAX is missing, for what
    is not decorated, and where no rule was given.
    """
    load("jax", "jax", "jax_custom_jvp")
    if not all(hasattr(function, part) for part in ("fun", "jvp", "defjvp")):
        raise UsageError(
            "jax_custom_jvp: expected a function decorated with jax.custom_jvp, got "
            f"{getattr(function, '__name__', repr(function))}; of a jitted function, give what was jitted."
        )
    if function.jvp is None:
        raise UsageError(f"jax_custom_jvp: {function.__name__} has no rule yet; call its defjvp(rule).")
    names = parameters_of(function.fun)
    places = places_of(fixed or {}, names, "jax_custom_jvp: fixed")
    settings = dict(zip(places, (fixed or {}).values(), strict=True))
    name = str(getattr(function, "__name__", "function"))

    def run_forward(*args: Any) -> Any:
        tracers = [tracer_of(a) for a in args]
        if any(t is not None for t in tracers):  # JAX's own derivative, without the rule
            given = [a if t is None else t for a, t in zip(args, tracers, strict=True)]
            return function.fun(*place_fixed(given, settings))
        return float_forward(*args)

    def values(*args: Any) -> Any:
        with in_float64():
            return arrays_of(function.fun(*place_fixed([np.array(a) for a in args], settings)))

    def run_jvp(tangents: Any, *args: Any) -> Any:
        import jax

        whole = place_fixed([np.array(a) for a in args], settings)
        own = [k for k in range(len(whole)) if k not in settings]
        moving = [k for k in own if whole[k].dtype.kind == "f"]

        def of_floats(*floats: Any) -> Any:
            given = dict(zip(moving, floats, strict=True))
            return function(*(given.get(k, a) for k, a in enumerate(whole)))

        with in_float64():
            primals = [jax.numpy.asarray(whole[k]) for k in moving]
            moved = [jax.numpy.asarray(np.array(tangents[own.index(k)])) for k in moving]
            outputs, found = jax.jvp(of_floats, primals, moved)
            if forward is not None:
                check_same_function([np.asarray(o) for o in as_outputs(outputs)], forward, args, name)
            return arrays_of(found)

    float_forward = float_only(values, "JAX")
    spelled = f"*gradcheck.adapters.jax_custom_jvp({name}, ...)"
    jvp = present(float_only(run_jvp, "JAX"), function.jvp, ("tangents", "*args"), spelled)
    if forward is not None:
        return forward, jvp
    return present(run_forward, function.fun, ("*args",) if settings or names is None else names), jvp
