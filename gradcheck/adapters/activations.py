"""Activations as two functions of one array: the value and the derivative, entry by entry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradcheck.adapters.presenting import name_of, parameters_of, present, said
from gradcheck.errors import UsageError

__all__ = ["elementwise"]

Pair = tuple[Callable[..., Any], Callable[..., Any]]


def elementwise(fn: Callable[..., Any], grad: Callable[..., Any]) -> Pair:
    """A pair for `verify` from an activation and its derivative, `grad(x) = fn'(x)` for every entry.

        def softplus(x):
            return np.log1p(np.exp(x))

        def softplus_grad(x):
            return 1 / (1 + np.exp(-x))

        gradcheck.assert_correct(*gradcheck.elementwise(softplus, softplus_grad), shapes={"x": "n m"})

    The pair's backward is `(delta, x) -> delta * grad(x)`. It is taken for granted that an entry of `fn(x)`
    hangs on the same entry of x alone, which the report says; where it does not (softmax), the check fails.
    Where both are methods of one object, ``fn`` is called before ``grad``, which may use what it keeps; so
    it is where ``grad`` takes nothing, as in `layer.backward()`.
    Settings are bound first: `elementwise(functools.partial(elu, alpha=0.5), ...)`.

    Raises `UsageError` where one of the two is no function of one array.
    """
    for function, role in ((fn, "the activation"), (grad, "its derivative")):
        if not callable(function):
            raise UsageError(f"elementwise: expected a function as {role}, got {type(function).__name__}.")
        names = parameters_of(function)
        if names is not None and len(names) != 1 and (names or function is fn):
            raise UsageError(
                f"elementwise: {said(function)} takes ({', '.join(names)}), but it is "
                "called with x alone. Bind the others with functools.partial; for a backward that takes "
                "delta too, give forward and backward to verify as they are."
            )

    def value(x: Any) -> Any:
        return fn(x)

    holders = [getattr(function, "__self__", None) for function in (fn, grad)]
    takes_nothing = parameters_of(grad) == []
    fn_first = takes_nothing or (holders[0] is not None and holders[0] is holders[1])

    def gradient(delta: Any, x: Any) -> Any:
        if fn_first:
            fn(x)  # which may keep what its derivative needs
        return delta * (grad() if takes_nothing else grad(x))

    spelled = f"*gradcheck.elementwise({name_of(fn)}, {name_of(grad)})"
    name = "grad" if name_of(grad) == "..." else name_of(grad)
    called = f"{name}()" if takes_nothing else f"{name}(x)"
    assumed = (
        f"{called} is taken for the derivative of each entry by itself: the gradient is delta * {called}"
    )
    return present(value, fn), present(gradient, grad, ("delta", "x"), spelled, [assumed])
