"""A proof beside the comparison at points: what each makes of the other.

The comparison is never left out. Where a proof and a comparison contradict each other, something of ours
is broken, and the verdict says so. A proof is of the formula in real arithmetic, so some failures are no
contradiction: a value that overflows, a point at which an assumption of the proof does not hold, code that
does something else in float64 than on symbols.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import msgspec

from gradcheck.arithmetic.code.reaching import mentions
from gradcheck.checking.verdict import Decision
from gradcheck.errors import FaultKind
from gradcheck.formulas.claim import Claim
from gradcheck.judging.opinions import Opinion, PointResult, PointVerdict
from gradcheck.proofs.branches import Branch
from gradcheck.proofs.memory import Memory
from gradcheck.proofs.prover import attempt
from gradcheck.proofs.proving import prove, with_witness
from gradcheck.proofs.spot import AMPLIFIED, Spot, spot_check, truth_holds, violated
from gradcheck.records.types import Counterexample, Proof
from gradcheck.records.verdicts import Verdict

__all__ = ["Weighed", "refuted", "uncrowned", "unproved", "unweighed", "weigh"]


@dataclass(frozen=True)
class Weighed:
    """The decision with the proof in view. ``proved``: the pass has the strength of a proof."""

    decision: Decision
    proof: Proof
    proved: bool = False


def unweighed(decision: Decision) -> Weighed:
    """The decision on code that is judged by its rounding: a proof is of formulas, which round nothing."""
    return Weighed(decision, Proof(status="open"))


def weigh(claim: Claim, memory: Memory, decision: Decision, results: list[PointResult]) -> Weighed:
    """Try a proof, and set it against the decision that the points gave. Never raises."""
    # what it took is in the claim's own seconds; records are the same from run to run but for those
    proof = msgspec.structs.replace(prove(claim, memory), seconds=0.0)
    if proof.status != "proved" or not results:
        return Weighed(decision, proof)
    spot = _spot(claim, memory, results)
    proof = msgspec.structs.replace(proof, opinions={**proof.opinions, "balls": spot.words})
    if any(r.in_float64 is not None for r in results):
        why = "the code was judged in float64 at some points, where it may do something else than on symbols"
        return Weighed(decision, _partly(proof, why))
    if spot.wrong:
        return _broken(proof, f"the proof's entry formulas and the code contradict each other: {spot.words}")
    zero = decision.verdict is Verdict.WEAK and _identically_zero(proof, decision.saturated)
    if decision.verdict is Verdict.PASS or zero:
        if not spot.points:  # nothing ties what ran on symbols to what runs on numbers
            why = f"the entry formulas could not be compared with the code: {spot.words}"
            proof = _partly(proof, why)
        return Weighed(Decision(Verdict.PASS) if zero else decision, proof, proved=spot.points > 0)
    if decision.verdict is Verdict.FAIL:
        return _against_failure(claim, memory, proof, decision, results)
    return Weighed(decision, proof)


_INVERTING = ("inv", "pinv", "solve", "lstsq", "cholesky", "cho_solve", "solve_triangular")

_AT_LARGE_SIZES = "proved on symbols, but the code itself fails at a size beyond those that were drawn"


def uncrowned(weighed: Weighed, decision: Decision, why: str = _AT_LARGE_SIZES) -> Weighed:
    """What the code itself fails at, behind a proof or where there is none: the claim fails, and a proof says
    ``why`` it is none.
    """
    if not weighed.proved:
        return replace(weighed, decision=decision)
    return Weighed(decision, _partly(weighed.proof, why))


def unproved(weighed: Weighed, why: str) -> Weighed:
    """A pass without the strength of its proof, which says ``why``."""
    return replace(weighed, proof=_partly(weighed.proof, why), proved=False)


def _partly(proof: Proof, why: str) -> Proof:
    return msgspec.structs.replace(proof, status="partly", reason=why)


def refuted(proof: Proof, found: Counterexample | None) -> Proof:
    """The proof with the counterexample as its witness, where there are forms that it refutes."""
    if found is None:
        return proof
    sizes = ", ".join(f"{n} = {s}" for n, s in found.sizes.items()) or "its only sizes"
    if not proof.quantities:
        return with_witness(proof, (), f"and fails at {sizes}")
    wrong = {found.quantity, *(c.quantity for c in found.comparisons)}
    if len(proof.quantities) == 1:  # two expressions may be told apart by their gradients
        wrong.add(proof.quantities[0].quantity)
    return with_witness(proof, wrong, f"the normal forms differ, and so do the values at {sizes}")


def _spot(claim: Claim, memory: Memory, results: list[PointResult]) -> Spot:
    passed = [r.point for r in results if r.verdict is PointVerdict.PASS]
    planned = [p for p in passed if p.origin == "plan"]
    try:
        spot = spot_check(claim, memory, planned)
        if spot.points or spot.wrong:
            return spot
        return spot_check(claim, memory, passed)  # sizes that the code asks about are not of the plan
    except Exception as error:  # no evidence for or against
        return Spot(wrong=False, points=0, words=f"not made: {type(error).__name__}: {error}")


def _broken(proof: Proof, reason: str) -> Weighed:
    text = f"{reason}. One of them is wrong; please report this as a bug in gradcheck"
    return Weighed(Decision(Verdict.ERROR, text), msgspec.structs.replace(proof, status="open", reason=text))


def _identically_zero(proof: Proof, saturated: str | None) -> bool:
    return any(q.truth == "0" and q.quantity == saturated for q in proof.quantities)


def _known(result: PointResult) -> list[Opinion]:
    return [o for o in result.opinions.values() if o.answers]


def _against_failure(
    claim: Claim, memory: Memory, proof: Proof, decision: Decision, results: list[PointResult]
) -> Weighed:
    made = attempt(claim, memory, Branch())
    why: str | None = None
    for result in (r for r in results if r.verdict is PointVerdict.FAIL):
        if result.fault is not None and result.fault.kind is FaultKind.NOT_FINITE:
            why = why or "proved in real arithmetic; in float64 the code gives a value that is not finite"
            continue
        if made.truth is not None and violated(made.truth, made.compared.conditions, result.point):
            why = why or "proved where its assumptions hold; at the failing point they do not"
            continue
        if any(truth_holds(claim, memory, result.point, o.answers) for o in result.opinions.values()):
            why = why or "on symbols the code does something else than at the failing point"
            continue
        # an inverse of a matrix of numbers is rounded, and not symmetric any more; that of a matrix close to
        # singular (Hilbert's) has few digits that are right, or none
        part = 1.0 if mentions([claim.formula.function, claim.candidate], _INVERTING) else AMPLIFIED
        near = (truth_holds(claim, memory, result.point, o.answers, part=part) for o in _known(result))
        if any(near):
            text = "constants that the code computes are rounded, by as much as the difference may be"
            return Weighed(
                Decision(Verdict.INCONCLUSIVE, text),
                _partly(proof, text),
            )
        return _broken(proof, "the claim is proved for all shapes, but fails at a point")
    why = why or "proved, but the check as a whole fails"
    return Weighed(Decision(Verdict.FAIL, decision.reason), _partly(proof, why))
