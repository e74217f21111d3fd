"""The forward and the backward pass of a whole network, written by hand for any depth.

The convention is that of D13: layer l has z^(l+1) = W^(l) a^(l) + b^(l) with a^(1) = x, and the last
layer has neither bias nor activation, s = W^(L) a^(L). `parameters` is W1, b1, W2, b2, ..., WL.

The backward pass takes delta = dC/ds and goes from the last layer to the first:

    dC/dW^(l) = delta^(l+1) a^(l)T,   dC/db^(l) = delta^(l+1),
    delta^(l) = (W^(l)T delta^(l+1)) * f'(z^(l)).

It needs f' only where the forward pass has been, so f' is computed from a = f(z). There are two pairs:
one example (a column or a flat vector), and a batch of rows, in which W stands on the right and the
gradient of a bias sums over the batch.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = [
    "backward_pass",
    "forward_pass",
    "rows_backward_pass",
    "rows_forward_pass",
    "rows_tapped_pass",
    "tapped_pass",
]


def forward_pass(parameters, x, f):
    """The activations [a^(1), ..., a^(L)] and the output s, for columns or flat vectors."""
    weights, biases = parameters[0::2], parameters[1::2]
    activations = [x]
    for W, b in zip(weights[:-1], biases, strict=True):
        activations.append(f(W @ activations[-1] + b))
    return activations, weights[-1] @ activations[-1]


def tapped_pass(tap, parameters, x, f):
    """The output once more, with the layers z2, a2, z3, ..., s named for the oracle."""
    weights, biases = parameters[0::2], parameters[1::2]
    a = x
    for l, (W, b) in enumerate(zip(weights[:-1], biases, strict=True), 2):
        a = tap(f"a{l}", f(tap(f"z{l}", W @ a + b)))
    return tap("s", weights[-1] @ a)


def backward_pass(delta, parameters, activations, slope):
    """Gradients of the parameters, in their order, and of x."""
    weights = parameters[0::2]
    gradients: list[Any] = []
    for l in reversed(range(len(weights))):
        a = activations[l]
        gradients.insert(0, np.outer(delta, a))
        back = weights[l].T @ delta
        if l == 0:
            break
        delta = back * slope(a)
        gradients.insert(0, delta)  # the bias that made a
    return gradients, back


def rows_forward_pass(parameters, x, f):
    """The same for a batch: z = a W + b, with b added to every row."""
    weights, biases = parameters[0::2], parameters[1::2]
    activations = [x]
    for W, b in zip(weights[:-1], biases, strict=True):
        activations.append(f(activations[-1] @ W + b))
    return activations, activations[-1] @ weights[-1]


def rows_tapped_pass(tap, parameters, x, f):
    """The same for a batch of rows."""
    weights, biases = parameters[0::2], parameters[1::2]
    a = x
    for l, (W, b) in enumerate(zip(weights[:-1], biases, strict=True), 2):
        a = tap(f"a{l}", f(tap(f"z{l}", a @ W + b)))
    return tap("s", a @ weights[-1])


def rows_backward_pass(delta, parameters, activations, slope):
    """Gradients of the parameters, in their order, and of x, for a batch of rows."""
    weights = parameters[0::2]
    gradients: list[Any] = []
    for l in reversed(range(len(weights))):
        a = activations[l]
        gradients.insert(0, a.T @ delta)
        back = delta @ weights[l].T
        if l == 0:
            break
        delta = back * slope(a)
        gradients.insert(0, np.sum(delta, axis=0))  # the bias that made a
    return gradients, back
