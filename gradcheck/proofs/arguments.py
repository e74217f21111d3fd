"""A formula's arguments as indexed arrays, on one branch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gradcheck.errors import Unsupported
from gradcheck.formulas.declaration import Declaration
from gradcheck.formulas.values import Values, integer_range, one_hot, positive, spd, unit_interval
from gradcheck.proofs.branches import Branch
from gradcheck.proofs.indexed import IndexedArray, Questions, Space, axis_codes, make_size
from gradcheck.proofs.indexed.algebra.expression import factor
from gradcheck.proofs.indexed.algebra.indices.digits import Splits

__all__ = ["Arguments", "variable"]


@dataclass
class Arguments:
    """``sizes`` by name; ``arrays`` in the order of the formula; ``heads`` the numbers of their heads;
    ``rules`` exchanges heads for ones that know what values are declared (their rules hold where the
    claim is checked, but not around it, so they come after differentiation); ``sentences`` say the same
    in words.
    """

    space: Space
    sizes: dict[str, Any] = field(default_factory=dict)
    arrays: list[IndexedArray] = field(default_factory=list)
    heads: list[int] = field(default_factory=list)
    real: list[bool] = field(default_factory=list)
    rules: dict[int, int] = field(default_factory=dict)
    sentences: list[str] = field(default_factory=list)


def variable(
    space: Space, name: str, shape: tuple[Any, ...], kind: str = "f", **about: Any
) -> tuple[IndexedArray, int]:
    """A new array of unknown entries, and the number of its head."""
    codes = axis_codes(space, shape)
    slots = tuple(
        n for s, c in zip(shape, codes, strict=True) for n in _numbers(space, space.size_number(s), c)
    )
    key = ("variable", name, about.get("one_hot", False), bool(about.get("symmetries")))
    head = space.head(key, "variable", name, slots=slots, **about)
    entry = factor(space, head.number, space.flat(codes))
    return IndexedArray(space, entry, shape, kind, view=True), head.number


def _numbers(space: Space, size: int, code: int) -> tuple[int, ...]:
    """The sizes of an axis, digit by digit."""
    return space.split(size) if code in space.digits else (size,)


def make_arguments(
    formula: Declaration, branch: Branch, *, expand: bool, limit: int, splits: Splits | None = None
) -> Arguments:
    """The arguments, in a space of their own. Raises `Unsupported` for sizes that cannot be read."""
    space = Space(Questions(dict(branch.answers)), expand=expand, limit=limit, splits=splits)
    made = Arguments(space)
    numbers = formula.given_sizes
    sizes = made.sizes
    for name in formula.shapes.names:
        polynomial = branch.sizes.get(name, (((name,), 1),))
        sizes[name] = numbers.get(name) or make_size(space, dict(polynomial))
    for argument, dimensions in zip(formula.shapes.arguments, formula.shapes.shapes, strict=True):
        shape = tuple(d.size(sizes) for d in dimensions)
        if any(type(s) is int and s < 1 for s in shape):
            raise Unsupported(f"{argument} would have a size below 1")
        _declare(made, argument, shape, formula.values.get(argument))
    return made


def _whole_numbers(value: Values | None) -> tuple[int, int] | None:
    """The bounds of whole numbers, the upper one apart: as declared, or as a given array has them."""
    if not isinstance(value, np.ndarray) or value.dtype.kind == "f":
        return integer_range(value)
    if value.dtype.kind not in "ui" or not value.size:
        raise Unsupported(f"an argument that is given as {value.dtype}")
    return int(np.min(value)), int(np.max(value)) + 1


def _declare(made: Arguments, name: str, shape: tuple[Any, ...], value: Values | None) -> None:
    space = made.space
    about: dict[str, Any] = {}
    kind = "f"
    about["declared"] = value is not None
    if value is positive:
        about["positive"] = True
        made.sentences.append(f"{name} > 0")
    elif value is unit_interval:
        about |= {"positive": True, "unit": True}
        made.sentences.append(f"0 < {name} < 1")
    elif (bounds := _whole_numbers(value)) is not None:
        kind = "i"
        about |= {"magnitude": max(map(abs, bounds)), "bounds": bounds}
        if bounds == (0, 2):
            about["binary"] = True
            made.sentences.append(f"{name} holds zeros and ones")
        else:
            made.sentences.append(f"{name} holds whole numbers from {bounds[0]} to {bounds[1] - 1}")
    definite = value is spd and len(shape) >= 2
    about["definite"] = definite
    array, head = variable(space, name, shape, kind, **about)
    made.arrays.append(array)
    made.heads.append(head)
    made.real.append(kind == "f")
    if (value is one_hot or value is spd) and not space.digits.keys().isdisjoint(axis_codes(space, shape)):
        return  # rules are for whole axes
    if value is one_hot:
        _, ruled = variable(space, name, shape, binary=True, one_hot=True)
        made.rules[head] = ruled
        made.sentences.append(f"{name} is one-hot along its last axis" if shape else f"{name} is 0 or 1")
    elif definite:
        swapped = (*range(len(shape) - 2), len(shape) - 1, len(shape) - 2)
        _, ruled = variable(space, name, shape, symmetries=(swapped,), definite=True)
        made.rules[head] = ruled
        made.sentences.append(f"{name} is symmetric and positive definite")
