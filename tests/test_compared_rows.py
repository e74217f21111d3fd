"""The table of all claims by argument: what a row says of a gradient that fails."""

from __future__ import annotations

from typing import Any

import numpy as np

import gradcheck
from gradcheck.checking.claim_check import check_claim


def _row(backward: Any) -> Any:
    formula = gradcheck.Formula(lambda W, x: W @ x, {"W": "n m", "x": "m"}, name="product")
    formula.vjp(backward)
    compared = check_claim(formula.claims[0], max_examples=10).row.compared
    return next(row for row in compared if row.quantity == "dJ/dx")


def test_a_gradient_that_does_not_conform_has_no_difference() -> None:
    """Where it has the right shape, it is right: a difference of 0 beside a failure misleads."""

    def backward(delta: Any, W: Any, x: Any) -> Any:
        return np.outer(delta, x), W.T @ delta if W.size == 1 else (W.T @ delta)[:0]

    row = _row(backward)
    assert (row.verdict, row.gap, row.bound) == ("fail", None, None)


def test_a_wrong_number_has_one() -> None:
    row = _row(lambda delta, W, x: (np.outer(delta, x), 2 * (W.T @ delta)))
    assert row.verdict == "fail"
    assert row.gap > 0.1
