"""A declared forward with one tangent beside each of its arguments, for claims that take tangents.

The tangents come first, as a named tuple with one entry for each argument, nested as the argument is: code
may unpack it, count in it, or take `tangents.W`. To the engine they are arguments like the others, drawn,
made smaller in a counterexample and laid out in memory as these are.
"""

from __future__ import annotations

import functools
import inspect
from collections import namedtuple
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.errors import UsageError
from gradcheck.formulas.declaration import Declaration
from gradcheck.formulas.values import Values

__all__ = ["TANGENTS", "WithTangents", "beside", "check_float64", "leading_first", "tangent_values"]

TANGENTS = "tangents"


class WithTangents(Declaration):
    """The formula ``of`` as one of tangents and arguments. The forward does not look at the tangents."""

    of: Declaration

    def __init__(self, formula: Declaration) -> None:
        check_float64(formula)
        own = formula.shapes.declared
        super().__init__(
            leading_first(formula.original, (TANGENTS,)),
            {TANGENTS: beside(TANGENTS, own), **own},
            values={**formula.values, **tangent_values(formula, TANGENTS)},
            name=formula.name,
            where=formula.where,
            deterministic=formula.deterministic,
            accuracy=formula.accuracy,
            spaces=formula.spaces,
            complex_convention=formula.complex_convention,
            id=formula.id,
            section=formula.section,
            latex=formula.latex,
            note=formula.note,
        )
        self.__dict__["of"] = formula  # its fields are frozen


def check_float64(formula: Declaration) -> None:
    """Raise `UsageError` for a formula in another type: what rounding may do is derived for gradients."""
    if formula.dtype.is_low:
        raise UsageError(
            f"{formula.name}: dtype={formula.dtype.name!r} is for gradients. Claim forward mode and second "
            "order of a formula in float64."
        )


def beside(name: str, own: dict[str, Any]) -> Any:
    """One entry for each argument: a named tuple of their declared shapes."""
    return namedtuple(name, list(own), rename=True)(*own.values())  # noqa: PYI024 (the names are data)


def tangent_values(formula: Declaration, name: str) -> dict[str, Values]:
    """What tangents may hold: any numbers, zeros for what holds integers and does not move."""
    still = {a for a, v in formula.values.items() if _holds_integers(v, len(formula.shapes.text(a).split()))}
    leaves = formula.shapes.arguments
    fields = beside(name, dict.fromkeys(formula.shapes.nesting.arguments))._fields
    named = dict(zip(formula.shapes.nesting.arguments, fields, strict=True))
    found = {}
    for leaf in leaves:
        if leaf in still:
            argument = next(a for a in named if leaf == a or leaf.startswith((f"{a}[", f"{a}.")))
            found[f"{name}.{named[argument]}{leaf[len(argument) :]}"] = zeros
    return found


def zeros(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
    """The tangent of what does not move."""
    return np.zeros(shape)


def leading_first(function: Callable[..., Any], leading: tuple[str, ...]) -> Callable[..., Any]:
    """A function of ``leading`` too, which it does not look at. Its source is that of ``function``."""
    count = len(leading)

    def forward(*given: Any) -> Any:
        return function(*given[count:])

    functools.update_wrapper(forward, function)
    kind = inspect.Parameter
    parameters = [kind(name, kind.POSITIONAL_OR_KEYWORD) for name in leading]
    forward.__signature__ = inspect.Signature([*parameters, kind("args", kind.VAR_POSITIONAL)])  # type: ignore[attr-defined]
    return forward


def _holds_integers(value: Values, axes: int) -> bool:
    """Whether what an argument may hold is integers: told by an array, or by one small draw."""
    if isinstance(value, np.ndarray):
        return bool(value.dtype.kind != "f")
    if not callable(value):
        return False
    try:
        drawn = np.asarray(value((1,) * axes, np.random.default_rng(0)))
    except Exception:  # what it cannot draw it says where points are drawn
        return False
    return bool(drawn.dtype.kind in "iub")
