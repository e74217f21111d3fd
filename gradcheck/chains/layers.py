"""What a user may give for a layer, made into one form."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gradcheck.errors import UsageError
from gradcheck.formulas.calling.callables import check_parameters
from gradcheck.formulas.decorating import Formula
from gradcheck.formulas.sizes.shapes import ShapeLike, Shapes
from gradcheck.formulas.suggestions import short
from gradcheck.formulas.values import Values

__all__ = ["Layer", "read_layer"]

_FORMS = (
    "(forward, backward, shapes), (forward, shapes) for a step without a backward of its own, "
    "(layer object, shapes), a formula with a vjp, or gradcheck.Layer(...)"
)


@dataclass(frozen=True)
class Layer:
    """One layer: ``forward(input, *own)``, ``backward(delta, input, *own)`` and their shapes.

    ``shapes`` has one entry per argument of the forward. The first is the layer's input: what the layer
    before it gives. The others are its own: weights, or data such as labels. ``backward`` returns what a
    backward of `gradcheck.verify` returns; without one, the layer is a step of the forward only.
    ``values`` says what its own arguments may hold. ``name`` is shown; left out, it is the forward's.
    """

    forward: Callable[..., Any]
    backward: Callable[..., Any] | None = None
    shapes: Mapping[str, ShapeLike] = field(default_factory=dict)
    name: str | None = None
    values: Mapping[str, Values] = field(default_factory=dict)

    @property
    def arguments(self) -> tuple[str, ...]:
        return tuple(self.shapes)

    @property
    def input(self) -> str:
        """The name of the argument that the layer before gives."""
        return self.arguments[0]

    @property
    def own(self) -> tuple[str, ...]:
        """The names of the other arguments."""
        return self.arguments[1:]


def read_layer(given: Any, position: int) -> Layer:
    """A layer from any of the forms that `gradcheck.chain` takes. Raises `UsageError`.

    ``position`` counts from 1.
    """
    who = f"layer {position}"
    if isinstance(given, Layer):
        layer = given
    elif isinstance(given, Formula):
        layer = _of_formula(given, None, who)
    elif isinstance(given, tuple | list) and len(given) == 3:
        layer = Layer(given[0], given[1], _shapes(given[2], who))
    elif isinstance(given, tuple | list) and len(given) == 2:
        layer = _of_two(given[0], _shapes(given[1], who), who)
    else:
        raise UsageError(f"{who}: expected {_FORMS}; got {short(given)}.")
    return _checked(layer, who)


def _of_two(what: Any, shapes: Mapping[str, ShapeLike], who: str) -> Layer:
    if isinstance(what, Formula):
        return _of_formula(what, shapes, who)
    if all(callable(getattr(what, method, None)) for method in ("forward", "backward")):
        return _of_object(what, shapes)
    return Layer(what, None, shapes)


def _of_formula(formula: Formula, shapes: Mapping[str, ShapeLike] | None, who: str) -> Layer:
    if formula.where is not None:
        raise UsageError(f"{who}: {formula.name} has a where of its own; give it to the chain instead.")
    candidates = [c.candidate for c in formula.backwards]
    declared = shapes or {a: formula.shapes.text(a) for a in formula.shapes.arguments}
    if len(declared) != len(formula.shapes.arguments):
        raise UsageError(
            f"{who}: {formula.name} takes {', '.join(formula.shapes.arguments)}, but shapes were given for "
            f"{', '.join(declared)}."
        )
    names = dict(zip(formula.shapes.arguments, declared, strict=True))
    values = {names[a]: v for a, v in formula.values.items()}
    return Layer(formula.function, candidates[0] if candidates else None, declared, formula.name, values)


def _of_object(what: Any, shapes: Mapping[str, ShapeLike]) -> Layer:
    """An object with `forward` and `backward`; what its forward does not take, it holds as attributes."""
    from gradcheck.adapters.layers import layer
    from gradcheck.adapters.presenting import parameters_of

    taken = parameters_of(what.forward)
    count = 1 if taken is None else len(taken)
    forward, backward = layer(what, parameters=tuple(shapes)[count:])
    return Layer(forward, backward, shapes)


def _shapes(given: Any, who: str) -> Mapping[str, ShapeLike]:
    if not isinstance(given, Mapping):
        raise UsageError(
            f"{who}: expected its shapes last, such as {{'x': 'batch n', 'W': 'n m'}}, got {short(given)}. A "
            f"layer is {_FORMS}."
        )
    return given


def _checked(layer: Layer, who: str) -> Layer:
    if not layer.shapes:
        raise UsageError(
            f"{who}: shapes is empty; it has one entry per argument of the forward, the input first."
        )
    try:
        Shapes.parse(layer.shapes)
        check_parameters(layer.forward, layer.arguments, "the forward")
        if layer.backward is not None:
            check_parameters(layer.backward, ("delta", *layer.arguments), "the backward")
    except UsageError as error:
        raise UsageError(f"{who}: {error}") from None
    if unknown := [a for a in layer.values if a not in layer.own]:
        raise UsageError(
            f"{who}: values has an entry for {unknown[0]!r}; it can have one for "
            f"{' and '.join(layer.own) or 'none'}. What the chain begins with has its values in the chain."
        )
    return layer
