"""D08-D12: the general formulas for z = W x, z = x and z = x W."""

from __future__ import annotations

import numpy as np

from gradcheck.catalogue.readings import COLUMN, FLAT, ROW, ROWS
from gradcheck.formulas.decorating import formula

__all__ = ["identity", "identity_column", "wx", "wx_column", "xw", "xw_batch", "xw_row"]

BY_X = r"\frac{\partial z}{\partial x} = W"
BY_W_PRINTED = r"\frac{\partial J}{\partial W} = \delta^T x"
BY_W = r"\frac{\partial J}{\partial W} = \delta^T x^T"
BY_IDENTITY = r"\frac{\partial z}{\partial x} = I"
BY_ROW = r"\frac{\partial z}{\partial x} = W^T"
BY_W_RIGHT = r"\frac{\partial J}{\partial W} = x^T \delta"


@formula(shapes={"W": "n m", "x": "m 1"}, section="z = Wx", latex="z = Wx", note=COLUMN)
def wx_column(W, x):
    return W @ x


@wx_column.jacobian(
    "x", layout="numerator", id="D08", title="dz/dx = W", latex=BY_X, note=COLUMN, printed=True
)
def wx_column_jacobian(W, x):
    return W


@wx_column.vjp(
    id="D09", title="dJ/dW = delta^T x as printed, row delta and column x", latex=BY_W_PRINTED, note=COLUMN,
    printed=True, erratum=True,
)  # fmt: skip
def wx_column_vjp_printed(delta, W, x):
    row = delta.T  # the notes' delta is a row
    return row.T @ x, None


@wx_column.vjp(
    id="D09", suffix="printed-column-delta", latex=BY_W_PRINTED,
    title="dJ/dW = delta^T x as printed, delta and x both columns",
    note="Vectors are columns (m, 1), delta too, against the notes' own layout.",
    printed=True, erratum=True,
)  # fmt: skip
def wx_column_vjp_printed_column(delta, W, x):
    return delta.T @ x, None


@wx_column.vjp(id="D09", title="dJ/dW = delta^T x^T, with dJ/dx = delta W", latex=BY_W, note=COLUMN)
def wx_column_vjp(delta, W, x):
    row = delta.T  # the notes' delta is a row
    return row.T @ x.T, (row @ W).T


@formula(shapes={"W": "n m", "x": "m"}, section="z = Wx", latex="z = Wx", note=FLAT)
def wx(W, x):
    return W @ x


@wx.jacobian("x", id="D08", title="dz/dx = W", latex=BY_X, note=FLAT, printed=True)
def wx_jacobian(W, x):
    return W


@wx.vjp(
    id="D09", title="dJ/dW = delta^T x as printed, read with flat arrays", latex=BY_W_PRINTED, note=FLAT,
    printed=True, erratum=True,
)  # fmt: skip
def wx_vjp_printed(delta, W, x):
    return delta.T @ x, None


@wx.vjp(id="D09", title="dJ/dW = delta^T x^T: every delta_i x_j", latex=BY_W, note=FLAT)
def wx_vjp(delta, W, x):
    return np.outer(delta, x), W.T @ delta


@formula(shapes={"x": "n 1"}, section="z = x", latex="z = x", note=COLUMN)
def identity_column(x):
    return x


@identity_column.jacobian(
    "x", layout="numerator", id="D10", title="dz/dx = I", latex=BY_IDENTITY, note=COLUMN, printed=True
)
def identity_column_jacobian(x):
    return np.eye(x.shape[0])


@formula(shapes={"x": "n"}, section="z = x", latex="z = x", note=FLAT)
def identity(x):
    return x


@identity.jacobian("x", id="D10", title="dz/dx = I", latex=BY_IDENTITY, note=FLAT, printed=True)
def identity_jacobian(x):
    return np.diag(np.ones_like(x))


@formula(shapes={"x": "1 m", "W": "m n"}, section="z = xW", latex="z = xW", note=ROW)
def xw_row(x, W):
    return x @ W


@xw_row.jacobian("x", layout="numerator", id="D11", title="dz/dx = W^T", latex=BY_ROW, note=ROW, printed=True)
def xw_row_jacobian(x, W):
    return W.T


@xw_row.vjp(
    id="D12", title="dJ/dW = x^T delta, with dJ/dx = delta W^T", latex=BY_W_RIGHT, note=ROW, printed=True
)
def xw_row_vjp(delta, x, W):
    return delta @ W.T, x.T @ delta


@formula(shapes={"x": "m", "W": "m n"}, section="z = xW", latex="z = xW", note=FLAT)
def xw(x, W):
    return x @ W


@xw.jacobian("x", id="D11", title="dz/dx = W^T", latex=BY_ROW, note=FLAT, printed=True)
def xw_jacobian(x, W):
    return W.T


@formula(shapes={"x": "k m", "W": "m n"}, section="z = xW", latex="z = xW", note=ROWS)
def xw_batch(x, W):
    return x @ W


@xw_batch.vjp(
    id="D12", title="dJ/dW = x^T delta sums over a batch of rows", latex=BY_W_RIGHT, note=ROWS, printed=True
)
def xw_batch_vjp(delta, x, W):
    return delta @ W.T, x.T @ delta
