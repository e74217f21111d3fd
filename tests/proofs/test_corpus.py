"""Formulas as users write them: which are proved, and where the others stop."""

import pytest

from gradcheck.proofs import prove
from tests.trust.corpus import CORPUS

PROVED = {
    "sigmoid", "stable_sigmoid", "tanh", "relu", "leaky_relu", "elu", "softplus", "naive_softplus", "gelu",
    "swish", "parametric_relu", "hard_tanh", "softmax", "naive_softmax", "log_softmax", "log_sum_exp",
    "naive_log_sum_exp", "softmax_with_temperature", "softmax_cross_entropy", "cross_entropy_of_labels",
    "mean_squared_error", "half_squared_error", "squared_error_as_float", "huber", "absolute_error",
    "hinge", "logistic_cross_entropy", "binary_cross_entropy", "kullback_leibler", "triplet", "dense",
    "affine", "tanh_layer", "two_layers", "residual", "embedding", "dropout", "gated_linear_unit",
    "batched_linear", "scale_and_shift", "layer_norm", "rms_norm", "batch_norm", "instance_norm",
    "group_norm", "l2_normalise", "unit_rows", "standardise", "variance", "sample_variance",
    "weighted_mean", "attention", "causal_attention", "attention_weights", "conv1d", "conv1d_channels",
    "conv2d", "conv2d_padded", "max_pool_by_mask", "average_pool", "global_average_pool", "quadratic_form",
    "bilinear_form", "log_determinant", "determinant", "inverse", "solve", "gaussian_log_density", "norm",
    "frobenius", "squared_distances", "distances", "cosine_similarity", "trace_of_product", "outer_product",
    "gram", "gaussian_kernel", "cumulative_sum", "rnn_step", "gru_step", "lstm_step", "differences",
    "softsign", "mish", "fast_sine", "geometric_mean", "harmonic_mean", "power", "cubic_norm",
    "entropy_of_shares", "polar", "charbonnier", "masked_log", "unsafe_masked_root", "focal_loss",
    "poisson_loss", "running_log_sum_exp", "rolled_products", "two_heads", "three_steps", "group_sums",
    "weighted_average", "row_distances", "without_diagonal", "central_moments", "scaled_dot",
}  # fmt: skip

STOPS = {
    "causal_attention_by_rows": "a slice of part of an axis",  # its size is another one in each step
    "max_pool": "a slice of part of an axis",
    "max_over_time": "np.argmax",
    "product": "np.prod",
    "polynomial": "a loop in which a step needs",  # each step needs the one before
    "moving_average": "np.empty",
    "rnn": "a loop that changes a list",
    "limited_norm": "the code divides by",
    "relu_by_branches": "a branch on values",
    "sigmoid_by_math": "a branch on values",
    "sorted_dot": "np.sort",
    "polynomial_by_polyval": "np.polyval",
    "pairwise_products": "np.triu_indices",
    "checkerboard": "with steps",
    "cumulative_product": "np.cumprod",
}


@pytest.mark.parametrize("name", sorted(PROVED))
def test_it_is_proved(name):
    """Every gradient, on every branch that the code distinguishes."""
    proof = prove(CORPUS[name].claims[-1])
    assert proof.status == "proved", proof.reason
    assert proof.quantities


@pytest.mark.parametrize("name", sorted(CORPUS.keys() - PROVED))
def test_it_is_not_proved_and_the_reason_is_named(name):
    """With the operation and the line where one is in the way."""
    proof = prove(CORPUS[name].claims[-1])
    assert proof.status in ("open", "partly")
    assert "prover itself" not in proof.reason
    assert STOPS.get(name, "") in proof.reason
    if "not available" in proof.reason:
        assert ".py:" in proof.reason


def test_the_list_is_of_formulas_that_are_there():
    """A name that is misspelt would never be looked at."""
    assert PROVED | STOPS.keys() == CORPUS.keys()
