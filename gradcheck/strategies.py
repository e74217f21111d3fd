"""Hypothesis strategies for shapes, arrays and whole points, for tests of your own.

    from hypothesis import given
    from gradcheck import strategies

    @given(strategies.points(forward, shapes={"W": "n m", "x": "m"}))
    def test_the_gradient_has_the_arguments_shapes(point):
        dW, dx = backward(point.delta, *point.args)
        assert dW.shape == point["W"].shape

They are ordinary strategies: they combine with others, and obey the settings and profiles of the test
that uses them. Hypothesis itself is imported when the first strategy is made.

What a failing example shrinks towards:

============ ==========================================================================================
sizes        all 1, each on its own; where ``where`` or an expression forbids most sizes, the allowed
             ones with the smallest sum
arrays       zeros, then ones, then 1, 2, 3, ..., then decimals of a simpler seed (values without a
             preset); a preset's array of seed 0; the simplest entries of a strategy of elements
delta        ones, then 1, 2, 3, ..., then decimals; never all zero
============ ==========================================================================================

Profiles, CI and nights
-----------------------
The strategies here follow Hypothesis: its ``ci`` profile, which recent versions load by themselves where
they see a CI service, is derandomized, so that a pull request does not fail by chance. A job that looks
for new failures, once a night, registers a profile of its own in `conftest.py`

    from hypothesis import settings
    settings.register_profile("nightly", derandomize=False, max_examples=1000, deadline=None)

and runs `pytest --hypothesis-profile=nightly`; Hypothesis prints how to repeat what fails.

`gradcheck.verify`, `assert_correct` and the command line do not follow profiles. They draw from ``seed``
(0) and ``max_examples`` (50) alone, so they are derandomized everywhere, and a report can be made again
anywhere. Their nightly run has another seed and more points:

    gradcheck verify --seed "$(date +%Y%m%d)" --max-examples 500

The log's header keeps both, and every counterexample has the line that runs it again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gradcheck.errors import UsageError
from gradcheck.formulas.array_strategies import arrays, cotangents
from gradcheck.formulas.decorating import Formula
from gradcheck.formulas.sizes.shapes import ShapeLike
from gradcheck.formulas.values import Values, normal
from gradcheck.judging.points.point import Discarded, ForwardFault, evaluate_forward
from gradcheck.judging.points.sizes import box

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = ["Point", "arguments", "arrays", "points", "shapes", "sizes"]

Shape = tuple[int, ...]
Where = Callable[..., bool]


@dataclass(frozen=True)
class Point:
    """One concrete shape with one value for each argument and for delta.

    ``sizes`` are the dimensions by name, ``arguments`` the arguments by name, ``args`` the same in order.
    ``delta`` is what a backward gets: an array of the output's
    shape, a NumPy scalar for a scalar output, a tuple for a tuple output. `point["W"]` is an argument
    by name. The arrays are yours to change.
    """

    sizes: dict[str, int]
    arguments: dict[str, Any]
    delta: Any

    @property
    def args(self) -> tuple[Any, ...]:
        return tuple(self.arguments.values())

    def __getitem__(self, name: str) -> Any:
        return self.arguments[name]


def sizes(
    shapes: Mapping[str, ShapeLike] | Formula,
    *,
    where: Where | None = None,
    min_size: int = 1,
    max_size: int = 8,
) -> SearchStrategy[dict[str, int]]:
    """Sizes for the dimension names of a declaration ``shapes``: `{"n": 3, "m": 2}`.

    Every size is from ``min_size`` to ``max_size``, every derived size (`"n-k+1"`) at least 1, and
    ``where`` holds. With many dimensions the largest size is lowered, so that at most 4096 choices are
    left. Shrinks towards ``min_size``. Raises `UsageError` where no sizes are left.
    """
    return _sizes(_declared(shapes, None, where), min_size, max_size)


def shapes(
    shapes: Mapping[str, ShapeLike] | Formula,
    *,
    where: Where | None = None,
    min_size: int = 1,
    max_size: int = 8,
) -> SearchStrategy[dict[str, Shape]]:
    """The arguments' shapes that belong together: `{"W": (3, 2), "x": (2,)}`.

    ``shapes``, ``where``, ``min_size`` and ``max_size`` are those of `sizes`, and it shrinks like it. Raises
    `UsageError` where no sizes are left.
    """
    formula = _declared(shapes, None, where)
    drawn = _sizes(formula, min_size, max_size)
    return drawn.map(lambda s: dict(zip(formula.shapes.arguments, _concrete(formula, s), strict=True)))


def arguments(
    shapes: Mapping[str, ShapeLike] | Formula,
    *,
    values: Mapping[str, Values] | None = None,
    where: Where | None = None,
    min_size: int = 1,
    max_size: int = 8,
) -> SearchStrategy[dict[str, Any]]:
    """One array for each argument, of shapes that belong together: `{"W": array, "x": array}`.

    ``values`` says what they hold, as for `gradcheck.verify`; ``shapes``, ``where``, ``min_size`` and
    ``max_size`` are those of `sizes`. A scalar argument is a NumPy scalar. Raises `UsageError` where no sizes
    are left. Shrinks the sizes first, then the arrays.
    """
    formula = _declared(shapes, values, where)
    drawn = _sizes(formula, min_size, max_size)
    return drawn.flatmap(lambda s: _arguments(formula, s))


def points(
    forward: Callable[..., Any],
    shapes: Mapping[str, ShapeLike] | None = None,
    *,
    values: Mapping[str, Values] | None = None,
    where: Where | None = None,
    delta: Values | None = None,
    min_size: int = 1,
    max_size: int = 8,
) -> SearchStrategy[Point]:
    """Points at which a backward can be tried: sizes, arguments and a delta of the output's shape.

    ``shapes``, ``values``, ``where`` and ``delta`` are those of `gradcheck.verify`; ``min_size`` and
    ``max_size`` bound the sizes. A `gradcheck.Formula` brings its own. Points at which the
    forward is not finite are rejected. Shrinks the sizes first, then the arrays, then delta. Raises
    `UsageError` where the forward itself fails.
    """
    formula = _declared(forward if shapes is None else shapes, values, where, forward)
    return _sizes(formula, min_size, max_size).flatmap(lambda s: _point(formula, s, delta))


def _point(formula: Formula, found: dict[str, int], delta: Values | None) -> SearchStrategy[Point]:
    from hypothesis import reject

    def with_delta(args: dict[str, Any]) -> SearchStrategy[Point]:
        frozen = tuple(np.asarray(a) for a in args.values())
        try:
            outputs, multiple = evaluate_forward(formula, frozen)
        except Discarded:
            reject()
        except ForwardFault as fault:
            raise UsageError(f"{formula.name}: {fault}.") from fault
        return _deltas([o.shape for o in outputs], multiple, delta).map(lambda d: Point(found, args, d))

    return _arguments(formula, found).flatmap(with_delta)


def _deltas(outputs: list[Shape], multiple: bool, delta: Values | None) -> SearchStrategy[Any]:
    from hypothesis import strategies as st

    given = list(delta) if isinstance(delta, tuple | list) and multiple else [delta] * len(outputs)
    if len(given) != len(outputs):
        raise UsageError(f"delta: the forward has {len(outputs)} outputs, but {len(given)} were given.")
    drawn = [cotangents(s) if v is None else arrays(s, v) for v, s in zip(given, outputs, strict=True)]
    parts = st.tuples(*drawn).map(lambda ds: tuple(d if d.ndim else d[()] for d in ds))
    return parts if multiple else parts.map(lambda ds: ds[0])


def _arguments(formula: Formula, found: dict[str, int]) -> SearchStrategy[dict[str, Any]]:
    from hypothesis import strategies as st

    names = formula.shapes.arguments
    drawn = [
        arrays(shape, formula.values.get(name, normal)).map(lambda a: a if a.ndim else a[()])
        for name, shape in zip(names, _concrete(formula, found), strict=True)
    ]
    return st.tuples(*drawn).map(lambda args: dict(zip(names, args, strict=True)))


def _declared(
    shapes: Any, values: Mapping[str, Values] | None, where: Where | None, forward: Any = None
) -> Formula:
    if isinstance(shapes, Formula):
        base = shapes
        if values is None and where is None:
            return base
        return Formula(**{**base.given(), "values": values or base.values, "where": where or base.where})
    if callable(shapes):
        raise UsageError("points: shapes is missing; it has one entry per argument, as in {'x': 'n'}.")
    return Formula(
        forward or _nothing, shapes, name=getattr(forward, "__name__", "shapes"), values=values, where=where
    )


def _nothing(*args: Any) -> None:
    """The forward of a declaration that has none."""


def _sizes(formula: Formula, min_size: int, max_size: int) -> SearchStrategy[dict[str, int]]:
    from hypothesis import strategies as st

    if min_size < 1 or max_size < min_size:
        raise UsageError(
            f"expected 1 <= min_size <= max_size, got min_size={min_size} and max_size={max_size}."
        )
    bound, names = formula.given_sizes, formula.free_sizes
    choices = box(names, lambda s: formula.allows({**bound, **s}), min_size, max_size)
    if not choices:
        raise UsageError(
            f"{formula.name}: no sizes from {min_size} to {max_size} satisfy the shapes"
            + (" and where" if formula.where else "")
            + "."
        )
    top = max((size for choice in choices for size in choice.values()), default=min_size)
    if 2 * len(choices) < (top - min_size + 1) ** len(names):
        return st.sampled_from(choices).map(lambda chosen: {**bound, **chosen})
    # drawn one by one where most are allowed: then each shrinks on its own
    drawn = st.tuples(*[st.integers(min_size, top) for _ in names])
    whole = drawn.map(lambda values: {**bound, **dict(zip(names, values, strict=True))})
    return whole.filter(formula.allows)


def _concrete(formula: Formula, found: Mapping[str, int]) -> tuple[Shape, ...]:
    made = formula.shapes.concrete(found)
    assert made is not None, "sizes were checked by _sizes"
    return made
