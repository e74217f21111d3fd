"""Sums of 4,099 terms are tried in one row where two are too dear: there sums in the type stand still."""

from gradcheck.catalogue.layers import formulas
from gradcheck.checking.claim_check import check_claim
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.dtypes import NAMED
from gradcheck.formulas.kinds import Vjp
from tests.low_precision.candidates import kernel, sums_narrow, sums_wide

(LOG_SOFTMAX,) = (f for f in formulas() if f.name == "log_softmax")


def grades(way):
    """Which grades a kernel of log-softmax meets; where it rounds throughout, nothing is known at 4,099."""
    claim = Claim(LOG_SOFTMAX.in_dtype(NAMED["float16"]), Vjp(), kernel(way(LOG_SOFTMAX.claims[0].candidate)))
    found = check_claim(claim, max_examples=6, backends=["autodiff"]).row.accuracy
    return {g.name: g.met for g in found.grades}


def test_a_log_softmax_that_sums_in_float16_is_told_from_one_with_float32_sums():
    assert grades(sums_wide)["float32 sums"]
    assert not grades(sums_narrow)["float32 sums"]
