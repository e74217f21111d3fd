"""The layers that people write by hand, as reference formulas with claims L01 to L36.

They are no part of the derivation, so a plain `gradcheck verify` leaves them out: name one (`gradcheck verify
L08`, `gradcheck verify layer_norm`) or all (`gradcheck verify layers`).
"""

from gradcheck.catalogue.layers import gates, linear, normalisation, others, probabilities, sequences
from gradcheck.formulas.decorating import Formula

__all__ = ["formulas"]


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
