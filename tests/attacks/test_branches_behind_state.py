"""No wrong branch behind memory, iterators, exceptions, bits of numbers or state is proved, and none that was
entered passes; its right twin is not refused.
"""

import warnings

import numpy as np
import pytest

from gradcheck.checking.claim_check import check_claim
from tests.conftest import WHOLE
from tests.proofs.attacking import claim_of, compiled

from .branches_behind_state import ROWS, STATE

NAMES = list(ROWS) if WHOLE else list(ROWS)[::3]


pytestmark = pytest.mark.usefixtures("undiagnosed")


def checked(row):
    return check_claim(claim_of(row), max_examples=5, backends=["finite_difference"])


def is_entered(row, points):
    """Whether the factor is another number than 1 at one of the points that were tried."""
    _, factor = compiled(row)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return any(np.any(np.asarray(factor(p.sizes["n"], p.args[0], p.delta[0])) != 1.0) for p in points)


@pytest.mark.parametrize("name", NAMES)
def test_a_branch_that_was_entered_does_not_pass(name):
    """And one that was not is not proved."""
    outcome = checked(ROWS[name])
    assert outcome.row.strength != "proved"
    if name.partition(": ")[2] not in STATE and is_entered(ROWS[name], [r.point for r in outcome.results]):
        assert outcome.row.verdict in ("fail", "error")


@pytest.mark.parametrize("name", NAMES)
def test_the_same_question_with_a_right_answer_is_not_refused(name):
    """State that makes no difference is nobody's mistake."""
    twin = ROWS[name].replace("2.0", "1.0").replace("counting()", "1.0")
    assert checked(twin).row.verdict == "pass"


def test_there_are_fifty():
    assert len(ROWS) >= 50
