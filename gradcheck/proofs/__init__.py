"""Proofs for all shapes: claims on indexed symbols, compared by normal forms."""

from __future__ import annotations

from gradcheck.proofs.explaining import explain
from gradcheck.proofs.general_opinion import general_opinion
from gradcheck.proofs.induction import any_depth
from gradcheck.proofs.memory import Memory
from gradcheck.proofs.proving import prove, with_witness
from gradcheck.proofs.unproved import unproved_sizes

__all__ = [
    "Memory",
    "any_depth",
    "explain",
    "general_opinion",
    "prove",
    "unproved_sizes",
    "with_witness",
]
