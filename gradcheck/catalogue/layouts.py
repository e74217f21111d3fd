"""D01-D03: where the partial derivatives stand.

A layout is a convention, so it is claimed on concrete functions that are differentiated by hand. None of
them is symmetric, so that an entry in another's place is another number.
"""

from __future__ import annotations

import numpy as np

from gradcheck.formulas.decorating import formula

__all__ = [
    "bilinear",
    "bilinear_squares",
    "mapped_squares",
    "mapped_squares_square",
    "weighted_squares",
]

SECTION = "Matrix derivatives"


@formula(
    shapes={"c": "n 1", "x": "n 1"},
    id="D01",
    section=SECTION,
    latex=r"\frac{\partial y}{\partial \mathbf{x}} = \left[\frac{\partial y}{\partial x_1}\;"
    r"\frac{\partial y}{\partial x_2}\;\cdots\;\frac{\partial y}{\partial x_n}\right]",
)
def weighted_squares(c, x):
    """y = sum_j c_j x_j^2."""
    return np.sum(c * x * x)


@weighted_squares.layout("x", title="Scalar by column: a row", printed=True)
def weighted_squares_by_x(c, x):
    column = 2 * c * x  # dy/dx_j in row j
    return column.T  # and now in column j of the only row


@weighted_squares.layout("c", title="Scalar by column: a row, by the weights", printed=True)
def weighted_squares_by_c(c, x):
    return (x * x).T


MAPPED_LATEX = (
    r"\frac{\partial \mathbf{y}}{\partial \mathbf{x}} = \begin{bmatrix}"
    r"\frac{\partial y_1}{\partial x_1} & \cdots & \frac{\partial y_1}{\partial x_n}\\"
    r"\vdots & \ddots & \vdots\\"
    r"\frac{\partial y_%s}{\partial x_1} & \cdots & \frac{\partial y_%s}{\partial x_n}\end{bmatrix}"
)


@formula(shapes={"A": "n n", "x": "n 1"}, id="D02", section=SECTION, latex=MAPPED_LATEX % ("n", "n"))
def mapped_squares_square(A, x):
    """y_i = sum_j A_ij x_j^2, as many entries in y as in x."""
    return A @ (x * x)


@mapped_squares_square.layout(
    "x",
    title="Vector by vector of the same length: dy_i/dx_j in row i, column j",
    note="Printed with both indices running to n, which is the case of two vectors of one length.",
    printed=True,
)
def mapped_squares_square_by_x(A, x):
    return 2 * A * x.T  # row i, column j: 2 A_ij x_j


@formula(shapes={"A": "m n", "x": "n 1"}, id="D02", section=SECTION, latex=MAPPED_LATEX % ("m", "m"))
def mapped_squares(A, x):
    """y_i = sum_j A_ij x_j^2, for y and x of any lengths."""
    return A @ (x * x)


@mapped_squares.layout("x", title="Vector by vector: dy_i/dx_j in row i, column j, any two lengths")
def mapped_squares_by_x(A, x):
    return 2 * A * x.T  # row i, column j: 2 A_ij x_j


MATRIX_LATEX = (
    r"\frac{\partial y}{\partial A} = \begin{bmatrix}"
    r"\frac{\partial y}{\partial A_{11}} & \cdots & \frac{\partial y}{\partial A_{1n}}\\"
    r"\vdots & \ddots & \vdots\\"
    r"\frac{\partial y}{\partial A_{m1}} & \cdots & \frac{\partial y}{\partial A_{mn}}\end{bmatrix}"
)


@formula(shapes={"u": "m 1", "A": "m n", "v": "n 1"}, id="D03", section=SECTION, latex=MATRIX_LATEX)
def bilinear(u, A, v):
    """y = u^T A v."""
    return np.sum(u * (A @ v))


@bilinear.layout(
    "A", layout="own", title="Scalar by matrix: dy/dA_ij in row i, column j (bilinear)", printed=True
)
def bilinear_by_A(u, A, v):
    return u @ v.T  # row i, column j: u_i v_j


@formula(shapes={"u": "m 1", "A": "m n", "v": "n 1"}, id="D03", section=SECTION, latex=MATRIX_LATEX)
def bilinear_squares(u, A, v):
    """y = sum_ij u_i A_ij^2 v_j."""
    return np.sum(u * ((A * A) @ v))


@bilinear_squares.layout(
    "A", layout="own", title="Scalar by matrix: dy/dA_ij in row i, column j (squares)", printed=True
)
def bilinear_squares_by_A(u, A, v):
    return 2 * u * A * v.T  # row i, column j: 2 u_i A_ij v_j
