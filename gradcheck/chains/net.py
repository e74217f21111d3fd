"""A net as a formula: its layers, and the whole that they make."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from gradcheck.chains.composing import (
    composed_backward,
    composed_forwards,
    named,
    tapped_forward,
    without,
)
from gradcheck.chains.layers import Layer
from gradcheck.chains.naming import listed, name_all
from gradcheck.chains.written import WrittenAt
from gradcheck.errors import UsageError
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.decorating import Formula
from gradcheck.formulas.kinds import Vjp
from gradcheck.formulas.sizes.shapes import Shapes
from gradcheck.formulas.values import Values

__all__ = ["Net"]


class Net(Formula):
    """A net made of layers; see `gradcheck.chain`.

    ``layers`` are its layers, ``layer_names`` what they are called, ``between`` the names of the arrays
    between them; ``forwards`` are those of the first layer, of the first two, and so on; ``places`` says
    which of the net's arguments each layer takes. ``declared`` is what `Declaration` takes besides.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        *,
        shared: Sequence[str] = (),
        written_at: WrittenAt,
        name: str = "chain",
        values: Mapping[str, Values] | None = None,
        **declared: Any,
    ) -> None:
        names = name_all(layers, shared)
        self.layers, self.layer_names, self.between = tuple(layers), names.layers, names.between
        self.own, self.written_at = names.own, written_at
        arguments = tuple(names.shapes)
        self.places = tuple(tuple(arguments.index(a) for a in own) for own in names.own)
        self.forwards = tuple(composed_forwards([layer.forward for layer in layers], self.places))
        self._declared = tuple(Shapes.parse(layer.shapes) for layer in layers)
        self.bound: dict[str, int] = {}
        self.composed: Claim | None = None  # the claim on the backward that the chain rule makes
        own_values = {
            whole: layer.values[argument]
            for layer, own in zip(layers, names.own, strict=True)
            for argument, whole in zip(layer.own, own, strict=True)
            if argument in layer.values
        }
        super().__init__(
            named(self.forwards[-1], name, arguments, written_at, name),
            names.shapes,
            name=name,
            values={**own_values, **(values or {})},
            intermediates=tapped_forward([layer.forward for layer in layers], self.places, names.between),
            **declared,
        )
        fixed = {a: v.shape for a, v in self.values.items() if isinstance(v, np.ndarray)}
        self.bound = self.shapes.bind(fixed)

    @property
    def complete(self) -> bool:
        """Whether every layer has a backward, so that the chain rule makes one for the whole."""
        return all(layer.backward is not None for layer in self.layers)

    @property
    def backward(self) -> Callable[..., Any]:
        """The backward that the chain rule makes of the layers': `(delta, *args) -> gradients`."""
        if not self.complete:
            missing = [
                n for n, layer in zip(self.layer_names, self.layers, strict=True) if not layer.backward
            ]
            raise UsageError(
                f"{self.name}: {listed(missing)} {'has' if len(missing) == 1 else 'have'} no backward, "
                "so the chain rule makes none of the whole. Give one that is written by hand: chain(..., "
                f"backward=...), @{self.name}.vjp or verify(backward)."
            )
        composed = composed_backward(
            self.forwards,
            [layer.backward for layer in self.layers if layer.backward is not None],
            self.places,
            [layer.arguments for layer in self.layers],
            self.layer_names,
            len(self.shapes.arguments),
        )
        parameters = ("delta", *self.shapes.arguments)
        return named(
            composed,
            f"{self.name}_backward",
            parameters,
            self.written_at,
            f"{self.name}, {self.name}.backward",
        )

    def allows(self, sizes: Mapping[str, int]) -> bool:
        """Whether the chain can have these sizes: every shape in it is 1 or more, and ``where`` holds."""
        if any(sizes[n] != size for n, size in self.bound.items()):
            return False
        return all(s.concrete(sizes) is not None for s in self._declared) and super().allows(sizes)

    def declared(self, k: int) -> Shapes:
        """The shapes of layer ``k`` (from 0) as its layer declares them."""
        return self._declared[k]

    def claim_of(self, backward: Callable[..., Any]) -> Claim:
        """The claim that ``backward`` gives the gradients of the whole; it is not added to the chain's."""
        return Claim(self, Vjp(), without(backward, self.between), id=self.id, section=self.section)
