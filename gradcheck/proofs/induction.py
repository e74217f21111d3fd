"""Networks of any depth, by induction over layers.

Write `C_l(a)` for the cost as a function of the activation a that enters layer l. The claim for every
number of layers: the backward pass gives `dC_l/da` and the gradients of all parameters from layer l on.

- Last layer, `s = W a`: given `dC/ds`, its step gives `dC/dW` and `dC/da`.
- A layer before it, `a' = f(W a + b)`: given `dC_{l+1}/da'`, which the induction hypothesis says is
  right, its step gives `dC_l/dW`, `dC_l/db` and `dC_l/da`.

Each step is a claim about one layer, proved for all sizes, all values, and a function f of which nothing
is known but that it has a derivative. That the steps compose to the whole is the chain rule. As a check of
the code that runs the steps in a loop, it is proved as it stands for the depths 1, 2 and 3.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import numpy as np

from gradcheck.formulas.decorating import Formula
from gradcheck.proofs.indexed.arrays.undefined import Undefined
from gradcheck.proofs.presentation import NAMING
from gradcheck.proofs.proving import prove
from gradcheck.records.types import Proof, ProofQuantity, ProofStep

__all__ = ["any_depth"]

Pass = Callable[..., Any]
_DEPTHS = (1, 2, 3)
_STATEMENT = (
    "any number of layers, by induction: the last layer's step and the step of a layer before it are proved "
    "for all sizes and every differentiable activation f, and the chain rule composes them"
)


def any_depth(forward_pass: Pass, backward_pass: Pass) -> Proof:
    """The induction for a forward and a backward pass like those of `gradcheck.catalogue.passes`:
    `forward_pass(parameters, x, f)` and `backward_pass(delta, parameters, activations, slope)`.

    ``proved`` if both steps are, and the loop for depths 1 to 3.
    """
    parts = [("last layer", _last()), ("layer before it", _before())]
    parts += [(f"the loop at depth {d}", _loop(d, forward_pass, backward_pass)) for d in _DEPTHS]
    quantities: list[ProofQuantity] = []
    for name, formula in parts:
        proof = prove(formula.claims[-1])
        why = proof.reason if proof.status != "proved" else None
        found = proof.quantities or [ProofQuantity(quantity="gradients", status="open", indices="")]
        quantities += [
            msgspec.structs.replace(
                q, quantity=f"{name}: {q.quantity}", steps=_names(q.steps), reason=q.reason or why
            )
            for q in found
        ]
    proved = all(q.status == "proved" for q in quantities)
    return Proof(
        status="proved" if proved else "open",
        quantities=quantities,
        assumptions=["f is differentiable"],
        reason=_STATEMENT if proved else "a step of the induction is not proved",
    )


def _names(steps: list[ProofStep]) -> list[ProofStep]:
    """The steps that say what a name in the entry formulas means."""
    return [s for s in steps if s.rule == NAMING]


def _last() -> Formula:
    formula = Formula(lambda W, a: W @ a, {"W": "n m", "a": "m 1"}, name="last_layer")
    formula.vjp(lambda delta, W, a: (np.outer(delta, a), W.T @ delta))
    return formula


def _before() -> Formula:
    f = Undefined("f")

    def backward(delta: Any, W: Any, a: Any, b: Any) -> tuple[Any, ...]:
        local = delta * f.slope_from_value(f(W @ a + b))
        return np.outer(local, a), W.T @ local, local

    formula = Formula(lambda W, a, b: f(W @ a + b), {"W": "n m", "a": "m 1", "b": "n 1"}, name="layer_before")
    formula.vjp(backward)
    return formula


def _loop(depth: int, forward_pass: Pass, backward_pass: Pass) -> Formula:
    f = Undefined("f")
    shapes: dict[str, str | int | Sequence[str | int]] = {}
    for layer in range(1, depth):
        shapes[f"W{layer}"] = f"n{layer} n{layer - 1}"
        shapes[f"b{layer}"] = f"n{layer} 1"
    shapes[f"W{depth}"] = f"n{depth} n{depth - 1}"
    shapes["x"] = "n0 1"

    def network(*arguments: Any) -> Any:
        *parameters, x = arguments
        return forward_pass(parameters, x, f)[1]

    def backward(delta: Any, *arguments: Any) -> tuple[Any, ...]:
        *parameters, x = arguments
        activations, _ = forward_pass(parameters, x, f)
        gradients, by_x = backward_pass(delta, parameters, activations, f.slope_from_value)
        return (*gradients, by_x)

    formula = Formula(network, shapes, name=f"depth_{depth}")
    formula.vjp(backward)
    return formula
