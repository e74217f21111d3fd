"""Losses whose gradient takes no dout: `loss(p, y)` with `grad(p, y)`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gradcheck.adapters.labels import by_argument, places_of_labels
from gradcheck.adapters.presenting import name_of, parameters_of, present, said
from gradcheck.adapters.values_with_gradients import times
from gradcheck.errors import FormFault, UsageError

__all__ = ["loss"]

Pair = tuple[Callable[..., Any], Callable[..., Any]]


def loss(f: Callable[..., Any], g: Callable[..., Any], *, labels: str | Sequence[str] = ()) -> Pair:
    """A pair for `verify` from a loss and its gradient, which takes no dout.

        def cross_entropy(p, y):
            return -np.sum(y * np.log(p)) / len(p)

        def cross_entropy_grad(p, y):
            return -y / p / len(p)

        gradcheck.assert_correct(
            *gradcheck.loss(cross_entropy, cross_entropy_grad, labels="y"),
            shapes={"p": "n k", "y": "n k"},
            values={"p": gradcheck.unit_interval, "y": gradcheck.one_hot},
        )

    - ``f(*args)`` gives a scalar.
    - ``g(*args)`` gives its gradient by every argument but the labels: an array where there is one, else a
      tuple (labels may be in it, as None or whatever stands there). Where its parameters are those of
      ``f`` in another order, they are given in that order. A ``g`` without parameters, such as
      `layer.backward` with `dout=1`, is called after ``f``.
    - ``labels`` are the arguments that are not differentiated, by the names that they have in ``f``.

    The gradient is taken for that of the loss itself, delta = 1; the pair's backward is
    `(delta, *args) -> delta times g(*args)`, and the report says so.

    Raises `UsageError` where ``f`` or ``g`` is no function, or ``labels`` names no argument of ``f``.
    """
    for function, role in ((f, "the loss"), (g, "the gradient")):
        if not callable(function):
            raise UsageError(f"loss: expected a function as {role}, got {type(function).__name__}.")
    ours, theirs = parameters_of(f), parameters_of(g)
    if ours and theirs is not None and theirs[1:] == ours:
        raise UsageError(
            f"loss: {said(g, 'the gradient')} takes ({', '.join(theirs)}), but the gradient of a loss takes "
            f"no delta. Give the pair to verify as it is: verify({name_of(f)}, {name_of(g)}, ...)."
        )
    fixed = places_of_labels("loss", f, labels)
    order = _order(f, g)
    takes_nothing = parameters_of(g) == [] and parameters_of(f) != []

    def value(*args: Any) -> Any:
        found = f(*args)
        if np.ndim(found):
            raise FormFault(
                f"loss: {said(f, 'the loss')} gives an array of shape {np.shape(found)}; a loss is a "
                "scalar. Where each sample has its own, check their sum, as in "
                "loss(lambda p, y: np.sum(f(p, y)), ...)"
            )
        return found

    def gradients(delta: Any, *args: Any) -> Any:
        if takes_nothing:
            f(*args)
            found = g()
        else:
            found = g(*(args if order is None else [args[k] for k in order]))
        free = [k for k in range(len(args)) if k not in fixed]
        return times(delta, by_argument("loss", found, free, len(args), said(g, "the gradient")))

    written = f", labels={labels!r}" if labels else ""
    spelled = f"*gradcheck.loss({name_of(f)}, {name_of(g)}{written})"
    assumed = f"{said(g, 'the gradient')} takes no delta: what it gives is the gradient for delta = 1"
    if labels:
        names = labels if isinstance(labels, str) else ", ".join(labels)
        assumed += f"; {names} is not differentiated"
    return present(value, f), present(gradients, g, ("delta", "*args"), spelled, [assumed], takes_delta=False)


def _order(f: Callable[..., Any], g: Callable[..., Any]) -> list[int] | None:
    """Which arguments the gradient takes, where it has the loss's names in another order."""
    ours, theirs = parameters_of(f), parameters_of(g)
    if ours is None or theirs is None or ours == theirs or sorted(ours) != sorted(theirs):
        return None
    return [ours.index(name) for name in theirs]
