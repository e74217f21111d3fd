"""A claim's proof as `gradcheck prove` shows it: with points for a witness, and with second opinions."""

from __future__ import annotations

import msgspec

from gradcheck.claims import Claim
from gradcheck.errors import Unsupported
from gradcheck.proofs.memory import Memory
from gradcheck.proofs.proving import prove
from gradcheck.proofs.second_opinion import sympy_opinion
from gradcheck.records import Proof

__all__ = ["examined"]

_POINTS = 12


def examined(claim: Claim) -> Proof:
    """The proof, held against a short comparison with finite differences and against SymPy.

    Where the normal forms differ and a point refutes the claim, the status is ``refuted``. Raises
    `UsageError` for declarations that leave nothing to try.
    """
    from gradcheck.engine import check_claim

    found = check_claim(claim, max_examples=_POINTS, backends=["finite_difference"]).row
    proof = found.proof or prove(claim)
    if proof.status != "proved" or claim.kind == "forward":
        return proof
    try:
        opinion = sympy_opinion(Memory(claim.formula))
    except Unsupported as error:
        return _with(proof, "sympy", f"not asked: {error}")
    proof = _with(proof, "sympy", opinion.words)
    if opinion.wrong:
        text = f"our derivative and SymPy's contradict each other, a bug of ours: {opinion.words}"
        return msgspec.structs.replace(proof, status="open", reason=text)
    return proof


def _with(proof: Proof, source: str, words: str) -> Proof:
    return msgspec.structs.replace(proof, opinions={**proof.opinions, source: words})
