"""Correct formulas with correct backward passes, in plain NumPy, as people write them."""

from __future__ import annotations

from gradcheck import Formula

from . import (
    activations,
    attention,
    convolutions,
    costs,
    functions,
    layers,
    matrices,
    norms,
    sequences,
    softmaxes,
    spellings,
)

__all__ = ["CORPUS"]

_THEMES = (
    activations,
    softmaxes,
    costs,
    layers,
    norms,
    attention,
    convolutions,
    matrices,
    sequences,
    functions,
    spellings,
)

CORPUS: dict[str, Formula] = {
    value.name: value for theme in _THEMES for value in vars(theme).values() if isinstance(value, Formula)
}
"""By name, in the order of the files."""
