"""A claim's proof as `gradcheck prove` shows it: with a few points for a spot check and for a witness."""

from __future__ import annotations

from gradcheck.claims import Claim
from gradcheck.records import Proof

__all__ = ["examined"]

_POINTS = 12


def examined(claim: Claim) -> Proof:
    """The proof, held against a short comparison with finite differences.

    Where the normal forms differ and a point refutes the claim, the status is ``refuted``. Raises
    `UsageError` for declarations that leave nothing to try.
    """
    from gradcheck.engine import check_claim
    from gradcheck.proofs.memory import Memory
    from gradcheck.proofs.proving import prove

    found = check_claim(claim, max_examples=_POINTS, backends=["finite_difference"]).row
    return found.proof or prove(claim, Memory(claim.formula))
