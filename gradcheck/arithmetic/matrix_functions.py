"""Functions of matrices that NumPy does not have, in balls.

`expm` is what SciPy's stands for in copies of code (`gradcheck.arithmetic.code.scipy_functions`). Through
NumPy's protocol it finds what an arithmetic has for it, as NumPy's own functions do.
"""

from __future__ import annotations

from typing import Any

import flint
import numpy as np

from gradcheck.arithmetic.array import ElementArray, wrap
from gradcheck.arithmetic.dispatch import implements
from gradcheck.arithmetic.domain import of_entries
from gradcheck.arithmetic.factorisations import of_matrix

__all__ = ["expm"]


def expm(a: Any) -> Any:
    """The exponential of a matrix; of numbers SciPy's own."""
    if issubclass(type(a), np.ndarray):
        import scipy.linalg

        return scipy.linalg.expm(a.view(np.ndarray)).view(type(a))
    return a.__array_function__(expm, (type(a),), (a,), {})


expm.__module__ = "scipy.linalg"


@implements(expm)
@of_matrix
def _expm(a: ElementArray) -> Any:
    found = flint.arb_mat(a.data.tolist()).exp()
    return wrap(of_entries(found.entries(), a.shape), a.domain)
