"""Wrong twins of D15 and D16: activations and costs."""

from __future__ import annotations

import numpy as np

from .twin import Twin, twins


def squash(s):
    return 1 / (1 + np.exp(-s))


def softmax(s, axis=-1):
    powers = np.exp(s - np.max(s, axis=axis, keepdims=True))
    return powers / np.sum(powers, axis=axis, keepdims=True)


def in_place(delta, z):
    a = squash(z)
    delta *= a * (1 - a)
    return delta


ACTIVATIONS: list[Twin] = [
    *twins(
        "D15/sigmoid.entry-da[i]_dz[i]",
        slope_of_z=("derivative-point", lambda i, z: z[i] * (1 - z[i])),
        plus=("sign", lambda i, z: squash(z[i]) * (1 + squash(z[i]))),
        one_too_far=("index", lambda i, z: squash(z[i - 1]) * (1 - squash(z[i - 1]))),
    ),
    *twins(
        "D15/sigmoid.vjp",
        slope_of_z=("derivative-point", lambda delta, z: delta * z * (1 - z)),
        slope_of_a_squashed_twice=(
            "derivative-point",
            lambda delta, z: delta * squash(squash(z)) * (1 - squash(squash(z))),
        ),
        slope_missing=("derivative-missing", lambda delta, z: delta * squash(z)),
        delta_changed_in_place=("other", in_place),
        single_precision=(
            "other",
            lambda delta, z: (delta * squash(z) * (1 - squash(z))).astype(np.float32).astype(np.float64),
        ),
    ),
    *twins(
        "D15/relu.entry-da[i]_dz[i]",
        always_one=("derivative-missing", lambda i, z: 1.0),
        the_value_itself=("derivative-missing", lambda i, z: np.maximum(z[i], 0)),
        other_side=("sign", lambda i, z: np.where(z[i] < 0, 1.0, 0.0)),
        leaky=("other", lambda i, z: np.where(z[i] > 0, 1.0, 0.01)),
    ),
    *twins(
        "D15/relu.vjp",
        mask_of_delta=("derivative-point", lambda delta, z: delta * np.where(delta > 0, 1.0, 0.0)),
        both_masks=("other", lambda delta, z: delta * np.where((delta > 0) & (z > 0), 1.0, 0.0)),
        the_value_for_the_slope=("derivative-missing", lambda delta, z: delta * np.maximum(z, 0)),
        threshold_of_one=("derivative-point", lambda delta, z: delta * np.where(z > 1, 1.0, 0.0)),
    ),
    *twins(
        "D15/tanh.entry-da[i]_dz[i]",
        slope_of_z=("derivative-point", lambda i, z: 1 - z[i] * z[i]),
        not_squared=("other", lambda i, z: 1 - np.tanh(z[i])),
        plus=("sign", lambda i, z: 1 + np.tanh(z[i]) ** 2),
    ),
    *twins(
        "D15/tanh.vjp",
        slope_of_z=("derivative-point", lambda delta, z: delta * (1 - z * z)),
        slope_at_a=("derivative-point", lambda delta, z: delta * (1 - np.tanh(np.tanh(z)) ** 2)),
        sigmoid_slope=("other", lambda delta, z: delta * np.tanh(z) * (1 - np.tanh(z))),
        two_for_a_square=("factor", lambda delta, z: delta * (1 - 2 * np.tanh(z))),
    ),
]


def stable(s, y):
    return np.maximum(s, 0) - s * y + np.log1p(np.exp(-np.abs(s)))


COSTS: list[Twin] = [
    *twins(
        "D16/mse.forward",
        sum_for_mean=("factor", lambda s, y: (s @ s - 2 * (s @ y) + y @ y) * 1.0),
        half=("factor", lambda s, y: (s @ s - 2 * (s @ y) + y @ y) / (2 * len(s))),
        cross_term_once=("factor", lambda s, y: (s @ s - s @ y + y @ y) / len(s)),
        absolute_error=("other", lambda s, y: np.mean(np.abs(s - y))),
    ),
    *twins(
        "D16/mse.vjp",
        n_missing=("factor", lambda delta, s, y: (delta * 2 * (s - y), None)),
        two_missing=("factor", lambda delta, s, y: (delta * (s - y) / len(s), None)),
        target_minus_output=("sign", lambda delta, s, y: (delta * 2 * (y - s) / len(s), None)),
        one_n_too_many=("factor", lambda delta, s, y: (delta * 2 * (s - y) / len(s) ** 2, None)),
        summed=("shape", lambda delta, s, y: (delta * 2 * np.sum(s - y) / len(s), None)),
    ),
    *twins(
        "D16/mse_rows.vjp",
        rows_only=("factor", lambda delta, s, y: (delta * 2 * (s - y) / s.shape[0], None)),
        columns_only=("factor", lambda delta, s, y: (delta * 2 * (s - y) / s.shape[1], None)),
        nothing_divided=("factor", lambda delta, s, y: (delta * 2 * (s - y), None)),
        mean_over_the_rows=(
            "wrong-axis",
            lambda delta, s, y: (delta * 2 * np.mean(s - y, axis=0) / s.size + 0 * s, None),
        ),
    ),
    *twins(
        "D16/logistic_cross_entropy.forward",
        labels_swapped=("swapped", lambda s, y: stable(s, 1 - y)),
        second_term_lost=("missing-sum", lambda s, y: -y * np.log(squash(s))),
        likelihood_for_cost=("sign", lambda s, y: -stable(s, y)),
        two_exponents=("factor", lambda s, y: np.maximum(s, 0) - s * y + np.log1p(np.exp(-2 * np.abs(s)))),
    ),
    *twins(
        "D16/logistic_cross_entropy.vjp",
        target_minus_output=("sign", lambda delta, s, y: (delta * (y - squash(s)), None)),
        not_squashed=("derivative-point", lambda delta, s, y: (delta * (s - y), None)),
        slope_kept=(
            "other",
            lambda delta, s, y: (delta * (squash(s) - y) * squash(s) * (1 - squash(s)), None),
        ),
        by_p_in_place_of_s=(
            "derivative-missing",
            lambda delta, s, y: (delta * ((1 - y) * (1 + np.exp(s)) - y * (1 + np.exp(-s))), None),
        ),
    ),
    *twins(
        "D16/logistic_cross_entropy_batch.vjp",
        k_missing=("factor", lambda delta, s, y: (delta * (squash(s) - y), None)),
        rounded_to_a_label=(
            "other",
            lambda delta, s, y: (delta * (np.where(s > 0, 1.0, 0.0) - y) / len(s), None),
        ),
        averaged_away=("shape", lambda delta, s, y: (delta * np.mean(squash(s) - y), None)),
        labels_one_too_far=(
            "index",
            lambda delta, s, y: (delta * (squash(s) - np.roll(y, 1)) / len(s), None),
        ),
    ),
    *twins(
        "D16/softmax_cross_entropy.forward",
        mean_for_sum=("factor", lambda s, y: -np.mean(y * np.log(softmax(s)))),
        likelihood_for_cost=("sign", lambda s, y: np.sum(y * np.log(softmax(s)))),
        normaliser_lost=("other", lambda s, y: -np.sum(y * s)),
        logistic_of_each=("other", lambda s, y: np.sum(stable(s, y))),
    ),
    *twins(
        "D16/softmax_cross_entropy.vjp",
        target_minus_output=("sign", lambda delta, s, y: (delta * (y - softmax(s)), None)),
        target_lost=("other", lambda delta, s, y: (delta * softmax(s), None)),
        diagonal_of_the_jacobian=(
            "missing-sum",
            lambda delta, s, y: (-delta * y * (1 - softmax(s)), None),
        ),
        logistic_of_each=("other", lambda delta, s, y: (delta * (squash(s) - y), None)),
        n_too_many=("factor", lambda delta, s, y: (delta * (softmax(s) - y) / len(s), None)),
        logits_for_probabilities=("derivative-point", lambda delta, s, y: (delta * (s - y), None)),
    ),
    *twins(
        "D16/softmax_cross_entropy_rows.forward",
        one_normaliser_for_all=(
            "wrong-axis",
            lambda s, y: -np.sum(y * (s - np.log(np.sum(np.exp(s))))) / len(s),
        ),
        sum_over_the_batch=("factor", lambda s, y: -np.sum(y * np.log(softmax(s)))),
        mean_over_all_entries=("factor", lambda s, y: -np.mean(y * np.log(softmax(s)))),
        columns_normalised=("wrong-axis", lambda s, y: -np.sum(y * np.log(softmax(s, axis=0))) / len(s)),
    ),
    *twins(
        "D16/softmax_cross_entropy_rows.vjp",
        k_missing=("factor", lambda delta, s, y: (delta * (softmax(s) - y), None)),
        n_too_many=("factor", lambda delta, s, y: (delta * (softmax(s) - y) / s.size, None)),
        columns_normalised=(
            "wrong-axis",
            lambda delta, s, y: (delta * (softmax(s, axis=0) - y) / len(s), None),
        ),
        divided_by_the_classes=("factor", lambda delta, s, y: (delta * (softmax(s) - y) / s.shape[1], None)),
        only_the_true_class=(
            "missing-sum",
            lambda delta, s, y: (delta * y * (softmax(s) - 1) / len(s), None),
        ),
    ),
]

TWINS = [*ACTIVATIONS, *COSTS]
