"""Digits that rounding costs: of the worst quantity, unless all of it lies below the formula's rounding."""

import math

import numpy as np

from gradcheck.arithmetic import enclose
from gradcheck.judging.candidates.digits import digits_lost

EXACT = {"dJ/da": enclose(np.array([1.0, 2.0])), "dJ/db": enclose(np.array([3.0]))}
GOOD, WORSE, WORST = 2.0 * (1 + 2.0**-52), 3.0 * (1 + 2.0**-40), 3.0 * (1 + 2.0**-20)


def lost(a, b, scales=None):
    return digits_lost({"dJ/da": np.array([1.0, a]), "dJ/db": np.array([b])}, EXACT, "float64", scales)


def test_the_worst_quantity_counts():
    assert lost(2.0, 3.0) == 0.0
    assert math.isclose(lost(GOOD, WORSE), math.log10(2.0**13), rel_tol=1e-3)
    assert lost(GOOD, WORST) > lost(GOOD, WORSE) > lost(GOOD, 3.0) > 0


def test_what_is_not_finite_has_lost_everything_wherever_it_stands():
    assert lost(np.nan, WORST) == lost(WORST, np.inf) == -math.log10(2.0**-53)


def test_a_quantity_below_the_rounding_of_its_terms_has_no_digits():
    saturated = lambda quantity: np.array([1e30 if quantity == "dJ/db" else 1.0])
    assert lost(GOOD, WORST, saturated) == lost(GOOD, 3.0)


def test_only_the_worst_is_asked_for_its_terms():
    asked = []
    lost(GOOD, WORST, lambda quantity: asked.append(quantity) or np.ones(1))
    assert asked == ["dJ/db"]
