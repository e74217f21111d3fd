"""What `jax.custom_vjp` and `jax.custom_jvp` decorate: the function without its rule, and its arguments."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.adapters.frameworks import as_outputs, load, place_fixed, places_of
from gradcheck.adapters.presenting import parameters_of, present
from gradcheck.errors import UsageError
from gradcheck.formulas.calling.foreign import float_only

__all__ = ["Decorated", "arrays_of", "decorated", "in_float64"]


@dataclass(frozen=True)
class Decorated:
    """A decorated function; ``settings`` are its arguments that are no arrays, by position."""

    function: Any
    name: str
    names: list[str] | None
    settings: Mapping[int, Any]

    def whole(self, args: Sequence[Any]) -> list[Any]:
        """All arguments of a call, those that are arrays as arrays of its own."""
        return place_fixed([np.array(a) for a in args], self.settings)

    def own(self, whole: Sequence[Any]) -> list[int]:
        """The positions of the arguments that are arrays."""
        return [k for k in range(len(whole)) if k not in self.settings]

    def of_floats(self, whole: Sequence[Any], moving: Sequence[int]) -> Callable[..., Any]:
        """The function, with its rule, of the arguments that can be differentiated alone."""

        def run(*floats: Any) -> Any:
            given = dict(zip(moving, floats, strict=True))
            return self.function(*(given.get(k, a) for k, a in enumerate(whole)))

        return run

    def forward(self) -> Callable[..., Any]:
        """The function without its rule, which a backend may trace."""

        def values(*args: Any) -> Any:
            with in_float64():
                return arrays_of(self.function.fun(*self.whole(args)))

        def run(*args: Any) -> Any:
            tracers = [_tracer_of(a) for a in args]
            if any(t is not None for t in tracers):  # JAX's own derivative, without the rule
                given = [a if t is None else t for a, t in zip(args, tracers, strict=True)]
                return self.function.fun(*place_fixed(given, self.settings))
            return in_numbers(*args)

        in_numbers = float_only(values, "JAX")
        names = ("*args",) if self.settings or self.names is None else self.names
        return present(run, self.function.fun, names)


def decorated(
    function: Any, decorator: str, rules: Sequence[str], how: str, fixed: Mapping[int | str, Any] | None
) -> Decorated:
    """What `jax.custom_vjp` (the ``decorator``) has decorated. Its ``rules`` are attributes of the function,
    given by ``how``. Raises `UsageError` where JAX is missing, for anything else, and without a rule.
    """
    who = f"jax_{decorator}"
    load("jax", "jax", who)
    if not all(hasattr(function, part) for part in ("fun", *rules, how.split("(", 1)[0])):
        raise UsageError(
            f"{who}: expected a function decorated with jax.{decorator}, got "
            f"{getattr(function, '__name__', repr(function))}; of a jitted function, give what was jitted."
        )
    if any(getattr(function, rule) is None for rule in rules):
        raise UsageError(f"{who}: {function.__name__} has no rule yet; call its {how}.")
    names = parameters_of(function.fun)
    places = places_of(fixed or {}, names, f"{who}: fixed")
    settings = dict(zip(places, (fixed or {}).values(), strict=True))
    return Decorated(function, str(getattr(function, "__name__", "function")), names, settings)


def in_float64() -> AbstractContextManager[Any]:
    """JAX in float64 for this block only: never through its global switch."""
    import jax
    import jax.experimental

    home: Any = jax if hasattr(jax, "enable_x64") else jax.experimental  # moved in JAX 0.8
    context: AbstractContextManager[Any] = home.enable_x64(True)
    return context


def arrays_of(returned: Any) -> Any:
    """What JAX returned, in NumPy's arrays."""
    values: list[NDArray[Any]] = [np.asarray(o) for o in as_outputs(returned)]
    return tuple(values) if isinstance(returned, tuple | list) else values[0]


def _tracer_of(arg: Any) -> Any:
    """The tracer that an array of a backend stands for, None for anything else."""
    import jax

    held = arg.value if isinstance(getattr(type(arg), "value", None), property) else None
    return held if isinstance(held, jax.Array) else None
