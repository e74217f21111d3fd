"""What a claim states on symbols: the true quantities, and those of the hand-written code."""

from __future__ import annotations

from typing import Any

from gradcheck.errors import CandidateFault, Unsupported
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.kinds.kind import Symbolic
from gradcheck.formulas.quantity import Quantity
from gradcheck.proofs.indexed import IndexedArray, rebound
from gradcheck.proofs.indexed.algebra.indices.codes import is_constant
from gradcheck.proofs.indexed.arrays.converting import as_array
from gradcheck.proofs.indexed.arrays.indices.symbolic_index import SymbolicIndex
from gradcheck.proofs.truth import Truth

__all__ = ["Symbolic", "index_codes", "right_answers", "stated"]


def right_answers(claim: Claim, truth: Truth) -> dict[Quantity, Symbolic]:
    """What the claim should state. Raises `Unsupported`."""
    return claim.kind.on_symbols(claim.formula, truth)


def index_codes(claim: Claim, truth: Truth) -> dict[str, int]:
    """The codes of the indices that the code is called with."""
    return truth.index_codes(claim.kind.index_axes(claim.formula, truth))


def stated(claim: Claim, truth: Truth) -> dict[Quantity, IndexedArray]:
    """What the hand-written code states. Raises whatever it raises."""
    space = truth.space
    before: dict[str, Any] = {
        name: code if is_constant(code) else SymbolicIndex(space, code, name)
        for name, code in index_codes(claim, truth).items()
    }
    before |= claim.kind.symbolic_inputs(claim.formula, truth)
    result = rebound(claim.candidate, space)(*(before[n] for n in claim.leading), *truth.arrays)
    try:
        parts = claim.kind.divided(claim.formula, truth, result)
    except CandidateFault as fault:
        raise Unsupported(str(fault)) from fault
    return {q: as_array(space, part) for q, part in parts.items() if part is not None}
