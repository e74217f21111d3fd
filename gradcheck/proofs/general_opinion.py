"""A backend's derivative for all shapes (JAX's), run on the same symbols: a second opinion on ours.

Equal normal forms mean that two programs, which know nothing of each other, differentiate to the same for
all shapes and values. Different ones mean little, for equal functions can have different forms: then both
are evaluated in ball arithmetic at small shapes, and only numbers that differ are a contradiction.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from gradcheck.arithmetic import WIDENED, enclose, precision, wrap
from gradcheck.backend import GeneralDerivative
from gradcheck.errors import Unsupported
from gradcheck.indexed import Expr, axis_codes, vanishes
from gradcheck.indexed.array import as_array
from gradcheck.indexed.codes import is_constant
from gradcheck.indexed.evaluation import BALL_RULES, Numbers
from gradcheck.indexed.size import polynomial_of
from gradcheck.indexed.space import Uses
from gradcheck.proofs.branches import Branch
from gradcheck.proofs.memory import Memory
from gradcheck.proofs.second_opinion import Opinion
from gradcheck.proofs.truth import Truth

__all__ = ["general_opinion"]

_BITS = 212
_SHAPES = 2
_TRIES = 3


def general_opinion(memory: Memory, theirs: GeneralDerivative) -> Opinion:
    """Compare every gradient of the formula. Raises `Unsupported` where its forward does not run on
    symbols, or where their derivative does not.
    """
    truth = memory.truth(Branch())
    different = _different(truth, theirs)
    if different and any(isinstance(s, int) for a in truth.arguments.arrays for s in a.shape):
        expanded = memory.truth(Branch(), expand=True)
        different = _different(expanded, theirs) and different
    names = truth.formula.shapes.arguments
    if not different:
        real = ", ".join(n for n, is_real in zip(names, truth.arguments.real, strict=True) if is_real)
        text = f"{theirs.source}'s derivative, traced for all shapes, has the same normal form"
        return Opinion(f"{text} in every argument ({real})")
    seen = []
    return Opinion(f"different in {different}")


def _different(truth: Truth, theirs: GeneralDerivative) -> list[int]:
    """The arguments by which the normal forms differ."""
    arguments, space = truth.arguments, truth.space
    real = [k for k, is_real in enumerate(arguments.real) if is_real]
    truth.prepare(("vjp", None, None, None), lambda: [truth.gradient(k) for k in real])
    space.uses = Uses()
    space.questions.asked = {}
    space.off_ties = True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = theirs.gradients(arguments.sizes, arguments.arrays, truth.deltas)
        return [k for k in real if not vanishes(_gap(truth, k, found[k]))]
    finally:
        space.off_ties = False


def _gap(truth: Truth, position: int, gradient: Any) -> Expr:
    """Their gradient minus ours, at the target entry. Raises `Unsupported` for another shape."""
    space = truth.space
    array = as_array(space, gradient)
    shape = truth.arguments.arrays[position].shape
    if [polynomial_of(s) for s in array.shape] != [polynomial_of(s) for s in shape]:
        raise Unsupported(f"its gradient has the shape {array.shape}, not {shape}")
    codes = truth.codes("target", shape)
    names = {a: c for a, c in zip(axis_codes(space, array.shape), codes, strict=True) if not is_constant(a)}
    return array.entry.renamed(names) - truth.gradient(position)
