"""Right or wrong, told without the engine.

The right gradients are those of the unchanged backward pass, at points where difference quotients of the
forward agree with it. A mutant that is farther from them than rounding explains is wrong. One that is not is
run again with numbers of 200 digits (`exact.py`) before it counts as equal.
"""

from __future__ import annotations

import enum
import inspect
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from gradcheck import Formula

from .exact import lifted, relative_gap
from .points import Point, copied, draw_points, number_or_array
from .subjects import Mutant, Subject, exact_version

__all__ = ["CLEAR", "TINY", "Fault", "Judge", "Judged", "Known", "Truth", "gradients_of"]


class Truth(enum.StrEnum):
    EQUAL = "equal"
    WRONG = "wrong"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class Judged:
    """What a mutant is, and what tells it."""

    truth: Truth
    why: str = ""


class Fault(Exception):
    """Code that does not give what a backward pass has to give."""


ROUNDING = 1e-13
"""What rounding may change, relative to the largest entry, where the arguments' own rounding changes less:
some hundred operations with 53 bits."""

CLEAR = 1e4
"""How many times more than rounding explains a difference has to be to count."""

LOST = 1e-6
"""A point at which rounding changes a gradient by more of its largest entry tells nothing."""

POINTS = 48
FEWEST = 12
"""Points that must be there for a mutant to count as equal."""


@dataclass(frozen=True, eq=False)
class Known:
    """A point with the right gradients, and what rounding may change in each."""

    point: Point
    right: list[Any]
    rounding: list[float]


TINY = 1e-9
"""A difference that is less than this in itself is looked at again: cancellation among numbers of about 1
leaves as much, and what is saturated is smaller still."""

MOST_ENTRIES = 80
"""Numbers in the arguments beyond which a point costs too much in 200 digits."""

ALIKE, APART = 1e-40, 1e-20
"""In numbers of 200 digits, relative to the largest entry: what counts as the same, and as something else."""


class Judge:
    """Judges the mutants of one backward pass; the right gradients serve all of them."""

    def __init__(self, subject: Subject) -> None:
        self.formula, self.backward = subject.formula, subject.claim.candidate
        self.sources = [_source(self.formula.function), _source(self.backward)]
        self.known = self._points([], POINTS, seed=0)
        self._exact: dict[Known, list[Any]] = {}

    def __call__(self, mutant: Mutant, candidate: Callable[..., Any]) -> Judged:
        """Whether a mutant is right; ``candidate`` is its `Mutant.candidate`."""
        judged = self._in_floats(self.known, candidate)
        if judged.truth is Truth.WRONG:
            return judged
        beside = self._points([mutant.edit.source], POINTS // 2, seed=1)  # thresholds that have moved
        further = self._in_floats(beside, candidate)
        if further.truth is Truth.WRONG:
            return further
        if "one of the two" in judged.why or len(self.known) < FEWEST:
            return Judged(Truth.UNDECIDED, judged.why or f"only {len(self.known)} points")
        return self._exactly(mutant, [*self.known, *beside])

    def _points(self, sources: list[str], count: int, seed: int) -> list[Known]:
        drawn = draw_points(self.formula, [*self.sources, *sources], count, seed)
        return [known for point in drawn if (known := self._known(point)) is not None]

    def _in_floats(self, known: Sequence[Known], candidate: Callable[..., Any]) -> Judged:
        doubt = None
        for one in known:
            judged = self._at(one, candidate)
            if judged.truth is Truth.WRONG:
                return judged
            if judged.truth is Truth.UNDECIDED:
                doubt = doubt or judged
        return doubt or Judged(Truth.EQUAL)

    def _at(self, known: Known, candidate: Callable[..., Any]) -> Judged:
        try:
            found = gradients_of(self.formula, candidate, known.point)
        except Fault as fault:
            return Judged(Truth.WRONG, f"{fault} at {known.point.sizes}")
        doubt = ""
        for name, right, mine, rounding in zip(
            self.formula.shapes.arguments, known.right, found, known.rounding, strict=True
        ):
            if right is None or mine is None:
                if right is not mine:
                    doubt = f"d{name} is given by one of the two"
                continue
            off = float(np.max(np.abs(mine - right), initial=0.0))
            if not np.isfinite(off):
                doubt = doubt or f"d{name} is not finite at {known.point.sizes}"
            elif off > max(CLEAR * rounding, TINY):
                return Judged(Truth.WRONG, f"d{name} is off by {off:.2g} at {known.point.sizes}")
            elif off > rounding:
                doubt = doubt or f"d{name} is off by {off:.2g}, rounding is {rounding:.2g}"
        return Judged(Truth.UNDECIDED, doubt) if doubt else Judged(Truth.EQUAL)

    @cached_property
    def _right_exactly(self) -> Callable[..., Any]:
        return exact_version(self.backward, {})

    def _right_at(self, known: Known) -> list[Any]:
        if known not in self._exact:
            self._exact[known] = self._parts(self._right_exactly, known.point)
        return self._exact[known]

    def _exactly(self, mutant: Mutant, known: Sequence[Known]) -> Judged:
        """In 200 digits. What has no value there (1 / 0, a logarithm of -1) is wrong; what only overflows or
        cancels in float64 is not.
        """
        code = mutant.exact()
        worst = 0.0
        for one in known:
            if sum(np.size(a) for a in one.point.args) > MOST_ENTRIES:
                continue
            try:
                right = self._right_at(one)
            except Exception as error:
                return Judged(Truth.UNDECIDED, f"no run in 200 digits: {type(error).__name__}: {error}")
            try:
                mine = self._parts(code, one.point)
            except ZeroDivisionError:
                return Judged(Truth.WRONG, f"1 / 0 at {one.point.sizes}")
            except Exception as error:
                if "mpc" in str(error):
                    return Judged(Truth.WRONG, f"no real number at {one.point.sizes}")
                return Judged(Truth.UNDECIDED, f"no run in 200 digits: {type(error).__name__}: {error}")
            worst = max(worst, relative_gap(mine, right))
        if worst > APART:
            return Judged(Truth.WRONG, f"off by {worst:.2g} in 200 digits")
        if worst > ALIKE:
            return Judged(Truth.UNDECIDED, f"off by {worst:.2g} in 200 digits")
        return Judged(Truth.EQUAL)

    def _parts(self, backward: Callable[..., Any], point: Point) -> list[Any]:
        with np.errstate(all="ignore"):
            found = backward(lifted(point.delta), *map(lifted, point.args))
        return _listed(found, self.formula)

    def _known(self, point: Point) -> Known | None:
        """The point, unless the forward bends or loses its digits there."""
        try:
            right = gradients_of(self.formula, self.backward, point)
        except Fault:
            return None
        if not all(r is None or np.isfinite(r).all() for r in right):
            return None
        if not _confirmed(self.formula, point, right):
            return None
        rounding = self._rounding(point, right)
        if any(
            r is not None and e > LOST * np.max(np.abs(r), initial=0.0) + 1e-200
            for r, e in zip(right, rounding, strict=True)
        ):
            return None
        return Known(point, right, rounding)

    def _rounding(self, point: Point, right: list[Any]) -> list[float]:
        """How much the gradients move where the arguments move in their last places."""
        rng = np.random.default_rng(7)
        spread = [0.0] * len(right)
        for _ in range(4):
            near = Point(point.sizes, tuple(_nudged(a, rng) for a in point.args), _nudged(point.delta, rng))
            try:
                moved = gradients_of(self.formula, self.backward, near)
            except Fault:
                continue
            for k, (r, m) in enumerate(zip(right, moved, strict=True)):
                if r is not None and m is not None:
                    spread[k] = max(spread[k], float(np.max(np.abs(m - r), initial=0.0)))
        largest = [0.0 if r is None else float(np.max(np.abs(r), initial=0.0)) for r in right]
        return [ROUNDING * big + 30 * moved + 1e-300 for big, moved in zip(largest, spread, strict=True)]


def _nudged(value: Any, rng: np.random.Generator) -> Any:
    """Numbers changed by a unit in the last place or two; whole ones, which may be labels, as they are."""
    if isinstance(value, tuple):
        return tuple(_nudged(v, rng) for v in value)
    moved = value * (1 + rng.choice([-2, -1, 1, 2], np.shape(value)) * 2.0**-53)
    return number_or_array(np.where(value == np.round(value), value, moved).astype(np.asarray(value).dtype))


def gradients_of(
    formula: Formula, backward: Callable[..., Any], point: Point, *, shapes: bool = True
) -> list[Any]:
    """One gradient per argument or None, of any shape unless ``shapes``. Raises `Fault`."""
    args = [copied(a) for a in point.args]
    delta = tuple(map(copied, point.delta)) if isinstance(point.delta, tuple) else copied(point.delta)
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = backward(delta, *args)
    except Exception as error:
        raise Fault(f"{type(error).__name__}: {error}") from error
    if not all(map(_same, args, point.args)) or not _same(delta, point.delta):
        raise Fault("an argument was changed in place")
    names = formula.shapes.arguments
    parts = _listed(found, formula)
    if len(parts) != len(names):
        raise Fault(f"{len(parts)} gradients for {len(names)} arguments")
    return [
        None if p is None else _checked(p, n, np.shape(a) if shapes else None)
        for p, a, n in zip(parts, args, names, strict=True)
    ]


def _listed(found: Any, formula: Formula) -> list[Any]:
    """What a backward pass may give, as a list in the order of the arguments."""
    if isinstance(found, dict):
        return [found.get(n) for n in formula.shapes.arguments]
    return list(found) if isinstance(found, tuple | list) else [found]


def _same(now: Any, before: Any) -> bool:
    if isinstance(before, tuple):
        return all(map(_same, now, before))
    return np.array_equal(now, before)


def _checked(gradient: Any, name: str, shape: tuple[int, ...] | None) -> Any:
    try:
        array = np.asarray(gradient, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise Fault(f"d{name} is no array of numbers") from error
    if shape is not None and array.shape != shape:
        raise Fault(f"d{name} has the shape {array.shape}, not {shape}")
    return array


STEPS = (1e-4, 1e-5, 1e-6, 1e-7, 1e-9)
AGREES = 1e-4
"""How exactly the quotients have to be the right entry, and to be the same to both sides, relative to the
largest entry of the gradient."""


def _confirmed(formula: Formula, point: Point, right: Sequence[Any]) -> bool:
    """Whether, for some step, the quotients to both sides are the right gradient, entry by entry."""
    with np.errstate(all="ignore"):
        here = _cost(formula, point, 0, None)
    for k, gradient in enumerate(right):
        argument = np.asarray(point.args[k])
        if gradient is None or argument.dtype.kind != "f":
            continue
        largest = float(np.max(np.abs(gradient), initial=0.0))
        for entry in np.ndindex(argument.shape):
            unit = np.zeros(argument.shape)
            unit[entry] = max(abs(argument[entry]), 1e-3)
            slope, scale = float(gradient[entry] * unit[entry]), largest * unit[entry]
            if not any(_agrees(formula, point, k, h * unit, h, slope, scale, here) for h in STEPS):
                return False
    return True


def _agrees(
    formula: Formula, point: Point, k: int, step: Any, h: float, slope: float, scale: float, here: float
) -> bool:
    with np.errstate(all="ignore"):
        ahead, behind = _cost(formula, point, k, step), _cost(formula, point, k, -step)
    noise = 1e-14 * max(abs(here), 1e-3) / h
    off = abs((ahead - behind) / (2 * h) - slope)
    bend = abs(ahead - 2 * here + behind) / h
    told = noise <= 10 * AGREES * scale or (scale == 0 and h >= 1e-5)
    return told and off <= AGREES * scale + noise and bend <= AGREES * scale + 4 * noise


def _cost(formula: Formula, point: Point, k: int, step: Any) -> float:
    """`sum(delta * output)` with argument ``k`` moved by a step."""
    args = [copied(a) for a in point.args]
    if step is not None:
        args[k] = number_or_array(args[k] + step)
    value = formula.function(*args)
    outputs = value if isinstance(value, tuple | list) else (value,)
    deltas = point.delta if isinstance(point.delta, tuple) else (point.delta,)
    return float(sum(np.sum(np.asarray(d) * z) for d, z in zip(deltas, outputs, strict=True)))


def _source(function: Callable[..., Any]) -> str:
    text = inspect.cleandoc("\n" + inspect.getsource(function))
    return text[text.index("def ") :] if "def " in text else "0"
