"""The sizes at which a claim that is proved in general is not: what the comparison at points should try."""

from __future__ import annotations

from math import prod

from gradcheck.formulas.claim import Claim
from gradcheck.proofs.branches import excluded
from gradcheck.proofs.indexed.algebra.polynomials import Polynomial
from gradcheck.proofs.memory import Memory
from gradcheck.proofs.prover import explore

__all__ = ["unproved_sizes"]

_OTHERS = (3, 2, 5, 4, 7, 6)
"""What the sizes are that a branch leaves free: no two alike, and none that is 1."""

_LARGER = 20
"""They are as large as that too, beside the largest number in the branch: `min(n, m) == 19` asks for it."""


def unproved_sizes(claim: Claim, memory: Memory) -> list[dict[str, int]]:
    """Sizes on each branch that is not proved, where it says what they are (`n = 17`, `n = m + 13`)."""
    attempts, _ = explore(claim, memory)
    found: list[dict[str, int]] = []
    for attempt in attempts:
        branch = attempt.branch
        if attempt.compared.proved or not branch.sizes or excluded(claim.formula, branch):
            continue
        free = [n for n in claim.formula.shapes.names if n not in branch.sizes]
        largest = max((c for p in branch.sizes.values() for _, c in p), default=0)
        small = [_OTHERS[k % len(_OTHERS)] for k in range(len(free))]
        for others in (small, [max(largest, _LARGER) + n for n in small]):
            numbers = dict(zip(free, others, strict=True))
            sizes = {**numbers, **{n: _value(p, numbers) for n, p in branch.sizes.items()}}
            if sizes not in found:
                found.append(sizes)
    return found


def _value(polynomial: Polynomial, numbers: dict[str, int]) -> int:
    return sum(coefficient * prod(numbers[n] for n in monomial) for monomial, coefficient in polynomial)
