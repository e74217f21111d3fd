"""What the numbers are while the NumPy code runs."""

import gradcheck.arithmetic.complex_numbers.fourier
import gradcheck.arithmetic.complex_numbers.functions
import gradcheck.arithmetic.complex_numbers.ufuncs  # noqa: F401  (what is imported whole registers itself)
from gradcheck.arithmetic import (  # noqa: F401
    decisions,
    factorisations,
    functions,
    interpolation,
    linalg,
    linalg_names,
    matrix_functions,
    places,
    rounding,
    sums,
)
from gradcheck.arithmetic.array import ElementArray, wrap
from gradcheck.arithmetic.balls.domains import (
    BALLS,
    ROUNDED_CONSTANTS,
    SHIFTED,
    STORED,
    UNDERFLOWING,
    WIDENED,
    WIDENING_ULPS,
    dot,
    enclose,
    midpoints,
    precision,
    radii,
)
from gradcheck.arithmetic.code.buffers import call, call_in, makes_tables_of_angles
from gradcheck.arithmetic.complex_numbers.arrays import ComplexArray, complex_ufunc, is_complex
from gradcheck.arithmetic.domain import Domain, ObjectArray, of_entries, zero_dimensional
from gradcheck.arithmetic.gradients import gradient
from gradcheck.arithmetic.low_precision import WORKING_BITS, low_domain
from gradcheck.arithmetic.memo import Memo
from gradcheck.arithmetic.remembered import Remembered
from gradcheck.arithmetic.smooth import SMOOTH

__all__ = [
    "BALLS",
    "ROUNDED_CONSTANTS",
    "SHIFTED",
    "SMOOTH",
    "STORED",
    "UNDERFLOWING",
    "WIDENED",
    "WIDENING_ULPS",
    "WORKING_BITS",
    "ComplexArray",
    "Domain",
    "ElementArray",
    "Memo",
    "ObjectArray",
    "Remembered",
    "call",
    "call_in",
    "complex_ufunc",
    "dot",
    "enclose",
    "gradient",
    "is_complex",
    "low_domain",
    "makes_tables_of_angles",
    "midpoints",
    "of_entries",
    "precision",
    "radii",
    "wrap",
    "zero_dimensional",
]
