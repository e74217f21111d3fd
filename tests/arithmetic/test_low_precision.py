"""The running error bound holds what NumPy's own float16 gives, in every order of its sums, and is not
idle."""

import ml_dtypes
import numpy as np
import pytest

from gradcheck.arithmetic import (
    BALLS,
    WORKING_BITS,
    call_in,
    enclose,
    low_domain,
    midpoints,
    precision,
    radii,
    wrap,
)

TYPES = {"float16": (np.float16, 11, 2.0**-14), "bfloat16": (ml_dtypes.bfloat16, 8, None)}


def bounded(function, arrays, bits, summing, normal=None):
    domain = low_domain(bits, summing, normal)
    with precision(WORKING_BITS):
        found = call_in(domain, function, [wrap(enclose(a), domain) for a in arrays]).data
    return midpoints(found), radii(found)


def drawn(shape, dtype, seed):
    rng = np.random.default_rng(seed)
    return rng.normal(size=shape).astype(dtype).astype(float)


def softmax(x):
    e = np.exp(x - np.max(x))
    return e / np.sum(e)


def slope(x):
    t = np.tanh(x)
    return 1 - t * t


FUNCTIONS = {
    "softmax": softmax,
    "slope": slope,
    "norm": lambda x: x / np.sqrt(np.sum(x * x)),
    "power": lambda x: 1 / (1 + np.exp(-x)) ** 2,
    "mean": lambda x: x - np.mean(x),
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("seed", range(4))
def test_what_float16_gives_lies_within_the_bound(name, seed):
    x = drawn(23, np.float16, seed)
    middle, radius = bounded(FUNCTIONS[name], [x], 11, 11, 2.0**-14)
    given = FUNCTIONS[name](x.astype(np.float16)).astype(float)
    assert (np.abs(given - middle) <= radius).all()
    assert (radius > 0).all()
    assert np.median(radius / np.abs(middle)) < 0.1


@pytest.mark.parametrize("dtype", TYPES)
def test_a_sum_in_any_order_lies_within_the_bound_and_one_term_too_few_does_not(dtype):
    kind, bits, _ = TYPES[dtype]
    x = np.abs(drawn(40, kind, 3))
    middle, radius = bounded(np.sum, [x], bits, bits)
    rng = np.random.default_rng(0)
    for _ in range(30):
        total = kind(0)
        for value in x[rng.permutation(len(x))]:
            total = kind(float(total) + value)
        assert abs(float(total) - middle) <= radius
    wide, narrow = bounded(np.sum, [x], bits, 24)
    assert narrow < radius / 10
    assert abs(float(x.sum().astype(kind)) - wide) <= narrow
    assert abs(x[1:].sum() - wide) > narrow


def test_products_of_matrices_count_their_products_and_sums():
    a, b = drawn((3, 17), np.float16, 1), drawn((17, 2), np.float16, 2)
    for multiply in (np.matmul, np.dot, lambda x, y: np.einsum("ij,jk->ik", x, y)):
        middle, radius = bounded(multiply, [a, b], 11, 11)
        assert np.allclose(middle, a @ b)
        assert np.allclose(radius, 17 * 2.0**-11 * (np.abs(a) @ np.abs(b)), rtol=0.02)


def test_what_is_exact_in_the_type_is_exact():
    middle, radius = bounded(lambda x: np.maximum(-x, 0) + 0.5, [np.array([1.0, -2.0])], 11, 11)
    assert (radius == 0).all()
    assert middle.tolist() == [0.5, 2.5]


def test_what_falls_below_the_smallest_normal_number_may_be_zero():
    tiny = np.array([2.0**-9])
    middle, radius = bounded(lambda x: x * x, [tiny], 11, 11, 2.0**-14)
    assert radius >= middle > 0
    _, kept = bounded(lambda x: x * x, [tiny], 11, 11)
    assert kept == 0


def test_products_along_an_axis_round_once_for_each_factor():
    x = drawn(9, np.float16, 5)
    middle, radius = bounded(np.prod, [x], 11, 11)
    assert np.allclose(radius, 8 * 2.0**-11 * np.abs(middle), rtol=0.05)


def test_other_arithmetics_sum_as_before():
    x = drawn(5, np.float16, 1)
    with precision(WORKING_BITS):
        found = call_in(BALLS, lambda a: np.sum(a) + np.cumsum(a)[-1], [wrap(enclose(x), BALLS)]).data
    assert abs(float(found.item().mid()) - 2 * x.sum()) < 1e-12
