"""What is proved of the corpora of the modes: most right code, and no wrong twin."""

import pytest

from gradcheck.proofs import prove
from tests.modes.proving import MODES, claims

PROVED = {"jvp": 48, "second order": 59, "complex": 40, "spaces": 16}
"""At least so many; `docs/proofs.md` has those that are not, with the reason."""


@pytest.mark.parametrize("mode", MODES)
def test_most_right_code_is_proved_and_no_wrong_twin(mode):
    proved = 0
    for name, (right, wrong) in claims(mode).items():
        proved += prove(right, steps=False).status == "proved"
        for k, twin in enumerate(wrong):
            proof = prove(twin, steps=False)
            assert proof.status in ("open", "partly"), f"{name}, {k}"
            assert "prover itself" not in (proof.reason or "")
    assert proved >= PROVED[mode]
