"""Wrong twins of D21 and D23: backward passes of whole networks, and descent with them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.catalogue.activations import RELU, SIGMOID, TANH, Activation
from gradcheck.catalogue.costs import LOGISTIC, MSE, MSE_ROWS, SOFTMAX, SOFTMAX_ROWS, Cost
from gradcheck.catalogue.passes import backward_pass, forward_pass, rows_backward_pass, rows_forward_pass

from .twin import Twin, twins

Candidate = Callable[..., Any]


def wrong_pass(delta, parameters, activations, slope, mistake, rows=False):
    """The backward pass with one mistake in it, for columns and flat vectors or for rows."""
    weights, gradients = parameters[0::2], []
    if mistake == "output activated":
        last = activations[-1] @ weights[-1] if rows else weights[-1] @ activations[-1]
        delta = delta * slope(last)
    for l in reversed(range(len(weights))):
        a = activations[l]
        W = weights[l].T if mistake == "W not transposed" else weights[l]
        if mistake == "outer the wrong way round":
            gradients.insert(0, delta.T @ a if rows else np.outer(a, delta))
        else:
            gradients.insert(0, a.T @ delta if rows else np.outer(delta, a))
        back = delta @ W.T if rows else W.T @ delta
        if l == 0:
            break
        delta = back if mistake == "slope missing" else back * slope(a)
        if mistake == "slope twice":
            delta = delta * slope(a)
        if mistake == "slope at delta":
            delta = back * slope(back)
        bias = back if mistake == "bias before the slope" else delta
        if rows and mistake != "bias not summed over the batch":
            bias = np.mean(bias, axis=0) if mistake == "bias averaged" else np.sum(bias, axis=0)
        gradients.insert(0, bias)
    return gradients, delta if mistake == "stopped before x" else back


DEEP = {
    "slope missing": "derivative-missing",
    "bias before the slope": "derivative-missing",
    "output activated": "other",
}
SHALLOW = {
    "W not transposed": "transposed",
    "outer the wrong way round": "transposed",
    "stopped before x": "derivative-missing",
}
OF_A_BATCH = {"bias not summed over the batch": "missing-sum", "bias averaged": "factor"}


def chain_twins(name: str, activation: Activation, cost: Cost) -> list[Twin]:
    """One twin for every mistake that makes a difference in this network."""
    rows, shallow = name.startswith("rows"), "chain1" in name
    run = rows_forward_pass if rows else forward_pass

    def backward(mistake: str) -> Candidate:
        def candidate(delta, *arguments):
            *parameters, x, y = arguments
            activations, s = run(parameters, x, activation.f)
            by_s, _ = cost.vjp(delta, s, y)
            gradients, by_x = wrong_pass(by_s, parameters, activations, activation.slope, mistake, rows)
            return (*gradients, by_x, None)

        return candidate

    def without_cost(delta, *arguments):
        *parameters, x, y = arguments
        activations, s = run(parameters, x, activation.f)
        right = rows_backward_pass if rows else backward_pass
        gradients, by_x = right(delta * (s - y), parameters, activations, activation.slope)
        return (*gradients, by_x, None)

    # ReLU's slope is 0 or 1: taking it twice changes nothing
    slopes = {"slope at delta" if activation is RELU else "slope twice": "derivative-point"}
    mistakes = SHALLOW | ({} if shallow else DEEP | slopes) | (OF_A_BATCH if rows else {})
    versions = {m.replace(" ", "_"): (kind, backward(m)) for m, kind in mistakes.items()}
    return twins(f"D23/{name}.vjp", cost_taken_for_half_the_square=("other", without_cost), **versions)


CHAINS: list[Twin] = [
    *chain_twins("chain1_mse", SIGMOID, MSE),
    *chain_twins("chain1_softmax", SIGMOID, SOFTMAX),
    *chain_twins("chain2_sigmoid_mse", SIGMOID, MSE),
    *chain_twins("chain2_relu_softmax", RELU, SOFTMAX),
    *chain_twins("chain2_tanh_logistic", TANH, LOGISTIC),
    *chain_twins("chain3_sigmoid_logistic", SIGMOID, LOGISTIC),
    *chain_twins("chain3_relu_mse", RELU, MSE),
    *chain_twins("chain3_tanh_softmax", TANH, SOFTMAX),
    *chain_twins("chain4_sigmoid_softmax", SIGMOID, SOFTMAX),
    *chain_twins("chain4_tanh_mse", TANH, MSE),
    *chain_twins("rows_chain3_tanh_softmax", TANH, SOFTMAX_ROWS),
    *chain_twins("rows_chain2_relu_mse", RELU, MSE_ROWS),
]


def descent_twins(name: str, activation: Activation, cost: Cost) -> list[Twin]:
    def gradients(mistake, parameters, x, y):
        activations, s = rows_forward_pass(parameters, x, activation.f)
        by_s, _ = cost.vjp(1.0, s, y)
        return wrong_pass(by_s, parameters, activations, activation.slope, mistake, rows=True)[0]

    def step(move: Callable[[Any, Any, Any], Any], mistake: str = "") -> Candidate:
        def candidate(rate, W1, b1, W2, x, y):
            old = [W1, b1, W2]
            moved = [move(p, rate, g) for p, g in zip(old, gradients(mistake, old, x, y), strict=True)]
            return (*moved, None, None)

        return candidate

    def last_layer_first(rate, W1, b1, W2, x, y):
        W2 = W2 - rate * gradients("", [W1, b1, W2], x, y)[2]
        by_W1, by_b1, _ = gradients("", [W1, b1, W2], x, y)  # with the new W2, not the old one
        return W1 - rate * by_W1, b1 - rate * by_b1, W2, None, None

    def bias_stays(rate, W1, b1, W2, x, y):
        by_W1, _, by_W2 = gradients("", [W1, b1, W2], x, y)
        return W1 - rate * by_W1, b1, W2 - rate * by_W2, None, None

    def down(p, rate, g):
        return p - rate * g

    return twins(
        f"D21/{name}.update.printed",
        uphill=("sign", step(lambda p, rate, g: p + rate * g)),
        rate_ignored=("factor", step(lambda p, rate, g: p - g)),
        divided_by_the_rate=("factor", step(lambda p, rate, g: p - g / rate)),
        the_step_alone=("other", step(lambda p, rate, g: -rate * g)),
        sign_of_the_gradient_only=("other", step(lambda p, rate, g: p - rate * np.sign(g))),
        slope_missing=("derivative-missing", step(down, "slope missing")),
        bias_not_summed_over_the_batch=("missing-sum", step(down, "bias not summed over the batch")),
        last_layer_first=("other", last_layer_first),
        bias_stays=("other", bias_stays),
    )


TWINS: list[Twin] = [
    *descent_twins("regression", TANH, MSE_ROWS),
    *descent_twins("classification", SIGMOID, SOFTMAX_ROWS),
    *CHAINS,
]
