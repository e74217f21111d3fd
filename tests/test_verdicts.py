"""Verdicts and strengths are texts with an order."""

import pytest

from gradcheck.records.verdicts import Strength, Verdict


def test_a_verdict_is_its_text():
    """Scripts compare with strings."""
    assert Verdict.PASS == "pass"
    assert f"{Verdict.INCONCLUSIVE}" == "inconclusive"
    assert Verdict("fail") is Verdict.FAIL
    with pytest.raises(ValueError, match="passed"):
        Verdict("passed")


def test_the_worse_is_seen_earlier():
    """An error before a failure, a pass last."""
    order = sorted(Verdict, key=lambda v: -v.badness)
    assert [str(v) for v in order] == ["error", "fail", "inconclusive", "weak", "pass"]


def test_the_weakest_strength_counts():
    """One agreed quantity among certified ones makes the whole agreed."""
    assert Strength.weakest([Strength.PROVED, Strength.AGREED, Strength.CERTIFIED]) is Strength.AGREED
    assert Strength.weakest([Strength.PROVED, Strength.CERTIFIED]) is Strength.CERTIFIED
    assert Strength.weakest([Strength.PROVED]) is Strength.PROVED
    assert Strength.weakest([]) is None
