"""What is proved for all shapes, and what it costs: the catalogue, and formulas as users write them.

    python benchmarks/proofs.py          # from the root of the repository

The work is counted in products of terms, which is what the prover's budget counts; seconds are those of
one run on this machine, imports aside.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from gradcheck.catalogue import formulas
from gradcheck.proofs import Memory, prove
from gradcheck.proofs.branches import Branch
from tests.trust.corpus import CORPUS


def measure(claims):
    """One line a claim: status, milliseconds, work, name, reason."""
    memories = {}
    total, counts = 0.0, {}
    for claim in claims:
        memory = memories.setdefault(id(claim.formula), Memory(claim.formula))
        started = time.perf_counter()
        proof = prove(claim, memory)
        seconds = time.perf_counter() - started
        total += seconds
        counts[proof.status] = counts.get(proof.status, 0) + 1
        try:
            work = memory.truth(Branch()).space.work
        except Exception:
            work = 0
        reason = f"  {proof.reason}" if proof.reason else ""
        print(f"{proof.status:8} {1000 * seconds:8.1f} ms {work:7,}  {claim.uid}{reason}"[:150])
    found = ", ".join(f"{n} {status}" for status, n in sorted(counts.items()))
    print(f"-- {found}; {total:.2f} s together\n")
    return total


def main():
    right = [c for f in formulas() for c in f.claims if c.expected == "pass"]
    print("The catalogue's right claims")
    total = measure(right)
    print("The catalogue's errata, none of which may be proved")
    measure([c for f in formulas() for c in f.claims if c.expected != "pass"])
    print("Formulas as users write them")
    measure([f.claims[-1] for f in CORPUS.values()])
    print(f"the catalogue's right claims took {total:.2f} s; the aim is 3 s at most")


if __name__ == "__main__":
    main()
