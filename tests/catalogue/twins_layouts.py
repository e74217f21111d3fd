"""Wrong twins of D01-D07: layouts, and the chain rule on z = A x."""

from __future__ import annotations

import numpy as np

from .twin import Twin, twins

LAYOUTS: list[Twin] = [
    *twins(
        "D01/weighted_squares.layout-x.printed",
        column_for_a_row=("transposed", lambda c, x: 2 * c * x),
        two_lost=("factor", lambda c, x: (c * x).T),
        flat=("shape", lambda c, x: (2 * c * x)[:, 0]),
        weights_lost=("other", lambda c, x: 2 * x.T),
    ),
    *twins(
        "D01/weighted_squares.layout-c.printed",
        column_for_a_row=("transposed", lambda c, x: x * x),
        differentiated_by_x=("swapped", lambda c, x: (2 * c * x).T),
        summed=("shape", lambda c, x: np.sum(x * x)),
    ),
    *twins(
        "D02/mapped_squares_square.layout-x.printed",
        denominator_layout=("transposed", lambda A, x: (2 * A * x.T).T),
        x_down_the_rows=("wrong-axis", lambda A, x: 2 * A * x),
        square_not_differentiated=("derivative-missing", lambda A, x: A * (x * x).T),
    ),
    *twins(
        "D02/mapped_squares.layout-x",
        denominator_layout=("transposed", lambda A, x: (2 * A * x.T).T),
        x_down_the_rows=("wrong-axis", lambda A, x: 2 * A * x),
        inner_derivative_lost=("derivative-missing", lambda A, x: A + 0 * x.T),
        down_the_rows_when_square=(
            "branch-on-equal-sizes",
            lambda A, x: 2 * A * x if A.shape[0] == A.shape[1] else 2 * A * x.T,
        ),
    ),
    *twins(
        "D03/bilinear.layout-A.printed",
        outer_the_wrong_way_round=("transposed", lambda u, A, v: v @ u.T),
        left_vector_lost=("other", lambda u, A, v: np.ones_like(u) @ v.T),
        matrix_left_in=("derivative-missing", lambda u, A, v: u * A * v.T),
        a_row_as_for_a_vector=("shape", lambda u, A, v: np.reshape(u @ v.T, (1, -1))),
    ),
    *twins(
        "D03/bilinear_squares.layout-A.printed",
        transposed=("transposed", lambda u, A, v: (2 * u * A * v.T).T),
        two_lost=("factor", lambda u, A, v: u * A * v.T),
        square_not_differentiated=("derivative-missing", lambda u, A, v: u * A * A * v.T),
        vectors_swapped=("swapped", lambda u, A, v: 2 * v * A * u.T),
    ),
]

CHAIN: list[Twin] = [
    *twins(
        "D04/ax_column.entry-dJ_dA[i,j].printed",
        unit_in_place_j=("index", lambda i, j, delta, A, x: (delta.T @ np.eye(len(A))[:, [j]] * x[j])[0, 0]),
        every_place=("index", lambda i, j, delta, A, x: (delta.T @ np.ones_like(delta) * x[j])[0, 0]),
        no_chain=("delta-ignored", lambda i, j, delta, A, x: x[j, 0]),
        local_factor_lost=("derivative-missing", lambda i, j, delta, A, x: delta[i, 0]),
    ),
    *twins(
        "D04/ax.entry-dJ_dA[i,j].printed",
        unit_in_place_j=("index", lambda i, j, delta, A, x: delta @ (np.eye(len(A))[:, j] * x[j])),
        x_in_place_i=("index", lambda i, j, delta, A, x: delta @ (np.eye(len(A))[i] * x[i])),
        no_chain=("delta-ignored", lambda i, j, delta, A, x: x[j]),
    ),
    *twins(
        "D05/ax_column.entry-dz_dA[i,j].printed",
        a_row=("transposed", lambda i, j, A, x: np.eye(len(A))[[i]] * x[j]),
        x_i_for_x_j=("index", lambda i, j, A, x: np.eye(len(A))[:, [i]] * x[i]),
        every_place=("index", lambda i, j, A, x: np.ones((len(A), 1)) * x[j]),
        x_lost=("derivative-missing", lambda i, j, A, x: np.eye(len(A))[:, [i]]),
    ),
    *twins(
        "D05/ax.entry-dz_dA[i,j].printed",
        the_number_alone=("shape", lambda i, j, A, x: x[j]),
        place_j=("index", lambda i, j, A, x: np.eye(len(A))[j] * x[j]),
        matrix_entry_left_in=("derivative-missing", lambda i, j, A, x: np.eye(len(A))[i] * A[i, j] * x[j]),
    ),
    *twins(
        "D06/ax_column.entry-dJ_dA[i,j]",
        indices_swapped=("index", lambda i, j, delta, A, x: delta[j, 0] * x[i, 0]),
        sum_of_delta=("index", lambda i, j, delta, A, x: np.sum(delta) * x[j, 0]),
        first_of_delta=("index", lambda i, j, delta, A, x: delta[0, 0] * x[j, 0]),
        one_too_far=("index", lambda i, j, delta, A, x: delta[i, 0] * x[j - 1, 0]),
    ),
    *twins(
        "D06/ax.entry-dJ_dA[i,j]",
        indices_swapped=("index", lambda i, j, delta, A, x: delta[j] * x[i]),
        one_too_far=("index", lambda i, j, delta, A, x: delta[i - 1] * x[j]),
        matrix_for_x=("swapped", lambda i, j, delta, A, x: delta[i] * A[i, j]),
    ),
    *twins(
        "D07/ax_column.vjp",
        outer_the_wrong_way_round=("transposed", lambda delta, A, x: (x @ delta.T, A.T @ delta)),
        A_not_transposed=("transposed", lambda delta, A, x: (delta @ x.T, A @ delta)),
        gradient_of_x_as_a_row=("transposed", lambda delta, A, x: (delta @ x.T, delta.T @ A)),
        entry_by_entry=("shape", lambda delta, A, x: (delta * x, A.T @ delta)),
    ),
    *twins(
        "D07/ax.vjp",
        outer_the_wrong_way_round=("transposed", lambda delta, A, x: (np.outer(x, delta), A.T @ delta)),
        A_not_transposed_when_square=(
            "branch-on-equal-sizes",
            lambda delta, A, x: (np.outer(delta, x), (A if A.shape[0] == A.shape[1] else A.T) @ delta),
        ),
        arguments_swapped=("swapped", lambda delta, A, x: (A.T @ delta, np.outer(delta, x))),
        delta_summed=(
            "missing-sum",
            lambda delta, A, x: (np.outer(delta, x), np.sum(A, axis=0) * np.sum(delta)),
        ),
    ),
]

TWINS = [*LAYOUTS, *CHAIN]
