"""When two answers are the same: in balls exactly, in float64 within what rounding can do."""

import numpy as np
import pytest

from gradcheck.arithmetic import BALLS, precision
from gradcheck.checking.battery.trial import COARSE, Trial, apart
from gradcheck.errors import CandidateFault
from gradcheck.formulas.calling.foreign import float_only
from gradcheck.formulas.decorating import Formula
from gradcheck.formulas.quantity import gradient
from gradcheck.judging.answers.backends import choose
from gradcheck.judging.session import Session


def trial(backward, x, delta=None, only=False):
    formula = Formula(lambda x: x * x, {"x": "n"}, name="f")
    formula.vjp(float_only(backward, "it") if only else backward)
    session = Session(formula, choose(["finite_difference"]))

    def at(point_at, delta=delta):
        return Trial(formula.claims[0], point_at(formula, delta, x=x), session)

    return at


def square(d, x):
    return 2 * d * x


@pytest.mark.parametrize(
    ("change", "in_balls", "in_float64"),
    [
        (lambda v: v, True, True),
        (lambda v: np.nextafter(v, 10.0), True, True),
        (lambda v: v * (1 + 1e-10), False, True),
        (lambda v: v * (1 + 1e-5), False, False),
        (lambda v: v[::-1].copy(), False, False),
        (lambda v: v * np.nan, False, False),
    ],
    ids=["equal", "last bit", "1e-10", "1e-5", "reversed", "NaN"],
)
def test_values_are_the_same_but_for_rounding(point_at, change, in_balls, in_float64):
    """Without an enclosure, what could be float32 rounding is let through."""
    for only, same in ((False, in_balls), (True, in_float64)):
        t = trial(square, np.array([0.3, -1.7, 2.9]), only=only)(point_at)
        assert t.gives({gradient("x"): change(t.values[gradient("x")])}) == same
        assert not t.gives({})


@pytest.mark.parametrize(
    ("off", "only", "found"),
    [
        (0, False, False),
        (1e-24, False, True),
        (0, True, False),
        (COARSE / 8, True, False),
        (1e-4, True, True),
    ],
)
def test_what_must_be_equal_is_apart_by_so_much(point_at, off, only, found):
    """In balls 1e-24 shows; in float64 nothing below `COARSE` is held against the code."""
    x = np.array([0.3, -1.7])
    first = trial(square, x, np.array([2.0, 4.0]), only)(point_at)
    other = trial(square, x, np.array([1.0, 2.0]), only)(point_at)
    with precision(212):
        factor = BALLS.lift(2) + BALLS.lift(off)
    result = apart(first, [other], {gradient("x"): lambda parts: parts[0] * factor})
    assert (result is not None) == found
    assert result is None or result[0] == gradient("x")


def test_code_that_breaks_the_contract_has_no_trial(point_at):
    """The fault goes to the caller."""
    with pytest.raises(CandidateFault):
        trial(lambda d, x: 1 / 0, np.ones(2))(point_at)
