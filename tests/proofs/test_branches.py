"""Code that asks about sizes: every answer is a branch, and each has to be proved."""

import numpy as np
import pytest

from gradcheck import Formula, one_hot
from gradcheck.proofs import prove


def linear(backward, **more):
    formula = Formula(lambda W, x: W @ x, {"W": "n m", "x": "m"}, **more)
    formula.vjp(backward)
    return formula.claims[0]


def by_x(expression):
    return lambda delta, W, x: (np.outer(delta, x), expression(delta, W, x))


@pytest.mark.parametrize(
    ("back", "branch"),
    [
        (lambda d, W, x: (W if W.shape[0] == W.shape[1] else W.T) @ d, "n = m"),
        (lambda d, W, x: W.T @ d * (2 if len(d) == 1 else 1), "n = 1"),
        (lambda d, W, x: W.T @ d * (2 if len(x) == 7 else 1), "m = 7"),
        (lambda d, W, x: W.T @ d * (2 if W.size == len(x) else 1), "m*n = m"),
        (lambda d, W, x: W.T @ d * (2 if len(x) < 3 else 1), "m = 1"),
        (lambda d, W, x: W.T @ d * (2 if len(x) <= 3 else 1), "m = 1"),
        (lambda d, W, x: W.T @ d * (1 if len(x) > 2 else 2), "m = 1"),
        (lambda d, W, x: W.T @ d * (2 if len(x) < len(d) else 1), "m < n"),
        (lambda d, W, x: W.T @ d if len(x) != 2 * len(d) else 0 * x, "2*n"),
        (lambda d, W, x: np.squeeze(W.T @ d), "m = 1"),
        (lambda d, W, x: W.T @ d * (2 if W.shape[0] == W.shape[1] == 4 else 1), "m = 4"),
    ],
)
def test_a_branch_that_is_wrong_is_found(back, branch):
    """It is proved in general, and that is not enough."""
    proof = prove(linear(by_x(back)))
    assert proof.status == "partly"
    assert any("not proved" in line and branch in line for line in proof.branches), proof.branches
    assert branch in proof.reason


@pytest.mark.parametrize(
    "back",
    [
        lambda d, W, x: (W.T if W.shape[0] == W.shape[1] else np.transpose(W)) @ d,
        lambda d, W, x: W.T @ d if len(d) > 1 else W[0] * d[0],
        lambda d, W, x: W.T @ d if len(x) < len(d) else d @ W,
        lambda d, W, x: W.T @ d if len(x) < 4 else d @ W,
    ],
)
def test_branches_that_are_right_are_proved(back):
    """Each is named."""
    proof = prove(linear(by_x(back)))
    assert proof.status == "proved", proof.reason
    assert proof.branches
    assert all(line.endswith(": proved") for line in proof.branches)


def test_code_that_asks_nothing_has_no_branches():
    """Broadcasting over equal sizes and over literal ones is certain."""
    assert prove(linear(by_x(lambda d, W, x: W.T @ d))).branches == []


def test_a_branch_that_the_declaration_rules_out_is_not_run():
    """`where` says that n is 2 or more."""
    back = by_x(lambda d, W, x: W.T @ d * (2 if len(d) == 1 else 1))
    assert prove(linear(back)).status == "partly"
    assert prove(linear(back, where=lambda n: n >= 2)).status == "proved"


def test_a_question_beyond_what_is_run_is_no_proof():
    """Sizes up to a large constant are not taken one by one."""
    proof = prove(linear(by_x(lambda d, W, x: W.T @ d * (2 if len(x) < 1000 else 1))))
    assert proof.status == "partly"


def test_entries_ask_about_indices_too():
    """`i == k` is a case, as a branch and in arithmetic; the twins forget one."""
    formula = Formula(lambda W, x: W @ x, {"W": "n m", "x": "m"})
    formula.entry("dz[i]/dW[k,j]")(lambda i, k, j, W, x: x[j] if i == k else 0.0)
    formula.entry("dz[i]/dW[k,j]", suffix="times")(lambda i, k, j, W, x: (i == k) * x[j])
    formula.entry("dz[i]/dW[k,j]", suffix="where")(lambda i, k, j, W, x: np.where(i != k, 0.0, x[j]))
    formula.entry("dz[i]/dW[k,j]", suffix="wrong")(lambda i, k, j, W, x: x[j])
    formula.entry("dz[i]/dW[k,j]", suffix="other")(lambda i, k, j, W, x: x[j] if i != k else 0.0)
    formula.entry("dz[i]/dW[k,j]", suffix="half")(lambda i, k, j, W, x: 2 * x[j] if i == k else 0.0)
    found = [prove(claim) for claim in formula.claims]
    assert [p.status for p in found] == ["proved", "proved", "proved", "open", "open", "partly"]
    assert found[0].branches == ["i = k: proved"]


def test_one_hot_rules_hold_where_the_declaration_says_so():
    """The textbook's p - y needs `sum(y) = 1`; without it there is no proof."""

    def cost(s, y):
        return np.log(np.sum(np.exp(s))) - np.sum(y * s)

    def backward(delta, s, y):
        p = np.exp(s) / np.sum(np.exp(s))
        return delta * (p * np.sum(y) - y), None

    for values, status in (({"y": one_hot}, "proved"), ({}, "open")):
        formula = Formula(cost, {"s": "n", "y": "n"}, values=values)
        formula.vjp(backward)
        assert prove(formula.claims[0]).status == status
