"""Random conditions before wrong code, none proved unless the code is right at every size and value tried.

`GRADCHECK_BRANCHES` is their number: 150 here, 2,000 in a nox session.
"""

import os
import warnings

import numpy as np
import pytest

from gradcheck.proofs import prove

from .attacking import claim_of, compiled
from .branching import row

COUNT = int(os.environ.get("GRADCHECK_BRANCHES", "150"))
SIZES = [*range(1, 40), *range(40, 130, 3), 200, 513, 1000, 3600, 4096]


def is_right(source):
    """Whether the factor is 1 at every size and value tried: a condition that never holds."""
    _, factor = compiled(source)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for n in SIZES:
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


def test_most_of_them_are_wrong_code():
    """So that the test above has something to find."""
    assert sum(not is_right(row(seed)) for seed in range(60)) > 30
