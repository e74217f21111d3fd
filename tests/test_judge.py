"""The judge: agree, differ, unclear, and on what scale."""

import numpy as np
import pytest
from flint import arb

from gradcheck.arithmetic import enclose, precision
from gradcheck.backend import Answer
from gradcheck.judging.comparing import RESOLUTION, compare, running_scale


def balls(*pairs):
    array = np.empty(len(pairs), dtype=object)
    array[:] = [arb(*p) if isinstance(p, tuple) else arb(p) for p in pairs]
    return array


def scalar(value):
    array = np.empty((), dtype=object)
    array[()] = value
    return array


def test_equal_balls_agree_and_disjoint_ones_differ():
    """The twin is a hundred-thousandth of float64's resolution away, and still far above ours."""
    right = balls(1.0, 2.0)
    assert compare(right, Answer(right), rigorous=True).outcome == "agree"
    with precision(200):
        wrong = right + arb(2) ** -70
        assert compare(wrong, Answer(right), rigorous=True).outcome == "differ"


@pytest.mark.parametrize(("gap", "outcome"), [(1e-27, "agree"), (1e-23, "differ")])
def test_the_resolution_is_relative_to_the_entrys_magnitude(gap, outcome):
    """Below 1e-25 of the scale nothing is told apart; S counts both sides."""
    with precision(300):
        for size in (1e-200, 1.0, 1e200):
            stated = balls(size) * (1 + arb(gap))
            assert compare(stated, Answer(balls(size)), rigorous=True).outcome == outcome


def test_balls_that_overlap_but_are_wide_are_unclear():
    """A higher precision may tell; nothing is concluded."""
    match = compare(balls((1.0, 0.1)), Answer(balls((1.05, 0.1))), rigorous=True)
    assert match.outcome == "unclear"
    assert compare(balls((1.0, 0.01)), Answer(balls((1.05, 0.01))), rigorous=True).outcome == "differ"


@pytest.mark.parametrize("value", ["nan", "inf"])
def test_what_is_not_finite_is_unclear_and_never_agrees(value):
    """NaN is not equal to NaN here."""
    match = compare(balls(value), Answer(balls(value)), rigorous=True)
    assert match.outcome == "unclear"
    assert str(match.reason) == "no finite enclosure"


def test_the_worst_entry_is_reported_with_its_index():
    """A single wrong entry among right ones."""
    right = enclose(np.arange(1.0, 13.0).reshape(3, 4))
    wrong = right.copy()
    wrong[1, 2] = arb(7.5)
    match = compare(wrong, Answer(right), rigorous=True)
    assert (match.outcome, match.index) == ("differ", (1, 2))
    assert (float(match.candidate), float(match.truth)) == (7.5, 7.0)
    assert match.gap == pytest.approx(0.5 / 14.5)
    assert compare(right, Answer(right), rigorous=True).gap == 0


def test_an_entry_that_is_truly_zero_needs_a_running_scale():
    """`a - a` computed in two ways: noise of 2^-212 of terms of size one."""
    noise = balls((0.0, 1e-60))
    assert compare(noise, Answer(balls(0.0)), rigorous=True).outcome == "unclear"
    scales = lambda: np.array([1.0])
    assert compare(noise, Answer(balls(0.0)), rigorous=True, scales=scales).outcome == "agree"
    assert (
        compare(balls((1e-20, 1e-60)), Answer(balls(0.0)), rigorous=True, scales=scales).outcome == "differ"
    )


def test_the_running_scale_is_asked_for_only_where_it_is_needed():
    """It costs another evaluation."""
    asked = []
    scales = lambda: asked.append(1) or np.array([1.0, 1.0])
    compare(balls(1.0, 2.0), Answer(balls(1.0, 2.0)), rigorous=True, scales=scales)
    assert asked == []
    compare(balls((0.0, 1e-60), (0.0, 1e-60)), Answer(balls(0.0, 0.0)), rigorous=True, scales=scales)
    assert asked == [1]
    unknown = compare(balls((0.0, 1e-60)), Answer(balls(0.0)), rigorous=True, scales=lambda: None)
    assert unknown.outcome == "unclear"


def test_a_running_scale_counts_the_terms_and_not_the_result():
    """1e8 - 1e8 + 1 at 53 bits has a scale of about 1e8."""
    with precision(53):
        x = enclose(np.array([1e8])) / 3
        scale = running_scale(x - x + 1)
    assert 1e7 < scale[0] < 1e9


def test_slopes_are_compared_as_one_number():
    """A wrong entry anywhere shows; a right gradient does not."""
    direction = np.array([0.5, -0.25, 1.0])
    gradient = enclose(np.array([1.0, 2.0, 3.0]))
    answer = Answer(scalar(arb(3.0)), direction)
    match = compare(gradient, answer, rigorous=True)
    assert (match.outcome, match.slope, match.index) == ("agree", True, ())
    wrong = enclose(np.array([1.0, 2.0, 3.001]))
    assert compare(wrong, answer, rigorous=True).outcome == "differ"
    assert compare(scalar(arb(3.0)), answer, rigorous=True, slopes=True).outcome == "agree"
    assert compare(scalar(arb(3.1)), answer, rigorous=True, slopes=True).outcome == "differ"


def test_a_zero_gradient_agrees_with_a_difference_that_is_zero_in_what_it_subtracted():
    """And not with a difference that is not."""
    zero = enclose(np.zeros(2))
    direction = np.array([0.5, 0.75])
    noise = Answer(scalar(arb(0, 1e-70)), direction, scale=1.0)
    assert compare(zero, noise, rigorous=True).outcome == "agree"


def test_a_zero_gradient_does_not_agree_with_a_difference_that_is_not_zero():
    """Nor with noise of which nobody knows the scale."""
    zero, direction = enclose(np.zeros(2)), np.array([0.5, 0.75])
    unknown = Answer(scalar(arb(0, 1e-70)), direction)
    assert compare(zero, unknown, rigorous=True).outcome == "unclear"
    slope = Answer(scalar(arb(1e-6)), direction, scale=1.0)
    assert compare(zero, slope, rigorous=True).outcome == "differ"


def test_a_gap_is_never_negative():
    """It goes into the report as a distance."""
    assert compare(balls((1.0, 0.1)), Answer(balls((1.05, 0.1))), rigorous=True).gap >= 0


def test_a_gradient_that_is_not_zero_does_not_hide_in_the_scale_of_the_difference():
    """The saturated 1e-123 is no failure, and no agreement either."""
    answer = Answer(scalar(arb(0, 1e-70)), np.array([1.0]), scale=1.0)
    assert compare(balls(1e-123), answer, rigorous=True).outcome == "unclear"
    assert compare(balls(1e-3), answer, rigorous=True).outcome == "differ"


def test_in_floating_point_a_narrow_bound_is_an_answer_and_a_wide_one_is_none():
    """float64 values come with an error bound; heavy cancellation would pass too much."""
    truth = Answer(balls(1.0))
    assert compare(balls((1.0, 1e-14)), truth, rigorous=True).outcome == "unclear"
    match = compare(balls((1.0, 1e-14)), truth, rigorous=False)
    assert (match.outcome, match.rigorous) == ("agree", False)
    assert compare(balls((1.0, 1e-3)), truth, rigorous=False).outcome == "unclear"
    assert compare(balls((1.0005, 1e-14)), truth, rigorous=False).outcome == "differ"
    estimated = Answer(balls((1.0, 1e-14)), rigorous=False)
    assert compare(balls(1.0), estimated, rigorous=True).outcome == "agree"
    assert not compare(balls(1.0), estimated, rigorous=True).rigorous


def test_an_empty_quantity_agrees():
    """There is nothing in it to differ."""
    assert (
        compare(np.empty((0,), dtype=object), Answer(np.empty((0,), dtype=object)), rigorous=True).outcome
        == "agree"
    )


def test_the_resolution_lies_between_float64_and_the_difference():
    """2.2e-16 and 1e-60."""
    assert 1e-60 < RESOLUTION < 2.0**-52


def test_the_short_way_to_agreement_says_what_the_long_one_does(monkeypatch):
    """On balls of every kind, wide, narrow, zero, infinite and NaN, in pairs that agree or do not."""
    from gradcheck.judging import comparing as judge

    rng = np.random.default_rng(0)

    def ball():
        kind = rng.integers(0, 8)
        if kind < 3:
            return (arb(0), arb("nan"), arb(0, float("inf")))[kind]
        middle = float(rng.normal() * 10.0 ** rng.integers(-30, 30))
        return arb(middle, abs(middle) * 10.0 ** -float(rng.integers(5, 70)))

    short, taken, mixed = judge._plain_agreements, 0, 0
    for _ in range(2000):
        stated = balls(*[(b.mid(), b.rad()) for b in (ball() for _ in range(rng.integers(1, 4)))])
        true = stated.copy()
        for i in range(len(true)):
            if rng.random() < 0.2:
                true[i] = ball()
            elif rng.random() < 0.3:
                true[i] = true[i] + abs(true[i]) * arb(0, 1e-40)
        found = short(stated, true)
        taken += None not in found
        mixed += None in found and found[0] is not None
        results = []
        for way in (short, lambda stated, _: [None] * stated.size):
            monkeypatch.setattr(judge, "_plain_agreements", way)
            results.append(repr(compare(stated, Answer(true), rigorous=True)))
        assert results[0] == results[1]
    assert 300 < taken < 1700  # both ways were taken
    assert mixed > 100  # and the short one for some entries only
