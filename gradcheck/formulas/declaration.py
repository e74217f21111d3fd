"""What a person declares about a forward computation: shapes, values, where it comes from.

Every name that a declaration takes is a parameter of `Declaration`, is checked there, and nowhere else.
`gradcheck.formula` has the same signature; `gradcheck.verify` and `gradcheck.chain` spell out what
they offer of it, and `tests/test_declaration.py` holds them together.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

import numpy as np

from gradcheck.errors import UsageError, user_code
from gradcheck.formulas.calling.callables import check_parameters, defaults_beyond, hashable, parameter_names
from gradcheck.formulas.complex_numbers.parts import as_convention
from gradcheck.formulas.complex_numbers.values import in_parts
from gradcheck.formulas.dtypes import Dtype, as_dtype, as_grade, check_held
from gradcheck.formulas.nested.code import of_leaves
from gradcheck.formulas.sizes.shapes import ShapeLike, Shapes
from gradcheck.formulas.spaces import Space, check_spaces
from gradcheck.formulas.suggestions import did_you_mean, short
from gradcheck.formulas.values import Values, check_values

__all__ = ["Declaration"]


@dataclass(frozen=True, eq=False, repr=False, init=False)
class Declaration:
    """A forward computation in plain NumPy and what is declared about it. Calling it calls the forward.

    ``shapes`` has one entry per argument, in order; see `gradcheck.formulas.sizes.shapes` for the language.
    ``values`` says what an argument may hold (default `gradcheck.normal`); ``where`` is a relation
    between dimensions. ``batch`` names a dimension whose rows do not meet. Code that
    is not ``deterministic`` may answer differently from call to call, within rounding. ``accuracy`` says how
    near the forward is to the function that is meant, relative to each of its values: a solver that stops
    early, a table. ``spaces`` says in which space an argument lives; see `gradcheck.formulas.spaces`.
    ``complex_convention`` says what the gradient by a complex argument is: "torch", `dJ/dRe + i dJ/dIm`, or
    "jax", its conjugate; delta of a complex output likewise.
    ``dtype`` is the floating-point type in which the claims' code is called and judged; the forward is the
    formula. ``grade`` is what the code claims of its rounding there (`GRADES` of `dtypes.py`). ``id``,
    ``section``, ``latex`` and ``note`` say where the formula comes from and how to show it.
    ``intermediates`` is the forward once more, which names what lies between; see
    `gradcheck.Formula.intermediates`.

    Raises `UsageError` where the declaration contradicts itself or the function.
    """

    function: Callable[..., Any]  # of the arrays in the arguments: the original one, where each is an array
    original: Callable[..., Any]
    name: str
    shapes: Shapes
    values: Mapping[str, Values]
    where: Callable[..., bool] | None
    batch: str | None
    deterministic: bool
    accuracy: float | None
    spaces: Mapping[str, Space]
    complex_convention: str
    dtype: Dtype
    grade: str
    id: str | None
    section: str | None
    latex: str | None
    note: str | None
    outputs: ClassVar[Any] = None  # which outputs are complex, see `complex_numbers.outputs`
    tapped: Callable[..., Any] | None  # the intermediates; `Formula` has a decorator of that name

    def __init__(
        self,
        function: Callable[..., Any],
        shapes: Mapping[str, ShapeLike],
        *,
        name: str | None = None,
        values: Mapping[str, Values] | None = None,
        where: Callable[..., bool] | None = None,
        batch: str | None = None,
        deterministic: bool = True,
        accuracy: float | None = None,
        spaces: Mapping[str, Space] | None = None,
        complex_convention: str = "torch",
        dtype: str = "float64",
        grade: str = "throughout",
        id: str | None = None,
        section: str | None = None,
        latex: str | None = None,
        note: str | None = None,
        intermediates: Callable[..., Any] | None = None,
    ) -> None:
        parsed, values = in_parts(Shapes.parse(shapes, parameter_names(function)), values or {})
        name = name or str(getattr(function, "__name__", type(function).__name__))
        original = hashable(function) if callable(function) else function
        check_parameters(function, parsed.nesting.arguments, f"{name}: the forward")
        living = check_spaces(spaces, parsed)
        self.__dict__.update(  # the fields are frozen
            function=of_leaves(original, parsed.nesting),
            original=original,
            name=name,
            shapes=parsed,
            values={**{a: s.draw for a, s in living.items()}, **check_values(values, parsed)},
            where=where,
            batch=parsed.check_batch(batch),
            deterministic=bool(deterministic),
            accuracy=_checked_accuracy(accuracy, name),
            spaces=living,
            complex_convention=as_convention(complex_convention, f"{name}: complex_convention"),
            dtype=as_dtype(dtype, f"{name}: dtype"),
            grade=as_grade(grade, f"{name}: grade"),
            id=id,
            section=section,
            latex=latex,
            note=note,
            tapped=None if intermediates is None else of_leaves(intermediates, parsed.nesting, ("tap",)),
            __doc__=getattr(function, "__doc__", None),
            __wrapped__=function,
        )
        for argument, value in self.values.items():
            check_held(value, self.dtype, f"{name}: values[{argument!r}]")
        if where is not None:
            _check_where(where, parsed, name)
        if intermediates is not None:
            check_parameters(intermediates, ("tap", *parsed.nesting.arguments), f"{name}: the intermediates")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.original(*args, **kwargs)

    @property
    def left_out(self) -> str:
        """A sentence on parameters of the function that have defaults and no entry in ``shapes``, if any."""
        names = defaults_beyond(self.original, len(self.shapes.nesting.arguments))
        return f" {self.name} runs with {', '.join(names)}, without an entry in shapes." if names else ""

    def __repr__(self) -> str:
        return f"<{type(self).__name__.lower()} {self.name} ({', '.join(self.shapes.arguments)})>"

    def given(self) -> dict[str, Any]:
        """What was declared of the computation, as keywords for another declaration of it.

        Where a formula comes from and how it is shown stay its own.
        """
        own = {"id", "section", "latex", "note", "tapped", "original"}
        declared = {f.name: getattr(self, f.name) for f in fields(Declaration) if f.name not in own}
        return {**declared, "function": self.original, "shapes": self.shapes.declared}

    def in_dtype(self, dtype: Dtype, grade: str | None = None) -> Self:
        """The same declaration, with its claims, in another floating-point type, or by another grade."""
        twin = copy.copy(self)
        twin.__dict__.update(dtype=dtype, grade=grade or self.grade)
        return twin

    @property
    def given_shapes(self) -> dict[str, tuple[int, ...]]:
        """The shapes of the arguments that are given as arrays."""
        return {a: v.shape for a, v in self.values.items() if isinstance(v, np.ndarray)}

    @property
    def given_sizes(self) -> dict[str, int]:
        """The sizes that these arrays fix."""
        return self.shapes.bind(self.given_shapes)

    @property
    def free_sizes(self) -> tuple[str, ...]:
        """The names of all other sizes."""
        given = self.given_sizes
        return tuple(n for n in self.shapes.names if n not in given)

    def shapes_at(self, sizes: Mapping[str, int]) -> tuple[tuple[int, ...], ...] | None:
        """The shapes of the arguments at sizes that are allowed; None at others."""
        return self.shapes.concrete(sizes) if self.allows(sizes) else None

    def allows(self, sizes: Mapping[str, int]) -> bool:
        """Whether the sizes are all 1 or more and satisfy ``where``."""
        if self.shapes.concrete(sizes) is None:
            return False
        return self.related(sizes)

    def related(self, sizes: Mapping[str, int]) -> bool:
        """Whether the sizes satisfy ``where``."""
        if self.where is None:
            return True
        chosen = {name: sizes[name] for name in inspect.signature(self.where).parameters}
        try:
            with user_code:
                answer = self.where(**chosen)
                if answer is None:
                    raise UsageError(f"{self.name}: where gives None: is a return missing?")
                return bool(answer)
        except UsageError:
            raise
        except Exception as error:
            at = ", ".join(f"{n} = {s}" for n, s in chosen.items())
            raise UsageError(
                f"{self.name}: where must give True or False for all sizes of 1 or more, but at {at} it "
                f"raises {type(error).__name__}: {error}."
            ) from error


def _checked_accuracy(accuracy: float | None, name: str) -> float | None:
    if accuracy is None:
        return None
    if isinstance(accuracy, bool) or not isinstance(accuracy, int | float) or not 0 < accuracy < 1:
        raise UsageError(
            f"{name}: accuracy is how near the forward comes, relative to its value, such as 1e-8; got "
            f"{short(accuracy)}."
        )
    return float(accuracy)


def _check_where(where: Callable[..., bool], shapes: Shapes, name: str) -> None:
    form = "such as lambda n, k: k <= n"
    try:
        parameters = inspect.signature(where).parameters
    except (TypeError, ValueError):
        raise UsageError(
            f"{name}: where must be a function of dimension names, {form}; got {where!r}."
        ) from None
    if variadic := [p for p in parameters.values() if p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]:
        raise UsageError(
            f"{name}: where takes {variadic[0]}; it must name the dimensions that it relates, {form}."
        )
    if unknown := [n for n in parameters if n not in shapes.names]:
        raise UsageError(
            f"{name}: where takes {unknown[0]!r}, but the dimensions are {', '.join(shapes.names) or 'none'}."
            f"{did_you_mean(unknown[0], shapes.names)}"
        )
