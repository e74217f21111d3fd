"""What is said of a forward that raises: where, what it was given, and what to do about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from gradcheck.errors import FormFault, user_code
from gradcheck.formulas.declaration import Declaration
from gradcheck.formulas.values import is_strategy
from gradcheck.judging.points.point import ComplexOutputs, ForwardFault, draw_arguments

__all__ = ["located"]

_FAULTS_OF_SHAPES = ValueError | IndexError
_FAULTS_OF_INDICES = IndexError | TypeError


def located(formula: Declaration, sizes: Mapping[str, int], fault: ForwardFault) -> ForwardFault:
    """A fault of the forward, with where it is."""
    cause = fault.__cause__
    if isinstance(cause, FormFault) or isinstance(fault, ComplexOutputs) or fault.only_unknown:
        return fault
    at = ", ".join(f"{n} = {s}" for n, s in sizes.items())
    labels = _labels(formula, sizes, cause)
    text = str(fault)
    if isinstance(cause, _FAULTS_OF_SHAPES) or labels:
        text += f", given {_given(formula, sizes)}. {labels or _advice(formula)}"
    return ForwardFault(f"at {at} {text}" if at else text)


def _given(formula: Declaration, sizes: Mapping[str, int]) -> str:
    shapes = zip(formula.shapes.arguments, formula.shapes.concrete(sizes) or (), strict=True)
    return ", ".join(f"{name} of shape {shape}" if shape else f"a number {name}" for name, shape in shapes)


def _advice(formula: Declaration) -> str:
    """How to say that the forward is not meant for that; of arrays that were given, that they do not fit."""
    if all(isinstance(formula.values.get(name), np.ndarray) for name in formula.shapes.arguments):
        return "Give arrays with which the forward runs"
    return "Sizes that it is not meant for are left out with where=, values with values="


def _labels(formula: Declaration, sizes: Mapping[str, int], error: BaseException | None) -> str:
    """The argument that must hold integers, where with zeros in it this error does not come."""
    if not isinstance(error, _FAULTS_OF_INDICES) or "int" not in str(error):
        return ""
    if any(map(is_strategy, formula.values.values())):
        return ""  # Hypothesis draws them, and is not asked again
    args = draw_arguments(formula, sizes, np.random.default_rng(0))
    for i, name in enumerate(formula.shapes.arguments):
        value = formula.values.get(name)
        if value is not None and not isinstance(value, np.ndarray):
            continue  # declared on purpose
        zeros = np.zeros(args[i].shape, dtype=int) if args[i].ndim else 0
        if _raised(formula, [*args[:i], zeros, *args[i + 1 :]]) != (type(error), str(error)):
            if value is not None:
                return f"Give {name} as integers: it indexes, and holds {args[i].dtype}"
            return (
                f"Does {name} hold labels or indices? Then say so: "
                f"values={{{_key(name)}: gradcheck.integers(0, C)}}, with C the number of classes"
            )
    return ""


def _key(name: str) -> str:
    return f'"{name}"' if '"' not in name else f"'{name}'"


def _raised(formula: Declaration, args: list[Any]) -> tuple[type[BaseException], str] | None:
    try:
        with np.errstate(all="ignore"), user_code:
            formula.function(*(a.copy() if isinstance(a, np.ndarray) else a for a in args))
    except Exception as error:
        return type(error), str(error)
    return None
