"""Kinds of claims, one file each: what a claim states, how its code is called, and what is true."""

from gradcheck.formulas.kinds.double_backward import DoubleBackward
from gradcheck.formulas.kinds.entry import Entry
from gradcheck.formulas.kinds.forward import Forward
from gradcheck.formulas.kinds.hessian import Hessian
from gradcheck.formulas.kinds.hvp import Hvp
from gradcheck.formulas.kinds.jacobian import Jacobian
from gradcheck.formulas.kinds.jvp import Jvp
from gradcheck.formulas.kinds.kind import Kind
from gradcheck.formulas.kinds.layout import Layout
from gradcheck.formulas.kinds.update import Descent, Update
from gradcheck.formulas.kinds.vjp import Vjp

__all__ = [
    "Descent",
    "DoubleBackward",
    "Entry",
    "Forward",
    "Hessian",
    "Hvp",
    "Jacobian",
    "Jvp",
    "Kind",
    "Layout",
    "Update",
    "Vjp",
]
