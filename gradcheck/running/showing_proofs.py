"""A claim's proof as `gradcheck prove` shows it: with points for a witness, and with second opinions."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from gradcheck.errors import Unsupported
from gradcheck.formulas.claim import Claim
from gradcheck.judging.points.point import Point
from gradcheck.proofs.general_opinion import general_opinion
from gradcheck.proofs.memory import Memory
from gradcheck.proofs.proving import prove
from gradcheck.proofs.second_opinion import Opinion, sympy_opinion
from gradcheck.records.types import Proof

__all__ = ["examined"]

_POINTS = 12


def examined(claim: Claim) -> Proof:
    """The proof, held against a short comparison with the quickest backend, against SymPy, and against
    every backend that differentiates for all shapes, as JAX does.

    Where the normal forms differ and a point refutes the claim, the status is ``refuted``. Raises
    `UsageError` for declarations that leave nothing to try.
    """
    from gradcheck.checking.claim_check import check_claim
    from gradcheck.judging.answers.backends import choose

    usable = [f for f in choose(None) if f.backend is not None]
    quickest = sorted(usable, key=lambda f: f.traits.cost_of_shape)[:1]
    found = check_claim(claim, max_examples=_POINTS, found=quickest)
    proof = found.row.proof or prove(claim)
    if proof.status != "proved" or claim.kind.states_outputs:
        return proof
    point = found.results[0].point if found.results else None
    for source, opinion in _opinions(claim, point):
        proof = msgspec.structs.replace(proof, opinions={**proof.opinions, source.lower(): opinion.words})
        if opinion.wrong:
            text = f"our derivative and {source}'s contradict each other, a bug of ours: {opinion.words}"
            proof = msgspec.structs.replace(proof, status="open", reason=text)
    return proof


def _opinions(claim: Claim, point: Point | None) -> Iterator[tuple[str, Opinion]]:
    from gradcheck.judging.answers.backends import discover
    from gradcheck.judging.session import Session

    memory = Memory(claim.formula)
    try:
        yield "SymPy", sympy_opinion(memory)
    except Unsupported as error:
        yield "SymPy", Opinion(f"not asked: {error}")
    if point is not None:
        for theirs in Session(claim.formula, discover()).general(point):
            yield theirs.source, general_opinion(memory, theirs)
