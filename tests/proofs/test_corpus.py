"""Formulas as users write them: which are proved, and where the others stop."""

import pytest

from gradcheck.proofs import prove
from tests.trust.corpus import CORPUS

PROVED = {
    "sigmoid", "stable_sigmoid", "tanh", "relu", "leaky_relu", "elu", "softplus", "naive_softplus", "swish",
    "parametric_relu", "hard_tanh", "softmax", "naive_softmax", "log_softmax", "log_sum_exp",
    "naive_log_sum_exp", "softmax_with_temperature", "softmax_cross_entropy", "mean_squared_error",
    "absolute_error", "hinge", "logistic_cross_entropy", "binary_cross_entropy", "kullback_leibler",
    "triplet", "dense", "affine", "tanh_layer", "two_layers", "residual", "dropout", "gated_linear_unit",
    "batched_linear", "scale_and_shift", "layer_norm", "rms_norm", "batch_norm", "instance_norm",
    "l2_normalise", "standardise", "variance", "weighted_mean", "attention", "attention_weights",
    "global_average_pool", "quadratic_form", "bilinear_form", "norm", "frobenius", "squared_distances",
    "distances", "cosine_similarity", "trace_of_product", "outer_product", "gram", "gaussian_kernel",
    "rnn_step", "softsign", "mish", "fast_sine", "geometric_mean", "harmonic_mean", "power",
    "entropy_of_shares", "poisson_loss", "charbonnier", "masked_log", "three_steps", "central_moments",
}  # fmt: skip

STOPS = {
    "gelu": "the normal forms differ",  # 3 * 0.044715 is rounded before anyone sees it
    "cubic_norm": "the normal forms differ",  # and so is 1 / 3
    "huber": "the normal forms differ",  # |x| > c implies |x| > 0, which no rule knows
    "conv1d": "a loop over range",
    "cumulative_sum": "np.cumsum",
    "max_pool": "np.reshape",
    "inverse": "np.linalg.inv",
    "relu_by_branches": "a loop over n entries",
    "scaled_dot": "a branch on values",
    "differences": "a slice of part of an axis",
    "row_distances": "for equality",
    "unsafe_masked_root": "indexing with an array of truth values",
    "cross_entropy_of_labels": "np.arange",
    "lstm_step": "np.concatenate",
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
    assert PROVED | STOPS.keys() <= CORPUS.keys()
