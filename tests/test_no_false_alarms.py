"""Right code that was called wrong once, each beside a wrong twin that must not pass."""

import numpy as np
import pytest
from scipy import special

import gradcheck
from gradcheck.checking.claim_check import check_claim
from gradcheck.formulas.decorating import Formula

_rng = np.random.default_rng()


def check(forward, backward, shapes, **how):
    how.setdefault("max_examples", 15)
    return gradcheck.verify(forward, backward, shapes, **how)


def squared(x, y):
    return np.real((x + 1j * y) ** 2)


@pytest.mark.parametrize(("factor", "verdict"), [(1.0, "pass"), (1.0 + 1e-6, "fail")])
def test_complex_numbers_inside(factor, verdict):
    """The real part of a square: small, of terms that are not."""
    for x, y in (([37.0994, -3.1163], [6.8258, -3.1163]), ([32.0, -3.1163], [6.8258, -3.1163])):
        result = check(
            squared,
            lambda d, x, y: (d * 2 * x * factor, -d * 2 * y),
            {"x": "n", "y": "n"},
            values={"x": np.array(x), "y": np.array(y)},
            delta=np.array([0.0, 7.5272]),
            backends=["finite_difference"],
        )
        assert result.verdict == verdict


@pytest.mark.parametrize(("factor", "verdict"), [(1.0, "pass"), (1.0 + 1e-6, "fail")])
def test_a_subtraction_beside_what_runs_in_floats_only(factor, verdict):
    """Exact, but the arguments of a step round."""

    def subtracted(x, y):
        return np.fft.ifft(np.fft.fft(np.zeros(len(x)))).real + (x - y)

    for x, y in (([37.1, 3.3], [5.0, 3.3]), ([10.9988, 37.0994, -3.1163], [-15.4975, 6.8258, -3.1163])):
        result = check(
            subtracted,
            lambda d, x, y: (d, -d * factor),
            {"x": "n", "y": "n"},
            values={"x": np.array(x), "y": np.array(y)},
            delta=np.array([0.0] * (len(x) - 1) + [7.5272]),
            backends=["finite_difference"],
        )
        assert result.verdict == verdict


def in_float32(function):
    def forward(x):
        out = np.empty(x.shape, dtype="f")
        out[...] = function(x)
        return out

    return forward


FLOAT32 = {
    "flat": (np.tanh, lambda d, x: d * (1 - np.tanh(x) ** 2), {"x": np.array([10.0])}),
    "saturating": (
        np.tanh,
        lambda d, x: d * (1 - np.tanh(x) ** 2),
        {"x": lambda s, rng: rng.uniform(7, 10, s)},
    ),
    "drawn": (np.tanh, lambda d, x: d * (1 - np.tanh(x) ** 2), {}),
    "a kink beside it": (
        lambda x: np.maximum(x, 0.0),
        lambda d, x: d * (x > 0),
        {"x": np.array([-0.0105, 8.1827, -9.2])},
    ),
}


@pytest.mark.parametrize("case", FLOAT32)
def test_a_forward_in_float32_accuses_nobody_of_its_own_rounding(case):
    """The difference is as rough as float32, and says so."""
    function, backward, values = FLOAT32[case]
    assert check(in_float32(function), backward, {"x": "n"}, values=values, seed=1).verdict != "fail"


def test_a_forward_in_float32_refutes_what_is_plainly_wrong():
    """A sign."""
    wrong = lambda d, x: -d * (1 - np.tanh(x) ** 2)
    assert check(in_float32(np.tanh), wrong, {"x": "n"}).verdict == "fail"


def test_one_estimate_decides_nothing():
    """Where the forward is answered at one point of many, an estimate that differs is no failure."""

    def rarely(x):  # in floats alone, and next to few points only
        values = np.array([float(v) for v in x])
        if values[0] > 0.1 and not (values * 1024 == np.round(values * 1024)).all():
            raise ValueError("off the grid")
        return values * 1.0

    def on_grid(few):
        return lambda shape, rng: rng.integers(0 if rng.random() < few else 200, 900, shape) / 1024

    wrong = lambda d, x: 3.0 * d
    few = check(rarely, wrong, {"x": "n"}, values={"x": on_grid(0.3)}, max_examples=30, seed=2)
    assert few.verdict == "inconclusive"
    assert "too few of them: at" in few.reason
    everywhere = {"x": lambda shape, rng: rng.integers(1, 100, shape) / 1024}
    assert check(rarely, wrong, {"x": "n"}, values=everywhere, max_examples=30).verdict == "fail"
    assert check(rarely, lambda d, x: d, {"x": "n"}, values=everywhere, max_examples=30).verdict == "pass"


def gelu(x):
    return 0.5 * x * (1 + special.erf(x / np.sqrt(2)))


@pytest.mark.parametrize(("sign", "verdict"), [(1, "pass"), (-1, "fail")])
def test_the_backends_say_the_same_of_right_and_wrong_code(sign, verdict):
    """JAX's derivative of erf holds a rounded 2 / sqrt(pi): no reason to outvote it."""

    def backward(delta, x):
        bell = x * np.exp(-x * x / 2) / np.sqrt(2 * np.pi)
        return delta * (0.5 * (1 + special.erf(x / np.sqrt(2))) + sign * bell)

    result = check(gelu, backward, {"x": "n"})
    assert result.verdict == verdict
    assert "the backends agree with each other at every point" in str(result)
    assert "outvoted" not in str(result)


@pytest.mark.parametrize(("factor", "verdict"), [(1, "pass"), (2, "fail")])
def test_sizes_that_where_makes_equal_are_not_weak(factor, verdict):
    """No other sizes are declared."""
    equal = {"where": lambda n, m: n == m}
    result = check(lambda x, y: x * y, lambda d, x, y: (d * y, factor * d * x), {"x": "n", "y": "m"}, **equal)
    assert result.verdict == verdict
    assert not (result.proof.reason or "").startswith("the forward raises")


def test_equal_sizes_by_choice_are_weak():
    """The declaration allows others."""
    values = {"W": np.arange(4.0).reshape(2, 2)}
    result = check(lambda W: W.T * 2.0, lambda d, W: 2.0 * d.T, {"W": "n m"}, values=values)
    assert result.verdict == "weak"


def sample(image, p):
    i = np.floor(p).astype(int)
    w = p - i
    return image[i] * (1 - w) + image[i + 1] * w


def sample_back(factor):
    def backward(d, image, p):
        i = np.floor(p).astype(int)
        w = p - i
        g = np.zeros_like(image)
        np.add.at(g, i, factor * d * (1 - w))
        np.add.at(g, i + 1, d * w)
        return g, d * (image[i + 1] - image[i])

    return backward


@pytest.mark.parametrize(("factor", "verdict"), [(1, "pass"), (2, "fail")])
def test_interpolation_is_answered(factor, verdict):
    """A floor, a cast to integer, a lookup: in balls, since the pixel is known."""
    values = {"p": lambda s, rng: rng.integers(0, 4, s) + rng.uniform(0.1, 0.9, s)}
    result = check(sample, sample_back(factor), {"image": "5", "p": "k"}, values=values)
    assert result.verdict == verdict
    assert result.strength == ("certified" if factor == 1 else None)


@pytest.mark.parametrize(("at_the_end", "verdict"), [(0.0, "fail"), (1.0, "pass")])
def test_interpolation_at_whole_numbers_is_answered(at_the_end, verdict):
    """Beyond the last pixel the image goes on, and is not zero."""

    def clipped(image, p):
        q = np.clip(p, 0, len(image) - 1)
        i = np.floor(q).astype(int)
        j = np.minimum(i + 1, len(image) - 1)
        return image[i] * (1 - (q - i)) + image[j] * (q - i)

    def backward(d, image, p):
        n = len(image)
        q = np.clip(p, 0, n - 1)
        i = np.floor(q).astype(int)
        j = np.minimum(i + 1, n - 1)
        g = np.zeros(n)
        np.add.at(g, i, d * (1 - (q - i)))
        np.add.at(g, j, d * (q - i))
        right = np.where(i + 1 < n, image[j], at_the_end * image[i])
        return g, d * np.where((p >= 0) & (p <= n - 1), right - image[i], 0.0)

    def places(shape, rng):
        whole = rng.integers(0, 4, shape).astype(float)
        return np.where(rng.random(shape) < 0.2, whole, rng.uniform(-1, 5, shape))

    result = check(clipped, backward, {"image": "4", "p": "k"}, values={"p": places}, max_examples=25)
    assert result.verdict == verdict


@pytest.mark.parametrize("size", [6, 10, 12])
@pytest.mark.parametrize("sign", [-1, 1])
def test_an_ill_conditioned_solve_is_no_error(size, sign):
    """The Hilbert matrix: float64 keeps few digits of it, or none."""
    hilbert = 1 / (np.arange(size)[:, None] + np.arange(size) + 1.0)

    def backward(d, A, b):
        back = np.linalg.solve(A.T, d)
        return sign * np.outer(back, np.linalg.solve(A, b)), back

    result = check(np.linalg.solve, backward, {"A": "n n", "b": "n"}, values={"A": hilbert}, max_examples=10)
    assert result.verdict == ("pass" if sign < 0 else "fail")


def summed_in_any_order(noise, factor=1.0):
    def backward(d, X, b):
        total = np.zeros_like(d[0])
        for i in _rng.permutation(len(d)):
            total = total + d[i]
        return d, factor * total * (1 + noise * _rng.normal())

    return backward


@pytest.mark.parametrize(
    ("noise", "factor", "verdict", "words"),
    [
        (0.0, 1.0, "pass", None),
        (1e-16, 1.0, "pass", None),
        (1e-9, 1.0, "fail", "by more than rounding"),
        (0.0, 2.0, "fail", "backends|autodiff"),
    ],
)
def test_answers_may_differ_by_rounding_where_that_is_declared(noise, factor, verdict, words):
    """Without the option any difference is an error, which names the option where it would help."""
    add = lambda X, b: X + b
    shapes = {"X": "n m", "b": "m"}
    backward = summed_in_any_order(noise, factor)
    result = check(add, backward, shapes, deterministic=False)
    assert result.verdict == verdict
    if words is not None:
        assert any(word in result.reason for word in words.split("|"))
    assert result.strength == ("agreed" if verdict == "pass" else None)
    strict = check(add, backward, shapes)
    assert strict.verdict == "error"
    assert ("deterministic=False" in strict.reason) == (noise < 1e-9)


def test_a_forward_that_draws_is_an_error_whatever_is_declared():
    """A dropout mask is an argument."""
    dropped = lambda x: x * (_rng.random(x.shape) < 0.5)
    result = check(dropped, lambda d, x: d, {"x": "n"}, deterministic=False)
    assert result.verdict == "error"
    assert "not deterministic" in result.reason


@pytest.mark.parametrize("seed", range(4))
def test_an_entry_at_a_kink_is_a_convention_whatever_delta_is(seed):
    """Delta is no part of an entry's claim, and a zero in it hides no kink."""
    relu = Formula(lambda z: np.maximum(z, 0.0), {"z": "n"})
    relu.entry("da[i]/dz[i]")(lambda i, z: float(z[i] > 0))
    relu.entry("da[i]/dz[i]", id="wrong")(lambda i, z: 0.7 * float(z[i] > 0))
    right, wrong = (check_claim(c, seed=seed, max_examples=30).row for c in relu.claims)
    assert (right.verdict, wrong.verdict) == ("pass", "fail")


@pytest.mark.parametrize("kind", ["entry", "jacobian"])
@pytest.mark.parametrize(
    ("at_zero", "verdict"), [(0.0, "pass"), (0.5, "pass"), (1.0, "pass"), (2.0, "fail"), (-0.1, "fail")]
)
def test_an_entry_at_a_kink_lies_between_the_one_sided_slopes(kind, at_zero, verdict):
    """As a vjp's slope does; a value that no convention states is wrong."""
    relu = Formula(lambda z: np.maximum(z, 0.0), {"z": "n"})
    slope = lambda z: np.where(z > 0, 1.0, np.where(z < 0, 0.0, at_zero))
    if kind == "entry":
        relu.entry("da[i]/dz[i]")(lambda i, z: slope(z)[i])
    else:
        relu.jacobian("z")(lambda z: np.diag(slope(z)))
    assert check_claim(relu.claims[0], max_examples=30).row.verdict == verdict
