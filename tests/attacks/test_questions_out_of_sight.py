"""Questions that are neither a branch nor a comparison of arrays: of sizes as text, in tables, by exceptions.

Each doubles the gradient where it holds: refuted, or named among what was not tried. With the right value
there instead: a pass.
"""

import math
from contextlib import suppress

import numpy as np
import pytest

import gradcheck

pytestmark = pytest.mark.usefixtures("undiagnosed")

TABLE = dict.fromkeys(range(301), False)
ROWS = [False] * 301


def by_key(n):
    try:
        return TABLE[n]
    except KeyError:
        return True


def by_index(n):
    try:
        ROWS[n]
    except (IndexError, ValueError):
        found = True
    else:
        found = False
    return found


def suppressed(n):
    found = True
    with suppress(KeyError):
        found = TABLE[n]
    return found


def in_parts(n):
    hundreds, rest = divmod(n, 100)
    return (hundreds == 1) * (rest == 28)


def overflown(x):
    try:
        math.exp(abs(float(x[0])))
    except OverflowError:
        return True
    return False


REFUTED = {
    "bits": lambda x: f"{len(x):b}" == "111111",
    "text": lambda x: f"{len(x)}"[-2:] == "77",
    "digits backwards": lambda x: int(str(len(x))[::-1]) > 900,
    "a table with a default": lambda x: TABLE.get(len(x), True),
    "a key that is missing": lambda x: by_key(len(x)),
    "an index beyond the end": lambda x: by_index(len(x)),
    "a suppressed exception": lambda x: suppressed(len(x)),
    "quotient and remainder": lambda x: in_parts(len(x)),
    "a sum of places": lambda x: np.arange(len(x)).sum() > 44850,
    "a palindrome": lambda x: (x == x[::-1]).all() and len(x) > 3,
    "an overflow": overflown,
    "one of a generator": lambda x: next((True for v in x.tolist() if v == 11.5), False),
}


@pytest.mark.corpus(3)
@pytest.mark.parametrize("asks", REFUTED.values(), ids=REFUTED)
def test_wrong_there_it_fails_and_right_there_it_passes(asks):
    code = lambda factor: lambda d, x: 2 * d * x * (1 + factor * asks(x))
    assert gradcheck.verify(np.square, code(1.0), {"x": "n"}).verdict == "fail"
    right = gradcheck.verify(np.square, code(0.0), {"x": "n"}, strict=True)
    assert (right.verdict, right.untried) == ("pass", ())


def never_ends(x):
    try:
        ROWS[len(x) + 1000]
    except IndexError:
        return False
    return True


def never_raises(x):
    try:
        ROWS[0 if len(x) < 4000 else 1000]
    except IndexError:
        return True
    return False


NAMED = {
    "octal digits": (lambda x: oct(len(x)).endswith("7777"), '`oct(len(x)).endswith("7777")` was never true'),
    "parts of a size": (lambda x: (len(x) // 100 == 30) * (len(x) % 100 == 7), " was never true"),
    "a key that is set": (
        lambda x: {11.5: 1.0}.setdefault(float(x[0]), 0.0),
        ": a key of `{11.5: 1.0}.setdefault(float(x[0]), 0.0)` was never true",
    ),
    "a key that is taken": (lambda x: {11.5: 1.0}.pop(float(x[0]), 0.0), " was never true"),
    "nothing of a filter": (lambda x: next(filter({11.5: 1.0}.get, x.tolist()), 0.0), ": an entry of `next("),
    "a try that never comes to its end": (never_ends, ": to go on without an exception was not tried"),
    "an exception that never comes": (never_raises, ": its exception was not tried"),
}


@pytest.mark.parametrize(("asks", "said"), NAMED.values(), ids=NAMED)
def test_what_was_not_met_is_named(asks, said):
    found = gradcheck.verify(np.square, lambda d, x: 2 * d * x * (1 + asks(x)), {"x": "n"})
    assert found.verdict == "pass"
    assert found.strength in ("certified", "agreed")
    assert any(said in u.what for u in found.untried), found.untried
    assert all(u.where.startswith("test_questions_out_of_sight.py:") for u in found.untried)


def test_one_array_for_two_arguments_is_named_though_all_values_are_proved():
    product = lambda x, y: np.sum(x * x * y)
    code = lambda d, x, y: (2 * d * x * y * (1.5 if x is y else 1.0), d * x * x)
    found = gradcheck.verify(product, code, {"x": "n", "y": "n"})
    assert (found.verdict, found.strength) == ("pass", "certified")
    assert "`x is y` was never true" in found.untried[0].what


def with_settings(d, x, mode="fast", power=2, out=None):
    factor = 1 + (mode == "exact") + (power > 3) + (out is not None) + isinstance(x, list)
    if power != 2:
        factor = power
    return 2 * d * x * factor


CACHE = {}


def with_a_cache(d, x):
    try:
        ones = CACHE[len(x)]
    except KeyError:
        ones = CACHE[len(x)] = np.ones(len(x))
    return 2 * d * x * ones


def with_a_kept_key(d, x):
    return 2 * d * x * CACHE.setdefault((len(x), "ones"), np.ones(len(x)))


def with_the_first(d, x):
    return 2 * d * x * next((1.0 for v in x.tolist() if v > 0), 1.0)


def of_what_is_installed(d, x):
    try:
        import no_such_module_anywhere as library
    except ImportError:
        library = np
    return library.multiply(2 * d, x)


def with_guards(d, x):
    assert len(x) > 0, "an empty x"
    if d.shape != x.shape:
        raise ValueError("d has another shape")
    return 2 * d * x


def with_types(d, x):
    if x.ndim == 2 or x.dtype == np.float16:
        return d
    return 2 * d * x


SETTINGS = [with_settings, with_a_cache, with_a_kept_key, with_the_first]
SETTINGS += [of_what_is_installed, with_guards, with_types]


@pytest.mark.parametrize("code", SETTINGS)
def test_settings_and_caches_are_no_questions(code):
    asked = lambda d, x: code(d, x) * (1 + 0 * np.isin(np.arange(len(x)), [0]))  # which no proof knows
    found = gradcheck.verify(np.square, asked, {"x": "n"}, strict=True)
    assert (found.verdict, found.untried) == ("pass", ())
    assert found.strength in ("certified", "agreed")


BANDS = [
    lambda x, y: np.abs(x - y) < 1e-6 * np.abs(y),
    lambda x, y: np.abs(y - x) <= 1e-9 * np.abs(x),
    lambda x, y: np.abs(x / np.where(y == 0, 1, y) - 1) < 1e-5,
]


@pytest.mark.parametrize("close", BANDS)
def test_numbers_that_are_close_by_a_part_of_themselves(close):
    squared = lambda x, y: (x - y) ** 2

    def code(factor):
        def backward(d, x, y):
            g = 2 * d * (x - y) * np.where(close(x, y), factor, 1.0)
            return g, -g

        return backward

    shapes = {"x": "n", "y": "n"}
    assert gradcheck.verify(squared, code(0.0), shapes).verdict == "fail"
    assert gradcheck.verify(squared, code(1.0), shapes, strict=True).verdict == "pass"


def test_counters_of_eight_bits_wrap_over():
    total = lambda x: np.sum(x) * len(x)
    count = lambda x, kind: np.sum(np.ones(len(x), kind), dtype=kind)
    code = lambda kind: lambda d, x: d * count(x, kind) * np.ones_like(x)
    assert gradcheck.verify(total, code(np.uint8), {"x": "n"}).verdict == "fail"
    assert gradcheck.verify(total, code(np.int64), {"x": "n"}).verdict == "pass"
