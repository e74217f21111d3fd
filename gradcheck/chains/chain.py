"""A net as a formula: its layers, the whole that they make, and a formula for each layer alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from gradcheck.chains.composing import (
    without,
)
from gradcheck.chains.conformity import check_conformity
from gradcheck.chains.layers import Layer
from gradcheck.chains.net import Net
from gradcheck.chains.occurring import Occurring, Possible
from gradcheck.formulas.calling.process_state import process_kept
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.decorating import Formula
from gradcheck.formulas.kinds import Kind, Vjp
from gradcheck.records.types import ClaimRow

if TYPE_CHECKING:
    from gradcheck.chains.result import ChainResult

__all__ = ["Chain"]

F = TypeVar("F", bound=Callable[..., Any])


class Chain(Net):
    """A net that is checked layer by layer; see `gradcheck.chain`.

    ``layers`` are its `Layer` objects, ``declared`` what `gradcheck.chain` says of the whole beside them.
    ``layers`` are its `Layer` objects, ``declared`` what `gradcheck.chain` says of the whole beside them.
    ``parts`` holds a formula for each layer that has a backward, with one claim: its own vjp, at inputs that
    occur in the chain.
    """

    def __init__(self, layers: Sequence[Layer], **declared: Any) -> None:
        super().__init__(layers, **declared)
        check_conformity(self)
        self.parts = tuple(self._part(k) for k, layer in enumerate(layers) if layer.backward is not None)
        self._compose()

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

        with process_kept():
            return verify_chain(self, backward, backends=backends, max_examples=max_examples, seed=seed)

    def assert_correct(self, backward: Callable[..., Any] | None = None, **options: Any) -> ChainResult:
        """`verify`, and raise `GradientError` with the whole story unless it passes."""
        from gradcheck.errors import GradientError

        __tracebackhide__ = True
        result = self.verify(backward, **options)
        if not result.passed:
            raise GradientError(str(result), result)
        return result

    def located(
        self, claim: Claim, outcome: Any, session: Any, row_of: Callable[[Claim], ClaimRow]
    ) -> ClaimRow:
        """The row of a claim on the whole, with what is known of each layer."""
        from gradcheck.chains.locating import located

        return located(self, claim, outcome, session, row_of)

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
                Vjp(),
                self.backward,
                title=f"gradients of {self.name} by the chain rule, from the backwards of its layers",
                id=self.id,
                section=self.section,
                latex=self.latex,
            )
            self.claims.append(self.composed)

    def _decorator(self, kind: Kind, about: dict[str, Any]) -> Callable[[F], F]:
        decorate = super()._decorator(kind, about)
        if not kind.is_backward:
            return decorate

        def add(candidate: F) -> F:
            if self.composed in self.claims and not about.get("erratum"):
                self.claims.remove(self.composed)  # one that is written by hand takes its place
            decorate(without(candidate, self.between) if callable(candidate) else candidate)
            return candidate

        return add
