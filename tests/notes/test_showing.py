r"""`--show-reading`: a formula as NumPy, as a newcomer would write what was understood."""

import pytest

from gradcheck.notes import check_text

DECLARED = "<!-- gradcheck\nW, X: n n; x, y, z: n; W^{(l)}: n_l n_{l-1}; a^{(l)}: n_l\n-->\n\n"
AS_NUMPY = {
    r"p_i = e^{z_i} / \sum_k e^{z_k}": "a number; p[i] = np.exp(z[i]) / sum_k(np.exp(z[k]))",
    r"f = \sum_k x_k^2": "a number; f = sum_k(x[k] ** 2)",
    r"F = \operatorname{tr}(X^2)": "a number; F = np.trace(X @ X)",
    r"c = \frac{1}{n} x^T y": "a number; c = (1 / n) * x.T @ y",
    r"g = W^T (x - y) \odot z": "a column (n x 1); g = (W.T @ (x - y)) * z",
    r"s = 1 / (1 + e^{-x_1})": "a number; s = 1 / (1 + np.exp(-x[1]))",
    r"v = \log |X| - (x_1 - y_1)^3": "a number; v = np.log(np.linalg.det(X)) - (x[1] - y[1]) ** 3",
    r"q = \frac{x_1 y_1}{x_2 + y_2}": "a number; q = x[1] * y[1] / (x[2] + y[2])",
    r"u = x^T W^{-1} x": "a number; u = x.T @ np.linalg.inv(W) @ x",
    r"a^{(l)} = \tanh(W^{(l)} a^{(l-1)})": "a column (n_2 x 1); a[l] = np.tanh(W[l] @ a[l - 1])",
}


@pytest.mark.parametrize("formula", AS_NUMPY)
def test_a_formula_is_shown_as_it_was_understood(formula):
    (claim,) = check_text(f"{DECLARED}${formula}$\n", "note.md").claims
    assert (claim.verdict, claim.reading) == ("right", AS_NUMPY[formula])


def test_a_size_that_nobody_names_has_a_plain_name_and_is_the_same_on_both_sides():
    text = r"$P = A Q A^T$ and $\frac{\partial \operatorname{tr}(P)}{\partial A} = A (Q + Q^T)$."
    claim = check_text(text, "note.md").claims[-1]
    assert claim.reading == "a matrix (n1 x n2); d(np.trace(P))/dA = A @ (Q + Q.T)"
