"""Raising the precision until one float64 is left, and saying so where none is."""

import flint
import numpy as np
import pytest
from flint import arb

from gradcheck.errors import NoAnswer, Undecided
from gradcheck.formulas.quantity import Quantity
from gradcheck.oracles.certify import LEVELS, Enclosure, certify
from tests.wording import READ_ONLY

Z = Quantity("output")


def array(*balls):
    result = np.empty(len(balls), dtype=object)
    result[:] = balls
    return result


def settled(make):
    asked = []

    def enclose():
        asked.append(flint.ctx.prec)
        return {Z: Enclosure(make(), ("told",))}

    return certify(enclose)[Z], asked


def test_an_easy_number_is_settled_at_the_first_precision():
    found, asked = settled(lambda: array(arb.pi(), arb(0.5)))

    assert found.value.tolist() == [np.pi, 0.5]
    assert found.bound[0] <= 2.0**-52
    assert found.bound[1] == 0
    assert found.nearest
    assert asked == [LEVELS[0]]


def test_cancellation_raises_the_precision():
    """1 + 1e-150 - 1 has no digit left at 128 or 424 bits."""
    found, asked = settled(lambda: array(arb(1) + arb(10) ** -150 - 1))

    assert found.value.tolist() == [1e-150]
    assert asked == list(LEVELS[:4])


def test_a_number_that_is_zero_in_disguise_is_zero():
    found, asked = settled(lambda: array((arb(1) / 3) * 3 - 1))

    assert found.value.tolist() == [0.0]
    assert asked == list(LEVELS[:5])


def test_a_midpoint_in_disguise_is_rounded_to_even_at_the_last_precision():
    found, asked = settled(lambda: array((1 + arb(2) ** -53) / 7 * 7))

    assert found.value.tolist() == [1.0]
    assert 2.0**-53 <= found.bound[0] <= 2.0**-52
    assert asked == list(LEVELS)


def test_what_is_undecided_at_a_low_precision_may_be_decided_later():
    def make():
        if flint.ctx.prec < 500:
            raise Undecided("not yet")
        return array(arb(2))

    assert settled(make)[0].value.tolist() == [2.0]


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: array(arb(1, 1e-3)), "no narrow enclosure"),
        (lambda: array(arb(0, 1) / 0), "no narrow enclosure"),
    ],
)
def test_a_ball_that_stays_wide_is_no_answer(make, reason):
    with pytest.raises(NoAnswer, match=reason):
        settled(make)


def test_never_decided_is_undecided():
    def make():
        raise Undecided("a tie")

    with pytest.raises(Undecided, match="a tie"):
        settled(make)


def test_uncertain_constants_give_a_bound_and_no_nearest():
    found = certify(lambda: {Z: Enclosure(array(arb(1, 1e-15)), ("told",), sharp=False)})[Z]

    assert found.value.tolist() == [1.0]
    assert 1e-15 <= found.bound[0] < 2e-15
    assert not found.nearest


def test_a_certified_array_is_an_array():
    found, _ = settled(lambda: array(arb(2), arb(3)))

    assert np.asarray(found).tolist() == [2.0, 3.0]
    assert np.asarray(found, dtype=np.float32).dtype == np.float32
    with pytest.raises(ValueError, match=READ_ONLY):
        found.value[0] = 1.0
