"""The layers that people write by hand, as reference formulas with claims L01 to L36.

They are no part of the derivation, so a plain `gradcheck verify` leaves them out: name one (`gradcheck verify
L08`, `gradcheck verify layer_norm`) or all (`gradcheck verify layers`).
"""

from gradcheck.catalogue.layers import gates, linear, normalisation, others, probabilities, sequences
from gradcheck.formulas.decorating import Formula

__all__ = ["IN_VECTORS", "formulas"]

IN_VECTORS = (
    *("dense", "conv1d", "layer_norm", "rms_norm", "softmax", "cross_entropy", "silu", "swiglu", "rotary"),
    "attention",
)
"""Layers of which test vectors are in the repository; `gradcheck vectors` makes those of the others."""


def formulas() -> list[Formula]:
    """Every layer, by its id."""
    return [
        *linear.FORMULAS,
        *normalisation.FORMULAS,
        *probabilities.FORMULAS,
        *gates.FORMULAS,
        *sequences.FORMULAS,
        *others.FORMULAS,
    ]
