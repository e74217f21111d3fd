"""Both sides of every comparison, and every size that the code asks about; each with a right twin."""

import math

import numpy as np
import pytest

import gradcheck
from gradcheck.checking.weighing import Weighed
from gradcheck.formulas.decorating import Formula
from gradcheck.judging.points.asked_sizes import asked_sizes, whole_numbers
from gradcheck.records.types import Proof

SIZE = 37


def right(d, x):
    return d * np.cos(x)


def verdict(backward, forward=np.sin, **how):
    return gradcheck.verify(forward, backward, shapes={"x": "n"}, **how)


FAR = {
    "a large value": lambda x: x > 1e3,
    "a small value": lambda x: np.abs(x) < 1e-9,
    "small but not zero": lambda x: (np.abs(x) < 1e-4) & (np.abs(x) > 0),
    "subnormal": lambda x: (np.abs(x) > 0) & (np.abs(x) < 1e-300),
    "one number": lambda x: x == 10,
    "a window": lambda x: (x > 123.4) & (x < 123.5),
    "a sum of squares": lambda x: np.sum(x**2) > 1e6,
    "a Python number": lambda x: float(np.sum(x)) > 1e4,
    "all positive": lambda x: len(x) > 5 and bool((x > 0).all()),
    "sorted": lambda x: len(x) > 3 and bool((np.diff(x) > 0).all()),
    "all equal": lambda x: len(x) > 2 and bool((x == x[0]).all()),
    "a sum of zero": lambda x: len(x) > 1 and bool(np.sum(x) == 0),
    "close, not equal": lambda x: len(x) > 1 and bool(np.isclose(x[0], x[1]) and x[0] != x[1]),
}


@pytest.mark.parametrize("far", FAR.values(), ids=FAR)
def test_a_branch_that_ordinary_points_never_enter_is_entered(far):
    """Wrong there: refuted. Right there: a pass, and nothing was untried."""
    wrong = verdict(lambda d, x: right(d, x) * np.where(far(x), 2.0, 1.0))
    assert wrong.verdict == "fail"
    good = verdict(lambda d, x: np.where(far(x), 1.0, 1.0) * right(d, x))
    assert good.verdict == "pass"
    assert good.untried == ()


@pytest.mark.parametrize("far", [lambda d: np.abs(d) > 1e3, lambda d: np.abs(d) < 1e-6])
def test_branches_on_delta_are_entered_too(far):
    """A gradient is linear in delta."""
    assert verdict(lambda d, x: right(d, x) * np.where(far(d), 2.0, 1.0)).verdict == "fail"


SHIFTED = {
    "relu": (lambda x: np.maximum(x, 0), lambda d, x: d * (x > 0), lambda d, x: d * (x > 0.01)),
    "relu6": (
        lambda x: np.clip(x, 0, 6),
        lambda d, x: d * ((x > 0) & (x < 6)),
        lambda d, x: d * ((x > 0) & (x < 5.99)),
    ),
    "huber": (
        lambda x: np.where(np.abs(x) < 1, x * x / 2, np.abs(x) - 0.5),
        lambda d, x: d * np.where(np.abs(x) < 1, x, np.sign(x)),
        lambda d, x: d * np.where(np.abs(x) < 1.001, x, np.sign(x)),
    ),
}


SHIFTED |= {
    "an offset of what is computed": (
        lambda x: np.maximum(0, x + 1),
        lambda d, x: d * (x + 1 > 0),
        lambda d, x: d * (x + 1.001 > 0),
    ),
    "an absolute value beside its kink": (
        lambda x: np.abs(x - 2),
        lambda d, x: d * np.sign(x - 2),
        lambda d, x: d * np.sign(x - 2.001),
    ),
    "a sum": (
        lambda x: np.maximum(0, np.sum(x) + 1),
        lambda d, x: d * (np.sum(x) + 1 > 0) * np.ones_like(x),
        lambda d, x: d * (np.sum(x) + 1.0001 > 0) * np.ones_like(x),
    ),
    "differences": (
        lambda x: np.maximum(0, np.diff(x, prepend=0.0) + 1),
        lambda d, x: between(d * (np.diff(x, prepend=0.0) + 1 > 0)),
        lambda d, x: between(d * (np.diff(x, prepend=0.0) + 1.001 > 0)),
    ),
}


def between(g):
    return g - np.append(g[1:], 0.0)


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(("forward", "good", "shifted"), SHIFTED.values(), ids=SHIFTED)
def test_a_threshold_that_is_a_little_off_is_found(forward, good, shifted, seed):
    """Both sides happen everywhere but in the gap between the two numbers."""
    assert verdict(shifted, forward, seed=seed).verdict == "fail"
    assert verdict(good, forward, seed=seed).verdict == "pass"


def converted(d, x):
    x = np.asarray(x, dtype=float)
    return d * np.where(x < -50, 0.0, np.cos(x))


def by_element(d, x):
    pairs = zip(d, x, strict=True)
    return np.array([di * (0.0 if math.fabs(float(xi)) > 900 else math.cos(xi)) for di, xi in pairs])


@pytest.mark.parametrize("backward", [converted, by_element])
def test_conversions_keep_comparisons_in_sight(backward):
    """`np.asarray(x)`, `float(xi)` and `math.fabs(xi)` come before the comparison."""
    assert verdict(backward).verdict == "fail"


def test_what_lies_beyond_a_clip_is_no_mistake_where_it_is_next_to_nothing():
    """The sigmoid of a clipped argument has 7e-218 for a derivative there, or 0: both are right."""

    def backward(d, x):
        s = 1 / (1 + np.exp(-np.clip(x, -500, 500)))
        return d * s * (1 - s)

    assert verdict(backward, lambda x: 1 / (1 + np.exp(-x))).verdict == "pass"
    assert verdict(backward, lambda x: 1 / (1 + np.exp(-np.clip(x, -500, 500)))).verdict == "pass"


def test_a_far_branch_of_the_forward_is_entered():
    """The hand-written pass forgot it."""
    result = verdict(lambda d, x: d, lambda x: np.where(np.abs(x) > 1000.0, 0.0, x))
    assert result.verdict == "fail"


def folded(x):
    """Above zero up to 100, and below it from there on."""
    return np.maximum(x, 0) - 2 * np.maximum(x - 50, 0)


def folded_slope(x):
    return (x > 0) * 1.0 - 2 * (x > 50)


@pytest.mark.parametrize(
    ("forward", "slope"),
    [(folded, folded_slope), (lambda x: np.maximum(x, 0), lambda x: (np.maximum(x, 0) > 0) * 1.0)],
)
def test_a_number_on_its_threshold_may_be_held_there_or_come_beyond(forward, slope):
    """What is wrong below zero is found where anything lies there; below a maximum nothing does."""
    good = verdict(lambda d, x: d * slope(x), forward)
    assert (good.verdict, good.untried) == ("pass", ())
    beyond = verdict(lambda d, x: d * slope(x) * np.where(forward(x) >= 0, 1.0, 2.0), forward)
    assert beyond.verdict == ("fail" if forward is folded else "pass")
    at_zero = verdict(lambda d, x: d * np.where(forward(x) > 0, slope(x), 2 * np.sign(forward(x))), forward)
    assert at_zero.verdict == ("fail" if forward is folded else "pass")


def test_what_is_never_seen_is_said_and_caps_the_strength():
    """A callable is the only source of values: what it never returns is untried. Declared so that it
    does, everything is tried.
    """

    def backward(d, x):
        return right(d, x) * np.where(x > 50, 2.0, 1.0)

    result = verdict(backward, values={"x": lambda shape, rng: rng.uniform(0, 1, shape)})
    assert (result.verdict, result.strength) == ("pass", "certified")
    (untried,) = result.untried
    assert "> was never true" in untried.what
    assert "np.where(x > 50" in untried.what
    assert untried.where.startswith("test_steering.py:")
    strictly = verdict(backward, values={"x": lambda shape, rng: rng.uniform(0, 1, shape)}, strict=True)
    assert strictly.verdict == "weak"
    assert verdict(backward, values={"x": lambda s, rng: rng.uniform(0, 99, s)}).verdict == "fail"


def test_a_proof_covers_both_sides():
    """Nothing is untried of what holds for all values."""
    result = verdict(lambda d, x: d * (x > 0), lambda x: np.maximum(x, 0))
    assert (result.verdict, result.strength, result.untried) == ("pass", "proved", ())


def test_declared_values_are_kept_to():
    """Positive stays positive: right code for positive numbers is not asked about others."""

    def backward(d, x):
        return d / x if (x > 0).all() else d * np.nan

    result = verdict(backward, np.log, values={"x": gradcheck.positive})
    assert result.verdict == "pass"


TABLE = {37: 2.0}

SIZES = {
    "equal": lambda n: n == 9,
    "greater": lambda n: n > 64,
    "truth of a difference": lambda n: not n - 37,
    "key of a dict": lambda n: n in TABLE,
    "member of a set": lambda n: n in {21, 37},
    "a bit": lambda n: bool(n & 64),
    "a global": lambda n: n == SIZE,
    "as text": lambda n: str(n) == "37",
    "squared": lambda n: n * n == 1369,
    "a remainder": lambda n: n % 16 == 0,
    "a root": lambda n: n**0.5 > 6.1,
    "a whole root": lambda n: math.isqrt(n) > 6,
    "a root that is far": lambda n: np.sqrt(n) > 30.5,
    "a half": lambda n: n / 2 > 20,
    "a float": lambda n: float(n) > 40,
    "a logarithm": lambda n: np.log(n) > 4,
    "one number's root": lambda n: n**0.5 == 7,
    "a depth": lambda n: n > 1 and math.ceil(math.log2(n)) > 6,
}


@pytest.mark.parametrize("asks", SIZES.values(), ids=SIZES)
def test_a_size_that_the_code_asks_about_is_tried(asks):
    """Wrong at it: refuted there. Right at it: a pass."""
    assert verdict(lambda d, x: right(d, x) * (2.0 if asks(len(x)) else 1.0)).verdict == "fail"
    same = {True: 1.0, False: 1.0}
    assert verdict(lambda d, x: right(d, x) * same[bool(asks(len(x)))]).verdict == "pass"


JOINT = {
    "two sizes": lambda X: X.shape == (17, 19),
    "the smaller one": lambda X: min(X.shape) == 19,
    "their difference": lambda X: X.shape[0] - X.shape[1] == 13,
}


@pytest.mark.parametrize("asks", JOINT.values(), ids=JOINT)
def test_sizes_that_a_proof_leaves_out_are_tried(asks):
    """The proof says "not for n = 17, m = 19"; there is a point."""

    def doubled(d, X):
        return 2 * X * d * (2 if asks(X) else 1)

    result = gradcheck.verify(lambda X: X**2, doubled, shapes={"X": "n m"})
    assert result.verdict == "fail"
    good = gradcheck.verify(
        lambda X: X**2, lambda d, X: 2 * X * d if asks(X) else X * d * 2, shapes={"X": "n m"}
    )
    assert good.verdict == "pass"


WHOLE = {
    "equal": lambda k: k == 37,
    "beyond": lambda k: k > 98,
    "member of a set": lambda k: k in {37, 55},
    "key of a dict": lambda k: {91: 1}.get(int(k)) == 1,
    "a remainder": lambda k: k % 50 == 7,
    "squared": lambda k: k * k == 1296,
    "a bit": lambda k: not k & 127,
}


@pytest.mark.parametrize("asks", WHOLE.values(), ids=WHOLE)
def test_an_integer_that_the_code_asks_about_is_tried(asks, undiagnosed):
    """Wrong at it: refuted there. Right at it: a pass with nothing untried."""
    how = {
        "shapes": {"x": "2", "k": ""},
        "values": {"k": gradcheck.integers(0, 100)},
        "backends": ["finite_difference"],
        "max_examples": 5,
    }
    wrong = lambda d, x, k: (right(d, x) * (2.0 if asks(k) else 1.0), None)
    assert gradcheck.verify(lambda x, k: np.sin(x), wrong, **how).verdict == "fail"
    same = {True: 1.0, False: 1.0}
    good = gradcheck.verify(
        lambda x, k: np.sin(x), lambda d, x, k: (right(d, x) * same[bool(asks(k))], None), **how
    )
    assert (good.verdict, good.untried) == ("pass", ())


@pytest.mark.parametrize("asks", [lambda y: y == 37, lambda y: (y > 12).all(), lambda y: y == y[::-1] + 9])
def test_arrays_of_integers_are_moved_within_their_range(asks, undiagnosed):
    """Labels stay labels: nothing outside of what was declared reaches the code."""

    def backward(d, x, y):
        assert ((y >= 0) & (y < 50)).all()
        return right(d, x) * np.where(asks(y), factor, 1.0), None

    how = {
        "shapes": {"x": "n", "y": "n"},
        "values": {"y": gradcheck.integers(0, 50)},
        "backends": ["finite_difference"],
        "max_examples": 5,
    }
    factor = 2.0
    assert gradcheck.verify(lambda x, y: np.sin(x), backward, **how).verdict == "fail"
    factor = 1.0
    assert gradcheck.verify(lambda x, y: np.sin(x), backward, **how).verdict == "pass"


def test_a_slice_is_a_size_too():
    """`d[:64]` is all of a short array."""

    def backward(d, x):
        out = right(d, x)
        out[64:] = 0.0
        return out

    assert verdict(backward).verdict == "fail"


def test_whole_numbers_of_a_function_and_of_those_that_it_calls():
    """Names, defaults, closures; floats that are whole; numbers in short texts."""
    inner = 41

    def called(x, width=43):
        return x[:inner] * width

    def function(x):
        return called(x) + (x.size == 47) + 53.0 + len("59") + int("61")

    assert {41, 43, 47, 53, 59, 61} <= set(whole_numbers(function))
    assert set(whole_numbers(lambda x: x + 0.5)) == set()


def test_a_logarithm_has_its_own_base():
    """`np.log(x)` beside a 2 asks about no power of ten."""
    density = Formula(lambda x: np.sum(x**2) - np.log(np.abs(x)).sum(), {"x": "n"}, name="f")
    assert asked_sizes(density, lambda d, x: d * (2 * x - 1 / x)) == []
    deep = Formula(lambda x: x * (math.log(len(x), 10) > 2), {"x": "n"}, name="f")  # noqa: FURB163
    assert {"n": 100} in asked_sizes(deep, lambda d, x: d)
    assert {"n": 100} in asked_sizes(density, lambda d, x: d * (np.log10(len(x)) > 2))


def test_sizes_too_large_are_left_out():
    """A point has a price."""
    formula = Formula(lambda A: A.sum(), {"A": "n m"}, name="f")
    found = asked_sizes(formula, lambda d, A: d * np.ones_like(A) if A.shape[0] != 900 else A)
    assert {"n": 900, "m": 3} in found
    assert all(sizes["n"] * sizes["m"] <= 20_000 for sizes in found)


def test_code_that_overflows_but_is_right_is_an_unstable_pass():
    """NaN in float64, right in exact arithmetic. Its twin gives a finite number that is wrong."""

    def softplus(x):
        return np.logaddexp(0, 20 * x) / 20

    def naive(d, x):
        e = np.exp(20 * x)
        return d * e / (1 + e)

    def guarded(d, x):
        e = np.exp(20 * x)
        return d * np.where(np.isinf(e), 0.0, e / (1 + e))

    result = verdict(naive, softplus)
    assert result.verdict == "pass"
    assert "is nan in float64" in result.unstable
    assert verdict(guarded, softplus).verdict == "fail"
    assert verdict(lambda d, x: d / (1 + np.exp(-20 * x)), softplus).unstable is None


def test_underflow_is_no_mistake():
    """A naive sigmoid' gives 0 at -800, where 1e-348 is right."""

    def backward(d, x):
        e = np.exp(-x)
        return d * e / (1 + e) ** 2

    result = gradcheck.verify(
        lambda x: 1 / (1 + np.exp(-x)),
        backward,
        shapes={"x": "n"},
        values={"x": lambda shape, rng: rng.choice([-400.0, -30.0, 0.5, 2.0], shape)},
    )
    assert result.verdict == "pass"


def test_a_proof_is_held_against_the_code_at_large_sizes(monkeypatch):
    """Were a wrong proof to hold code that is wrong at 41, the code fails, with that counterexample. So does
    code without a proof.
    """
    extra = np.zeros(2000)
    extra[[41, 197]] = 1.0

    def backward(d, x):
        return right(d, x) * (1.0 + extra[len(x)])  # no question that could be looked for

    monkeypatch.setattr("gradcheck.checking.further_points.asked_sizes", lambda *_: [])
    assert verdict(backward).verdict == "fail"
    proved = lambda claim, memory, decision, results: Weighed(decision, Proof(status="proved"), proved=True)
    monkeypatch.setattr("gradcheck.checking.settling.weigh", proved)
    assert verdict(right).verdict == "pass"
    result = verdict(backward)
    assert result.verdict == "fail"
    assert result.counterexample.sizes in ({"n": 41}, {"n": 197})
    assert "itself fails" in result.proof.reason
