"""Reference values: a formula's value, gradients and intermediates at the caller's arrays, certified."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.backend import Problem
from gradcheck.errors import NoAnswer, UsageError
from gradcheck.formulas.calling.process_state import process_kept
from gradcheck.formulas.decorating import Formula
from gradcheck.formulas.dtypes import as_dtype
from gradcheck.formulas.quantity import Quantity, gradient
from gradcheck.formulas.sizes.shapes import ShapeLike
from gradcheck.judging.answers.backends import choose
from gradcheck.judging.answers.forward_values import values_in_balls
from gradcheck.judging.answers.kinks import examine
from gradcheck.judging.points.point import Point, in_dtype
from gradcheck.oracles.certify import Certified, Enclosure, certify
from gradcheck.oracles.forward_check import check_forward
from gradcheck.oracles.inputs import bind, draw, named
from gradcheck.oracles.lookup import find_formula
from gradcheck.oracles.sources import Sources
from gradcheck.oracles.taps import Taps

__all__ = ["Oracle", "Reference", "oracle"]

FORWARD = ("forward",)
"""The source of values: the forward itself, in ball arithmetic."""


@dataclass(frozen=True, eq=False)
class Reference:
    """What is true at one point.

    ``value`` is the forward's value (``values`` has one entry per output, for forwards that return
    several); ``gradients`` those of `sum(delta * value)` by every floating argument; ``intermediates``
    and ``deltas`` the arrays on the way and the gradients with respect to them, where the formula
    declares any. Each is a `Certified`. ``notes`` say what was converted on the way in.
    """

    formula: str
    sizes: Mapping[str, int]
    inputs: Mapping[str, NDArray[Any]]
    delta: tuple[NDArray[np.float64], ...]
    values: tuple[Certified, ...]
    gradients: Mapping[str, Certified]
    intermediates: Mapping[str, Certified] = field(default_factory=dict)
    deltas: Mapping[str, Certified] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def value(self) -> Certified:
        """The forward's value; the first one, where it returns several."""
        return self.values[0]

    def quantities(self) -> dict[str, Certified]:
        """Everything by one name each: `value`, `grad.W`, `layer.z1`, `delta.z1`."""
        several = len(self.values) > 1
        return {
            **{f"value{i if several else ''}": v for i, v in enumerate(self.values)},
            **{f"grad.{n}": g for n, g in self.gradients.items()},
            **{f"layer.{n}": v for n, v in self.intermediates.items()},
            **{f"delta.{n}": d for n, d in self.deltas.items()},
        }

    def __str__(self) -> str:
        from gradcheck.oracles.text import reference_text

        sizes = ", ".join(f"{n} = {s}" for n, s in self.sizes.items())
        title = f"{self.formula}{f' at {sizes}' if sizes else ''}"
        return reference_text(title, self.inputs, self.delta, self.quantities(), self.notes)


class Oracle:
    """The right values of one formula. Made by `gradcheck.oracle`; may be called any number of times."""

    def __init__(
        self, formula: Formula, backends: Sequence[str] | None = None, dtype: str = "float64"
    ) -> None:
        self.formula = formula
        self.dtype = as_dtype(dtype, "oracle: dtype")
        self.sources = Sources(choose(backends))

    def __repr__(self) -> str:
        return f"<oracle of {self.formula.name} ({', '.join(self.formula.shapes.arguments)})>"

    def __call__(self, *args: Any, delta: Any = None, **by_name: Any) -> Reference:
        """The reference at these arrays, given by position or name; see `at`."""
        return self.at(named(self.formula, args, by_name), delta)

    def at(self, inputs: Mapping[str, Any], delta: Any = None) -> Reference:
        """The reference at the arrays ``inputs``, one per argument, and ``delta``, of the output's shape.

        ``delta`` may be left out where every output is a scalar, and is 1 then. Arrays are taken as the
        exact numbers that they hold; float32 and integers are converted, which ``notes`` says. Raises
        `UsageError` for arrays that do not fit the declaration; `NoAnswer` where there is no derivative
        (a kink) or none that can be told; `Unsupported` where the forward does not run in ball arithmetic
        or no backend encloses its gradient; `Contradiction` where backends exclude each other.
        """
        with process_kept():
            point, notes = bind(self.formula, inputs, delta)
            return self.at_point(self._in_dtype(point, notes), notes)

    def _in_dtype(self, point: Point, notes: list[str]) -> Point:
        """The point with every number rounded to the dtype, which is noted."""
        found = in_dtype(self.formula.in_dtype(self.dtype), point, self.dtype)
        if found is None:
            raise NoAnswer(
                f"{self.formula.name}: delta is zero, or the forward not finite, in {self.dtype.name}"
            )
        names = (*self.formula.shapes.arguments, *["delta"] * len(point.delta))
        pairs = zip(names, (*point.args, *point.delta), (*found.args, *found.delta), strict=True)
        moved = dict.fromkeys(name for name, old, new in pairs if not np.array_equal(old, new))
        notes += [f"{name}: rounded to {self.dtype.name}" for name in moved]
        return found

    def at_point(self, point: Point, notes: Sequence[str] = ()) -> Reference:
        """The same for arrays that are known to fit."""
        formula = self.formula
        if self.is_kink(point):
            raise NoAnswer(
                f"{formula.name}: no derivative exists here (a kink): the slopes on its two sides differ"
            )
        check_forward(formula, point)
        taps = Taps(formula, point) if formula.tapped is not None else None
        names = formula.shapes.arguments
        problem = self.problem(point)

        def enclose() -> dict[Quantity, Enclosure]:
            forward = values_in_balls(formula, point)
            found = {q: Enclosure(b, FORWARD) for q, b in forward.items()}
            gradients = self.sources.enclose(problem, point.delta)
            found |= {gradient(names[i]): e for i, e in gradients.items()}
            if taps is not None:
                between = taps.values(point, forward)
                found |= {Quantity("intermediate", (n,)): Enclosure(b, FORWARD) for n, b in between.items()}
                deltas = self.sources.enclose(taps.problem(point), point.delta)
                found |= {Quantity("delta", (n,)): deltas[i] for i, n in enumerate(between, len(point.args))}
            return found

        certified = certify(enclose)

        def of(kind: str) -> dict[str, Certified]:
            return {str(q.path[0]): c for q, c in certified.items() if q.kind == kind}

        return Reference(
            formula=formula.name,
            sizes=dict(point.sizes),
            inputs=dict(zip(names, point.args, strict=True)),
            delta=point.delta,
            values=tuple(c for q, c in certified.items() if q.kind == "output"),
            gradients=of("gradient"),
            intermediates=of("intermediate"),
            deltas=of("delta"),
            notes=tuple(notes),
        )

    def values_at(self, point: Point) -> tuple[Certified, ...]:
        """The forward's values alone, which exist at kinks too. Raises `Unsupported`."""
        certified = certify(
            lambda: {q: Enclosure(b, FORWARD) for q, b in values_in_balls(self.formula, point).items()}
        )
        return tuple(certified.values())

    def is_kink(self, point: Point) -> bool:
        """Whether the slopes on the two sides of the point differ. Raises `Unsupported`."""
        return examine(self.formula, point) is not None

    def problem(self, point: Point) -> Problem:
        """The point as backends want it."""
        formula = self.formula
        return Problem(formula.function, formula.shapes.arguments, point.args, point.wrt, point.output_shapes)

    def draw(self, sizes: Mapping[str, int], seed: int = 0) -> tuple[dict[str, NDArray[Any]], Any]:
        """Arrays of the given sizes and a delta, drawn as the formula declares, without zeros and ties.

        What a seed draws may depend on the version of NumPy. Raises `UsageError`, `NoAnswer`.
        """
        return draw(self.formula, sizes, seed)


def oracle(
    what: str | Formula | Callable[..., Any],
    shapes: Mapping[str, ShapeLike] | None = None,
    *,
    backends: Sequence[str] | None = None,
    dtype: str = "float64",
) -> Oracle:
    """The source of right values for a formula: of the catalogue or a file by name, or an object.

        right = gradcheck.oracle("wx")(W, x, delta=delta)
        right.gradients["W"].value, right.gradients["W"].bound

    ``what`` is a name as `gradcheck list` shows it, `FILE.py::name`, a `Formula`, or a forward with its
    ``shapes``; ``backends`` are names (None: all that are installed). Every number is the float64 nearest
    to the true value, from ball arithmetic; see `Oracle.at` for the arrays and `Certified` for the bound.
    With ``dtype`` ("float32", "float16", "bfloat16") arrays and delta are rounded to that type first, so that
    the answer is the truth for code that gets them in it. Raises `UsageError` for an unknown name.
    """
    if isinstance(what, str):
        formula = find_formula(what)
    elif isinstance(what, Formula):
        formula = what
    elif callable(what) and shapes is not None:
        name = str(getattr(what, "__name__", "forward"))
        formula = Formula(what, shapes, name="forward" if name == "<lambda>" else name)
    elif callable(what):
        raise UsageError("oracle: shapes is missing; it has one entry per argument, as in {'x': 'n'}.")
    else:
        raise UsageError(
            f"oracle: expected a name, a formula or a forward with shapes, got {type(what).__name__}."
        )
    if not isinstance(what, str | Formula) or shapes is None:
        return Oracle(formula, backends, dtype)
    raise UsageError(f"oracle: {formula.name} has shapes already; leave shapes out.")
