"""What the numbers are while the NumPy code runs."""

from gradcheck.arithmetic import decisions, functions, linalg, sums  # noqa: F401  (they register themselves)
from gradcheck.arithmetic.array import ElementArray, wrap
from gradcheck.arithmetic.balls import (
    BALLS,
    ROUNDED_CONSTANTS,
    SHIFTED,
    STORED,
    UNDERFLOWING,
    WIDENED,
    dot,
    enclose,
    midpoints,
    precision,
    radii,
)
from gradcheck.arithmetic.buffers import call, call_in
from gradcheck.arithmetic.domain import Domain, ObjectArray, of_entries, zero_dimensional
from gradcheck.arithmetic.gradients import gradient
from gradcheck.arithmetic.low_precision import WORKING_BITS, low_domain
from gradcheck.arithmetic.memo import Memo
from gradcheck.arithmetic.remembered import Remembered

__all__ = [
    "BALLS",
    "ROUNDED_CONSTANTS",
    "SHIFTED",
    "STORED",
    "UNDERFLOWING",
    "WIDENED",
    "WORKING_BITS",
    "Domain",
    "ElementArray",
    "Memo",
    "ObjectArray",
    "Remembered",
    "call",
    "call_in",
    "dot",
    "enclose",
    "gradient",
    "low_domain",
    "midpoints",
    "of_entries",
    "precision",
    "radii",
    "wrap",
    "zero_dimensional",
]
