"""From points to a verdict: what counts as answered, what is weak, who is the outlier."""

import numpy as np
import pytest

from gradcheck.checking.claim_check import MIN_ANSWERS, check_claim
from gradcheck.errors import Unsupported
from gradcheck.formulas.decorating import Formula
from gradcheck.judging.answers.backends import choose
from gradcheck.judging.point_check import check_point
from gradcheck.judging.points.point import make_point
from gradcheck.judging.session import Session


def square():
    formula = Formula(lambda x: x * x, {"x": "n"}, name="square")
    formula.vjp(lambda d, x: 2 * d * x)
    formula.vjp(suffix="wrong")(lambda d, x: 2.5 * d * x)
    return formula


def right(d, x):
    return 2 * d * x


def wrong(d, x):
    return 3 * d * x


def rows(outcome):
    return {r.backend: r for r in outcome.backends}


def test_agreement_of_all_is_a_pass(told):
    """With the proof's strength, every backend's count and the shapes tried."""
    outcome = check_claim(square().claims[0], found=[told("a", right), told("b", right)], max_examples=10)
    row = outcome.row
    assert (row.verdict, row.strength, row.as_declared, row.reason) == ("pass", "proved", True, None)
    assert row.points == 14  # and four of plain values
    assert {"n": 1} in row.shapes
    for backend in outcome.backends:
        assert (backend.verdict, backend.answered, backend.differed) == ("pass", 14, 0)
        assert backend.method == "told"
        assert backend.worst.quantity == "dJ/dx"
    assert row.counterexample is None


def test_a_wrong_gradient_fails_with_the_smallest_counterexample(told):
    """Against whichever backends answer."""
    outcome = check_claim(square().claims[1], found=[told("a", right), told("b", right)], max_examples=10)
    row = outcome.row
    assert (row.verdict, row.strength, row.as_declared) == ("fail", None, False)
    assert row.counterexample.sizes == {"n": 1}
    assert row.counterexample.shape_minimal
    assert row.reason == row.counterexample.message
    assert "a and b say" in row.reason
    assert {r.verdict for r in outcome.backends} == {"fail"}


def test_a_backend_that_two_others_outvote_is_the_outlier(told):
    """The candidate passes; the row says how often."""
    outcome = check_claim(
        square().claims[0], found=[told("a", right), told("b", wrong), told("c", right)], max_examples=8
    )
    assert outcome.row.verdict == "pass"
    # at x = 0 the two gradients are equal
    assert 0 < rows(outcome)["b"].outlier <= 12
    assert rows(outcome)["a"].outlier == rows(outcome)["c"].outlier == 0


def test_a_wrong_candidate_is_not_saved_by_one_backend_that_is_wrong_too(told):
    """Two that agree with each other against the candidate and the third."""
    formula = Formula(lambda x: x * x, {"x": "n"})
    formula.vjp(wrong)
    outcome = check_claim(
        formula.claims[0], found=[told("a", right), told("b", wrong), told("c", right)], max_examples=8
    )
    assert outcome.row.verdict == "fail"
    assert rows(outcome)["b"].outlier > 0


def test_one_against_one_is_inconclusive_and_says_who_said_what(told):
    """Nobody can tell which of two sources is wrong."""
    outcome = check_claim(square().claims[0], found=[told("a", right), told("b", wrong)], max_examples=8)
    assert outcome.row.verdict == "inconclusive"
    assert outcome.row.reason == (
        "the backends contradict each other: a agrees with the code, b differs from it"
    )
    assert outcome.row.counterexample is None


def test_nobody_who_answers_is_inconclusive_with_the_commonest_reason(told):
    """Never a pass."""
    outcome = check_claim(
        square().claims[0], found=[told("a", Unsupported("no such function"))], max_examples=8
    )
    assert outcome.row.verdict == "inconclusive"
    assert "no such function" in outcome.row.reason
    assert rows(outcome)["a"].verdict == "unsupported"
    assert rows(outcome)["a"].reason == "no such function"


def test_a_backend_that_breaks_is_unsupported_and_the_rest_decides(told):
    """When it derives, and when it is asked."""

    def breaks(d, x):
        raise KeyError("inside")

    for broken in (RuntimeError("deriving"), breaks):
        outcome = check_claim(square().claims[0], found=[told("a", broken), told("b", right)], max_examples=8)
        assert outcome.row.verdict == "pass"
        assert rows(outcome)["a"].verdict == "unsupported"
        assert rows(outcome)["a"].reason.startswith("the backend failed: ")
        assert rows(outcome)["b"].verdict == "pass"


def test_too_few_answers_are_no_answer(told):
    """A backend that only takes vectors of length one has not checked the claim."""

    def only_one(d, x):
        if x.size > 1:
            raise Unsupported("only vectors of length one")
        return 2 * d * x

    outcome = check_claim(square().claims[0], found=[told("a", only_one)], max_examples=12)
    assert rows(outcome)["a"].answered > 0
    assert outcome.row.verdict == "inconclusive"
    assert f"no backend answered at {MIN_ANSWERS} points or more" in outcome.row.reason
    both = check_claim(square().claims[0], found=[told("a", only_one), told("b", right)], max_examples=12)
    assert both.row.verdict == "pass"
    assert rows(both)["a"].verdict in ("inconclusive", "unsupported")


def wx_claim(**how):
    formula = Formula(lambda W, x: W @ x, {"W": "n m", "x": "m"}, **how)
    formula.vjp(lambda d, W, x: (d[:, None] * x, W.T @ d))
    return formula.claims[0]


def test_square_shapes_only_are_weak_where_others_are_declared():
    """A transposed gradient would have passed."""
    weak = check_claim(wx_claim(values={"W": np.eye(3) + 0.5}), max_examples=6)
    assert weak.row.verdict == "weak"
    assert "only shapes with all sizes equal were tried" in weak.row.reason
    assert "Give values of unequal sizes" in weak.row.reason
    assert not weak.row.as_declared
    assert check_claim(wx_claim(values={"W": np.ones((2, 3))}), max_examples=6).row.verdict == "pass"


def test_what_is_declared_square_is_not_weak():
    """There is nothing else to try."""
    formula = Formula(lambda A, x: A @ x, {"A": "n n", "x": "n"})
    formula.vjp(lambda d, A, x: (np.outer(d, x), A.T @ d))
    assert check_claim(formula.claims[0], max_examples=10).row.verdict == "pass"


def test_a_zero_delta_everywhere_is_weak():
    """Any gradient would have passed; a delta that is not zero finds the wrong one."""
    formula = square()
    for claim in formula.claims:
        zero = check_claim(claim, max_examples=6, delta=lambda shape, rng: np.zeros(shape))
        assert zero.row.verdict == "weak"
        assert zero.row.reason.startswith("delta was zero at every point")
    ones = lambda shape, rng: np.ones(shape)
    assert check_claim(formula.claims[0], max_examples=6, delta=ones).row.verdict == "pass"
    assert check_claim(formula.claims[1], max_examples=6, delta=ones).row.verdict == "fail"


def test_an_empty_result_everywhere_is_weak_and_empty_at_some_sizes_is_not():
    """np.diff of one number is empty, and says nothing there."""
    nothing = Formula(lambda x: x[:0], {"x": "n"})
    nothing.vjp(lambda d, x: 0 * x)
    row = check_claim(nothing.claims[0], max_examples=6).row
    assert row.verdict == "weak"
    assert row.reason.startswith("the forward's result is empty at every point")
    differences = Formula(np.diff, {"x": "n"})
    differences.vjp(lambda d, x: -np.diff(np.concatenate([[0.0], d, [0.0]])))
    assert check_claim(differences.claims[0], max_examples=12).row.verdict == "pass"


SATURATED = {"x": np.array([-1000.0, -1200.0, -1500.0])}


def test_a_saturated_gradient_is_weak_or_fails_and_never_passes():
    """sigmoid at -1000: the gradient is 1e-435, and zero, or its negative, was stated."""
    formula = Formula(lambda x: 1 / (1 + np.exp(-x)), {"x": "n"}, values=SATURATED)
    formula.vjp(lambda d, x: 0 * d)
    formula.vjp(suffix="sign")(lambda d, x: -d * np.exp(-x) / (1 + np.exp(-x)) ** 2)
    for claim in formula.claims:
        assert check_claim(claim, max_examples=4).row.verdict in ("weak", "fail")


def test_a_source_without_an_answer_does_not_lift_a_saturated_gradient_to_a_pass():
    """sigmoid at 1000: only the difference answers zero, and the others, who have no answer, see 1e-435."""
    formula = Formula(lambda x: 1 / (1 + np.exp(-x)), {"x": "n"}, values={"x": -SATURATED["x"]})
    formula.vjp(lambda d, x: 0 * d)
    formula.vjp(suffix="right")(lambda d, x: d * np.exp(-x) / (1 + np.exp(-x)) ** 2)
    zero, right = (check_claim(c, max_examples=4).row for c in formula.claims)
    assert (zero.verdict, right.verdict) == ("weak", "pass")
    assert zero.reason.startswith("dJ/dx was below resolution at every point")


def test_a_difference_alone_tells_a_nearly_saturated_gradient_with_more_precision():
    """1e-123 beside values of one: the right gradient passes, its negative and zero do not."""
    formula = Formula(np.tanh, {"x": "n"}, values={"x": np.array([142.0, -150.0])})
    formula.vjp(lambda d, x: d / np.cosh(x) ** 2)
    formula.vjp(suffix="sign")(lambda d, x: -d / np.cosh(x) ** 2)
    formula.vjp(suffix="zero")(lambda d, x: 0 * d)
    right, sign, zero = (
        check_claim(c, max_examples=4, backends=["finite_difference"]).row.verdict for c in formula.claims
    )
    assert right == "pass"
    assert sign != "pass"
    assert zero != "pass"


def test_a_nan_at_a_kink_is_noted_whatever_delta_is_there():
    """A length at zero has no derivative, and `0 * nan` is NaN; off kinks a NaN fails, under a zero too."""
    values = {"x": np.array([[0.0, 0.0], [3.0, 4.0]])}
    given = {"max_examples": 4, "delta": np.array([0.0, 1.0])}

    def direction(d, x):
        return d[:, None] * x / np.sqrt(np.sum(x * x, axis=1))[:, None]

    length = Formula(lambda x: np.sqrt(np.sum(x * x, axis=1)), {"x": "n m"}, values=values)
    length.vjp(direction)
    squares = Formula(lambda x: np.sum(x * x, axis=1), {"x": "n m"}, values=values)
    squares.vjp(lambda d, x: 2 * d[:, None] * x + 0 * direction(d, x))
    noted, failed = (check_claim(f.claims[0], **given).row for f in (length, squares))
    assert noted.verdict != "fail"
    assert "not finite at a point where no derivative exists" in noted.notes
    assert (failed.verdict, failed.reason) == ("fail", "dJ/dx[0, 0] is nan although the derivative exists")


def test_a_gradient_that_is_proved_to_be_zero_is_not_weak():
    """An argument that is not used has the gradient zero."""
    formula = Formula(lambda x, y: x * x, {"x": "n", "y": "m"})
    formula.vjp(lambda d, x, y: (2 * d * x, np.zeros_like(y)))
    formula.vjp(suffix="wrong")(lambda d, x, y: (2 * d * x, 1e-9 * np.ones_like(y)))
    assert check_claim(formula.claims[0], max_examples=12).row.verdict == "pass"
    assert check_claim(formula.claims[1], max_examples=12).row.verdict == "fail"


def test_a_forward_that_cannot_run_is_an_error_with_a_row_for_every_backend(told):
    """The report needs them all."""
    formula = Formula(lambda x: x[1] * 2.0, {"x": "n"})
    formula.vjp(lambda d, x: d * x)
    outcome = check_claim(formula.claims[0], found=[told("a", right), told("b", right)])
    assert outcome.row.verdict == "error"
    assert outcome.row.reason.startswith("at n = 1 the forward raises IndexError")
    assert {r.verdict for r in outcome.backends} == {"error"}


def test_an_error_outranks_a_failure(told):
    """A backward that is wrong and changes its input."""
    formula = Formula(lambda x: x * x, {"x": "n"})

    def backward(d, x):
        if x.size > 2:
            x[0] = 7
        return 3 * d * x

    formula.vjp(backward)
    outcome = check_claim(formula.claims[0], found=[told("a", right)], max_examples=8)
    assert outcome.row.verdict == "error"
    assert "changes its argument 'x' in place" in outcome.row.reason


def test_a_forward_that_is_finite_nowhere_is_inconclusive(told):
    """And says so."""
    formula = Formula(lambda x: np.sqrt(-1.0 - x * x), {"x": "n"})
    formula.vjp(lambda d, x: d)
    row = check_claim(formula.claims[0], found=[told("a", right)], max_examples=4).row
    assert (row.verdict, row.points) == ("inconclusive", 0)
    assert row.reason.startswith("the forward is finite at no point that was tried; say what its")
    assert row.discarded > 0


def test_only_kinks_are_inconclusive():
    """ReLU at zero only: no backend has a derivative there."""
    formula = Formula(lambda x: np.maximum(x, 0), {"x": "n"}, values={"x": np.zeros(3)})
    formula.vjp(lambda d, x: d * (x > 0))
    outcome = check_claim(formula.claims[0], max_examples=6)
    assert outcome.row.verdict == "inconclusive"
    assert all(r.kinks == r.answered == r.points for r in outcome.backends)


def test_an_erratum_that_is_refuted_came_out_as_declared(told):
    """And one that is not refuted did not."""
    formula = Formula(lambda x: x * x, {"x": "n"})
    formula.vjp(printed=True, erratum=True)(lambda d, x: d * x)
    formula.vjp(printed=True, erratum=True, suffix="right")(lambda d, x: 2 * d * x)
    refuted, kept = (check_claim(c, found=[told("a", right)], max_examples=6) for c in formula.claims)
    assert (refuted.row.verdict, refuted.row.expected, refuted.row.as_declared) == ("fail", "fail", True)
    assert (kept.row.verdict, kept.row.as_declared) == ("pass", False)
    assert all(r.as_declared for r in refuted.backends)


def test_unchecked_arguments_notes_and_warnings_reach_the_row():
    """What the reader must know about a pass."""
    import warnings

    def backward(d, W, x):
        warnings.warn("slow path", stacklevel=1)
        return None, W.T @ d

    formula = Formula(lambda W, x: W @ x, {"W": "n m", "x": "m"}, where=lambda n, m: n < m)
    formula.vjp(backward)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        row = check_claim(formula.claims[0], max_examples=8).row
    assert row.verdict == "pass"
    assert row.unchecked == ["dJ/dW"]
    assert "warning of the code: slow path" in row.notes
    assert any(n.startswith("the declaration allows no shape with: all sizes 1") for n in row.notes)


KINDS = {
    "jacobian": (lambda f: f.jacobian("x"), lambda W, x: W, lambda W, x: W * 1.001),
    "layout": (
        lambda f: f.layout("x"),
        lambda W, x: W.copy(),
        lambda W, x: W[::-1],
    ),
    "entry of J": (
        lambda f: f.entry("dJ/dW[i,j]"),
        lambda i, j, d, W, x: d[i] * x[j],
        lambda i, j, d, W, x: d[i],
    ),
    "entry of z": (
        lambda f: f.entry("dz[k]/dW[i,j]"),
        lambda k, i, j, W, x: x[j] if k == i else 0.0,
        lambda k, i, j, W, x: x[j],
    ),
    "forward": (
        lambda f: f.forward(),
        lambda W, x: np.sum(W * x, axis=1),
        lambda W, x: np.sum(W * x, axis=1) + 1e-9,
    ),
}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_claim_passes_and_its_wrong_twin_fails(name):
    """With all three backends."""
    add, candidate, twin = KINDS[name]
    formula = Formula(lambda W, x: W @ x, {"W": "n m", "x": "m"})
    add(formula)(candidate)
    assert check_claim(formula.claims[0], max_examples=9).row.verdict == "pass"
    formula.claims.clear()
    add(formula)(twin)
    assert check_claim(formula.claims[0], max_examples=9).row.verdict == "fail"


@pytest.mark.parametrize("what", ["raises", "another shape"])
def test_code_that_gives_nothing_to_compare_costs_a_few_slopes(what):
    """However many entries there are: that there is a derivative shows in one slope of each gradient."""
    calls = 0

    def forward(x, g):
        nonlocal calls
        calls += 1
        return g * np.tanh(x)

    def backward(d, x, g):
        if what == "raises":
            raise TypeError("nothing here")
        return d * g * (1 - np.tanh(x) ** 2), d * np.tanh(x)  # the second one is not summed

    formula = Formula(forward, {"x": "n m", "g": "m"}, name="scaled")
    formula.vjp(backward)
    (claim,) = formula.claims
    counts = []
    for sizes in ({"n": 2, "m": 3}, {"n": 6, "m": 7}):
        point = make_point(formula, sizes, np.random.default_rng(1))
        calls = 0
        result = check_point(claim, point, Session(formula, choose(["finite_difference"])))
        assert result.verdict == "fail"
        assert result.opinions["finite_difference"].says == "differ"
        counts.append(calls)
    assert counts[0] == counts[1] < 60
