"""Unchanged inputs and the same answer: both make an error, and the rows agree with it."""

import numpy as np
import pytest

SHAPES = {"W": "n m", "x": "m"}


def forward(W, x):
    return W @ x


def right(d, W, x):
    return np.outer(d, x), W.T @ d


def changes_delta(d, W, x):
    d *= 2
    return right(d / 2, W, x)


def changes_and_restores(d, W, x):
    W *= 2
    found = np.outer(d, x), W.T @ d / 2
    W /= 2
    return found


def writes_the_same(d, W, x):
    x[...] = x
    return right(d, W, x)


@pytest.mark.parametrize(
    ("backward", "words"),
    [
        (changes_delta, "the code changes delta in place; work on a copy"),
        (changes_and_restores, "the code writes into its argument 'W' in place; work on a copy (test_repet"),
        (
            writes_the_same,
            "the code writes into its argument 'x' in place; work on a copy (test_repetition.py",
        ),
    ],
)
def test_writing_into_what_is_given_is_an_error_also_where_it_is_restored(battery, backward, words):
    """The line is named; the rows that need answers are skipped."""
    judged = battery(forward, backward, SHAPES)
    row = judged.rows["unchanged inputs"]
    assert (judged.row.verdict, row.outcome, row.counts) == ("error", "fail", True)
    assert row.reason.startswith(words)
    assert judged.row.reason == row.reason
    assert judged.failed == {"unchanged inputs"}
    assert judged.rows["linearity"].outcome == "skipped"


def test_working_on_copies_is_fine(battery):
    """The twin: the same steps on what is one's own; a scalar is always one's own."""

    def backward(d, W, s):
        d, W = d.copy(), W.copy()
        d *= 2
        W /= 2
        s *= 1.0
        return np.outer(d, np.ones(W.shape[1])) * s / 2, np.sum(d * (2 * W).sum(axis=1)) / 2

    judged = battery(lambda W, s: W.sum(axis=1) * s, backward, {"W": "n m", "s": ""})
    assert (judged.row.verdict, judged.failed) == ("pass", set())
    assert judged.rows["unchanged inputs"].points == judged.row.points


def test_writing_is_an_error_that_a_replay_finds_again(point_at):
    """At one point alone."""
    from gradcheck.formulas.decorating import Formula
    from gradcheck.judging.answers.backends import choose
    from gradcheck.judging.point_check import check_point
    from gradcheck.judging.session import Session

    formula = Formula(forward, SHAPES)
    formula.vjp(changes_and_restores)
    point = point_at(formula, W=np.ones((2, 3)), x=np.ones(3))
    assert check_point(formula.claims[0], point, Session(formula, choose(None))).verdict == "error"


def test_a_backward_that_answers_differently_each_time_is_an_error(battery):
    """The row says what the verdict says."""
    rng = np.random.default_rng(0)
    judged = battery(forward, lambda d, W, x: (np.outer(d, x) * rng.random(), W.T @ d), SHAPES)
    assert (judged.row.verdict, judged.failed) == ("error", {"same answer"})
    assert judged.row.reason == judged.rows["same answer"].reason
    assert "not deterministic" in judged.row.reason


def test_code_that_remembers_is_seen_by_coming_back_to_the_first_arguments(battery):
    """Two calls in a row agree, and the numbers are right each time; then the same arguments come again."""
    seen = {}

    def remembers(d, W, x):
        found = np.outer(d, x), W.T @ d
        if isinstance(W, np.ndarray):
            seen.setdefault(W.tobytes(), len(seen))
            if seen[W.tobytes()] == 0 and len(seen) > 1:
                return found[0] + 1.0, found[1]
        return found

    assert battery(forward, right, SHAPES).rows["same answer"].outcome == "pass"
    judged = battery(forward, remembers, SHAPES)
    row = judged.rows["same answer"]
    assert (judged.row.verdict, row.outcome, row.counts) == ("error", "fail", True)
    assert row.reason == judged.row.reason
    assert row.reason.startswith("dJ/dW differs when the same arguments come again after others: the code is")
    assert judged.row.counterexample is None  # at one point alone it cannot be seen


def test_code_that_stops_working_for_arguments_it_took_before_is_an_error_too(battery):
    """Something was used up."""
    seen = {}

    def used_up(d, W, x):
        if isinstance(W, np.ndarray):
            seen.setdefault(W.tobytes(), len(seen))
            if seen[W.tobytes()] == 0 and len(seen) > 1:
                raise LookupError("gone")
        return right(d, W, x)

    judged = battery(forward, used_up, SHAPES)
    assert judged.row.verdict == "error"
    assert judged.row.reason.startswith(
        "a call that worked before does not work any more: the code raises LookupError: gone"
    )
