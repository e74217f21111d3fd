"""What the tests of modes share."""

import pytest

from gradcheck.checking import claim_check


@pytest.fixture
def undiagnosed(monkeypatch):
    """Failures without their diagnosis, which costs more than all the rest and has tests of its own."""
    monkeypatch.setattr(claim_check, "diagnosed", lambda *_, **__: [])
