"""Making points: arguments are drawn, the forward is evaluated, a delta is drawn for each output."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.arithmetic.precisions import DOUBLE, SINGLE
from gradcheck.errors import CandidateFault, EndsProgram, Unsupported, UsageError, user_code
from gradcheck.formulas.calling.in_place_writes import unchanged
from gradcheck.formulas.calling.returned_arrays import NotNumbers, as_array
from gradcheck.formulas.calling.user_lines import named, user_line
from gradcheck.formulas.complex_numbers.outputs import OutputForm
from gradcheck.formulas.complex_numbers.values import Part
from gradcheck.formulas.declaration import Declaration
from gradcheck.formulas.derived.second_order import GradientOf
from gradcheck.formulas.dtypes import Dtype
from gradcheck.formulas.point import LARGE, Point
from gradcheck.formulas.values import Filler, Values, dense, normal
from gradcheck.judging.points.repeats import within_rounding

__all__ = [
    "LARGE",
    "ComplexOutputs",
    "Discarded",
    "ForwardFault",
    "Point",
    "all_finite",
    "check_deterministic",
    "draw_arguments",
    "evaluate_forward",
    "in_dtype",
    "make_point",
]


class Discarded(Exception):
    """The forward is not finite here, or the matrix singular; the point says nothing about the claim."""


class ForwardFault(Exception):
    """The forward cannot be checked at all: it raised, or its result is no array of floats."""

    only_unknown = False
    """Whether it may be right all the same: there is no arithmetic for what is asked of it."""


class ComplexOutputs(ForwardFault):
    """Some outputs are complex: the claim has to be made one about their parts. ``form`` says which."""

    def __init__(self, form: OutputForm) -> None:
        super().__init__("the forward's result is complex, which is not available here")
        self.form = form


def draw_arguments(
    formula: Declaration,
    sizes: Mapping[str, int],
    rng: np.random.Generator,
    elements: Mapping[str, NDArray[Any]] | None = None,
    default: Filler = normal,
) -> tuple[NDArray[Any], ...]:
    """Draw every argument. ``elements`` holds those that Hypothesis has drawn already; ``default`` fills
    arguments without declared values.

    Raises `UsageError` where a filler returns something of another shape or not finite.
    """
    shapes = formula.shapes.concrete(sizes)
    assert shapes is not None, "sizes were checked by Declaration.allows"
    args = []
    together: dict[Any, Any] = {}
    for name, shape in zip(formula.shapes.arguments, shapes, strict=True):
        value: Values = formula.values.get(name, default)
        if elements and name in elements:
            drawn: Any = elements[name]
        elif isinstance(value, np.ndarray):
            drawn = value
        else:
            drawn = _filled(value, shape, rng, f"values[{name!r}]", together)
        args.append(_frozen(drawn, shape, f"values[{name!r}]"))
    if default is normal:
        _tie(formula, args, rng)
    return tuple(args)


def _tie(formula: Declaration, args: list[NDArray[Any]], rng: np.random.Generator) -> None:
    """Now and then make some entries of two arguments equal: `|s - y|` and `maximum(x, y)` bend there."""
    free = [i for i, name in enumerate(formula.shapes.arguments) if name not in formula.values]
    pairs = [(i, j) for i in free for j in free if i < j and args[i].shape == args[j].shape]
    if not pairs or rng.random() >= _TIED:
        return
    i, j = pairs[int(rng.integers(len(pairs)))]
    tied = np.where(rng.random(args[i].shape) < 0.5, args[i], args[j])
    args[j] = _frozen(tied, args[j].shape, formula.shapes.arguments[j])


_TIED = 0.2
"""How often arguments of one shape are tied."""


def make_point(
    formula: Declaration,
    sizes: Mapping[str, int],
    rng: np.random.Generator,
    *,
    delta: Values | None = None,
    elements: Mapping[str, NDArray[Any]] | None = None,
    origin: str = "drawn",
) -> Point:
    """Draw a point: arguments, then the forward's value, then one delta per output.

    Points of the plan (by their ``origin``) hold no zeros and no ties, unless declared values do.
    Raises `Discarded`, `ForwardFault`, `UsageError`.
    """
    shapes = formula.shapes.concrete(sizes) or ()
    large = sum(prod(shape) for shape in shapes) > LARGE  # with zeros there is a kink wherever there can be
    default = dense if origin == "plan" or large else normal
    args = draw_arguments(formula, sizes, rng, elements, default)
    outputs, multiple = evaluate_forward(formula, args)
    deltas = _draw_deltas(outputs, multiple, delta, rng, default)
    rate = float(rng.choice([0.5, 0.125, 1.0, 0.0625]))
    return Point(dict(sizes), args, outputs, deltas, multiple, rate, origin)


def evaluate_forward(
    formula: Declaration, args: tuple[NDArray[Any], ...]
) -> tuple[tuple[NDArray[np.float64], ...], bool]:
    """The forward's float64 outputs at the arguments, and whether it returns several."""
    if sum(a.size for a in args) > LARGE:  # copies would cost as much as the forward itself
        try:
            return _evaluated(formula, [_locked(a) for a in args])
        except ForwardFault as fault:
            if "read-only" not in str(fault):
                raise
    copies = [a.copy() if a.ndim else a.dtype.type(a) for a in args]
    found = _evaluated(formula, copies)
    for name, before, after in zip(formula.shapes.arguments, args, copies, strict=True):
        if not unchanged(before, after):
            raise ForwardFault(f"the forward changes its argument {name!r} in place; work on a copy")
    return found


def all_finite(values: NDArray[Any]) -> bool:
    """Whether every entry is."""
    return bool(np.isfinite(values).all())


def _locked(value: NDArray[Any]) -> Any:
    """The same numbers, not to be written into; a NumPy scalar for a 0-d array."""
    if not value.ndim:
        return value.dtype.type(value)
    view = value.view()
    view.flags.writeable = False
    return view


def _evaluated(formula: Declaration, args: list[Any]) -> tuple[tuple[NDArray[np.float64], ...], bool]:
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings(), user_code:
            warnings.simplefilter("ignore")
            result = formula.function(*args)
    except RecursionError:
        raise ForwardFault("the forward never returns: maximum recursion depth exceeded") from None
    except EndsProgram as error:
        raise ForwardFault(f"the forward ends the program, with {error}{user_line(error)}") from None
    except CandidateFault as fault:  # of an adapter, which says what its function must return
        raise ForwardFault(str(fault)) from fault
    except Unsupported as error:
        if isinstance(formula, GradientOf):
            unknown = ForwardFault(f"no second derivatives are to be had: {error}")
            unknown.only_unknown = True
            raise unknown from error
        raise ForwardFault(f"the forward raises {named(error)}{user_line(error)}") from error
    except Exception as error:
        if isinstance(error, np.linalg.LinAlgError) and str(error).startswith(_NO_RESULT):
            raise Discarded(f"the forward raises {named(error)}") from error
        raise ForwardFault(f"the forward raises {named(error)}{user_line(error)}") from error
    if (form := OutputForm.of(result)) is not None:
        raise ComplexOutputs(form)
    multiple = isinstance(result, tuple | list)
    parts = list(result) if multiple else [result]
    parts = [float(part) if _is_flat(part) else part for part in parts]
    if not parts:
        raise ForwardFault("the forward returns an empty tuple")
    outputs, held = [], _integers(formula, args)
    for i, part in enumerate(parts):
        which = f"output {i} of the forward" if multiple else "the forward's result"
        outputs.append(_output(part, which, held))
    if not all(map(all_finite, outputs)):
        raise Discarded("the forward is not finite here")
    return tuple(outputs), multiple


def _is_flat(part: object) -> bool:
    """Whether a number is Python's own 0 or 1: of `max(0, 1 - x @ x)`, and not of `len(x)`."""
    return type(part) is int and part in (0, 1)


_NO_RESULT = (
    "Singular matrix",
    "Matrix is not positive definite",
    "Eigenvalues did not converge",
    "SVD did not",
)
"""What NumPy says of values for which there is no result, as NaN says it of `log(-1)`. Everything else that
is raised (a matrix that is not square) is a mistake in the forward or in the declaration."""


def in_dtype(formula: Declaration, point: Point, dtype: Dtype) -> Point | None:
    """The point with every value rounded to a type; None where the forward is not finite there.

    Raises `UsageError` for numbers that are beyond the type.
    """
    if not dtype.is_low:
        return point
    args, delta = tuple(map(dtype.rounded, point.args)), tuple(map(dtype.rounded, point.delta))
    names = (*formula.shapes.arguments, *(["delta"] * len(delta)))
    for name, rounded, drawn in zip(names, (*args, *delta), (*point.args, *point.delta), strict=True):
        if not all_finite(rounded):
            if not formula.dtype.is_low:  # a foreign program's own type: the point is left out
                return None
            beyond = drawn[~np.isfinite(rounded)].item(0)
            raise UsageError(
                f"{formula.name}: {name} holds {beyond:g}, which is beyond {dtype.name}, whose largest "
                f"number is {dtype.largest:g}. Scale the values, or name a wider dtype."
            )
    if not any(np.any(d) for d in delta):
        return None  # an all-zero delta makes every gradient right
    try:
        outputs, multiple = evaluate_forward(formula, args)
    except (Discarded, ForwardFault):
        return None
    return replace(point, args=args, delta=delta, outputs=outputs, multiple=multiple)


def check_deterministic(formula: Declaration, point: Point) -> None:
    """Raise `ForwardFault` where a second call with the same arguments gives another result."""
    try:
        outputs, _ = evaluate_forward(formula, point.args)
    except (Discarded, ForwardFault):
        outputs = ()
    same = len(outputs) == len(point.outputs)
    if same and not formula.deterministic:
        narrow = all(np.array_equal(z, z.astype(np.float32)) for z in point.outputs)
        bits = SINGLE if narrow else DOUBLE
        same = all(within_rounding(a, b, point, bits) for a, b in zip(point.outputs, outputs, strict=True))
    elif same:
        same = all(map(np.array_equal, point.outputs, outputs))
    if not same:
        raise ForwardFault(
            "the forward is not deterministic: a second call with the same arguments gives another "
            "result. Fix its random state (seed= of gradcheck.layer), or make what it draws (a dropout mask) "
            "an argument"
        )


def _integers(formula: Declaration, args: list[Any]) -> str:
    """Which arguments hold integers, of which integers come."""
    names = [n for n, a in zip(formula.shapes.arguments, args, strict=True) if a.dtype.kind in "iub"]
    if not names:
        return ""
    return f". {' and '.join(names)} {'hold' if len(names) > 1 else 'holds'} integers: give floats"


def _output(part: Any, which: str, held: str) -> NDArray[np.float64]:
    try:
        array = as_array(part, "f")
    except NotNumbers as error:
        raise ForwardFault(f"{which} is {error}{held}") from None
    frozen = array.astype(np.float64)
    frozen.flags.writeable = False
    return frozen


def _draw_deltas(
    outputs: tuple[NDArray[np.float64], ...],
    multiple: bool,
    delta: Values | None,
    rng: np.random.Generator,
    default: Filler,
) -> tuple[NDArray[np.float64], ...]:
    given: list[Any]
    if delta is None:
        given = [_nonzero(default)] * len(outputs)
    elif multiple:
        given = list(delta) if isinstance(delta, tuple | list) else [delta] * len(outputs)
        if len(given) != len(outputs):
            raise UsageError(f"delta: the forward has {len(outputs)} outputs, but {len(given)} were given.")
    elif isinstance(delta, tuple):
        raise UsageError("delta: a tuple was given, but the forward has one output; give an array.")
    else:
        given = [delta]
    drawn: list[Any] = []
    together: dict[Any, Any] = {}
    for i, (value, output) in enumerate(zip(given, outputs, strict=True)):
        who = f"delta[{i}]" if multiple else "delta"
        value = _nonzero(default) if value is None else value
        filled = _filled(value, output.shape, rng, who, together) if callable(value) else value
        frozen = _frozen(filled, output.shape, who, "what was drawn" if callable(value) else "what was given")
        drawn.append(frozen.astype(np.float64))
    return tuple(drawn)


def _nonzero(filler: Filler) -> Filler:
    """The filler, drawn again where all is zero: an all-zero delta makes every gradient right."""

    def draw(shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.float64]:
        for _ in range(20):
            drawn = filler(shape, rng)
            if np.any(drawn):
                return drawn
        return np.ones(shape)

    return draw


def _filled(
    value: Filler,
    shape: tuple[int, ...],
    rng: np.random.Generator,
    who: str,
    together: dict[Any, Any],
) -> Any:
    """What a function draws. Both parts of a complex array come of one draw, kept in ``together``."""
    if isinstance(value, Part):
        if value.together not in together:
            together[value.together] = _filled(value.together.draw, shape, rng, who, together)
        return value.of(together[value.together])
    try:
        with user_code:
            return value(shape, rng)
    except UsageError:
        raise
    except Exception as error:
        raise UsageError(
            f"{who}: expected a function (shape, rng) -> array, but for the shape {shape} it raises "
            f"{type(error).__name__}: {error}."
        ) from error


def _frozen(value: Any, shape: tuple[int, ...], who: str, what: str = "what was drawn") -> NDArray[Any]:
    try:
        array = np.array(as_array(value, "fiub"))
    except NotNumbers as error:
        text = str(error)
        text = text if text.endswith("?") else f"{text}."
        raise UsageError(f"{who}: expected real numbers; {what} is {text}") from None
    if array.shape != shape:
        raise UsageError(f"{who}: expected an array of shape {shape}, got one of shape {array.shape}.")
    if array.dtype.kind == "f":
        array = array.astype(np.float64)
        if not np.isfinite(array).all():
            raise UsageError(
                f"{who}: values that are not finite were drawn. Draw finite ones only; of a Hypothesis "
                "strategy of floats, with allow_nan=False and allow_infinity=False."
            )
    array.flags.writeable = False
    return array
