"""A candidate against a backend: precision is raised, constants widened, float64 bounded."""

import numpy as np
import pytest

import gradcheck
from gradcheck.formulas.decorating import Formula
from gradcheck.judging.answers.backends import choose
from gradcheck.judging.point_check import check_point
from gradcheck.judging.session import Session
from gradcheck.records.verdicts import Strength

ALL = ("symbolic", "finite_difference", "autodiff")


def check(formula, point, backends=None):
    return check_point(formula.claims[-1], point, Session(formula, choose(backends)))


def said(result):
    return {name: o.says for name, o in result.opinions.items()}


def softmax(z):
    e = np.exp(z - np.max(z))
    return e / np.sum(e)


def test_a_right_gradient_agrees_with_all_and_a_wrong_one_with_none(point_at):
    """At one point, in balls."""
    formula = Formula(softmax, {"z": "n"})
    formula.vjp(lambda d, z: softmax(z) * (d - np.sum(d * softmax(z))))
    formula.vjp(suffix="wrong")(lambda d, z: softmax(z) * (d - np.sum(d * softmax(z))) * 1.0000001)
    right, wrong = formula.claims
    point = point_at(formula, delta=np.array([1.0, -2.0, 0.5]), z=np.array([0.3, 2.0, -1.0]))
    session = Session(formula, choose(None))
    result = check_point(right, point, session)
    assert (result.verdict, said(result)) == ("pass", dict.fromkeys(ALL, "agree"))
    assert result.strength is Strength.CERTIFIED
    result = check_point(wrong, point, session)
    assert (result.verdict, said(result)) == ("fail", dict.fromkeys(ALL, "differ"))


@pytest.mark.parametrize("backend", ALL)
def test_a_branch_that_212_bits_do_not_decide_is_decided_with_more(point_at, backend):
    """exp(x) + 1e-100 against exp(x); the twin takes the other branch."""

    def above(x):
        return (np.exp(x) + 1e-100) - np.exp(x)

    formula = Formula(lambda x: x * x, {"x": "n"})
    formula.vjp(lambda d, x: np.where(above(x) >= 0, 2 * d * x, 0))
    formula.vjp(suffix="wrong")(lambda d, x: np.where(above(x) < 0, 2 * d * x, 0))
    point = point_at(formula, x=np.array([1.5, -2.0]))
    session = Session(formula, choose([backend]))
    assert check_point(formula.claims[0], point, session).opinions[backend].says == "agree"
    assert check_point(formula.claims[1], point, session).opinions[backend].says == "differ"


def test_constants_rounded_in_another_place_are_no_failure_but_are_noted():
    """`k ** -0.5` in the forward, `1 / sqrt(k)` in the backward."""
    right = gradcheck.verify(
        lambda x: np.tanh(x * x.size**-0.5),
        lambda d, x: d * (1 - np.tanh(x / np.sqrt(x.size)) ** 2) / np.sqrt(x.size),
        {"x": "n"},
        max_examples=12,
    )
    assert (right.verdict, right.strength) == ("pass", "proved")  # as a formula; and still:
    assert any("rounded in the last place" in n for n in right.row.notes)
    exact = gradcheck.verify(
        lambda x: np.tanh(x * x.size**-0.5),
        lambda d, x: d * (1 - np.tanh(x * x.size**-0.5) ** 2) * x.size**-0.5,
        {"x": "n"},
        max_examples=12,
    )
    assert (exact.verdict, exact.strength) == ("pass", "proved")
    assert not any("rounded" in n for n in exact.row.notes)


@pytest.mark.parametrize("backend", [None, *ALL])
def test_constants_that_differ_by_more_than_rounding_are_a_failure(backend):
    """A float32 constant, or one with six digits."""
    for constant in (float(np.float32(0.1)), 0.1000001):
        result = gradcheck.verify(
            lambda x: 0.1 * x * x,
            lambda d, x, c=constant: 2 * c * d * x,
            {"x": "n"},
            max_examples=6,
            backends=[backend] if backend else None,
        )
        assert result.verdict == "fail"


def test_a_backward_that_runs_in_float64_only_is_judged_with_a_bound():
    """Agreed, not certified; the twin is a millionth off."""

    def opaque(d, x):
        return np.array([float(v) for v in 2 * d * x])

    right = gradcheck.verify(lambda x: x * x, opaque, {"x": "n"}, max_examples=8)
    assert (right.verdict, right.strength) == ("pass", "agreed")
    wrong = gradcheck.verify(
        lambda x: x * x, lambda d, x: opaque(d, x) * 1.000001, {"x": "n"}, max_examples=8
    )
    assert wrong.verdict == "fail"


def test_a_point_whose_tie_no_precision_decides_is_left_out(point_at):
    """With a note; nothing is concluded from it."""
    formula = Formula(lambda x: x if x[0] / 3 == 2 * x[0] / 6 else -x, {"x": "n"})
    formula.vjp(lambda d, x: d)
    result = check(formula, point_at(formula, x=np.array([1.0])))
    assert result.verdict == "none"
    assert result.notes[0].startswith("a point was left out: a comparison (==) of two balls that overlap")


def test_nan_fails_where_the_derivative_exists_and_is_noted_where_it_does_not(point_at):
    """sqrt(x) at 1 and at 0."""
    formula = Formula(np.sqrt, {"x": "n"})
    formula.vjp(lambda d, x: d * np.nan)
    good = check(formula, point_at(formula, x=np.array([1.0])))
    assert (good.verdict, str(good.fault)) == ("fail", "dJ/dx[0] is nan although the derivative exists")
    none = check(formula, point_at(formula, x=np.array([0.0])))
    assert none.verdict in ("none", "kink")
    assert any("not finite" in n for n in none.notes)


def test_infinity_is_treated_like_nan(point_at):
    """The entry that is not finite is named."""
    formula = Formula(lambda x: x * x, {"x": "n"})
    formula.vjp(lambda d, x: np.where(x > 1, np.inf, 2 * d * x))
    result = check(formula, point_at(formula, x=np.array([1.0, 2.0])))
    assert (result.verdict, str(result.fault)) == ("fail", "dJ/dx[1] is inf although the derivative exists")
    assert check(formula, point_at(formula, x=np.array([1.0, 0.5]))).verdict == "pass"


def test_at_a_kink_nobody_is_compared_entry_by_entry(point_at):
    """Any convention passes for now; leaving the slopes fails."""
    formula = Formula(lambda x: np.maximum(x, 0), {"x": "n"})
    for value, verdict in ((0.0, "kink"), (0.5, "kink"), (1.0, "kink"), (2.0, "fail")):
        formula.vjp(suffix=f"v{value}")(lambda d, x, v=value: np.where(x > 0, d, v * d))
        result = check(formula, point_at(formula, x=np.array([0.0])))
        assert result.verdict == verdict
        assert set(said(result).values()) == {"kink" if verdict == "kink" else "differ"}


def test_only_the_backend_that_is_named_is_asked(point_at):
    """Minimisation asks the fastest."""
    formula = Formula(lambda x: x * x, {"x": "n"})
    formula.vjp(lambda d, x: 2 * d * x)
    point = point_at(formula, x=np.array([1.0, 2.0]))
    result = check_point(formula.claims[0], point, Session(formula, choose(None)), only="autodiff")
    assert said(result) == {"autodiff": "agree"}


def test_a_backward_that_raises_where_no_derivative_exists_is_noted_and_not_failed(point_at):
    """The norm at zero; at other points it is right."""

    def backward(d, x):
        length = np.sqrt(np.sum(x * x))
        if length == 0:
            raise ValueError("the norm has no derivative at zero")
        return d * x / length

    formula = Formula(lambda x: np.sqrt(np.sum(x * x)), {"x": "n"})
    formula.vjp(backward)
    assert check(formula, point_at(formula, x=np.array([3.0, 4.0]))).verdict == "pass"
    assert check(formula, point_at(formula, x=np.zeros(2))).verdict != "fail"
