"""The tolerance of an answer in any dtype, and the rule by which it is derived."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gradcheck.formulas.decorating import Formula
from gradcheck.judging.points.point import Point
from gradcheck.oracles.sources import Sources
from gradcheck.oracles.vectors.low_tolerances import LOW, LOW_RULES, low_tolerances
from gradcheck.oracles.vectors.tolerances import BITS, RULES, tolerances

__all__ = ["ALL_RULES", "DTYPES", "allowance"]

DTYPES = (*BITS, *LOW)
"""The dtypes that an answer may have, by the names of their tolerances."""

ALL_RULES = {**RULES, **LOW_RULES}


def allowance(
    formula: Formula,
    point: Point,
    sources: Sources,
    dtype: str,
    gradients: dict[str, NDArray[np.float64]],
) -> tuple[list[NDArray[np.float64]] | None, dict[str, NDArray[np.float64]]]:
    """One tolerance array per output (None where there is no bound), and one for each of the right
    ``gradients``. Raises `Unsupported` where none can be derived.
    """
    if dtype in LOW:
        return low_tolerances(formula, point, dtype, gradients)
    values, errors = tolerances(formula, point, sources, dtype)
    return values, {name: errors[name] for name in gradients}
