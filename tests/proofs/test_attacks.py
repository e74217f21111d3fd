"""No wrong code is proved, whatever it asks of its symbols; right code beside it is."""

import warnings

import numpy as np
import pytest

from gradcheck.checking.claim_check import check_claim
from gradcheck.proofs import prove

from .attacking import claim_of, compiled
from .attacks_by_exceptions import CATCHING, OTHERS
from .attacks_on_sizes import QUESTIONS, REFUSALS
from .attacks_on_values import STATE, TYPES, VALUES, WIDTHS
from .right_beside_attacks import PASSED, PROVED

ATTACKS = {
    f"{kind}: {name}": row
    for kind, rows in {
        "sizes asked": QUESTIONS, "sizes refused": REFUSALS, "caught": CATCHING | OTHERS, "values": VALUES,
        "types": TYPES, "widths": WIDTHS, "state": STATE,
    }.items()
    for name, row in rows.items()
}  # fmt: skip
RIGHT = PROVED | PASSED


def factors(row, sizes=(1, 2, 5, 37, 64, 100)):
    """The factor in float64, where it is a number."""
    _, factor = compiled(row)
    for n in sizes:
        x = np.random.default_rng(n).normal(size=n)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            yield factor(n, x, np.ones(n))


def test_there_are_many():
    assert len(ATTACKS) >= 300
    assert len(RIGHT) >= 60


@pytest.mark.parametrize("name", ATTACKS)
def test_no_attack_is_proved(name):
    """Each with a reason."""
    proof = prove(claim_of(ATTACKS[name]))
    assert proof.status != "proved", name
    assert proof.reason


@pytest.mark.parametrize("name", [n for n in ATTACKS if n.startswith("sizes asked")])
def test_what_is_asked_about_sizes_is_wrong_at_one(name):
    """The attacks are attacks."""
    assert any(np.any(np.asarray(f, dtype=float) != 1.0) for f in factors(ATTACKS[name]))


@pytest.mark.parametrize("name", PROVED)
def test_right_code_is_proved(name):
    """No proof is lost to a guard that is right."""
    proof = prove(claim_of(PROVED[name]))
    assert proof.status == "proved", proof.reason


@pytest.mark.parametrize("name", PASSED)
def test_other_right_code_passes(name):
    """What cannot be proved is compared."""
    assert check_claim(claim_of(PASSED[name]), max_examples=8).row.verdict == "pass"


@pytest.mark.parametrize("name", RIGHT)
def test_right_code_is_right(name):
    assert all(np.allclose(np.asarray(f, dtype=float), 1.0, rtol=1e-12) for f in factors(RIGHT[name]))
