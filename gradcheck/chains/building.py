"""`gradcheck.chain`: a net as a list of layers, each with the backward that was written for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gradcheck.chains.chain import Chain
from gradcheck.chains.layers import Layer, read_layer
from gradcheck.chains.written import caller
from gradcheck.errors import UsageError
from gradcheck.formulas.suggestions import short
from gradcheck.formulas.values import Values

__all__ = ["chain"]


def chain(
    layers: Sequence[Any],
    *,
    backward: Callable[..., Any] | None = None,
    name: str = "chain",
    values: Mapping[str, Values] | None = None,
    where: Callable[..., bool] | None = None,
    shared: Sequence[str] = (),
    batch: str | None = None,
    id: str | None = None,
    section: str | None = None,
    latex: str | None = None,
    note: str | None = None,
) -> Chain:
    """A net made of layers, to be told the first layer whose gradient is wrong.

        net = gradcheck.chain(
            [
                (affine, affine_backward, {"x": "batch n", "W1": "n h", "b1": "h"}),
                (relu, relu_backward, {"z": "batch h"}),
                (affine, affine_backward, {"a": "batch h", "W2": "h k", "b2": "k"}),
                (cost, cost_backward, {"s": "batch k", "y": "batch k"}),
            ],
            values={"y": gradcheck.one_hot},
        )
        print(net.verify())

    A layer is `(forward, backward, shapes)`, with `forward(input, *own)` and `backward(delta, input, *own)`;
    the first of its shapes is that of its input. It can also be

    - `(layer object, shapes)`: an object with `forward(x)` and `backward(delta)`; what its forward does not
      take is kept in attributes, and the gradient of `W` is left in `dW` (else use `gradcheck.layer`);
    - `(*gradcheck.with_cache(forward, backward), shapes)` for a forward that returns a cache;
    - a formula with a vjp, or `(formula, shapes)`;
    - `(forward, shapes)`, a step without a backward of its own.

    Dimension names are shared by all layers: the output of one must have the shape that the next declares
    for its input. An own argument of two layers is numbered (`W1`, `W2`), unless ``shared`` names it: then
    it is one argument, and its gradient the sum over the layers.

    ``backward(delta, x, *own)`` is a backward of the whole, written by hand, in place of the one that the
    chain rule makes of the layers'. If it returns a dict, it may also hold the gradients by what lies
    between the layers, under the names of their inputs (`"z"`, `"a"`); the mistake is then found to the
    layer. Decorating it with `@net.vjp` does the same.

    ``name``, ``values``, ``where``, ``batch``, ``id``, ``section``, ``latex`` and ``note`` are those of
    `gradcheck.formula`. The chain is a formula: a file that has one at its top level is checked by
    `gradcheck verify FILE.py` and by pytest, one claim for each layer alone (`NAME.2-relu.vjp`) and one
    for the whole (`NAME.vjp`).

    Raises `UsageError` for layers that do not fit together, naming the two.
    """
    made = Chain(
        _read(layers), shared=shared, written_at=caller(1), name=name, values=values, where=where,
        batch=batch, id=id, section=section, latex=latex, note=note,
    )  # fmt: skip
    if backward is not None:
        if not callable(backward):
            raise UsageError(f"chain: the backward: expected a function, got {type(backward).__name__}.")
        made.vjp(backward)
    return made


def _read(layers: Sequence[Any]) -> list[Layer]:
    if not isinstance(layers, Sequence) or isinstance(layers, str) or not layers:
        raise UsageError(
            f"chain: expected a list of layers, [(forward, backward, shapes), ...], got {short(layers)}."
        )
    return [read_layer(given, position) for position, given in enumerate(layers, 1)]
