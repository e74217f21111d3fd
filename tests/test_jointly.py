"""One slope for several arguments: it is taken where it can settle them, and never hides a wrong one."""

import numpy as np
import pytest
from flint import arb

import gradcheck
from gradcheck.arithmetic import enclose, midpoints
from gradcheck.formulas.decorating import Formula
from gradcheck.formulas.quantity import JOINT, gradient, outputs, updated
from gradcheck.judging.answers.backends import choose
from gradcheck.judging.joint_slopes import groups
from gradcheck.judging.point_check import check_point
from gradcheck.judging.session import Session

FINITE = "finite_difference"


def check(formula, point, backends=(FINITE,), claim=-1):
    return check_point(formula.claims[claim], point, Session(formula, choose(backends))).opinions[FINITE]


# -- which arguments go together


def found_groups(gradients, direction):
    directions = {q: np.array([direction]) for q in gradients}
    return groups(gradients, directions, {q: midpoints(g) for q, g in gradients.items()})


def test_small_gradients_are_made_to_count_and_zeros_go_together():
    gradients = {q: enclose(np.array([g])) for q, g in {"a": 3.0, "b": 2e-12, "c": 0.0, "d": 0.0}.items()}
    found = found_groups(gradients, 0.75)
    counted, zeros = (group.directions for group in found)
    assert list(counted) == ["a", "b"]
    assert counted["a"] == 0.75
    assert counted["b"] * 2e-12 == pytest.approx(3.0 * 0.75, rel=1.0)  # within a power of two
    assert np.frexp(counted["b"])[0] == 0.75  # exact
    assert zeros == {"c": 0.75, "d": 0.75}
    assert float(found[0].slope) == pytest.approx(counted["a"] * 3.0 + counted["b"] * 2e-12)
    assert found[1].slope == 0


@pytest.mark.parametrize(("small", "counts"), [(2.0**-84, True), (2.0**-86, False)])
def test_what_would_be_lost_in_the_sum_is_left_out(small, counts):
    gradients = {"a": enclose(np.ones(1)), "b": enclose(np.full(1, small)), "c": enclose(np.ones(1))}
    (counted,) = found_groups(gradients, 1.0)
    assert ("b" in counted.directions) is counts


def test_what_counts_anyway_is_not_made_longer():
    gradients = {
        "a": enclose(np.ones(1)),
        "b": enclose(np.full(1, 2.0**-20)),
        "c": enclose(np.full(1, 2.0**-21)),
    }
    (counted,) = found_groups(gradients, 1.0)
    assert counted.directions == {"a": 1.0, "b": 1.0, "c": 2.0**21}


def test_a_gradient_below_float64_is_no_zero():
    tiny = np.array([arb(2) ** -1100], dtype=object)
    gradients = {"a": enclose(np.ones(1)), "b": tiny, "c": enclose(np.zeros(1)), "d": enclose(np.zeros(1))}
    assert [list(g.directions) for g in found_groups(gradients, 1.0)] == [["c", "d"]]


@pytest.mark.parametrize("size", [np.inf, np.nan])
def test_what_is_not_finite_is_in_no_group(size):
    gradients = {"a": enclose(np.ones(1)), "b": enclose(np.full(1, size))}
    assert all("b" not in g.directions for g in found_groups(gradients, 1.0))
    gradients["c"] = gradients["a"]
    (group,) = found_groups(gradients, 1.0)
    assert list(group.directions) == ["a", "c"]


# -- vjp

SCALED = {"w": "n", "v": "n"}


@pytest.mark.parametrize("scale", [1.0, 1e-12, 1e-24, 1e-40])
def test_an_error_in_a_small_gradient_shows_beside_a_large_one(point_at, scale):
    """`v` counts for `scale` of `w`; wrong by a billionth."""
    formula = Formula(lambda w, v: np.sum(w * w) + scale * np.sum(v * v), SCALED)
    formula.vjp(lambda d, w, v: (2 * d * w, 2 * scale * d * v))
    formula.vjp(suffix="wrong")(lambda d, w, v: (2 * d * w, 2 * scale * d * v * (1 + 1e-9)))
    point = point_at(formula, w=np.array([1.5, -2.0]), v=np.array([0.5, 3.0]))
    right, wrong = check(formula, point, claim=0), check(formula, point, claim=1)
    assert right.says == "agree"
    assert (JOINT in right.matches) is (scale > 1e-30)
    assert wrong.says == "differ"
    assert {q for q, m in wrong.matches.items() if m.outcome == "differ"} == {gradient("v")}


def test_more_digits_are_tried_before_each_argument_is_asked_about(point_at):
    """At 128 bits `1 - tanh(w)**2` has too few digits left; the twin is wrong by a billionth."""
    runs = []

    def forward(w, v, b):
        runs.extend([w] if not isinstance(w, np.ndarray) else [])
        return np.sum(np.tanh(w) * v + b)

    formula = Formula(forward, {"w": "n", "v": "n", "b": "n"})
    formula.vjp(lambda d, w, v, b: (d * v * (1 - np.tanh(w) ** 2), d * np.tanh(w), d + 0 * b))
    formula.vjp(suffix="wrong")(
        lambda d, w, v, b: (d * v * (1 - np.tanh(w) ** 2) * (1 + 1e-9), d * np.tanh(w), d + 0 * b)
    )
    point = point_at(formula, w=np.array([18.0]), v=np.array([0.5]), b=np.array([1.0]))
    runs.clear()
    right = check(formula, point, claim=0)
    assert (right.says, JOINT in right.matches, right.bits) == ("agree", True, 212)
    assert len(runs) == 4  # a central difference at each precision
    wrong = check(formula, point, claim=1)
    assert {q for q, m in wrong.matches.items() if m.outcome == "differ"} == {gradient("w")}


def test_who_had_no_answer_is_not_asked_again(point_at):
    """The logarithm of the only share is zero for all values; the twin says something else."""
    formula = Formula(lambda x: np.sum(np.log(np.exp(x) / np.sum(np.exp(x)))), {"x": "n"})
    formula.vjp(lambda d, x: d - d * np.exp(x) / np.sum(np.exp(x)))
    formula.vjp(suffix="wrong")(lambda d, x: d - d * np.exp(x) / np.sum(np.exp(x)) + 1e-9)
    point = point_at(formula, x=np.array([0.7]))
    for claim, verdict in zip(formula.claims, ("pass", "fail"), strict=True):
        session = Session(formula, choose((FINITE, "symbolic")))
        alone = check_point(claim, point, session, FINITE)
        both = check_point(claim, point, session, earlier=alone)
        assert both.verdict == verdict
        assert both.stated is alone.stated
        assert (both.opinions[FINITE] is alone.opinions[FINITE]) is (verdict == "pass")


def test_zeros_of_several_arguments_are_one_question(point_at):
    """At a dead ReLU; the twin gives one of them a gradient."""
    formula = Formula(lambda w, v, b: np.maximum(w * v, 0) + b, {"w": "n", "v": "n", "b": "n"})
    formula.vjp(lambda d, w, v, b: ((w * v > 0) * d * v, (w * v > 0) * d * w, d))
    formula.vjp(suffix="wrong")(lambda d, w, v, b: ((w * v > 0) * d * v, (w * v >= -9) * d * w, d))
    point = point_at(formula, w=np.array([1.5, 2.0]), v=np.array([-0.5, -3.0]), b=np.array([1.0, 2.0]))
    right, wrong = check(formula, point, claim=0), check(formula, point, claim=1)
    assert right.says == "agree"
    assert right.matches[gradient("w")] is right.matches[gradient("v")]
    assert right.matches[gradient("w")].zero
    assert {q for q, m in wrong.matches.items() if m.outcome == "differ"} == {gradient("v")}


# -- updates and forwards


def test_an_update_is_settled_by_one_slope_of_its_steps(point_at):
    formula = Formula(lambda w, v: np.sum(np.tanh(w) * v), SCALED)

    def step(rate, w, v):
        return w - rate * v / np.cosh(w) ** 2, v - rate * np.tanh(w)

    def uphill(rate, w, v):
        return w - rate * v / np.cosh(w) ** 2, v + rate * np.tanh(w)

    formula.update()(step)
    formula.update(suffix="uphill")(uphill)
    point = point_at(formula, w=np.array([1.5, -2.0]), v=np.array([0.5, 3.0]))
    right, wrong = check(formula, point, claim=0), check(formula, point, claim=1)
    assert (right.says, JOINT in right.matches) == ("agree", True)
    assert {q for q, m in wrong.matches.items() if m.outcome == "differ"} == {updated("v")}


def test_a_forward_is_settled_by_one_slope_where_its_gradients_are_known(point_at):
    """From a backend that has every entry; alone, finite differences ask about each argument."""
    formula = Formula(lambda w, v: np.sum(np.tanh(w) * v), SCALED)
    formula.forward(lambda w, v: np.tanh(w) @ v)
    formula.forward(suffix="wrong")(lambda w, v: np.tanh(w) @ v + np.sum(v) * 0.0 * w[0] + (v @ v) * 1e-9)
    point = point_at(formula, w=np.array([1.5, -2.0]), v=np.array([0.5, 3.0]))
    both = ("symbolic", FINITE)
    alone, beside = check(formula, point, claim=0), check(formula, point, both, claim=0)
    assert (alone.says, JOINT in alone.matches) == ("agree", False)
    assert (beside.says, JOINT in beside.matches) == ("agree", True)
    for backends in (both, (FINITE,)):
        wrong = check(formula, point, backends, claim=1)
        assert {q for q, m in wrong.matches.items() if m.outcome == "differ"} == {gradient("v"), *outputs(1)}


def test_a_gradient_that_is_zero_everywhere_is_no_weak_pass_beside_one_that_is_zero_somewhere():
    """`c` does not count at all; `w * w` has the gradient 0 at the 0 that is among its values."""
    result = gradcheck.verify(
        lambda w, c: np.sum(w * w) + 0 * np.sum(c),
        lambda d, w, c: (2 * d * w, 0 * c),
        {"w": "n", "c": "n"},
        values={"w": lambda shape, rng: np.round(rng.normal(size=shape))},
        backends=[FINITE],
        max_examples=16,
    )
    assert result.verdict == "pass", result
