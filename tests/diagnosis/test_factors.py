"""Factors that are recognised, and numbers that are none."""

from fractions import Fraction

import numpy as np
import pytest

from gradcheck.diagnosis.explaining.values.factors import Atom, recognise, simple_fraction
from gradcheck.diagnosis.explaining.values.ratios import common_ratio

N, M = Atom("n", "", (2.0, 3.0, 5.0)), Atom("m", "", (7.0, 2.0, 4.0))


@pytest.mark.parametrize(
    ("ratios", "text"),
    [
        ((2, 2, 2), "2"),
        ((-0.5, -0.5, -0.5), "1/2"),
        ((2, 3, 5), "n"),
        ((1 / 2, 1 / 3, 1 / 5), "1 / n"),
        ((14, 6, 20), "n m"),
        ((4, 6, 10), "2 n"),
        (tuple(np.sqrt([2, 3, 5])), "sqrt(n)"),
    ],
)
def test_a_factor_is_recognised(ratios, text):
    """The simplest one that fits all the samples, and it gives them again."""
    factor = recognise(ratios, [N, M])[0]
    assert factor.text == text
    for k, ratio in enumerate(ratios):
        values = {"n": N.values[k], "m": M.values[k]}
        assert factor.at(values) == pytest.approx(ratio)
        assert float(factor.exactly(values).mid()) == pytest.approx(ratio)


@pytest.mark.parametrize("ratios", [(0.7312, 1.9, 2.44), (np.pi, np.pi, np.pi), (1, 1, 1), (0, 0, 0)])
def test_what_is_no_simple_factor_is_none(ratios):
    """Nor is 1, which explains nothing."""
    assert recognise(ratios, [N, M]) == []


def test_small_fractions_and_numbers_somebody_wrote():
    """0.7071067812 is a root that was rounded, no number to name."""
    assert simple_fraction(1.001) == Fraction(1.001)
    assert simple_fraction(1 / 3) == Fraction(1, 3)
    assert simple_fraction(0.7071067812) is None
    assert simple_fraction(float("nan")) is None


def test_a_ratio_is_common_to_all_entries_or_there_is_none():
    """Where both are zero it says nothing; where one is, there is no ratio."""
    a = np.array([1.0, -2.0, 4.0])
    assert common_ratio(3 * a, a) == 3
    assert common_ratio(np.array([3.0, -6.0, 12.1]), a) is None
    assert common_ratio(0 * a, a) is None
    assert np.isnan(common_ratio(0 * a, 0 * a))
