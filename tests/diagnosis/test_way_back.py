"""The way back through matrix functions, against differences in float64."""

import numpy as np

from gradcheck.diagnosis.tracing import products  # noqa: F401  (it fills the table)
from gradcheck.diagnosis.tracing.pullbacks import PULLBACKS


def test_a_cholesky_factor_reads_the_lower_triangle():
    rng = np.random.default_rng(0)
    a = rng.normal(size=(4, 4))
    a = a @ a.T + 4 * np.eye(4)
    g = rng.normal(size=a.shape)
    (found,) = PULLBACKS[np.linalg.cholesky](g, np.linalg.cholesky(a), a)
    expected = np.zeros(a.shape)
    for index in np.ndindex(a.shape):
        step = np.zeros(a.shape)
        step[index] = 1e-5
        moved = np.linalg.cholesky(a + step) - np.linalg.cholesky(a - step)
        expected[index] = np.sum(np.tril(g) * moved) / 2e-5
    assert np.abs(expected[np.triu_indices(4, 1)]).max() == 0
    np.testing.assert_allclose(found, expected, atol=1e-8)  # the difference has some 1e-10
