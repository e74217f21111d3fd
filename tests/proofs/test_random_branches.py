"""Random conditions before wrong code: none proved unless the code is right at every size and value tried,
and each that can be met within the cost of a claim refuted.

`GRADCHECK_BRANCHES` is their number: 150 here, 2,000 in a nox session. Of these ten are checked as a whole
here, and all of them there.
"""

import os
import warnings

import numpy as np
import pytest

from gradcheck.checking.claim_check import check_claim
from gradcheck.proofs import prove

from .attacking import claim_of, compiled
from .branching import row

COUNT = int(os.environ.get("GRADCHECK_BRANCHES", "150"))
SIZES = [*range(1, 40), *range(40, 130, 3), 200, 513, 1000, 3600, 4096]


WITHIN_THE_COST = [n for n in SIZES if n <= 1000]
"""Sizes that may be tried for one claim."""


def is_right(source, sizes=SIZES):
    """Whether the factor is 1 at every size and value tried: a condition that never holds."""
    _, factor = compiled(source)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for n in sizes:
            for x in points(n):
                try:
                    if not np.all(np.asarray(factor(n, x, x[::-1].copy()), dtype=float) == 1.0):
                        return False
                except Exception:
                    return False
    return True


def points(n):
    """Values at a size, large, small and equal ones among them."""
    x = np.random.default_rng(n).normal(size=n)
    if n > 60:
        return [x]
    return [x, 1e4 * x, -1e4 * np.abs(x), np.zeros(n), np.full(n, 1e-10), np.full(n, 800.0), np.full(n, 1.0)]


@pytest.mark.parametrize("block", range(10))
def test_no_branch_hides_wrong_code(block):
    """What is proved has a condition that never holds, or makes no difference."""
    wrong = []
    for seed in range(block * COUNT // 10, (block + 1) * COUNT // 10):
        source = row(seed)
        if prove(claim_of(source)).status == "proved" and not is_right(source):
            wrong.append((seed, source))
    assert wrong == []


@pytest.mark.parametrize("block", range(5))
def test_a_branch_that_can_be_met_is_refuted(block, monkeypatch):
    """Or it is said that it was not tried."""
    monkeypatch.setattr("gradcheck.checking.writing.outcome.diagnosed", lambda *_, **__: [])
    passed = []
    for seed in range(block * COUNT // 5, (block + 1) * COUNT // 5, 1 if COUNT > 150 else 15):
        claim = claim_of(source := row(seed))
        outcome = check_claim(claim, max_examples=5, backends=["finite_difference"]).row
        if outcome.verdict == "pass" and not outcome.untried and not is_right(source, WITHIN_THE_COST):
            passed.append((seed, source))
    assert [p for p in passed if p[0] not in NOT_MET] == []


NOT_MET: dict[int, str] = {}
"""Seeds of branches that no point is found for, each with the reason."""


def test_most_of_them_are_wrong_code():
    """So that the test above has something to find."""
    assert sum(not is_right(row(seed)) for seed in range(60)) > 30
