"""Running the hand-written code, in float64 as it ships and in ball arithmetic, under the contract.

What a candidate returns is brought to named *quantities*: one array per gradient, Jacobian, entry
table or value that the claim states. Whatever breaks the contract on the way is a `CandidateFault`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.arithmetic import Domain, ElementArray, ObjectArray, call_in, enclose, wrap
from gradcheck.errors import (
    CandidateFault,
    EndsProgram,
    Escaped,
    FaultKind,
    FormFault,
    Unsupported,
    message,
    user_code,
)
from gradcheck.formulas.calling.in_place_writes import IN_PLACE, culprit, plain, read_only, unchanged, writes
from gradcheck.formulas.calling.user_lines import named, user_line
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.dtypes import Dtype, from_numpy
from gradcheck.formulas.entries import assignments
from gradcheck.formulas.quantity import Quantity
from gradcheck.judging.candidates.outputs import as_balls, as_float64, as_numbers, shape_words
from gradcheck.judging.candidates.same_code import leaves_range
from gradcheck.judging.points.point import Point, all_finite
from gradcheck.judging.points.repeats import NOT_DETERMINISTIC, ONLY_ROUNDING, repeats, within_rounding

__all__ = [
    "Stated",
    "call_candidate",
    "given",
    "guarded",
    "run_in_balls",
    "run_in_float32",
    "run_in_float64",
    "run_prepared",
]


@dataclass
class Stated:
    """What a candidate states at a point: by quantity. ``unchecked`` are the arguments for
    which it returned None; ``warnings`` the messages of warnings that it caused; ``read_only`` why it
    did not run on read-only arrays, without writing into them; ``dtypes`` names the types of floats that
    quantities come in; ``again`` are those of a second call that came out otherwise, where that is allowed.
    """

    values: dict[Quantity, Any]
    unchecked: tuple[Quantity, ...] = ()
    warnings: list[str] = field(default_factory=list)
    read_only: str | None = None
    dtypes: Mapping[Quantity, str] = field(default_factory=dict)
    again: dict[Quantity, NDArray[np.float64]] = field(default_factory=dict)

    @cached_property
    def is_finite(self) -> bool:
        """Whether every number is."""
        return all(all_finite(v) for v in self.values.values())


def given(
    claim: Claim,
    point: Point,
    array: Callable[[NDArray[np.float64]], Any],
    number: Callable[[float], Any] = float,
) -> dict[str, Any]:
    """What the candidate takes before the arguments, by name, but for indices; each ``array`` and ``number``
    is taken into the arithmetic of the run.
    """

    def taken(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(taken(v) for v in value)
        return array(value) if isinstance(value, np.ndarray) else number(value)

    return {name: taken(value) for name, value in claim.kind.inputs(claim.formula, point).items()}


def run_in_float64(claim: Claim, point: Point) -> Stated:
    """Run the candidate twice on copies, the second time on read-only ones. Raises `CandidateFault`.

    The values are float64 arrays of the expected shapes; they may hold NaN or infinities, which the
    caller judges, because that depends on whether the derivative exists here.
    """
    shapes = claim.shapes(point)
    first = run_prepared(claim, point, plain, shapes)
    try:
        second = run_prepared(claim, point, read_only, shapes)
    except CandidateFault as fault:
        if writes(fault):
            names = claim.formula.shapes.arguments
            raise culprit(names, lambda prepare: run_prepared(claim, point, prepare)) from fault
        second = run_prepared(claim, point, plain, shapes)
        first.read_only = str(fault)
    for name, value in first.values.items():
        other = second.values.get(name)
        if other is not None and value.tobytes() == other.tobytes():
            continue
        deterministic = claim.formula.deterministic
        if other is None or not repeats(value, other, point, claim.bits, deterministic=deterministic):
            _check_protected(claim, point, name, value, other)
            text = f"{name} differs between two calls with the same arguments: {NOT_DETERMINISTIC}"
            if not deterministic:
                text = f"{name} differs between two calls with the same arguments, by more than rounding"
            elif other is not None and within_rounding(value, other, point, claim.bits):
                text += ONLY_ROUNDING
            verdict = "error" if deterministic else "fail"
            raise CandidateFault(verdict, text, name, FaultKind.NOT_DETERMINISTIC)
        first.again[name] = other
    return first


def _check_protected(
    claim: Claim, point: Point, name: Quantity, value: NDArray[np.float64], other: NDArray[np.float64] | None
) -> None:
    """Raise `CandidateFault` where the second answer was another because its arrays were read-only."""
    # two calls of one kind in a row: code that answers otherwise every second time is not told by its arrays
    for writable in (run_prepared(claim, point, plain).values.get(name) for _ in range(2)):
        if writable is None or not np.array_equal(value, writable, equal_nan=True):
            return
    protected = run_prepared(claim, point, read_only).values.get(name)
    if protected is None or other is None:
        same = protected is other
    else:
        same = np.array_equal(other, protected, equal_nan=True)
    if same:
        text = f"for read-only arrays {name} is another than for arrays that can be written into"
        raise CandidateFault("fail", text, name, FaultKind.LAYOUT)


def run_prepared(
    claim: Claim,
    point: Point,
    prepare: Callable[[NDArray[Any]], Any],
    shapes: Mapping[Quantity, tuple[int, ...]] | None = None,
    before: Callable[[NDArray[Any]], Any] | None = None,
) -> Stated:
    """Run the candidate once, in its dtype, on what ``prepare`` makes of every argument and delta.

    ``before`` is for delta, where that is another; ``shapes`` are the expected ones, where they are known
    already. Raises `CandidateFault`, also where the code changes what it was given.
    """
    cast = claim.formula.dtype.array
    args = [prepare(cast(a)) for a in point.args]
    leading = given(claim, point, lambda d: (before or prepare)(cast(d)))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = call_candidate(claim, point, args, leading)
    if prepare is not read_only:  # those NumPy guards
        _check_unchanged(claim, point, args, leading)
    shapes = shapes or claim.shapes(point)
    values, unchecked, dtypes = {}, [], {}
    for name, value in result.items():
        if value is None:
            unchecked.append(name)
        else:
            values[name] = as_float64(value, name, shapes[name])
            if claim.formula.dtype.is_low:
                dtypes[name] = _own_dtype(value, name, claim.formula.dtype)
    if not values and not shapes:
        raise FormFault(
            "every argument holds integers, which have no derivative; give floats where one is meant"
        )
    if not values:
        raise FormFault("the code returned None for every argument: there is nothing to check")
    return Stated(values, tuple(unchecked), sorted({message(w.message) for w in caught}), dtypes=dtypes)


def _own_dtype(value: Any, name: Quantity, declared: Dtype) -> str:
    """The type of floats that a quantity comes in. Raises `CandidateFault` where it holds less than the
    declared one: its numbers are then another computation's.
    """
    found = from_numpy(np.asarray(value))
    if found is None or found == declared:
        return declared.name
    if found.bits < declared.bits or found.lowest > declared.lowest:
        raise CandidateFault(
            "error",
            f"{name} comes in {found.name}, but the code is checked in {declared.name}, which that does not "
            f"hold. Return {declared.name} or a wider type, or name dtype={found.name!r}",
            name,
            FaultKind.CONTRACT,
        )
    return found.name


def _check_unchanged(claim: Claim, point: Point, args: list[Any], before: Mapping[str, Any]) -> None:
    names = claim.formula.shapes.arguments
    cast = claim.formula.dtype.array
    for name, old, new in zip(names, point.args, args, strict=True):
        if not unchanged(cast(old), new):
            raise CandidateFault(
                "error", f"the code changes its argument {name!r} {IN_PLACE}", kind=FaultKind.WRITES
            )
    for name, value in claim.kind.inputs(claim.formula, point).items():
        for old, new in zip(_leaves(value), _leaves(before[name]), strict=True):
            if isinstance(old, np.ndarray) and not unchanged(cast(old), new):
                raise CandidateFault("error", f"the code changes {name} {IN_PLACE}", kind=FaultKind.WRITES)


def _leaves(value: Any) -> list[Any]:
    return [leaf for v in value for leaf in _leaves(v)] if isinstance(value, tuple) else [value]


def candidate_leaves_range(claim: Claim, point: Point) -> bool:
    """Whether the candidate underflows or overflows on its way through float64; not asked of tables of
    entries, each of which is a call.
    """
    kind = claim.kind
    if kind.ranges(claim.formula, point) is not None or kind.states_outputs or "rate" in kind.leading:
        return False
    before = given(claim, point, plain)
    args = [plain(a) for a in point.args]
    return leaves_range(lambda: claim.candidate(*(before[n] for n in kind.leading), *args))


def run_in_float32(claim: Claim, point: Point) -> dict[Quantity, NDArray[np.float64]]:
    """Run the candidate with float32 arguments. The values come back as float64, unchecked for size.

    Raises `CandidateFault`.
    """
    single = [a.astype(np.float32) if a.dtype.kind == "f" else a for a in point.args]
    before = given(claim, point, lambda a: plain(a.astype(np.float32)), np.float32)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = call_candidate(claim, point, [plain(a) for a in single], before)
    shapes = claim.shapes(point)
    return {n: as_float64(v, n, shapes[n]) for n, v in result.items() if v is not None}


def run_in_balls(claim: Claim, point: Point, domain: Domain) -> dict[Quantity, ObjectArray]:
    """Run the candidate in ball arithmetic. Raises `Unsupported`, with the line of the code."""
    args = [wrap(enclose(a), domain) if i in point.wrt else a for i, a in enumerate(point.args)]
    before = given(claim, point, lambda a: wrap(enclose(a), domain), lambda x: wrap(domain.lift(x), domain))
    try:
        result = call_candidate(claim, point, args, before, domain)
        shapes = claim.shapes(point)
        return {
            name: as_balls(value, domain, name, shapes[name])
            for name, value in result.items()
            if value is not None
        }
    except Unsupported as error:
        raise type(error)(f"{error}{user_line(error)}") from error
    except CandidateFault as fault:
        raise Unsupported(f"{fault} (in {domain.name} only)") from fault


def call_candidate(
    claim: Claim,
    point: Point,
    args: list[Any],
    before: Mapping[str, Any],
    domain: Domain | None = None,
) -> dict[Quantity, Any]:
    """Call the candidate, and name what it returns. Raises `CandidateFault`.

    ``before`` is what it takes before the arguments, by name (see `given`).
    """
    kind, formula = claim.kind, claim.formula
    ranges = kind.ranges(formula, point)
    if ranges is None:
        result = guarded(domain, claim.candidate, *(before[n] for n in kind.leading), *args)
        return kind.divided(formula, point, result)
    return kind.divided(formula, point, _table(claim, point, args, before, ranges, domain))


def _table(
    claim: Claim,
    point: Point,
    args: list[Any],
    before: Mapping[str, Any],
    ranges: Mapping[str, int],
    domain: Domain | None,
) -> NDArray[Any]:
    """The table of what the candidate returns for all indices."""
    ((name, shape),) = claim.shapes(point).items()
    inner = shape[len(ranges) :]
    table: NDArray[Any] | None = None
    for assignment in assignments(ranges):
        leading = {**before, **assignment}
        value = guarded(domain, claim.candidate, *(leading[n] for n in claim.leading), *args)
        if value is None:
            raise FormFault(f"{name}: the code returned None")
        if not isinstance(value, ElementArray):
            value = as_numbers(value, name)
        found = value.shape
        if found != inner:
            at = ", ".join(f"{k} = {v}" for k, v in assignment.items())
            raise CandidateFault(
                "fail",
                f"{name} at {at or 'its place'}: expected {shape_words(inner)}, got an array of shape "
                f"{found}",
                name,
                FaultKind.SHAPE,
            )
        ball = isinstance(value, ElementArray)
        if table is None:
            table = np.empty(shape, dtype=object if ball else np.float64)
        cell = value.data if ball else value
        if table.dtype == object and not ball:
            cell = enclose(np.asarray(value, dtype=np.float64))
        elif ball and table.dtype != object:
            table = enclose(table)
        place: Any = (*assignment.values(), ...)
        table[place] = cell
    assert table is not None  # every range is 1 or more
    return table


def guarded(domain: Domain | None, function: Callable[..., Any], *args: Any) -> Any:
    """Call the hand-written code, in an arithmetic where one is given. Raises `CandidateFault`."""
    try:
        with np.errstate(all="ignore"), user_code:
            if domain is None:
                return function(*args)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # what the code warns of was captured in float64
                return call_in(domain, function, args)
    except (Unsupported, CandidateFault):
        raise
    except RecursionError as error:
        text = "the code never returns: maximum recursion depth exceeded"
        raise CandidateFault("fail", text, kind=FaultKind.RAISES) from error
    except EndsProgram as error:
        text = f"the code ends the program, with {error}{user_line(error)}"
        raise CandidateFault("fail", text, kind=FaultKind.RAISES) from error
    except Escaped as error:  # meant for whoever runs the code; of the derivative it says nothing
        text = f"the code raises {named(error)}, which is no Exception{user_line(error)}"
        raise CandidateFault("error", text, kind=FaultKind.RAISES) from error
    except Exception as error:
        text = f"the code raises {named(error)}{user_line(error)}"
        raise CandidateFault("fail", text, kind=FaultKind.RAISES) from error
