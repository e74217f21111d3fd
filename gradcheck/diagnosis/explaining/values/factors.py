"""Recognising a factor: a small fraction, a power of sizes, or a number written with few digits."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from flint import arb
from numpy.typing import NDArray

from gradcheck.diagnosis.tracing.budget import spend

__all__ = ["Atom", "Factor", "recognise", "simple_fraction"]


@dataclass(frozen=True)
class Atom:
    """Something that a factor may be a power of: its name, what it is, and its value at a sample."""

    name: str
    about: str
    values: tuple[float, ...]
    is_size: bool = True


@dataclass(frozen=True)
class Factor:
    """``ratio`` times powers of atoms; ``cost`` says how complicated that is."""

    ratio: Fraction
    powers: tuple[tuple[Atom, Fraction], ...]
    cost: float

    @property
    def of_sizes(self) -> bool:
        return bool(self.powers) and all(a.is_size for a, _ in self.powers)

    def exactly(self, values: dict[str, float]) -> arb:
        """The factor as a ball, where the atoms have these values."""
        result = arb(self.ratio.numerator) / self.ratio.denominator
        for atom, power in self.powers:
            base = arb(values[atom.name])
            result *= base**power.numerator if power.denominator == 1 else base.sqrt() ** power.numerator
        return result

    def at(self, values: dict[str, float]) -> float:
        result = float(self.ratio)
        for atom, power in self.powers:
            result *= values[atom.name] ** float(power)
        return result

    @property
    def text(self) -> str:
        """Such as `2 n / m`."""
        over = [_power(a.name, p) for a, p in self.powers if p > 0]
        under = [_power(a.name, -p) for a, p in self.powers if p < 0]
        size = abs(self.ratio)
        if size.numerator != 1 or not over:
            over.insert(0, _number(size.numerator, size.denominator if not under else 1))
            if not under:
                size = Fraction(size.numerator)
        if size.denominator != 1 and (under or (size.numerator == 1 and self.powers)):
            under.insert(0, str(size.denominator))
        top = "1" if over == ["1"] and under else " ".join(o for o in over if o != "1" or len(over) == 1)
        if not under:
            return top
        return f"{top} / {under[0]}" if len(under) == 1 else f"{top} / ({' '.join(under)})"

    @property
    def about(self) -> str:
        """What the atoms are: `n is the size of axis 0 of X`."""
        return "; ".join(f"{a.name} is {a.about}" for a, _ in self.powers if a.about)


def _number(top: int, bottom: int) -> str:
    if bottom == 1:
        return str(top)
    return f"{top}/{bottom}" if bottom <= _SMALL else f"{top / bottom:.15g}"


def _power(name: str, power: Fraction) -> str:
    name = f"({name})" if any(c in name for c in "+- ") else name
    if power == 1:
        return name
    if power == Fraction(1, 2):
        return f"sqrt({name.strip('()')})"
    return f"{name}^{power}"


_POWERS = tuple(Fraction(p) for p in ("-1", "1", "-1/2", "1/2", "-2", "2", "-3/2", "3/2"))
_MOST_ATOMS = 3
_TOLERANCE = 1e-9
_SMALL = 64


def simple_fraction(value: float, tolerance: float = _TOLERANCE) -> Fraction | None:
    """A fraction of small numbers, or a decimal of few digits, that the value is (None: neither)."""
    if not math.isfinite(value) or value == 0:
        return None
    near = Fraction(value).limit_denominator(_SMALL)
    if abs(near.numerator) <= _SMALL * 4 and abs(float(near) - value) <= tolerance * abs(value):
        return near
    for digits in range(1, 14):
        text = f"{value:.{digits}g}"
        if abs(float(text) - value) <= 1e-3 * tolerance * abs(value):
            # the float64 that the code holds, not the decimal that was written
            return Fraction(float(text)) if digits <= 6 or _mostly_zeros(text) else None
    return None


def _mostly_zeros(text: str) -> bool:
    """1.000000001 and 0.999999 are numbers that somebody wrote; 0.7071067812 is not."""
    digits = text.lstrip("-").split("e")[0].replace(".", "").strip("0")
    return any(len(set(digits[i:j])) == 1 for i, j in [(1, len(digits) - 1), (0, len(digits))] if j - i >= 3)


def recognise(ratios: Sequence[float], atoms: Sequence[Atom]) -> list[Factor]:
    """The factors that are equal to all the ratios, the simplest first.

    ``ratios`` has one number for each sample, and so has every atom.
    """
    found: list[Factor] = []
    numbers = np.asarray(ratios, dtype=np.float64)
    if not np.all(np.isfinite(numbers)) or np.any(numbers == 0):
        return []
    if _constant(numbers):
        ratio = simple_fraction(float(np.median(numbers)))
        if ratio is not None and ratio != 1:
            found.append(Factor(ratio, (), _cost(ratio)))
        return found
    varying = [a for a in atoms if not _constant(np.asarray(a.values)) and min(map(abs, a.values)) > 0]
    for count in range(1, _MOST_ATOMS + 1):
        found = list(_powers_of(numbers, varying, count))
        if found:
            break
    return sorted(found, key=lambda f: f.cost)


def _powers_of(numbers: NDArray[np.float64], atoms: Sequence[Atom], count: int) -> Iterator[Factor]:
    """Factors of so many atoms, all of which are divided out at once."""
    powers = _POWERS[: 8 if count == 1 else 4]
    chosen = [
        list(zip(some, raised, strict=True))
        for some in itertools.combinations(range(len(atoms)), count)
        for raised in itertools.product(range(len(powers)), repeat=count)
    ]
    if not chosen:
        return
    spend(1 + len(chosen) // 20)
    with np.errstate(all="ignore"):
        values = np.array([a.values for a in atoms])
        table = np.stack([values ** float(p) for p in powers], axis=1)
        which = np.array(chosen)
        rest = numbers / np.prod(table[which[..., 0], which[..., 1]], axis=1)
        same = np.all(np.abs(rest - rest[:, :1]) <= _TOLERANCE * np.abs(rest[:, :1]), axis=1)
    for k in np.flatnonzero(same):
        ratio = simple_fraction(float(np.median(rest[k])))
        if ratio is None:
            continue
        pairs = tuple((atoms[i], powers[j]) for i, j in chosen[k])
        cost = _cost(ratio) + 0.7 * sum(not a.is_size for a, _ in pairs)
        cost += sum(0.2 + 0.3 * abs(float(p) - round(float(p))) + 0.1 * abs(float(p)) for _, p in pairs)
        yield Factor(ratio, pairs, cost)


def _constant(numbers: NDArray[np.float64]) -> bool:
    with np.errstate(all="ignore"):
        return bool(np.all(np.abs(numbers - numbers[0]) <= _TOLERANCE * np.abs(numbers[0])))


def _cost(ratio: Fraction) -> float:
    if abs(ratio) == 1:
        return 0.0
    return min(0.05 * (abs(ratio.numerator) + ratio.denominator), 0.6)
