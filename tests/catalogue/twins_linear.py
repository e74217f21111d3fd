"""Wrong twins of D08-D12: z = W x, z = x, z = x W."""

from __future__ import annotations

import numpy as np

from .twin import Twin, twins


def even_part(k):
    return k - k % 2


TWINS: list[Twin] = [
    *twins(
        "D08/wx_column.jacobian-x.printed",
        transposed=("transposed", lambda W, x: W.T),
        transposed_when_square=("branch-on-equal-sizes", lambda W, x: W.T if len(W) == len(x) else W),
        by_W_in_place_of_x=("swapped", lambda W, x: np.ones_like(W) * x.T),
        summed_over_the_output=("shape", lambda W, x: np.sum(W, axis=0, keepdims=True)),
    ),
    *twins(
        "D08/wx.jacobian-x.printed",
        transposed=("transposed", lambda W, x: W.T),
        times_x=("derivative-missing", lambda W, x: W * x),
        only_in_blocks_of_eight=("tail", lambda W, x: np.where(np.arange(len(x)) < 8, W, 0)),
    ),
    *twins(
        "D09/wx_column.vjp",
        outer_the_wrong_way_round=("transposed", lambda delta, W, x: (x @ delta.T, W.T @ delta)),
        W_not_transposed=("transposed", lambda delta, W, x: (delta @ x.T, W @ delta)),
        row_delta_times_W=("transposed", lambda delta, W, x: (delta @ x.T, delta.T @ W)),
        one_entry_too_far=("index", lambda delta, W, x: (np.roll(delta, 1, axis=0) @ x.T, W.T @ delta)),
    ),
    *twins(
        "D09/wx.vjp",
        outer_the_wrong_way_round=("transposed", lambda delta, W, x: (np.outer(x, delta), W.T @ delta)),
        outer_reshaped=("transposed", lambda delta, W, x: (np.outer(x, delta).reshape(W.shape), W.T @ delta)),
        W_not_transposed_when_square=(
            "branch-on-equal-sizes",
            lambda delta, W, x: (np.outer(delta, x), (W if len(W) == len(x) else W.T) @ delta),
        ),
        only_a_row_of_W=("missing-sum", lambda delta, W, x: (np.outer(delta, x), W[0] * delta[0])),
        one_thousandth_too_much=("factor", lambda delta, W, x: (np.outer(delta, x) * 1.001, W.T @ delta)),
        gradient_of_x_forgotten=("other", lambda delta, W, x: (np.outer(delta, x),)),
    ),
    *twins(
        "D10/identity_column.jacobian-x.printed",
        ones_everywhere=("index", lambda x: np.ones((len(x), len(x)))),
        a_column_of_ones=("shape", np.ones_like),
        from_right_to_left=("index", lambda x: np.eye(len(x))[::-1]),
        x_on_the_diagonal=("derivative-missing", lambda x: np.diag(x[:, 0])),
    ),
    *twins(
        "D10/identity.jacobian-x.printed",
        a_vector_of_ones=("shape", np.ones_like),
        beside_the_diagonal=("index", lambda x: np.eye(len(x), k=1)),
        all_but_the_first_eight_lost=("tail", lambda x: np.diag(np.where(np.arange(len(x)) < 8, 1.0, 0.0))),
    ),
    *twins(
        "D11/xw_row.jacobian-x.printed",
        not_transposed=("transposed", lambda x, W: W),
        not_transposed_when_square=("branch-on-equal-sizes", lambda x, W: W if len(W) == len(W.T) else W.T),
        rows_in_reverse=("index", lambda x, W: W.T[::-1]),
    ),
    *twins(
        "D11/xw.jacobian-x.printed",
        not_transposed=("transposed", lambda x, W: W),
        times_x=("derivative-missing", lambda x, W: W.T * x),
        reshaped_for_transposed=("transposed", lambda x, W: W.reshape(W.T.shape)),
    ),
    *twins(
        "D12/xw_row.vjp.printed",
        delta_on_the_left=("transposed", lambda delta, x, W: (delta @ W.T, delta.T @ x)),
        W_not_transposed=("transposed", lambda delta, x, W: (delta @ W, x.T @ delta)),
        x_lost=("derivative-missing", lambda delta, x, W: (delta @ W.T, np.ones_like(x).T @ delta)),
        arguments_swapped=("swapped", lambda delta, x, W: (x.T @ delta, delta @ W.T)),
    ),
    *twins(
        "D12/xw_batch.vjp.printed",
        mean_over_the_batch=("factor", lambda delta, x, W: (delta @ W.T, x.T @ delta / len(x))),
        first_example_only=("missing-sum", lambda delta, x, W: (delta @ W.T, np.outer(x[0], delta[0]))),
        one_gradient_per_example=(
            "missing-sum",
            lambda delta, x, W: (delta @ W.T, x[:, :, np.newaxis] * delta[:, np.newaxis, :]),
        ),
        sums_before_product=(
            "missing-sum",
            lambda delta, x, W: (delta @ W.T, np.outer(np.sum(x, axis=0), np.sum(delta, axis=0))),
        ),
        odd_example_lost=(
            "tail",
            lambda delta, x, W: (delta @ W.T, x[: even_part(len(x))].T @ delta[: even_part(len(x))]),
        ),
        eight_examples=("tail", lambda delta, x, W: (delta @ W.T, x[:8].T @ delta[:8])),
        x_summed_over_the_batch=(
            "wrong-axis",
            lambda delta, x, W: (np.sum(delta, axis=0, keepdims=True) @ W.T + 0 * x, x.T @ delta),
        ),
    ),
]
