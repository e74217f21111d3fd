"""Sizes that code asks about by names, ranges and arrays: beyond what is run they stand in `untried`."""

import ast

import numpy as np
import pytest

import gradcheck
from gradcheck.judging.steering import sizes_in_code
from gradcheck.judging.steering.sizes_in_code import sizes_beyond


def a_mask(d, x):
    n = len(x)
    return 2 * d * np.where(n > 2000, 0 * x, x)


def unpacked(d, x):
    (n,) = x.shape
    rest = n - 1
    keep = rest < 2000
    return 2 * d * x * keep


def places(d, x):
    n = x.shape[0]
    mask = np.arange(n) < 2000
    return 2 * d * x * mask


def a_tail(d, x):
    g = 2 * d * x
    for i in range(2000, len(x)):
        g[i] = 0
    return g


def counted(d, x):
    g = 2 * d * x
    for i, _ in enumerate(x):
        if i > 2000:
            g[i] = 0
    return g


def a_named_cut(d, x, T=2000):
    g = 2 * d * x
    g[T:] = 0
    return g


def larger_of(d, x):
    return 2 * d * x * (1 - np.maximum(0, len(x) - 2000))


def a_part(d, x):
    return 2 * d * x * (len(x) // 2000 == 0)


def padded(d, x):
    return 2 * d * x * np.pad(np.ones(2000), (0, 9000))[: len(x)]


def by_exception(d, x):
    try:
        x[2000]
    except IndexError:
        return 2 * d * x
    return d * x


def among(d, x):
    return 2 * d * x * np.isin(np.arange(len(x)), np.arange(2000))


def in_a_range(d, x):
    return 2 * d * x * (0 if len(x) in range(2000, 3000) else 1)


def in_half(d, x):
    places = np.arange(len(x)).astype(np.float16).astype(int)
    return (2 * d * x)[np.minimum(places, len(x) - 1)]


def in_short(d, x):
    n = len(x)
    return (2 * d * x)[np.arange(n, dtype="int16")]


def test_places_in_a_type_that_does_not_hold_them_all_are_named():
    asks = lambda code: [side.asks for side in sizes_beyond([code.__code__], 200)]
    assert (asks(in_half), asks(in_short)) == (["a size beyond 2048"], ["a size beyond 32767"])
    assert asks(lambda x: x.astype(np.float16) * np.arange(len(x), dtype=float)) == []


ASKED = (a_mask, unpacked, places, a_tail, counted, a_named_cut)
ASKED += (larger_of, a_part, padded, by_exception, among, in_a_range)


@pytest.mark.parametrize("backward", ASKED)
def test_a_size_beyond_what_is_run_is_named(backward):
    assert [side.asks for side in sizes_beyond([backward.__code__], 200)] == ["a size beyond 2000"]
    assert sizes_beyond([backward.__code__], 9000) == []


def test_it_makes_a_strict_verdict_weak():
    checked = lambda backward: gradcheck.verify(
        lambda x: x @ x, backward, {"x": "n"}, max_examples=5, strict=True
    )
    assert checked(lambda d, x: 2 * d * x).verdict == "pass"
    assert checked(a_mask).verdict == "weak"


LIMIT = 3000


def by_values(d, x):
    """Numbers, steps and bounds of values beside sizes."""
    n, top = len(x), np.max(x)
    steps = 5000
    g = x * n
    for k in range(1, 4000):
        g = g + k * steps
        if k > 3500:
            break
    n_max = x.max()
    big = (x > 4000) | (top > 2500) | (n_max > 2500) | (n * x > 2500) | (x[:n] < LIMIT)
    return np.clip(g, -1000, 1000) / max(n - 1, 1) * big * 10000 ** (np.arange(n) / n)


def reused(x):
    k = len(x)
    k = x[k - 1]
    return k > 2000


def squared(x):
    n = len(x)
    return n * n > 2000


table = np.arange(5000)


def looked_up(x):
    n = len(x)
    return table[4096] * x + n


@pytest.mark.parametrize("function", [by_values, reused, squared, looked_up])
def test_numbers_that_are_no_sizes_are_not(function):
    assert sizes_beyond([function.__code__], 200) == []


def test_of_two_functions_on_a_line_each_has_its_own():
    long, short = (lambda x: [n := len(x), n > 2000]), (lambda x: [n := len(x), n > 100])
    assert len(sizes_beyond([long.__code__], 200)) == 1
    assert sizes_beyond([short.__code__], 200) == []


def test_a_file_is_walked_once_for_all_its_functions(monkeypatch):
    walked = []
    walk = ast.walk
    monkeypatch.setattr(ast, "walk", lambda node: walked.append(type(node)) or walk(node))
    sizes_in_code._read.cache_clear()
    sizes_in_code._functions.cache_clear()
    for function in (a_mask, unpacked, places):
        assert [s.asks for s in sizes_beyond([function.__code__], 200)] == ["a size beyond 2000"]
    assert walked.count(ast.Module) == 1
