"""`prove`: what is known of a claim for all sizes and all values, as a record."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable

import msgspec

from gradcheck.errors import Unsupported
from gradcheck.formulas.claim import Claim
from gradcheck.proofs.memory import Memory
from gradcheck.proofs.presentation import assumed, quantity_record
from gradcheck.proofs.prover import Attempt, explore
from gradcheck.records.types import Proof, ProofQuantity

__all__ = ["prove", "with_witness"]


def prove(claim: Claim, memory: Memory | None = None, *, steps: bool = True) -> Proof:
    """Try to prove a claim for all shapes and values. Never raises.

    ``memory`` is shared by the claims of a formula. ``status`` of the result is ``proved``, ``partly``
    or ``open``; a comparison that found a witness makes it ``refuted`` (`with_witness`). Without
    ``steps`` the LaTeX is left out.
    """
    started = time.perf_counter()
    try:
        proof = _proof(claim, memory or Memory(claim.formula), steps=steps)
    except Unsupported as error:
        proof = Proof(status="open", reason=str(error))
    except Exception as error:  # a bug of ours must not cost the comparison
        text = f"the prover itself failed, please report it: {type(error).__name__}: {error}"
        proof = Proof(status="open", reason=text)
    return msgspec.structs.replace(proof, seconds=round(time.perf_counter() - started, 6))


def _proof(claim: Claim, memory: Memory, *, steps: bool) -> Proof:
    if claim.formula.accuracy:
        raise Unsupported(f"the forward is right to {claim.formula.accuracy:g} only, and so is its form")
    attempts, complete = explore(claim, memory)
    general = attempts[0]
    if general.truth is None or general.compared.reason is not None:
        return Proof(status="open", reason=general.compared.reason)
    if not general.compared.findings:
        return Proof(status="open", reason="the code returns None for every argument")
    quantities = [_quantity(claim, general, k, steps=steps) for k in range(len(general.compared.findings))]
    branches = [_words(a) for a in attempts[1:]] if len(attempts) > 1 else []
    failed = [a for a in attempts[1:] if not a.compared.proved]
    proved = [q for q in quantities if q.status == "proved"]
    if not branches and general.compared.asked:
        branches = [
            f"{q.words(a)}: {'proved' if general.compared.proved else 'not proved'}"
            for q, a in general.compared.asked.items()
        ]
    status, reason = "proved", None
    if not general.compared.proved:
        status = "partly" if proved else "open"
        reason = _first(q.reason for q in quantities if q.status != "proved")
    elif failed or not complete:
        status = "partly"
        what = failed[0].branch.label if failed else "sizes that the code asks about in a way not understood"
        reason = f"proved in general, but not for {what}"
        if failed and (why := _why(failed[0])):
            reason += f": {why}"
    return Proof(
        status=status,
        quantities=quantities,
        assumptions=assumed(general.truth, general.compared) if proved else [],
        branches=branches,
        reason=reason,
    )


def _quantity(claim: Claim, attempt: Attempt, position: int, *, steps: bool) -> ProofQuantity:
    finding = attempt.compared.findings[position]
    assert attempt.truth is not None
    if not steps:
        status = "proved" if finding.outcome == "equal" else "open"
        return ProofQuantity(quantity=str(finding.quantity), status=status, indices="", reason=finding.reason)
    try:
        return quantity_record(claim, attempt.truth, finding)
    except Unsupported:  # what was proved is too long for print
        return _quantity(claim, attempt, position, steps=False)


def _words(attempt: Attempt) -> str:
    outcome = "proved" if attempt.compared.proved else "not proved"
    why = "" if attempt.compared.proved else _why(attempt)
    return f"{attempt.branch.label}: {outcome}" + (f" ({why})" if why else "")


def _why(attempt: Attempt) -> str | None:
    return attempt.compared.reason or _first(
        f"{f.quantity}: {f.reason}" for f in attempt.compared.findings if f.outcome != "equal"
    )


def _first(texts: Iterable[str | None]) -> str | None:
    return next((t for t in texts if t), None)


_DOES_NOT_CONFORM = ("the code raises ValueError", "the code raises IndexError", "the code raises AxisError")
"""What NumPy raises where shapes do not fit each other, on symbols as on numbers."""


def with_witness(proof: Proof, quantities: Collection[str | None], words: str) -> Proof:
    """The proof refuted at a point where these quantities are wrong: ``words`` say where.

    Only what the forms leave open can be refuted; what is proved stays.
    """
    if proof.status not in ("open", "partly"):
        return proof
    if not proof.quantities and (proof.reason or "").startswith(_DOES_NOT_CONFORM):
        return msgspec.structs.replace(proof, status="refuted", reason=f"{proof.reason}; {words}")
    changed = [
        msgspec.structs.replace(q, status="refuted", reason=q.reason or words)
        if q.quantity in quantities and q.status == "open" and q.truth is not None
        else q
        for q in proof.quantities
    ]
    if not any(q.status == "refuted" for q in changed):
        return proof
    return msgspec.structs.replace(proof, status="refuted", quantities=changed, reason=words)
