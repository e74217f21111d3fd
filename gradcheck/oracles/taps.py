"""Intermediate arrays: what lies between a formula's arguments and its output.

The declaration runs the forward once more with `tap(name, value)` around what is to be shown. To get
the delta of an intermediate, which is the gradient with respect to it, a zero is added to each tapped
value: the gradient with respect to that zero is the delta, and any backend can give it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.arithmetic import BALLS, WIDENED, Domain, ElementArray, ObjectArray, call_in, enclose, wrap
from gradcheck.backend import Answer, Problem
from gradcheck.errors import UsageError, user_code
from gradcheck.formulas.decorating import Formula
from gradcheck.formulas.quantity import Quantity
from gradcheck.judging.comparing import compare
from gradcheck.judging.points.point import Point

__all__ = ["Taps"]


class _Recorder:
    """The `tap` that a declaration is called with: adds the shifts, remembers the values."""

    def __init__(self, shifts: Mapping[str, Any] | None = None) -> None:
        self._shifts = shifts or {}
        self.values: dict[str, Any] = {}

    def __call__(self, name: str, value: Any) -> Any:
        if not isinstance(name, str) or name in self.values:
            raise UsageError(f"tap: expected another name for every intermediate, got {name!r} again.")
        self.values[name] = value + self._shifts[name] if name in self._shifts else value
        return self.values[name]


class Taps:
    """The intermediates of one formula at one tuple of shapes."""

    def __init__(self, formula: Formula, point: Point) -> None:
        assert formula.tapped is not None
        self._formula, self._tapped = formula, formula.tapped
        recorder = _Recorder()
        copies = [a.copy() if a.ndim else a.dtype.type(a) for a in point.args]
        try:
            with np.errstate(all="ignore"), user_code:
                self._tapped(recorder, *copies)
        except UsageError:
            raise
        except Exception as error:
            raise UsageError(
                f"{formula.name}: the intermediates raise {type(error).__name__}: {error}"
            ) from error
        self.shapes = {name: _shape(formula, name, value) for name, value in recorder.values.items()}
        self._function = _shifted(self._tapped, tuple(self.shapes), len(point.args))

    def problem(self, point: Point) -> Problem:
        """The forward as a function of its arguments and of a zero beside every intermediate."""
        zeros = tuple(np.zeros(shape) for shape in self.shapes.values())
        first = len(point.args)
        return Problem(
            self._function,
            # an intermediate may be called like an argument; two symbols of one name would be one symbol
            (*self._formula.shapes.arguments, *(f"the intermediate {name}" for name in self.shapes)),
            (*point.args, *zeros),
            # all floating arguments: what is not differentiated is taken for a float64 constant, and what
            # is computed from it alone would be rounded
            (*point.wrt, *range(first, first + len(zeros))),
            point.output_shapes,
        )

    def values(self, point: Point, forward: Mapping[Quantity, ObjectArray]) -> dict[str, ObjectArray]:
        """The intermediates in balls. Raises `UsageError` where the output is not that of ``forward``."""
        values, output = self._run(point, BALLS)
        for k, (own, theirs) in enumerate(zip(forward.values(), output, strict=True)):
            if own.shape != theirs.shape or not self._same(point, k, own, theirs):
                raise UsageError(
                    f"{self._formula.name}: the intermediates end in another output than the forward. "
                    "They must be the forward once more, with taps in it."
                )
        return values

    def _same(self, point: Point, k: int, own: ObjectArray, theirs: ObjectArray) -> bool:
        if compare(theirs, Answer(own), rigorous=True).outcome != "differ":
            return True
        _, widened = self._run(point, WIDENED)  # constants of the two may be rounded differently
        return compare(widened[k], Answer(own), rigorous=False).outcome != "differ"

    def _run(self, point: Point, domain: Domain) -> tuple[dict[str, ObjectArray], list[ObjectArray]]:
        recorder = _Recorder()
        args = [wrap(enclose(a), domain) if i in point.wrt else a for i, a in enumerate(point.args)]
        tapped = self._tapped

        def run(*args: Any) -> Any:
            recorder.values.clear()  # a copy for buffers may run after a first try
            return tapped(recorder, *args)

        output = call_in(domain, run, args)
        parts = output if isinstance(output, tuple | list) else [output]
        if len(parts) != len(point.outputs):
            raise UsageError(
                f"{self._formula.name}: the intermediates return {len(parts)} outputs, the forward "
                f"{len(point.outputs)}."
            )
        return {n: _balls(v, domain) for n, v in recorder.values.items()}, [_balls(p, domain) for p in parts]


def _shifted(tapped: Callable[..., Any], names: tuple[str, ...], count: int) -> Callable[..., Any]:
    def shifted(*args: Any) -> Any:
        shifts = dict(zip(names, args[count:], strict=True))
        return tapped(_Recorder(shifts), *args[:count])

    return shifted


def _balls(value: Any, domain: Domain) -> ObjectArray:
    return value.data if isinstance(value, ElementArray) else wrap(domain.lift_array(value), domain).data


def _shape(formula: Formula, name: str, value: Any) -> tuple[int, ...]:
    array: NDArray[Any] = np.asarray(value)
    if array.dtype.kind != "f":
        raise UsageError(
            f"{formula.name}: the intermediate {name!r} is no array of floats but of dtype {array.dtype}."
        )
    return array.shape
