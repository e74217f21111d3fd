"""The catalogue: a hand-written derivation of backpropagation, as formulas with claims D01 to D23."""

from __future__ import annotations

from gradcheck.catalogue import (
    activations,
    chain,
    costs,
    descent,
    example,
    layer,
    layer_chain,
    layouts,
    linear,
    network,
)
from gradcheck.formulas.decorating import Formula

__all__ = ["REMARKS", "formulas"]

REMARKS: tuple[str, ...] = (
    "The input layer sets x_j = a_j^(1) but then lets an index i run from 1 to 4; it is j that runs.",
    (
        "The worked example says that w22^(2) joins a_2^2 and z_2^2; it joins a_2^2 and z_2^3, and that is "
        "what its formula uses."
    ),
    (
        "Three numberings are in use: z^(l+1) = W^(l) a^(l) + b^(l) in the network and the worked example, "
        "z^l = w^l a^(l-1) + b^l where the gradients are derived, and in one sentence W^2, W^3, b^2, b^3 for "
        "the parameters of layers 2 and 3. Each formula is right in its own; the claims' notes say which."
    ),
    (
        "Where the use of gradients is explained, the quantity to be changed is called x; it is the weights "
        "and biases that change, while x is the input."
    ),
    (
        "The derivative of a vector by a vector is printed with both indices running to n: the special case "
        "of two vectors of one length, and no error."
    ),
)
"""Slips of wording in the derivation: no claims, hence nothing to verify; the report lists them."""


def formulas() -> list[Formula]:
    """Every formula of the derivation, in its order."""
    return [
        layouts.weighted_squares,
        layouts.mapped_squares_square,
        layouts.mapped_squares,
        layouts.bilinear,
        layouts.bilinear_squares,
        chain.ax_column,
        chain.ax,
        linear.wx_column,
        linear.wx,
        linear.identity_column,
        linear.identity,
        linear.xw_row,
        linear.xw,
        linear.xw_batch,
        *network.NETWORKS,
        network.hidden_layer,
        activations.sigmoid,
        activations.relu,
        activations.tanh,
        costs.mse,
        costs.mse_rows,
        costs.logistic_cross_entropy,
        costs.logistic_cross_entropy_batch,
        costs.softmax_cross_entropy,
        costs.softmax_cross_entropy_rows,
        layer.layer_column,
        layer.layer,
        *layer.RECURSIONS,
        descent.regression,
        descent.classification,
        *example.EXAMPLES,
        *layer_chain.CHAINS,
    ]
