"""From balls to float64: the rounding is right, and refuses to guess."""

import math
from fractions import Fraction

import pytest
from flint import arb
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.arithmetic import precision
from gradcheck.oracles.rounding import distance, even_neighbour, nearest


def dyadic(mantissa, exponent):
    with precision(300):
        return arb(mantissa) * arb(2) ** exponent


@given(st.integers(-(2**160), 2**160), st.integers(-1300, 900))
def test_an_exact_number_rounds_as_python_rounds_fractions(mantissa, exponent):
    """Subnormal results, ties and overflow included."""
    exact = Fraction(mantissa) * Fraction(2) ** exponent
    try:
        expected = float(exact)
    except OverflowError:
        expected = math.copysign(math.inf, mantissa)

    assert nearest(dyadic(mantissa, exponent)) == expected


@pytest.mark.parametrize(
    ("mantissa", "exponent", "expected"),
    [
        (2**54 + 2, -54, 1.0),  # 1 + 2^-53: half a unit above 1, which is even
        (2**54 + 6, -54, 1 + 2.0**-51),  # half a unit above the odd 1 + 2^-52
        (1, -1075, 0.0),  # half of the smallest number
        (3, -1076, 5e-324),
        (2**53 - 1, 971, 1.7976931348623157e308),
        (2**54 - 1, 970, math.inf),  # halfway between the largest number and what would follow it
        (0, 0, 0.0),
    ],
)
def test_ties_go_to_the_even_neighbour(mantissa, exponent, expected):
    assert nearest(dyadic(mantissa, exponent)) == expected
    assert nearest(dyadic(-mantissa, exponent)) == -expected


def test_zero_has_no_sign():
    for ball in (arb(0), dyadic(-1, -1400), arb(0, 1e-320) * arb(2) ** -100):
        assert math.copysign(1.0, nearest(ball)) == 1.0


@pytest.mark.parametrize(
    "ball",
    [
        arb(1, 1e-16),  # 1 and its neighbours
        arb(0, 1e-300),
        arb(0, 1) / 0,
        arb(math.inf),
    ],
)
def test_a_ball_that_holds_more_than_one_rounding_gives_none(ball):
    assert nearest(ball) is None


def test_a_ball_around_a_midpoint_is_rounded_to_even_only_when_asked():
    with precision(300):
        ball = arb(1) + arb(2) ** -53 + arb(0, 1) * arb(2) ** -200
        negative = -ball

    assert nearest(ball) is None
    assert even_neighbour(ball) == 1.0
    assert even_neighbour(negative) == -1.0
    assert even_neighbour(arb(0, 1) * arb(2) ** -1074) is None  # holds three numbers
    assert even_neighbour(arb(1, 1e-3)) is None
    assert even_neighbour(arb(math.inf)) is None


def test_the_distance_is_rounded_up_and_zero_only_where_the_number_is_exact():
    with precision(200):
        third = arb(1) / 3
    value = nearest(third)
    bound = Fraction(distance(third, value))

    assert distance(arb(0.25), 0.25) == 0
    assert abs(Fraction(1, 3) - Fraction(value)) <= bound <= Fraction(math.ulp(value)) / 2
    assert distance(arb(1), math.inf) == math.inf
    assert distance(arb(0, 1) / 0, 0.0) == math.inf
