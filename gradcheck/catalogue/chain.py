"""D04-D07: the chain rule on z = A x, from one entry of A to the whole gradient."""

from __future__ import annotations

import numpy as np

from gradcheck.catalogue.readings import COLUMN, FLAT
from gradcheck.formulas.decorating import formula

__all__ = ["ax", "ax_column"]

SECTION = "Vector by matrix"
CHAIN = (
    r"\frac{\partial J}{\partial A_{ij}} = \frac{\partial J}{\partial \mathbf{z}}"
    r"\cdot\frac{\partial \mathbf{z}}{\partial A_{ij}}"
)
UNIT = (
    r"\frac{\partial \mathbf{z}}{\partial A_{ij}} = \begin{bmatrix}0\\ \vdots\\ x_j\\ \vdots\\ 0\end{bmatrix}"
    r"\leftarrow i"
)
ENTRY_PRINTED = r"\frac{\partial J}{\partial A_{ij}} = \delta\,.\,\mathbf{x}_j"
ENTRY = r"\frac{\partial J}{\partial A_{ij}} = \delta_i x_j"
WHOLE_PRINTED = r"\frac{\partial J}{\partial A} = \delta^T.\,\mathbf{x}"
WHOLE = r"\frac{\partial J}{\partial A} = \delta^T \mathbf{x}^T"


@formula(shapes={"A": "n m", "x": "m 1"}, section=SECTION, latex=r"\mathbf{z} = A\mathbf{x}", note=COLUMN)
def ax_column(A, x):
    return A @ x


@ax_column.entry(
    "dJ/dA[i,j]", id="D04", title="Chain rule: row dJ/dz times column dz/dA_ij", latex=CHAIN, note=COLUMN,
    printed=True,
)  # fmt: skip
def ax_column_chain(i, j, delta, A, x):
    row = delta.T  # the notes' delta is a row
    column = np.eye(A.shape[0])[:, [i]] * x[j]  # dz/dA_ij
    return (row @ column)[0, 0]


@ax_column.entry(
    "dz/dA[i,j]", id="D05", title="dz/dA_ij is x_j in place i, zero elsewhere", latex=UNIT, note=COLUMN,
    printed=True,
)  # fmt: skip
def ax_column_unit(i, j, A, x):
    return np.eye(A.shape[0])[:, [i]] * x[j]


@ax_column.entry(
    "dJ/dA[i,j]", id="D06", title="dJ/dA_ij = delta x_j as printed, the whole row delta", latex=ENTRY_PRINTED,
    note=COLUMN, printed=True, erratum=True,
)  # fmt: skip
def ax_column_entry_printed(i, j, delta, A, x):
    row = delta.T  # the notes' delta is a row
    return np.squeeze(row * x[j])  # a 1-by-1 matrix counts as the number in it


@ax_column.entry("dJ/dA[i,j]", id="D06", title="dJ/dA_ij = delta_i x_j", latex=ENTRY, note=COLUMN)
def ax_column_entry(i, j, delta, A, x):
    row = delta.T  # the notes' delta is a row
    return row[0, i] * x[j, 0]


@ax_column.vjp(
    id="D07", title="dJ/dA = delta^T x as printed, row delta and column x", latex=WHOLE_PRINTED, note=COLUMN,
    printed=True, erratum=True,
)  # fmt: skip
def ax_column_vjp_printed(delta, A, x):
    row = delta.T  # the notes' delta is a row
    return row.T @ x, None


@ax_column.vjp(id="D07", title="dJ/dA = delta^T x^T", latex=WHOLE, note=COLUMN)
def ax_column_vjp(delta, A, x):
    row = delta.T  # the notes' delta is a row
    return row.T @ x.T, (row @ A).T


@formula(shapes={"A": "n m", "x": "m"}, section=SECTION, latex=r"\mathbf{z} = A\mathbf{x}", note=FLAT)
def ax(A, x):
    return A @ x


@ax.entry(
    "dJ/dA[i,j]", id="D04", title="Chain rule: dJ/dz times dz/dA_ij", latex=CHAIN, note=FLAT, printed=True
)
def ax_chain(i, j, delta, A, x):
    vector = np.eye(A.shape[0])[i] * x[j]  # dz/dA_ij
    return delta @ vector


@ax.entry(
    "dz/dA[i,j]", id="D05", title="dz/dA_ij is x_j in place i, zero elsewhere", latex=UNIT, note=FLAT,
    printed=True,
)  # fmt: skip
def ax_unit(i, j, A, x):
    return np.eye(A.shape[0])[i] * x[j]


@ax.entry(
    "dJ/dA[i,j]", id="D06", title="dJ/dA_ij = delta x_j as printed, the whole delta", latex=ENTRY_PRINTED,
    note=FLAT, printed=True, erratum=True,
)  # fmt: skip
def ax_entry_printed(i, j, delta, A, x):
    return np.squeeze(delta * x[j])  # an array of one entry counts as the number in it


@ax.entry("dJ/dA[i,j]", id="D06", title="dJ/dA_ij = delta_i x_j", latex=ENTRY, note=FLAT)
def ax_entry(i, j, delta, A, x):
    return delta[i] * x[j]


@ax.vjp(
    id="D07", title="dJ/dA = delta^T x as printed, read with flat arrays", latex=WHOLE_PRINTED, note=FLAT,
    printed=True, erratum=True,
)  # fmt: skip
def ax_vjp_printed(delta, A, x):
    return delta.T @ x, None


@ax.vjp(id="D07", title="dJ/dA = delta^T x^T: every delta_i x_j", latex=WHOLE, note=FLAT)
def ax_vjp(delta, A, x):
    return np.outer(delta, x), A.T @ delta
