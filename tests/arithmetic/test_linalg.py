"""`np.linalg` on arrays of balls: NumPy is the oracle."""

import numpy as np
import pytest

from gradcheck.errors import Undecided, Unsupported
from tests.wording import NOT_SQUARE

RNG = np.random.default_rng(1)
A = np.round(RNG.standard_normal((3, 3)), 2) + 3 * np.eye(3)
STACK = np.round(RNG.standard_normal((2, 2, 3, 3)), 2) + 3 * np.eye(3)
B = np.round(RNG.standard_normal((3, 3)), 2)
V = np.array([3.0, -4.0, 0.5])


@pytest.mark.parametrize("matrix", [A, STACK, np.array([[2.0]])])
@pytest.mark.parametrize("name", ["det", "inv", "slogdet"])
def test_functions_of_square_matrices(agrees, name, matrix):
    """Single ones and stacks."""
    agrees(getattr(np.linalg, name), matrix)


def test_slogdet_of_a_negative_determinant(agrees):
    """The sign comes apart."""
    agrees(np.linalg.slogdet, A[[1, 0, 2]])


def test_solve_takes_vectors_matrices_and_stacks(agrees):
    """As NumPy 2 reads them."""
    agrees(np.linalg.solve, A, V)
    agrees(np.linalg.solve, A, B)
    agrees(np.linalg.solve, STACK, np.broadcast_to(B, (2, 2, 3, 3)))
    agrees(np.linalg.solve, STACK, V)
    agrees(np.linalg.solve, STACK, B)
    agrees(np.linalg.solve, A, STACK)


@pytest.mark.parametrize(
    ("array", "how"),
    [
        (V, {}), (V, {"ord": 2}), (V, {"ord": 1}), (V, {"ord": 3}), (V, {"ord": np.inf}),
        (V, {"keepdims": True}), (B, {}), (B, {"ord": "fro"}), (B, {"axis": 0}), (B, {"axis": 1, "ord": 1}),
        (B, {"axis": -1, "keepdims": True}), (B, {"axis": 1, "ord": np.inf}), (STACK, {"axis": (0, 1)}),
    ],
)  # fmt: skip
def test_norms(agrees, array, how):
    """Of vectors, along axes, and Frobenius."""
    agrees(lambda x: np.linalg.norm(x, **how), array)


@pytest.mark.parametrize("ord", [1, -1, 2, -2, "nuc", np.inf, -np.inf])
def test_matrix_norms(agrees, ord):
    """By singular values, and by sums of rows and columns."""
    agrees(lambda x: np.linalg.norm(x, ord), B)


@pytest.mark.parametrize("how", [{"ord": 0.5}, {"ord": 2, "axis": (0, 1)}])
def test_matrix_norms_that_are_not_there_say_so(in_balls, how):
    with pytest.raises(Unsupported, match="of a matrix is not available"):
        in_balls(lambda x: np.linalg.norm(x, **how), B)


OF_NUMPY_2 = {
    "matmul": (np.linalg.matmul, A, B),
    "outer": (lambda x: np.linalg.outer(x, x), V),
    "tensordot": (lambda x, y: np.linalg.tensordot(x, y, axes=1), A, B),
    "vecdot": (lambda x, y: np.linalg.vecdot(x, y, axis=0), A, B),
    "cross": (np.linalg.cross, A, B),
    "trace": (lambda x: np.linalg.trace(x, offset=1), STACK),
    "diagonal": (np.linalg.diagonal, STACK),
    "matrix_transpose": (np.linalg.matrix_transpose, STACK),
    "svdvals": (np.linalg.svdvals, B),
    "vector_norm": (np.linalg.vector_norm, B),
    "vector_norm, axis": (lambda x: np.linalg.vector_norm(x, axis=1, ord=1, keepdims=True), B),
    "matrix_norm": (np.linalg.matrix_norm, STACK),
    "matrix_norm, nuclear": (lambda x: np.linalg.matrix_norm(x, ord="nuc"), B),
    "cond": (np.linalg.cond, STACK),
    "cond, -2": (lambda x: np.linalg.cond(x, -2), A),
    "cond by columns": (lambda x: np.linalg.cond(x, 1), A),
}


@pytest.mark.parametrize("name", OF_NUMPY_2)
def test_names_of_numpy_2(agrees, name):
    agrees(*OF_NUMPY_2[name])


@pytest.mark.parametrize("power", [0, 1, 2, 5, -1, -2])
def test_matrix_powers(agrees, power):
    """Negative ones through the inverse."""
    agrees(lambda a: np.linalg.matrix_power(a, power), A)


def test_chains_of_products(agrees):
    """`multi_dot` and `@` across more than two axes."""
    agrees(lambda a, b, v: np.linalg.multi_dot([a, b, v]), A, B, V)
    agrees(lambda a, b: a @ b, STACK, B)


def test_matrices_that_are_not_square_are_numpys_own_error(in_balls):
    """The same exception as in float64."""
    for name in ("det", "inv"):
        with pytest.raises(np.linalg.LinAlgError, match=NOT_SQUARE):
            in_balls(getattr(np.linalg, name), np.ones((2, 3)))


def test_a_singular_matrix_is_undecided_and_not_inverted(in_balls):
    """More bits may help; here they never will."""
    with pytest.raises(Undecided):
        in_balls(np.linalg.inv, np.ones((2, 2)))


@pytest.mark.parametrize("upper", [False, True])
def test_cholesky_reads_one_triangle(agrees, upper):
    """Single matrices and stacks; the other triangle is never looked at."""
    definite = STACK @ np.swapaxes(STACK, -1, -2)
    strange = definite + (np.tril(B, -1) if upper else np.triu(B, 1))
    for matrix in (definite, definite[0, 0], strange):
        agrees(lambda a: np.linalg.cholesky(a, upper=upper), matrix)


def test_cholesky_of_what_is_not_definite(in_balls):
    """NumPy's own error where it is certain, and undecided where it is not."""
    with pytest.raises(np.linalg.LinAlgError, match="not positive definite"):
        in_balls(np.linalg.cholesky, -np.eye(2))
    with pytest.raises(Undecided, match="cholesky"):
        in_balls(lambda x: np.linalg.cholesky(x / 3), np.array([[1.0, 3.0], [3.0, 9.0]]))


@pytest.mark.parametrize("name", ["eig", "eigvals"])
def test_decompositions_are_not_there_and_say_so(in_balls, name):
    """By the name that the user wrote."""
    with pytest.raises(Unsupported, match=rf"np\.linalg\.{name} is not available in ball arithmetic"):
        in_balls(getattr(np.linalg, name), A)
