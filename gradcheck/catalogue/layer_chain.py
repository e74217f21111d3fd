"""D23: whole networks, with the gradients of every weight, every bias and of the input."""

from __future__ import annotations

from typing import Any

from gradcheck.catalogue.activations import RELU, SIGMOID, TANH, Activation
from gradcheck.catalogue.costs import LOGISTIC, MSE, MSE_ROWS, SOFTMAX, SOFTMAX_ROWS, Cost
from gradcheck.catalogue.passes import (
    backward_pass,
    forward_pass,
    rows_backward_pass,
    rows_forward_pass,
    rows_tapped_pass,
    tapped_pass,
)
from gradcheck.catalogue.readings import COLUMN, FLAT, ROWS
from gradcheck.formulas.decorating import Formula, formula
from gradcheck.formulas.values import integers, one_hot

__all__ = ["CHAINS", "layer_chain", "rows_chain"]

SECTION = "Backpropagation"
LATEX = (
    r"\frac{\partial C}{\partial W^{(l)}} = \delta^{(l+1)} a^{(l)T},\;"
    r"\frac{\partial C}{\partial b^{(l)}} = \delta^{(l+1)},\;"
    r"\delta^{(l)} = \bigl(W^{(l)T}\delta^{(l+1)}\bigr)\odot f'(z^{(l)}),\;"
    r"\frac{\partial C}{\partial x} = W^{(1)T}\delta^{(2)}"
)
NUMBERING = "Numbered as z^(l+1) = W^(l) a^(l) + b^(l), with s = W^(L) a^(L). "
VALUES: dict[str, dict[str, Any]] = {
    "mse": {},
    "logistic": {"y": integers(0, 2)},
    "softmax": {"y": one_hot},
}


def layer_chain(depth: int, activation: Activation, cost: Cost) -> Formula:
    """A network of ``depth`` weight matrices on one example, with its hand-written backward pass.

    Vectors are columns; with the softmax cost they are flat, since the one of a one-hot target stands
    along the last axis. The logistic cost takes a single output.
    """
    f, slope = activation.f, activation.slope
    axis, reading = ("", FLAT) if cost is SOFTMAX else (" 1", COLUMN)
    sizes = [f"n{l}" for l in range(depth)] + ["1" if cost is LOGISTIC else f"n{depth}"]
    shapes = {}
    for l in range(1, depth):
        shapes[f"W{l}"] = f"{sizes[l]} {sizes[l - 1]}"
        shapes[f"b{l}"] = sizes[l] + axis
    shapes[f"W{depth}"] = f"{sizes[depth]} {sizes[depth - 1]}"
    shapes["x"] = sizes[0] + axis
    shapes["y"] = sizes[depth] + axis

    @formula(
        name=f"chain{depth}_{_names(depth, activation, cost, '_')}",
        shapes=shapes, values=VALUES[cost.name], id="D23", section=SECTION, latex=LATEX,
    )  # fmt: skip
    def network(*arguments):
        *parameters, x, y = arguments
        _, s = forward_pass(parameters, x, f)
        return cost.value(s, y)

    @network.intermediates
    def network_layers(tap, *arguments):
        *parameters, x, y = arguments
        return cost.value(tapped_pass(tap, parameters, x, f), y)

    @network.vjp(
        title=f"Every gradient of a network of depth {depth}: {_names(depth, activation, cost, ', ')}",
        note=NUMBERING + reading,
    )
    def network_vjp(delta, *arguments):
        *parameters, x, y = arguments
        activations, s = forward_pass(parameters, x, f)
        by_s, _ = cost.vjp(delta, s, y)
        by_parameters, by_x = backward_pass(by_s, parameters, activations, slope)
        return (*by_parameters, by_x, None)

    return network


def rows_chain(depth: int, activation: Activation, cost: Cost) -> Formula:
    """The same for a batch of rows, with z = a W + b."""
    f, slope = activation.f, activation.slope
    shapes = {}
    for l in range(1, depth):
        shapes[f"W{l}"] = f"n{l - 1} n{l}"
        shapes[f"b{l}"] = f"n{l}"
    shapes[f"W{depth}"] = f"n{depth - 1} n{depth}"
    shapes["x"] = "k n0"
    shapes["y"] = f"k n{depth}"

    @formula(
        name=f"rows_chain{depth}_{_names(depth, activation, cost, '_')}",
        shapes=shapes, values=VALUES[cost.name], id="D23", section=SECTION, latex=LATEX,
    )  # fmt: skip
    def network(*arguments):
        *parameters, x, y = arguments
        _, s = rows_forward_pass(parameters, x, f)
        return cost.value(s, y)

    @network.intermediates
    def network_layers(tap, *arguments):
        *parameters, x, y = arguments
        return cost.value(rows_tapped_pass(tap, parameters, x, f), y)

    @network.vjp(
        title=f"Every gradient of a network of depth {depth}, batch of rows: "
        + _names(depth, activation, cost, ", "),
        note=NUMBERING + ROWS,
    )
    def network_vjp(delta, *arguments):
        *parameters, x, y = arguments
        activations, s = rows_forward_pass(parameters, x, f)
        by_s, _ = cost.vjp(delta, s, y)
        by_parameters, by_x = rows_backward_pass(by_s, parameters, activations, slope)
        return (*by_parameters, by_x, None)

    return network


def _names(depth: int, activation: Activation, cost: Cost, separator: str) -> str:
    """Activation and cost; a network of one layer has no activation."""
    return cost.name if depth == 1 else activation.name + separator + cost.name


CHAINS: list[Formula] = [
    layer_chain(1, SIGMOID, MSE),
    layer_chain(1, SIGMOID, SOFTMAX),
    layer_chain(2, SIGMOID, MSE),
    layer_chain(2, RELU, SOFTMAX),
    layer_chain(2, TANH, LOGISTIC),
    layer_chain(3, SIGMOID, LOGISTIC),
    layer_chain(3, RELU, MSE),
    layer_chain(3, TANH, SOFTMAX),
    layer_chain(4, SIGMOID, SOFTMAX),
    layer_chain(4, TANH, MSE),
    rows_chain(3, TANH, SOFTMAX_ROWS),
    rows_chain(2, RELU, MSE_ROWS),
]
