"""Who agrees with whom, pair by pair."""

import numpy as np

from gradcheck.checking.claim_check import check_claim
from gradcheck.checking.settled import SETTLED
from gradcheck.errors import Unsupported
from gradcheck.formulas.decorating import Formula


def right(d, x):
    return 2 * d * x


def wrong(d, x):
    return 3 * d * x


def pairs(candidate, found):
    formula = Formula(lambda x: x * x, {"x": "n"})
    formula.vjp(candidate)
    row = check_claim(formula.claims[0], found=found, max_examples=8).row
    return {(p.first, p.second): p for p in row.agreement}, row


def test_all_agree(told):
    found, row = pairs(right, [told("a", right), told("b", right)])

    assert list(found) == [("hand-written", "a"), ("hand-written", "b"), ("a", "b")]
    assert all(p.points == p.agreed == row.points for p in found.values())
    assert found["hand-written", "a"].bound <= 1e-25
    assert found["a", "b"].bound <= 2e-25


def test_backends_that_refute_the_code_agree_with_each_other(told):
    found, row = pairs(wrong, [told("a", right), told("b", right)])

    assert found["hand-written", "a"].agreed < found["hand-written", "a"].points == row.points
    assert found["a", "b"].agreed == min(row.points, SETTLED)  # behind these, one backend is asked


def test_an_outlier_agrees_with_nobody_away_from_zero(told):
    found, row = pairs(right, [told("a", right), told("odd", wrong), told("b", right)])

    assert found["a", "b"].agreed == row.points
    assert found["a", "odd"].agreed == found["hand-written", "odd"].agreed < row.points
    assert found["odd", "b"].agreed < row.points


def test_two_that_are_wrong_in_different_ways_do_not_agree(told):
    found, _ = pairs(right, [told("a", wrong), told("b", lambda d, x: 5 * d * x)])

    assert found["a", "b"].agreed < found["a", "b"].points


def test_a_backend_without_an_answer_is_in_no_pair(told):
    found, _ = pairs(right, [told("a", right), told("none", Unsupported("no"))])

    assert list(found) == [("hand-written", "a")]


def test_where_the_code_raises_the_backends_are_compared_all_the_same(told):
    def raises(d, x):
        raise ValueError("no")

    found, row = pairs(raises, [told("a", right), told("b", right), told("odd", wrong)])

    assert found["hand-written", "a"].agreed == 0
    assert found["a", "b"].agreed == found["a", "b"].points == row.points
    assert found["a", "odd"].agreed < row.points


def square_of(x):
    return np.sum(x * x)


def twice(x):
    return 2 * halved(x)


def halved(x):
    return [v / 2 for v in (square_of(x), x)]


def test_helpers_are_those_of_the_same_folder_without_the_forward():
    formula = Formula(square_of, {"x": "n"})
    formula.vjp(lambda d, x: d * twice(x))

    row = check_claim(formula.claims[0], max_examples=2).row

    assert [h.text.split("(")[0] for h in row.helpers] == ["def twice", "def halved"]


def test_a_candidate_that_calls_nothing_of_ours_has_no_helpers():
    formula = Formula(square_of, {"x": "n"})
    formula.vjp(lambda d, x: 2 * d * x + 0 * np.sum(x))

    assert check_claim(formula.claims[0], max_examples=2).row.helpers == []
