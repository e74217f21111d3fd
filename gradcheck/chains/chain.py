"""A net as a formula: its layers, the whole that they make, and a formula for each layer alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from gradcheck.chains.composing import (
    composed_backward,
    composed_forwards,
    named,
    tapped_forward,
    without,
)
from gradcheck.chains.conformity import check_conformity
from gradcheck.chains.layers import Layer
from gradcheck.chains.naming import listed, name_all
from gradcheck.chains.occurring import Occurring, Possible
from gradcheck.chains.written import WrittenAt
from gradcheck.errors import UsageError
from gradcheck.formulas.claim import Claim, Kind
from gradcheck.formulas.decorating import Formula
from gradcheck.formulas.shapes import Shapes
from gradcheck.formulas.values import Values

if TYPE_CHECKING:
    from gradcheck.chains.result import ChainResult

__all__ = ["Chain"]

F = TypeVar("F", bound=Callable[..., Any])


class Chain(Formula):
    """A net made of layers; see `gradcheck.chain`.

    ``layers`` are its layers, ``layer_names`` what they are called, ``between`` the names of the arrays
    between them. ``parts`` holds a formula for each layer that has a backward, with one claim: its own vjp,
    at inputs that occur in the chain.
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        *,
        name: str = "chain",
        values: Mapping[str, Values] | None = None,
        where: Callable[..., bool] | None = None,
        shared: Sequence[str] = (),
        batch: str | None = None,
        id: str | None = None,
        section: str | None = None,
        latex: str | None = None,
        note: str | None = None,
        written_at: WrittenAt,
    ) -> None:
        names = name_all(layers, shared)
        self.layers, self.layer_names, self.between = tuple(layers), names.layers, names.between
        self.own, self.written_at = names.own, written_at
        arguments = tuple(names.shapes)
        self.places = tuple(tuple(arguments.index(a) for a in own) for own in names.own)
        self.forwards = tuple(composed_forwards([layer.forward for layer in layers], self.places))
        self._declared = tuple(Shapes.parse(layer.shapes) for layer in layers)
        self.bound: dict[str, int] = {}
        self.composed: Claim | None = None
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
            where=where,
            batch=batch,
            id=id,
            section=section,
            latex=latex,
            note=note,
            intermediates=tapped_forward([layer.forward for layer in layers], self.places, names.between),
        )
        fixed = {a: v.shape for a, v in self.values.items() if isinstance(v, np.ndarray)}
        self.bound = self.shapes.bind(fixed)
        check_conformity(self)
        self.parts = tuple(self._part(k) for k, layer in enumerate(layers) if layer.backward is not None)
        self._compose()

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
        return Claim(self, "vjp", without(backward, self.between), id=self.id, section=self.section)

    def verify(
        self,
        backward: Callable[..., Any] | None = None,
        *,
        backends: Sequence[str] | None = None,
        max_examples: int = 50,
        seed: int = 0,
    ) -> ChainResult:
        """Check every layer alone, and the whole.

        The whole's gradients are those of ``backward``, else of the backward that the chain was given, else
        of the one that the chain rule makes of the layers'. Raises `UsageError` where there is none.
        """
        from gradcheck.chains.result import verify_chain

        return verify_chain(self, backward, backends=backends, max_examples=max_examples, seed=seed)

    def assert_correct(self, backward: Callable[..., Any] | None = None, **options: Any) -> ChainResult:
        """`verify`, and raise `GradientError` with the whole story unless it passes."""
        from gradcheck.errors import GradientError

        __tracebackhide__ = True
        result = self.verify(backward, **options)
        if not result.passed:
            raise GradientError(str(result), result)
        return result

    def _part(self, k: int) -> Formula:
        """Layer ``k`` alone, on what reaches it."""
        layer, name = self.layers[k], self.layer_names[k]
        values = {a: self.values[w] for a, w in zip(layer.own, self.own[k], strict=True) if w in self.values}
        seen = self._declared[k].names
        if k:
            before = Formula(
                self.forwards[k - 1],
                {a: self.shapes.text(a) for a in self.shapes.arguments},
                values=self.values,
            )
            values[layer.input] = Occurring(self, before, k)
        elif self.shapes.arguments[0] in self.values:
            values[layer.input] = self.values[self.shapes.arguments[0]]
        restricted = self.where is not None or self.bound or any(s.derived for s in self._declared)
        part = Formula(
            layer.forward,
            layer.shapes,
            name=f"{self.name}.{k + 1}-{name}",
            values=values,
            where=Possible(seen, self.shapes.names, self.allows) if restricted else None,
        )
        title = f"gradients of layer {k + 1} ({name}) of {self.name} alone"
        assert layer.backward is not None, "only layers that have one get a part"
        part.vjp(title=title)(layer.backward)
        return part

    def _compose(self) -> None:
        if self.complete:
            self.composed = Claim(
                self,
                "vjp",
                self.backward,
                title=f"gradients of {self.name} by the chain rule, from the backwards of its layers",
                id=self.id,
                section=self.section,
                latex=self.latex,
            )
            self.claims.append(self.composed)

    def _decorator(self, kind: Kind, about: dict[str, Any], **how: Any) -> Callable[[F], F]:
        decorate = super()._decorator(kind, about, **how)
        if kind != "vjp":
            return decorate

        def add(candidate: F) -> F:
            if self.composed in self.claims and not about.get("erratum"):
                self.claims.remove(self.composed)  # one that is written by hand takes its place
            decorate(without(candidate, self.between) if callable(candidate) else candidate)
            return candidate

        return add
