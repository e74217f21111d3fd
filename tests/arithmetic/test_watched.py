"""Watched arrays: they give the values that plain ones give, and record every comparison of values."""

import numpy as np
import pytest

from gradcheck.arithmetic.watched import run_watched, watchable

X = np.array([1.0, -2.0, 3.0])


def sides(function, *args):
    """What each comparison came to, by what it asks."""
    result, watch = run_watched(watchable(function), args)
    assert np.array_equal(result, function(*args), equal_nan=True)
    assert not type(result).__name__.startswith("Watched")
    return [(site.asks, extent.sides) for site, extent in watch.sites.items()]


def buffered(x):
    out = np.zeros(len(x))
    for i in range(len(x)):
        out[i] = x[i] * 2
    return np.where(out > 5, 0, out)


@pytest.mark.parametrize(
    ("function", "found"),
    [
        (lambda x: np.where(x > 0, x, 0), [(">", {True, False})]),
        (lambda x: x * (np.abs(x) > 1000), [(">", {False})]),
        (lambda x: np.maximum(x, 0), [("maximum", {True, False})]),
        (lambda x: np.clip(x, -10, 2), [("clip from below", {False}), ("clip from above", {True, False})]),
        (lambda x: x * (2 if x[0] > 0 else 1), [(">", {True})]),
        (lambda x: x * (2 if float(np.sum(x)) > 9 else 1), [(">", {False})]),
        (lambda x: x * (2 if (x > 0).all() else 1), [(">", {True, False}), ("np.all", {False})]),
        (lambda x: x * np.isclose(x, 3.0), [("np.isclose", {True, False})]),
        (lambda x: np.where(np.isinf(np.exp(x)), 1, x), [("isinf", {False})]),
        (lambda x: x * (~(x > 5)), [(">", {False})]),
        (lambda x: x * ((x > 0) & (x < 9)), [(">", {True, False}), ("<", {True}), ("and", {True, False})]),
        (buffered, [(">", {True, False})]),
        (lambda x: np.sort(x) + np.median(x) + np.linalg.norm(x) + np.var(x), []),
        (lambda x: x if not np.isnan(x).any() else 0 * x, []),  # an argument is finite
        (lambda x: np.sin(x) @ x, []),
    ],
)  # fmt: skip
def test_every_comparison_is_recorded_and_no_value_changes(function, found):
    """The last ones compare nothing that is the user's."""
    assert sides(function, X) == found


def test_the_margin_says_how_far_the_other_side_is():
    """Zero is where it turns."""
    _, watch = run_watched(lambda x: x > 1000, [X])
    (extent,) = watch.sites.values()
    assert extent.margins == {True: -997.0, False: 1002.0}
    assert extent.constants == {1000.0}


def test_what_is_true_at_zero_alone_is_told_apart():
    """`abs(x) < 1e-6` is met by zeros, where a factor does not show."""
    _, watch = run_watched(lambda x: np.abs(x) < 1e-6, [np.array([0.0, 1.0])])
    (extent,) = watch.sites.values()
    assert (extent.sides, extent.beside_zero) == ({True, False}, {False})


def test_a_threshold_of_zero_is_not_the_number_that_is_compared():
    """Both are single numbers; `abs(x) < 1e-6` is still met by a zero alone."""
    for number, asks, sides_beside_zero in (
        (2.0, lambda x: x[0] > 0, {True}),
        (-2.0, lambda x: x[0] > 0, {False}),
        (0.0, lambda x: np.abs(x[0]) < 1e-6, set()),
        (1e-9, lambda x: np.abs(x[0]) < 1e-6, {True}),
    ):
        _, watch = run_watched(asks, [np.array([number])])
        (extent,) = watch.sites.values()
        assert extent.beside_zero == sides_beside_zero


def test_arrays_of_the_caller_stay_as_they_are():
    """Copies are watched."""
    x = X.copy()
    run_watched(lambda a: a.__setitem__(0, 5.0), [x])
    assert np.array_equal(x, X)


@pytest.mark.parametrize("asked", [np.linalg.cond, np.linalg.pinv, lambda a: np.linalg.svd(a)[1]])
def test_lapack_is_not_asked_for_singular_values_of_what_is_not_finite(asked):
    """It would print lines of its own on the user's standard output."""
    with pytest.raises(np.linalg.LinAlgError):
        run_watched(asked, [np.diag([1.0, np.inf])])
    assert np.array_equal(run_watched(asked, [np.eye(2)])[0], asked(np.eye(2)))
