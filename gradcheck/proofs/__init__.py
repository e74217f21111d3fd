"""Proofs for all shapes: claims on indexed symbols, compared by normal forms."""

from __future__ import annotations

from gradcheck.proofs.explaining import explain
from gradcheck.proofs.general_opinion import general_opinion
from gradcheck.proofs.induction import any_depth
from gradcheck.proofs.memory import Memory
from gradcheck.proofs.proving import prove, with_witness
from gradcheck.proofs.weighing import Weighed, refuted, weigh
from gradcheck.running.showing_proofs import examined

__all__ = [
    "Memory",
    "Weighed",
    "any_depth",
    "examined",
    "explain",
    "general_opinion",
    "prove",
    "refuted",
    "weigh",
    "with_witness",
]
