"""Finite differences: the error bound covers the true error, and is small."""

import numpy as np
import pytest
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.arithmetic import precision
from gradcheck.backend import Problem
from gradcheck.errors import NoAnswer, Unsupported
from gradcheck_backends import finite_difference
from gradcheck_backends._differences import in_balls as _ball_difference
from gradcheck_backends._differences.in_floats import slope
from gradcheck_backends._differences.seen_precision import DOUBLE, HALF, SINGLE, unit_of
from gradcheck_backends.finite_difference import CentralDifference

FUNCTIONS = {
    # name: forward in NumPy, derivative in arb, where it is tried
    "exp": (np.exp, arb.exp, (-20, 20)),
    "sin(50 x)": (lambda x: np.sin(50 * x), lambda x: 50 * (50 * x).cos(), (-10, 10)),
    "x^7": (lambda x: x**7, lambda x: 7 * x**6, (-30, 30)),
    "log": (np.log, lambda x: 1 / x, (0.01, 1000)),
    "sqrt": (np.sqrt, lambda x: 1 / (2 * x.sqrt()), (0.01, 1000)),
    "tanh": (np.tanh, lambda x: 1 - x.tanh() ** 2, (-15, 15)),
    "1/x": (lambda x: 1 / x, lambda x: -1 / x**2, (0.01, 100)),
    "exp(-1/x)": (lambda x: np.exp(-1 / x), lambda x: (-1 / x).exp() / x**2, (0.05, 5)),
    "steep sigmoid": (
        lambda x: 1 / (1 + np.exp(-200 * x)),
        lambda x: 200 / ((100 * x).exp() + (-100 * x).exp()) ** 2,
        (-2, 2),
    ),
    "a constant": (lambda x: 0 * x + 3.0, lambda x: arb(0), (-5, 5)),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_radius_covers_the_true_error_and_is_small(problem, name):
    """At working precision, for functions with known derivatives."""
    forward, derivative, (low, high) = FUNCTIONS[name]

    @given(st.floats(low, high).map(lambda v: round(v, 4)).filter(lambda v: v != 0))
    def check(x):
        asked = problem(forward, np.array(x))
        with precision(212):
            program = finite_difference.BACKEND.derive(asked)
            ball = program.vjp(asked.example, [np.ones(())])[0].values.item()
        with precision(700):
            right = derivative(arb(x))
            assert ball.overlaps(right)
            scale = max(abs(float(right)), abs(float(asked.function(np.float64(x)))), 1e-300)
            assert float(ball.rad()) <= 1e-40 * scale
            assert not ball.overlaps(right + 1e-30 * scale)

    check()


def test_truncation_is_in_the_radius(problem, monkeypatch):
    """With a coarse step the truncation is large, and the bound grows with it; without it, the twin fails."""
    asked = problem(lambda x: np.exp(20 * x), np.array(1.0))
    monkeypatch.setattr(_ball_difference, "COARSE_STEP", 4)
    monkeypatch.setattr(_ball_difference, "FINE_STEP", 8)
    with precision(212):
        right = 20 * arb(20).exp()
        covered = finite_difference.BACKEND.derive(asked).vjp(asked.example, [np.ones(())])[0].values.item()
        monkeypatch.setattr(_ball_difference, "_MARGIN", 0)
        bare = finite_difference.BACKEND.derive(asked).vjp(asked.example, [np.ones(())])[0].values.item()
    assert covered.overlaps(right)
    assert not bare.overlaps(right)


def test_one_slope_per_argument_finds_an_error_in_any_entry(problem):
    """The slope of the right gradient is met, that of one with a single wrong entry is not."""
    W = np.round(np.random.default_rng(0).standard_normal((12, 17)), 3)
    asked = problem(lambda W: np.sum(W * W), W)
    direction = np.random.default_rng(1).integers(1, 2**16, W.shape) / 2**16
    with precision(212):
        answer = finite_difference.BACKEND.derive(asked).vjp(asked.example, [np.ones(())], {0: direction})[0]
        right = sum((2 * arb(w) * arb(u) for w, u in zip(W.ravel(), direction.ravel(), strict=True)), arb(0))
        assert answer.direction is direction
        assert answer.values.item().overlaps(right)
        for k in (0, 100, 203):
            wrong = right - 2 * arb(W.ravel()[k]) * arb(direction.ravel()[k]) * 0.001
            assert not answer.values.item().overlaps(wrong)


def test_at_a_pole_nearby_there_is_no_answer(problem):
    """The point says nothing; another may."""
    asked = problem(np.sqrt, np.array(0.0))
    with pytest.raises(NoAnswer, match="not finite"), precision(212):
        finite_difference.BACKEND.derive(asked).vjp(asked.example, [np.ones(())])


def test_a_saturated_gradient_is_below_its_own_radius_and_not_zero(problem):
    """1e-123 beside values of 1: the ball holds the truth, and cannot tell it from zero."""
    asked = problem(np.tanh, np.array(142.0))
    with precision(212):
        ball = finite_difference.BACKEND.derive(asked).vjp(asked.example, [np.ones(())])[0].values.item()
    with precision(2000):
        assert ball.overlaps(1 - arb(142).tanh() ** 2)


def opaque(function):
    """A forward that runs in float64 only."""

    def run(x):
        return function(np.array([float(v) for v in np.atleast_1d(x)])).reshape(np.shape(x))

    return run


@pytest.mark.parametrize("name", ["exp", "sin(50 x)", "x^7", "log", "sqrt", "tanh", "1/x", "a constant"])
def test_in_float64_the_bound_covers_the_true_error_too(problem, name):
    """An adaptive step, an estimated bound: never called rigorous, and never too small."""
    forward, derivative, (low, high) = FUNCTIONS[name]

    @given(st.floats(max(low, -10), min(high, 10)).map(lambda v: round(v, 3)).filter(lambda v: abs(v) > 0.1))
    def check(x):
        asked = problem(opaque(forward), np.array(x))
        program = finite_difference.BACKEND.derive(asked)
        with precision(212):
            answer = program.vjp(asked.example, [np.ones(())])[0]
            right = derivative(arb(x))
        assert not answer.rigorous
        assert "float64" in program.method
        assert answer.values.item().overlaps(right)
        scale = abs(float(right)) + abs(float(forward(np.float64(x))))
        assert float(answer.values.item().rad()) < 1e-5 * scale + 1e-9

    check()


def test_in_float64_a_kink_is_seen_and_a_domain_kept():
    """ReLU at zero has no slope; the logarithm near zero has one."""
    with pytest.raises(NoAnswer, match="a kink"):
        slope(lambda t: np.maximum(np.array([t]), 0), np.ones(1))
    with pytest.raises(NoAnswer, match="not finite"), np.errstate(all="ignore"):
        slope(lambda t: np.sqrt(np.array([t])), np.ones(1))
    with np.errstate(all="ignore"):
        value, bound, _ = slope(lambda t: np.log(np.array([0.01 + t])), np.ones(1))
    assert abs(value - 100) <= bound < 1e-3


def test_a_forward_that_raises_off_the_point_is_unsupported(problem):
    """It ran at the point, and not beside it."""

    def brittle(x):
        if float(x) != 1.0:
            raise ValueError("only at one")
        return x * 2.0

    asked = problem(brittle, np.array(1.0))
    with pytest.raises(Unsupported), precision(212):
        finite_difference.BACKEND.derive(asked).vjp(asked.example, [np.ones(())])


def test_in_float64_a_forward_full_of_jumps_has_no_answer_or_the_right_one():
    """Steps longer than the pieces of a remainder see a slope of none of them; noise is no such piece."""
    with pytest.raises(NoAnswer, match="jumps"):
        slope(lambda t: np.remainder(np.array([5.0]), -0.0091 + 0.8 * t), np.ones(1), 0.01)
    value, bound, _ = slope(lambda t: np.remainder(np.array([5.0 + t]), 0.0091), np.ones(1), 5.0)
    assert abs(value - 1) <= bound
    in_float32 = lambda t: np.sin(np.array([1 + t], dtype=np.float32)).astype(float)
    value, bound, _ = slope(in_float32, np.ones(1))
    assert abs(value - np.cos(1)) <= bound < 1e-2


def test_in_float64_values_that_stand_still_in_float32_are_no_zero_slope():
    """The tanh of 5 is the same number for all short steps; that of a constant is too, and says so."""
    saturated = lambda t: np.tanh(np.array([5 + t], dtype=np.float32)).astype(float)
    value, bound, _ = slope(saturated, np.ones(1), 5.0)
    assert abs(value - (1 - np.tanh(5) ** 2)) <= bound
    value, bound, _ = slope(lambda t: np.zeros(1), np.ones(1))
    assert value == bound == 0


def test_an_output_without_entries_has_the_gradient_zero(problem):
    """A diagonal above the corner of a 1-by-1 matrix is empty."""
    asked = problem(lambda x: np.diagonal(x, 1) * 2.0, np.ones((1, 1)))
    assert asked.output_shapes == ((0,),)
    with precision(212):
        program = finite_difference.BACKEND.derive(asked)
        entries = program.vjp(asked.example, [np.ones(0)])[0].values
        along = program.vjp(asked.example, [np.ones(0)], {0: np.ones((1, 1))})[0].values
    assert entries.item() == along.item() == 0


def float_slope(forward, x, weights, direction=None):
    """The slope of a forward in float64 along a direction, its bound."""
    x = np.array(x, dtype=float)
    problem = Problem(forward, ("x",), (x,), (0,), (np.shape(forward(x)),))
    direction = np.ones(x.shape) if direction is None else np.array(direction)
    value, bound, _ = CentralDifference(problem)._float_slope((x,), 0, direction, np.array(weights), {0})
    return value, bound


def test_in_float64_what_the_arguments_round_to_is_in_the_bound():
    """The square of a complex number is small where its terms are not, and its steps round."""
    y = np.array([6.8258, -3.1163])
    value, bound = float_slope(
        lambda x: np.real((x + 1j * y) ** 2), [37.0994, -3.1163], [0.0, 7.5272], [0.7, 55917 / 2**16]
    )
    assert abs(value - 7.5272 * 2 * -3.1163 * 55917 / 2**16) <= bound < 1e-10


def test_in_float64_a_far_step_that_raises_leaves_the_smaller_ones():
    """A step of 1 leaves the image; steps of 1/8 do not, and a point at 1e-9 has a slope too."""
    image = np.array([1.0, 4.0, 9.0, 16.0])
    value, bound = float_slope(lambda p: image[p.astype(int)] * p, [3.5], [1.0])
    assert abs(value - 16) <= bound < 1e-9

    def brittle(x, most=4e-9):
        if not 0 < x[0] < most:
            raise ValueError("outside")
        return x * 2.0

    value, bound = float_slope(brittle, [1e-9], [1.0])
    assert abs(value - 2) <= bound
    with pytest.raises(NoAnswer, match="ValueError: outside"):
        float_slope(lambda x: brittle(x, 1e-15), [5e-16], [1.0])


@pytest.mark.parametrize("end", ["float32", "out of sight", "float64"])
def test_in_float64_a_forward_that_rounds_to_float32_is_known(end):
    """On a flat spot its values stand still at every short step; next to a kink, a long step crosses it."""

    def rounded(values):
        narrow = np.asarray(values, dtype=np.float32) if end == "out of sight" else values.astype("f")
        return narrow if end == "float32" else narrow.astype(float) * 0.3

    factor = 1.0 if end == "float32" else 0.3
    for at in (5.0, 10.0, 13.6):
        value, bound = float_slope(lambda x: rounded(np.tanh(x)), [at], [1.0])
        assert abs(value - factor * (1 - np.tanh(at) ** 2)) <= bound
    value, bound = float_slope(lambda x: rounded(np.abs(x)), [-0.7617, 10.8071], [0.2646, -0.7519])
    assert abs(value + factor * (0.2646 + 0.7519)) <= bound < 0.05


def test_in_float64_short_steps_that_stand_still_are_no_answer_beside_long_ones_that_do_not():
    """Rounded to 4 digits; of 7, the difference knows the noise."""
    with pytest.raises(NoAnswer, match="stands still"):
        float_slope(lambda x: np.round(np.sin(x), 4), [2.0], [1.0])
    value, bound = float_slope(lambda x: np.round(np.sin(x), 7), [2.0], [1.0])
    assert abs(value - np.cos(2)) <= bound < 1e-3


def test_the_narrowest_type_is_seen_wherever_it_is():
    """In a cast, a buffer, a function that is called; never where all is float64."""
    x = np.array([1.0, 2.0])

    def helper(x):
        return np.asarray(x, dtype="f4")

    def buffered(x):
        out = np.empty(x.shape, np.float16)
        out[...] = x
        return out

    assert unit_of(lambda x: np.stack([x, np.exp(x)]) @ x, (x,)) == DOUBLE
    assert unit_of(lambda x: np.where(x > 1, x, 0).sum(), (x,)) == DOUBLE
    assert unit_of(lambda x: x.astype("f").astype(float), (x,)) == SINGLE
    assert unit_of(lambda x: np.sum(np.float32(x)) * 2.0, (x,)) == SINGLE
    assert unit_of(lambda x: helper(x).astype(float), (x,)) == SINGLE
    assert unit_of(buffered, (x,)) == HALF
