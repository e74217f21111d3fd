"""Forward mode of JAX: functions with a rule of their own, by `jax.custom_jvp`, as candidates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gradcheck.adapters.frameworks import as_outputs
from gradcheck.adapters.jax_decorated import arrays_of, decorated, in_float64
from gradcheck.adapters.jax_functions import Pair
from gradcheck.adapters.presenting import present
from gradcheck.adapters.same_function import check_same_function
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
    rule = decorated(function, "custom_jvp", ("jvp",), "defjvp(rule)", fixed)

    def run_jvp(tangents: Any, *args: Any) -> Any:
        import jax

        whole = rule.whole(args)
        own = rule.own(whole)
        moving = [k for k in own if whole[k].dtype.kind == "f"]
        with in_float64():
            primals = [jax.numpy.asarray(whole[k]) for k in moving]
            moved = [jax.numpy.asarray(np.array(tangents[own.index(k)])) for k in moving]
            outputs, found = jax.jvp(rule.of_floats(whole, moving), primals, moved)
            if forward is not None:
                check_same_function([np.asarray(o) for o in as_outputs(outputs)], forward, args, rule.name)
            return arrays_of(found)

    spelled = f"*gradcheck.adapters.jax_custom_jvp({rule.name}, ...)"
    jvp = present(float_only(run_jvp, "JAX"), function.jvp, ("tangents", "*args"), spelled)
    return (rule.forward() if forward is None else forward), jvp
