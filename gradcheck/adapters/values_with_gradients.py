"""A function that returns its value and its gradients: `loss, grads`, as in a course's assignments."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.adapters.labels import by_argument, places_of_labels
from gradcheck.adapters.presenting import name_of, parameters_of, present, said
from gradcheck.errors import FormFault, UsageError
from gradcheck.formulas.calling.callables import defaults_beyond
from gradcheck.formulas.kinds.per_argument import SomeGradients
from gradcheck.formulas.nested.nesting import parts_of, remade

__all__ = ["times", "value_and_grad", "value_and_gradients"]

Pair = tuple[Callable[..., Any], Callable[..., Any]]


def value_and_grad(fun: Callable[..., Any], *, labels: str | Sequence[str] = ()) -> Pair:
    """A pair for `verify` from `fun(*args) -> (value, gradients)`, the value a scalar.

        def loss(X, y, params):
            ...
            return cost, {"W": dW, "b": db}

        gradcheck.verify(
            *gradcheck.value_and_grad(loss),
            shapes={"X": "N D", "y": "N", "params": {"W": "D 3", "b": "3"}},
            values={"y": gradcheck.integers(0, 3)},
        )

    The gradients are

    - an array, where there is one argument;
    - a tuple or list with one for each argument, None for one that is not checked;
    - a dict by the arguments' names, or by these with a d before them (`dw`); those that are not in it are
      not checked;
    - a dict with the keys of exactly one argument that is a dict (dataclass, ...) of arrays: that
      argument's gradients; the other arguments are not checked.

    ``labels`` are arguments that are not differentiated: `value_and_grad(softmax_loss, labels="y")` for a
    `softmax_loss(x, y)` that returns `loss, dx`. The gradients are then those of the others, as above.

    Settings (a regularisation strength) are bound first: `functools.partial(loss, reg=0.1)`. The pair's
    backward is `(delta, *args) -> delta times the gradients`.

    Raises `UsageError` where ``fun`` is no function, or ``labels`` names no argument of it.
    """
    if not callable(fun):
        raise UsageError(f"value_and_grad: expected a function, got {type(fun).__name__}.")
    fixed = places_of_labels("value_and_grad", fun, labels)
    names = tuple(parameters_of(fun) or ())

    def value(*args: Any) -> Any:
        return value_and_gradients(fun, args)[0]

    def gradients(delta: Any, *args: Any) -> Any:
        found = _without_d(names, args, value_and_gradients(fun, args)[1])
        _see_whose(fun, args, found)
        if fixed and not isinstance(found, Mapping):
            free = [k for k in range(len(args)) if k not in fixed]
            found = by_argument("value_and_grad", found, free, len(args), said(fun))
        elif len(args) > 1 and found is not None and parts_of(found) is None:
            raise FormFault(
                f"value_and_grad: {said(fun)} takes {len(args)} arguments and gives one array as their "
                'gradients; name those that are not differentiated, as in value_and_grad(f, labels="y")'
            )
        return times(delta, found)

    written = f", labels={labels!r}" if labels else ""
    spelled = f"*gradcheck.value_and_grad({name_of(fun)}{written})"
    return present(value, fun), present(gradients, fun, ("delta", "*args"), spelled, takes_delta=False)


def _without_d(names: Sequence[str], args: tuple[Any, ...], found: Any) -> Any:
    """Gradients by the names of what they are of, where the function calls them `dw` and `db`."""
    if not isinstance(found, Mapping) or not all(isinstance(k, str) for k in found):
        return found
    known = {*names, *(k for a in args if isinstance(a, Mapping) for k in a)}
    renamed = {k.removeprefix("d"): v for k, v in found.items()}
    return renamed if known.isdisjoint(found) and known.issuperset(renamed) else found


def _see_whose(fun: Callable[..., Any], args: tuple[Any, ...], found: Any) -> None:
    """Raises `FormFault` where the gradients are those of what the method's own object keeps."""
    holder = getattr(fun, "__self__", None)
    if (
        holder is None
        or not hasattr(holder, "__dict__")
        or not isinstance(found, Mapping)
        or any(isinstance(a, Mapping) for a in args)
    ):
        return
    if not found or set(found) & set(parameters_of(fun) or ()):
        return
    kept = (n for n, v in vars(holder).items() if isinstance(v, Mapping) and set(found) <= set(v))
    if (name := next(kept, None)) is not None:
        given = ", ".join((parameters_of(fun) or ["x"])[: len(args)])
        raise FormFault(
            f"value_and_grad: {said(fun)} gives gradients of {', '.join(map(str, found))}, which its object "
            f"keeps in {name}. Make them an argument: def f({given}, {name}): net.{name} = {name}; "
            f"return net.{fun.__name__}({given})"
        )


def value_and_gradients(fun: Callable[..., Any], args: tuple[Any, ...]) -> tuple[Any, Any]:
    """What the function returns, which must be both. Raises `FormFault` for anything else."""
    returned = fun(*args)
    if not isinstance(returned, tuple | list) or len(returned) != 2:
        what = f"{len(returned)} values" if isinstance(returned, tuple | list) else type(returned).__name__
        raise FormFault(
            f"value_and_grad: {said(fun)} must return (value, gradients), but it returned {what}"
            f"{_left_out(fun, args)}",
        )
    if isinstance(returned[0], dict | list | tuple) and not isinstance(returned[1], dict | list | tuple):
        raise FormFault(
            f"value_and_grad: {said(fun)} returns its gradients first; it must return (value, gradients): "
            "write lambda *args: f(*args)[::-1]"
        )
    if np.ndim(returned[0]):
        raise FormFault(
            f"value_and_grad: the value of {said(fun)} must be a scalar, but it has the shape "
            f"{np.shape(returned[0])}; for an array of values see gradcheck.with_cache",
        )
    return returned[0], returned[1]


def _left_out(fun: Callable[..., Any], args: tuple[Any, ...]) -> str:
    """The arguments that are not given because they have defaults: what is returned may hang on them."""
    left = defaults_beyond(fun, len(args))
    return f"; it ran with its defaults {', '.join(left)}, which have no entry in shapes" if left else ""


def times(delta: Any, gradients: Any) -> Any:
    """Every array in a nesting, times delta."""
    if gradients is None:
        return None
    parts = parts_of(gradients)
    if parts is None:
        return delta * gradients
    made = remade(gradients, [times(delta, part.value) for part in parts])
    return SomeGradients(made) if isinstance(made, Mapping) else made
