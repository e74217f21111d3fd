"""Code that fills `np.zeros` buffers, run in balls without touching the user's function."""

import functools

import numpy as np
import pytest

from gradcheck.arithmetic import BALLS, ElementArray, call_in, enclose, midpoints, precision, wrap
from gradcheck.errors import Undecided, Unsupported

W = np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 0.25]])
X = np.array([2.0, -3.0])


def rows(W, x):
    z = np.zeros(W.shape[0])
    for i in range(W.shape[0]):
        z[i] = W[i] @ x
    return z


def helper(W, x):
    return rows(W, x) * 2


zeros = np.zeros


def by_name(W, x):
    z = zeros(len(W))
    z[:] = W @ x
    return z


def others(W, x):
    a, b, c = np.empty((3,)), np.ones(3), np.full(3, 2.0)
    a[...] = W @ x
    b *= a
    c += b
    return c + np.eye(3) @ c


def closed_over():
    module = np

    def inner(W, x):
        z = module.zeros(3)
        z[:] = W @ x
        return z

    return inner


class Layer:
    factor = 3.0

    def forward(self, W, x):
        z = np.zeros(len(W))
        z[:] = W @ x
        return self.factor * z


def partial(scale, W, x):
    z = np.zeros(len(W))
    z[:] = scale * (W @ x)
    return z


@pytest.mark.parametrize(
    "function",
    [rows, helper, by_name, others, closed_over(), Layer().forward, functools.partial(partial, 2.0)],
)
def test_a_buffer_is_an_array_of_balls_while_balls_run(function):
    """Loops, helpers, names, closures, methods, partials; twice, since the need is remembered."""
    for _ in range(2):
        with precision(200):
            found = call_in(BALLS, function, [wrap(enclose(W), BALLS), wrap(enclose(X), BALLS)])
        assert isinstance(found, ElementArray)
        np.testing.assert_allclose(midpoints(found.data), function(W, X), rtol=1e-14)


def test_the_users_function_its_module_and_numpy_stay_as_they_are():
    """In float64 the same function still makes float64 buffers."""
    call_in(BALLS, helper, [wrap(enclose(W), BALLS), wrap(enclose(X), BALLS)])
    assert isinstance(helper(W, X), np.ndarray)
    assert rows.__globals__["np"] is np
    assert isinstance(np.zeros(2), np.ndarray)
    assert globals()["zeros"] is np.zeros


def test_integer_and_boolean_buffers_stay_numpys():
    """They hold positions and masks."""

    def counts(x):
        seen = np.zeros(3, dtype=int)
        seen[1] = 1
        z = np.zeros(2)
        z[:] = x
        return z * seen[1]

    found = call_in(BALLS, counts, [wrap(enclose(X), BALLS)])
    assert midpoints(found.data).tolist() == X.tolist()


def test_a_float32_buffer_is_refused():
    """It would lose precision in float64 as well."""

    def narrow(x):
        z = np.zeros(2, dtype=np.float32)
        z[:] = x
        return z

    with pytest.raises(Unsupported, match="float32"):
        call_in(BALLS, narrow, [wrap(enclose(X), BALLS)])


def test_a_function_that_raises_for_another_reason_still_raises():
    """Its own exception, not ours."""

    def wrong(x):
        z = np.zeros(2)
        raise KeyError(f"{z.shape}")

    with pytest.raises(KeyError):
        call_in(BALLS, wrong, [wrap(enclose(X), BALLS)])


def test_an_undecided_comparison_is_not_tried_again_with_buffers():
    """More precision is what it needs."""
    calls = []

    def undecided(x):
        calls.append(1)
        z = np.zeros(2)
        return z + x if x[0] / 3 == x[0] * 2 / 6 else z

    with pytest.raises(Undecided):
        call_in(BALLS, undecided, [wrap(enclose(np.array([1.0, 2.0])), BALLS)])
    assert len(calls) == 1


def test_recursive_functions_are_copied_once():
    """A function that calls itself by name keeps its buffers in balls all the way down."""

    def halves(x):
        return _halves(x)

    found = call_in(BALLS, halves, [wrap(enclose(np.array([8.0, 4.0, 2.0, 1.0])), BALLS)])
    assert midpoints(found.data).tolist() == [15.0]


def _halves(x):
    z = np.zeros(1)
    if len(x) == 1:
        z[0] = x[0]
    else:
        z[0] = _halves(x[: len(x) // 2])[0] + _halves(x[len(x) // 2 :])[0]
    return z
