"""Proofs for all shapes: claims on indexed symbols, compared by normal forms."""

from __future__ import annotations

from gradcheck.proofs.explaining import explain
from gradcheck.proofs.general_opinion import general_opinion
from gradcheck.proofs.induction import any_depth
from gradcheck.proofs.memory import Memory
from gradcheck.proofs.proving import prove, with_witness

__all__ = [
    "Memory",
    "any_depth",
    "explain",
    "general_opinion",
    "prove",
    "with_witness",
]
