"""The true gradient of a declared forward, as a forward itself.

Claims of second order are claims about it: a double backward is a backward pass of it, and so is a
Hessian-vector product, whose matrix is symmetric; a Hessian is its Jacobian. What is drawn, judged, proved
and diagnosed is then the same as for first order.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from gradcheck.arithmetic.gradients import gradient, slope_along
from gradcheck.errors import UsageError
from gradcheck.formulas.complex_numbers.outputs import OutputForm, with_real_outputs
from gradcheck.formulas.complex_numbers.parts import ComplexParts
from gradcheck.formulas.declaration import Declaration
from gradcheck.formulas.derived.tangents import beside, check_float64
from gradcheck.formulas.sizes.output_shapes import complex_outputs, output_shapes

__all__ = ["DELTA", "GradientOf"]

DELTA = "delta"


class GradientOf(Declaration):
    """The gradients of the formula ``of``, one for each argument of floats, or that by ``target`` alone.

    ``weighted``: it takes delta, as a backward pass does, before the arguments, and is the gradient of
    `sum(delta * output)`. Otherwise the forward must give a scalar. Raises `UsageError` where the formula has
    an argument called delta, or the shape of its output is not known.
    """

    of: Declaration
    weighted: bool
    target: str | None
    signs: tuple[int, ...]  # of each delta of a real output, as the code is given it

    def __init__(self, formula: Declaration, *, weighted: bool = False, target: str | None = None) -> None:
        if formula.accuracy:
            raise UsageError(
                f"{formula.name}: accuracy={formula.accuracy:g} leaves nothing to tell second derivatives "
                "by. Claim them of a forward that is exact."
            )
        check_float64(formula)
        own = formula.shapes.declared
        signs: tuple[int, ...] = ()
        if weighted:
            if DELTA in own:
                raise UsageError(
                    f"{formula.name}: a double backward takes delta beside the arguments; call the argument "
                    "delta by another name."
                )
            outputs = output_shapes(formula)
            form = OutputForm(outputs.complex, outputs.multiple)
            if any(form.complex):
                formula = with_real_outputs(formula, form)
            signs = form.signs(formula.complex_convention)
            deltas = [
                ComplexParts(shape, shape) if is_pair else shape
                for is_pair, shape in zip(outputs.complex, outputs.shapes, strict=True)
            ]
            several = beside(DELTA, {f"z{k}": shape for k, shape in enumerate(deltas)})
            own = {DELTA: several if outputs.multiple else deltas[0], **own}
        elif complex_outputs(formula):
            raise UsageError(
                f"{formula.name}: second derivatives are those of a real number, and the output is complex. "
                "Claim a double_backward, which takes delta, or these of its real and imaginary part."
            )
        place = None if target is None else formula.shapes.arguments.index(target)
        function = _gradients(formula, signs, place)
        super().__init__(
            function,
            own,
            values=formula.values,
            name=formula.name,
            where=formula.where,
            deterministic=formula.deterministic,
            spaces=formula.spaces,
            complex_convention=formula.complex_convention,
            id=formula.id,
            section=formula.section,
            latex=formula.latex,
            note=formula.note,
        )
        # its fields are frozen; the function is one of arrays, however the forward's own arguments are nested
        self.__dict__.update(function=function, of=formula, weighted=weighted, target=target, signs=signs)


def _gradients(formula: Declaration, signs: tuple[int, ...], place: int | None) -> Callable[..., Any]:
    """The gradients as a function of the deltas, one for each sign, and the arrays in the arguments."""
    function = formula.function

    def divided(given: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        own, args = given[: len(signs)], given[len(signs) :]
        return tuple(-d if sign < 0 else d for d, sign in zip(own, signs, strict=True)), args

    def gradients(*given: Any) -> Any:
        deltas, args = divided(given)
        floats = [i for i, a in enumerate(args) if np.dtype(getattr(a, "dtype", float)).kind in "fO"]
        found = gradient(function, args, deltas or (1.0,))
        return found if place is None else found[floats.index(place)]

    def weighted(weights: tuple[Any, ...]) -> Callable[..., Any]:
        """Their sum with these weights, in balls: two runs of the forward in place of two for each entry."""

        def total(*given: Any) -> Any:
            deltas, args = divided(given)
            floats = [i for i, a in enumerate(args) if hasattr(a, "gradient_of")]
            one = dict(zip(floats if place is None else [place], weights, strict=True))
            return slope_along(function, args, deltas or (1.0,), [one.get(i) for i in floats])

        return total

    functools.update_wrapper(gradients, formula.original)
    gradients.weighted = weighted  # type: ignore[attr-defined]
    kind = inspect.Parameter
    gradients.__signature__ = inspect.Signature([kind("args", kind.VAR_POSITIONAL)])  # type: ignore[attr-defined]
    return gradients
