"""Every wrong twin of the catalogue's claims: versions of the candidates that must be caught."""

from __future__ import annotations

from . import twins_chains, twins_costs, twins_generic, twins_layouts, twins_linear, twins_network
from .twin import MISTAKES, Twin

__all__ = ["MISTAKES", "TWINS", "Twin"]

TWINS: list[Twin] = [
    *twins_layouts.TWINS,
    *twins_linear.TWINS,
    *twins_network.TWINS,
    *twins_costs.TWINS,
    *twins_chains.TWINS,
    *twins_generic.TWINS,
]
