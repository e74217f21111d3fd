"""Recognising a factor: a small fraction, a power of sizes, or a number written with few digits."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from flint import arb

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
        for chosen in itertools.combinations(varying, count):
            for powers in itertools.product(_POWERS[: 8 if count == 1 else 4], repeat=count):
                rest = numbers.copy()
                for atom, power in zip(chosen, powers, strict=True):
                    with np.errstate(all="ignore"):
                        rest = rest / np.asarray(atom.values) ** float(power)
                if not _constant(rest):
                    continue
                ratio = simple_fraction(float(np.median(rest)))
                if ratio is not None:
                    cost = 0.7 * sum(not a.is_size for a in chosen)
                    cost += _cost(ratio) + sum(0.2 + 0.3 * abs(float(p) - round(float(p))) for p in powers)
                    pairs = tuple(zip(chosen, powers, strict=True))
                    found.append(Factor(ratio, pairs, cost + 0.1 * sum(abs(float(p)) for p in powers)))
        if found:
            break
    return sorted(found, key=lambda f: f.cost)


def _constant(numbers: np.ndarray) -> bool:
    with np.errstate(all="ignore"):
        return bool(np.all(np.abs(numbers - numbers[0]) <= _TOLERANCE * np.abs(numbers[0])))


def _cost(ratio: Fraction) -> float:
    if abs(ratio) == 1:
        return 0.0
    return min(0.05 * (abs(ratio.numerator) + ratio.denominator), 0.6)
