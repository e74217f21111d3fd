"""Wrong twins of D13, D14, D17-D20 and D22: networks and layers."""

from __future__ import annotations

import numpy as np

from gradcheck.catalogue.activations import RELU, SIGMOID, TANH, Activation

from .twin import Twin, twins


def network_twins(activation: Activation) -> list[Twin]:
    f = activation.f

    def two_layers(W1, b1, W2, b2, x):
        return f(W2 @ f(W1 @ x + b1) + b2)

    return twins(
        f"D13/network_{activation.name}.forward.printed",
        second_activation_lost=(
            "other",
            lambda W1, b1, W2, b2, W3, x: W3 @ (W2 @ f(W1 @ x + b1) + b2),
        ),
        output_activated=("other", lambda W1, b1, W2, b2, W3, x: f(W3 @ two_layers(W1, b1, W2, b2, x))),
        bias_outside_the_activation=(
            "other",
            lambda W1, b1, W2, b2, W3, x: W3 @ f(W2 @ (f(W1 @ x) + b1) + b2),
        ),
        biases_swapped=("swapped", lambda W1, b1, W2, b2, W3, x: W3 @ two_layers(W1, b2, W2, b1, x)),
        second_bias_lost=("other", lambda W1, b1, W2, b2, W3, x: W3 @ f(W2 @ f(W1 @ x + b1))),
        first_matrix_transposed=(
            "transposed",
            lambda W1, b1, W2, b2, W3, x: W3 @ two_layers(W1.T, b1, W2, b2, x),
        ),
    )


HIDDEN: list[Twin] = twins(
    "D14/hidden_layer.forward",
    bias_lost=("other", lambda W, x, b: W @ x),
    biases_in_reverse=("index", lambda W, x, b: W @ x + b[::-1]),
    last_term_lost=("missing-sum", lambda W, x, b: W[:, :3] @ x[:3] + b),
    second_row_starts_with_x2=("index", lambda W, x, b: np.stack([W[0] @ x, W[1] @ np.roll(x, -1)]) + b),
    one_bias_for_both=("index", lambda W, x, b: W @ x + b[0]),
)

LAYER: list[Twin] = [
    *twins(
        "D17/layer_column.forward",
        sum_down_the_columns=("wrong-axis", lambda w, a, b: np.sum(w * a.T, axis=0, keepdims=True).T + b),
        last_term_lost=("index", lambda w, a, b: np.sum((w * a.T)[:, :-1], axis=1, keepdims=True) + b),
        b_j_inside_the_sum=("factor", lambda w, a, b: np.sum(w * a.T + b, axis=1, keepdims=True)),
        w_transposed=("transposed", lambda w, a, b: w.T @ a + b),
    ),
    *twins(
        "D17/layer.forward",
        sum_down_the_columns=("wrong-axis", lambda w, a, b: np.sum(w * a, axis=0) + b),
        summed_over_everything=("wrong-axis", lambda w, a, b: np.sum(w * a) + b),
        minus_bias=("sign", lambda w, a, b: w @ a - b),
        eight_terms=("tail", lambda w, a, b: w[:, :8] @ a[:8] + b),
    ),
    *twins(
        "D18/layer.entry-dz[j]_dw[j,k].printed",
        a_j_for_a_k=("index", lambda j, k, w, a, b: a[j]),
        the_weight_itself=("swapped", lambda j, k, w, a, b: w[j, k]),
        one_too_far=("index", lambda j, k, w, a, b: a[k - 1]),
    ),
    *twins(
        "D18/layer.entry-dJ_dw[j,k].printed",
        indices_swapped=("index", lambda j, k, delta, w, a, b: delta[k] * a[j]),
        delta_forgotten=("delta-ignored", lambda j, k, delta, w, a, b: a[k]),
        all_of_delta=("missing-sum", lambda j, k, delta, w, a, b: np.sum(delta) * a[k]),
        weight_for_activation=("swapped", lambda j, k, delta, w, a, b: delta[j] * w[j, k]),
    ),
    *twins(
        "D19/layer.entry-dz[j]_db[j].printed",
        zero=("derivative-missing", lambda j, w, a, b: 0.0),
        once_for_every_term=("factor", lambda j, w, a, b: float(w.shape[1])),
        the_bias_itself=("derivative-missing", lambda j, w, a, b: b[j]),
    ),
    *twins(
        "D19/layer.entry-dJ_db[j].printed",
        delta_forgotten=("delta-ignored", lambda j, delta, w, a, b: 1.0),
        all_of_delta=("missing-sum", lambda j, delta, w, a, b: np.sum(delta)),
        times_the_bias=("derivative-missing", lambda j, delta, w, a, b: delta[j] * b[j]),
        one_too_far=("index", lambda j, delta, w, a, b: delta[j - 1]),
    ),
]


def recursion_twins(activation: Activation) -> list[Twin]:
    f, slope = activation.f, activation.slope
    # for ReLU f' is the same at z and at a, so that this is no mistake
    wrong_point = (lambda z: slope(f(z) - 1)) if activation is RELU else slope
    return twins(
        f"D20/recursion_{activation.name}.vjp",
        slope_missing=("derivative-missing", lambda delta, z, W, b: (W.T @ delta, delta @ f(z).T, delta)),
        slope_in_the_wrong_place=(
            "derivative-point",
            lambda delta, z, W, b: ((W.T @ delta) * wrong_point(z), delta @ f(z).T, delta),
        ),
        W_not_transposed=(
            "transposed",
            lambda delta, z, W, b: ((W @ delta) * slope(f(z)), delta @ f(z).T, delta),
        ),
        z_for_a_in_dW=("swapped", lambda delta, z, W, b: ((W.T @ delta) * slope(f(z)), delta @ z.T, delta)),
        value_for_slope=(
            "derivative-point",
            lambda delta, z, W, b: ((W.T @ delta) * f(z), delta @ f(z).T, delta),
        ),
        dW_the_wrong_way_round=(
            "transposed",
            lambda delta, z, W, b: ((W.T @ delta) * slope(f(z)), f(z) @ delta.T, delta),
        ),
        matrix_product_for_the_entries=(
            "shape",
            lambda delta, z, W, b: ((W.T @ delta) @ slope(f(z)).T, delta @ f(z).T, delta),
        ),
    )


def example_twins(name: str, activation: Activation) -> list[Twin]:
    f, slope = activation.f, activation.slope

    def parts(delta, W1, b1, W2, b2, W3, x, y):
        a2 = f(W1 @ x + b1)
        a3 = f(W2 @ a2 + b2)
        s = W3 @ a3
        return a2, a3, W3.T @ (delta * 2 * (s - y) / len(s))

    def slope_missing(*arguments):
        a2, _, by_a3 = parts(*arguments)
        return by_a3[1, 0] * a2[1, 0]

    def slope_of_layer_2(*arguments):
        a2, _, by_a3 = parts(*arguments)
        return by_a3[1, 0] * slope(a2[1, 0]) * a2[1, 0]

    def other_numbering(delta, W1, b1, W2, b2, W3, x, y):
        # z^(2) = w^(2) a^(1): the same symbols, one layer too early
        a2, a3, by_a3 = parts(delta, W1, b1, W2, b2, W3, x, y)
        by_a2 = W2.T @ (by_a3 * slope(a3))
        return by_a2[1, 0] * slope(a2[1, 0]) * x[1, 0]

    def w21(*arguments):
        a2, a3, by_a3 = parts(*arguments)
        return by_a3[1, 0] * slope(a3[1, 0]) * a2[0, 0]

    def w12(*arguments):
        a2, a3, by_a3 = parts(*arguments)
        return by_a3[0, 0] * slope(a3[0, 0]) * a2[1, 0]

    def last_weight_forgotten(delta, W1, b1, W2, b2, W3, x, y):
        a2, a3, _ = parts(delta, W1, b1, W2, b2, W3, x, y)
        return np.sum(delta * 2 * (W3 @ a3 - y)) / len(y) * slope(a3[1, 0]) * a2[1, 0]

    return twins(
        f"D22/{name}.entry-dJ_dW2[1,1].printed",
        slope_missing=("derivative-missing", slope_missing),
        slope_of_layer_2=("derivative-point", slope_of_layer_2),
        other_numbering=("index", other_numbering),
        w21_for_w22=("index", w21),
        w12_for_w22=("index", w12),
        last_weight_forgotten=("derivative-missing", last_weight_forgotten),
    )


TWINS: list[Twin] = [
    *(t for activation in (SIGMOID, RELU, TANH) for t in network_twins(activation)),
    *HIDDEN,
    *LAYER,
    *(t for activation in (SIGMOID, RELU, TANH) for t in recursion_twins(activation)),
    *example_twins("example_picture", SIGMOID),
    *example_twins("example_any_sizes", TANH),
]
