"""Ball arithmetic: enclosures, decisions that raise instead of guessing, constants."""

from fractions import Fraction

import flint
import numpy as np
import pytest
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.arithmetic import (
    BALLS,
    WIDENED,
    ElementArray,
    enclose,
    midpoints,
    of_entries,
    precision,
    radii,
)
from gradcheck.errors import Undecided, Unsupported

UFUNCS = BALLS.ufuncs
NARROW = st.floats(-100, 100).map(lambda x: round(x, 6) + 0.0)  # balls have no negative zero


def test_precision_is_put_back_even_after_an_error():
    """flint's setting is global and the user's."""
    before = flint.ctx.prec
    with precision(333):
        assert flint.ctx.prec == 333
        with precision(77):
            assert flint.ctx.prec == 77
        assert flint.ctx.prec == 333
    with pytest.raises(ZeroDivisionError), precision(99):
        _ = 1 / 0
    assert flint.ctx.prec == before


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=5))
def test_float64_values_are_enclosed_exactly_and_come_back(values):
    """No bit is lost either way."""
    array = np.array(values)
    balls = enclose(array)
    assert np.array_equal(midpoints(balls), array)
    assert not radii(balls).any()


def test_a_bound_is_a_radius_and_what_is_not_finite_gives_an_infinite_ball():
    """Nothing is certain about NaN."""
    balls = enclose(np.array([1.0, 2.0]), np.array([0.5, 0.25]))
    assert radii(balls).tolist() == pytest.approx([0.5, 0.25])
    assert balls[0].contains(1.4)
    assert not balls[0].contains(1.6)
    assert not enclose(np.array([np.nan]))[0].is_finite()
    assert not enclose(np.array([np.inf]))[0].is_finite()
    assert not enclose(np.array([1.0]), np.inf)[0].is_finite()
    assert np.isnan(midpoints(enclose(np.array([np.nan])))).all()


@given(NARROW, NARROW, NARROW)
def test_arithmetic_encloses_the_exact_rational_result(a, b, c):
    """At 30 bits, where nearly every operation rounds."""
    with precision(30):
        x, y, z = (arb(v) for v in (a, b, c))
        ball = (x + y) * z - x * x
    exact = (Fraction(a) + Fraction(b)) * Fraction(c) - Fraction(a) ** 2
    with precision(2000):
        assert ball.contains(arb(flint.fmpq(exact.numerator, exact.denominator)))
        assert not ball.contains(
            arb(flint.fmpq(exact.numerator, exact.denominator)) + abs(ball.rad()) * 4 + 1
        )


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("sqrt", 0.01, 50), ("cbrt", 0.01, 50), ("exp", -20, 20), ("exp2", -20, 20), ("expm1", -5, 5),
        ("log", 0.01, 50), ("log2", 0.01, 50), ("log10", 0.01, 50), ("log1p", -0.9, 50), ("sin", -9, 9),
        ("cos", -9, 9), ("tan", -1.5, 1.5), ("arcsin", -0.99, 0.99), ("arccos", -0.99, 0.99),
        ("arctan", -9, 9), ("sinh", -9, 9), ("cosh", -9, 9), ("tanh", -9, 9), ("arcsinh", -9, 9),
        ("arccosh", 1.01, 50), ("arctanh", -0.99, 0.99), ("square", -9, 9), ("reciprocal", 0.1, 9),
        ("absolute", -9, 9), ("fabs", -9, 9), ("sign", -9, 9), ("floor", -9, 9), ("ceil", -9, 9),
        ("negative", -9, 9), ("positive", -9, 9), ("conjugate", -9, 9), ("deg2rad", -400, 400),
        ("rad2deg", -9, 9), ("isnan", -9, 9), ("isfinite", -9, 9), ("isinf", -9, 9), ("signbit", -9, 9),
    ],
)  # fmt: skip
def test_a_unary_ufunc_is_numpys(agrees, name, low, high):
    """Compared with NumPy on float64, on random values, integers and zero where the domain has them."""
    ufunc = getattr(np, name)

    @given(st.lists(st.floats(low, high), min_size=1, max_size=4))
    def check(values):
        agrees(ufunc, np.array(values))

    check()
    agrees(ufunc, np.array([v for v in (-2.0, -1.0, 0.0, 1.0, 2.0) if low <= v <= high]))


def test_the_cube_root_of_a_negative_number_is_numpys(agrees):
    """It is real."""
    agrees(np.cbrt, np.array([-8.0, -0.3, 27.0]))


def test_the_cube_root_of_zero_is_zero(agrees):
    """The forward is finite there, though it has no derivative."""
    agrees(np.cbrt, np.array([0.0]))


@pytest.mark.parametrize(
    "name",
    [
        "add", "subtract", "multiply", "divide", "true_divide", "maximum", "minimum", "fmax", "fmin", "hypot",
        "arctan2", "logaddexp", "copysign", "heaviside", "less", "less_equal", "greater", "greater_equal",
        "equal", "not_equal", "logaddexp2", "remainder", "fmod", "floor_divide",
    ],
)  # fmt: skip
def test_a_binary_ufunc_is_numpys(agrees, name):
    """With broadcasting, ties and signs; the second argument is away from zero."""
    ufunc = getattr(np, name)

    @given(
        st.lists(NARROW, min_size=3, max_size=3), st.lists(NARROW.filter(lambda v: v), min_size=2, max_size=2)
    )
    def check(a, b):
        agrees(ufunc, np.array(a), np.array(b)[:, None])

    check()
    agrees(ufunc, np.array([0.0, 1.0, -1.0, 2.0]), np.array([1.0, 1.0, -1.0, -2.0]))


@pytest.mark.parametrize("shape", [(), (2,), (0, 3)])
def test_a_square_is_never_below_zero(shape):
    """So its root is finite, also where the ball holds zero; and it holds every square."""
    balls = of_entries([arb(0, 1), arb(3, 0.5)][: int(np.prod(shape, dtype=int))], shape)
    for squares in (ElementArray(balls, BALLS) ** 2, np.square(ElementArray(balls, BALLS))):
        assert squares.shape == shape
        entries = squares.data.ravel().tolist()
        assert all(e >= 0 for e in entries)
        assert all(e.sqrt().is_finite() for e in entries)
        for ball, square in zip(balls.ravel().tolist(), entries, strict=True):
            for end in (ball.lower(), ball.upper(), ball.mid()):
                assert square.contains((end * end).mid())


def test_the_square_of_what_is_not_finite_is_not():
    nan, wide = (
        np.square(ElementArray(of_entries([b], (1,)), BALLS)).data[0] for b in (arb("nan"), arb(0, np.inf))
    )
    assert nan.is_nan()
    assert not wide.is_finite()


@pytest.mark.parametrize("exponent", [0, 1, 2, 3, -1, -2, 2.0, -3.0])
def test_integer_powers_are_numpys_for_negative_bases_too(agrees, exponent):
    """x ** 3 of a negative number is a number."""
    agrees(lambda x: x**exponent, np.array([-2.5, -1.0, 0.5, 3.0]))


@pytest.mark.parametrize("exponent", [0.5, -0.5, 1.5, np.pi])
def test_other_powers_are_numpys_for_positive_bases(agrees, exponent):
    """And of a negative base they are not finite, as NumPy's."""
    agrees(lambda x: x**exponent, np.array([0.25, 1.0, 3.0]))
    assert not UFUNCS["power"](arb(-2), arb(exponent)).is_finite()


def test_scipys_special_functions_are_found_by_name(agrees):
    """A user may have SciPy; the oracle is the math module and exact values."""
    import math

    for name, oracle in (("erf", math.erf), ("erfc", math.erfc), ("gammaln", math.lgamma)):
        for value in (0.3, 1.7, 4.0):
            assert float(UFUNCS[name](arb(value))) == pytest.approx(oracle(value), rel=1e-13)
    assert float(UFUNCS["expit"](arb(0.3))) == pytest.approx(1 / (1 + math.exp(-0.3)))
    assert float(UFUNCS["logit"](UFUNCS["expit"](arb(0.3)))) == pytest.approx(0.3)
    assert float(UFUNCS["psi"](arb(1))) == pytest.approx(-0.5772156649015329)


def third():
    return arb(1) / 3


COMPARISONS = ["less", "less_equal", "greater", "greater_equal", "equal", "not_equal"]


@pytest.mark.parametrize("name", COMPARISONS)
def test_a_comparison_of_balls_that_overlap_raises(name):
    """Two ways to compute 1/3 are not known to be equal, and not known to differ."""
    with pytest.raises(Undecided, match="two balls that overlap"):
        UFUNCS[name](third(), third())
    with pytest.raises(Undecided, match="not finite"):
        UFUNCS[name](arb("nan"), arb(1))


@pytest.mark.parametrize("name", COMPARISONS)
def test_a_comparison_that_is_certain_is_answered(name):
    """Disjoint balls, exact equal numbers, and one ball with itself."""
    function = getattr(np, name)
    for a, b in ((third(), third() + 1), (third() + 1, third()), (arb(2), arb(2)), (arb(0), arb(-0.0))):
        assert UFUNCS[name](a, b) == function(float(a), float(b))
    same = third()
    assert UFUNCS[name](same, same) == function(0, 0)


def test_maximum_minimum_abs_and_sign_never_decide():
    """They give an enclosure where the balls overlap."""
    wide, one = arb(1, 0.5), arb(1)
    for name in ("maximum", "minimum"):
        assert UFUNCS[name](wide, one).contains(1)
    top = UFUNCS["maximum"](arb(0, 1), arb(0.5))
    assert top.contains(0.5)
    assert top.contains(1)
    assert not top.contains(0.2)
    assert UFUNCS["absolute"](arb(0, 1)).contains(1)
    sign = UFUNCS["sign"](arb(0, 1))
    assert sign.contains(-1)
    assert sign.contains(1)
    assert UFUNCS["sign"](arb(2, 1)) == 1


@pytest.mark.parametrize("name", ["heaviside", "copysign"])
def test_a_jump_in_the_second_sense_gives_an_enclosure_of_both_sides(name):
    """heaviside(x) and copysign(1, x) at an x of unknown sign."""
    args = (arb(0, 1), arb(0.5)) if name == "heaviside" else (arb(1), arb(0, 1))
    both = UFUNCS[name](*args)
    assert both.contains(1)
    assert both.contains(0 if name == "heaviside" else -1)


def test_signbit_of_an_unknown_sign_raises():
    """It is a decision like any other."""
    with pytest.raises(Undecided):
        UFUNCS["signbit"](arb(0, 1))


def test_floor_and_ceil_enclose_both_integers():
    """Where the ball holds a jump."""
    floor = UFUNCS["floor"](arb(1, 0.25))
    assert floor.contains(0)
    assert floor.contains(1)
    assert UFUNCS["floor"](arb(1.5, 0.25)) == 1
    assert UFUNCS["ceil"](arb(1.5, 0.25)) == 2


def test_the_maximum_is_the_same_object_as_the_entry_that_has_it():
    """So the mask `x == x.max()` finds that entry, though equality of balls is not decidable."""
    parts = enclose(np.array([1.0, 3.0, 2.0])) / 3
    top = UFUNCS["maximum"].reduce(parts)
    assert top is parts[1]
    assert UFUNCS["equal"](parts, top).tolist() == [False, True, False]


def test_constants_enter_exactly_and_widened_only_where_asked():
    """Integers and integer floats are never in doubt."""
    assert BALLS.lift(0.1).is_exact()
    assert BALLS.lift(0.1) == arb(0.1)
    assert not WIDENED.lift(0.1).is_exact()
    assert WIDENED.lift(0.1).contains(arb(1) / 10)
    assert WIDENED.lift(0.1).contains(arb(np.nextafter(0.1, 1)))
    assert float(WIDENED.lift(0.1).rad()) < 1e-15
    assert all(WIDENED.lift(v).is_exact() for v in (3, 3.0, True, np.int8(4), 0.0, -0.0))
    assert not BALLS.lift(float("nan")).is_finite()
    assert BALLS.lift(np.float32(0.1)) == arb(float(np.float32(0.1)))


@pytest.mark.parametrize("value", [1j, np.complex128(1j), np.array([1j]), np.array(["a"])])
def test_what_is_no_real_number_cannot_enter(value):
    """Complex numbers and texts."""
    with pytest.raises((Unsupported, ValueError)):
        BALLS.lift_array(value)


def test_matmul_is_the_same_by_loop_and_by_arb_mat():
    """On both sides of the crossover; the balls overlap and are narrow."""
    rng = np.random.default_rng(0)
    for shape in ((3, 4, 5), (20, 30, 10), (40, 40, 1)):
        n, k, m = shape
        left, right = rng.standard_normal((n, k)), rng.standard_normal((k, m))
        with precision(200):
            product = BALLS.matmul(enclose(left), enclose(right))
        np.testing.assert_allclose(midpoints(product), left @ right, rtol=1e-12, atol=1e-12)
        assert radii(product).max() < 1e-50


def test_linalg_gives_enclosures_and_says_where_it_cannot():
    """A singular matrix has none."""
    matrix = np.array([[2.0, 1.0], [1.0, 3.0]])
    with precision(200):
        assert float(BALLS.linalg("det", enclose(matrix))) == 5
        np.testing.assert_allclose(midpoints(BALLS.linalg("inv", enclose(matrix))), np.linalg.inv(matrix))
        right = np.array([1.0, 2.0])
        np.testing.assert_allclose(
            midpoints(BALLS.linalg("solve", enclose(matrix), enclose(right))), np.linalg.solve(matrix, right)
        )
        with pytest.raises(Undecided, match=r"np\.linalg\.inv: no enclosure at this precision"):
            BALLS.linalg("inv", enclose(np.ones((2, 2))))
        with pytest.raises(Unsupported, match=r"np\.linalg\.svd is not available in ball arithmetic"):
            BALLS.linalg("svd", enclose(matrix))


@pytest.mark.parametrize("exponent", [2, 3, 7])
def test_a_power_of_a_ball_around_zero_is_a_ball(exponent):
    """python-flint gives NaN where the midpoint is exactly zero."""
    power = BALLS.ufuncs["power"](arb(0, 0.5), arb(exponent))
    assert power.is_finite()
    assert power.contains(arb(0.5) ** exponent)
    assert power.upper() < 0.26
