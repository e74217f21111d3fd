"""The sizes that code asks about: whole numbers written in it, tried as sizes with their neighbours.

Code that does something else at `len(x) == 9`, for `n > 64`, in `{37: ...}[n]` or behind `x[:64]` has the
number written in it somewhere. Small sizes are tried anyway.
"""

from __future__ import annotations

import functools
import itertools
import math
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from gradcheck.arithmetic.code.reaching import mentions
from gradcheck.formulas.calling.foreign import is_float_only
from gradcheck.formulas.declaration import Declaration

__all__ = ["MOST_ENTRIES", "asked_sizes", "numbers", "table_sizes", "whole_numbers"]

_SMALLEST = 8
"""Sizes up to here are drawn anyway."""

_LARGEST = 1024
"""Larger whole numbers are taken for something else than a size."""

MOST_ENTRIES = 20_000
"""Numbers in the arguments at a size that is asked about; more would cost too much."""

_MOST_SIZES = 24
"""Tuples of sizes for one claim."""

_MOST_OF_FRAMEWORKS = 6
"""The same for programs and frameworks, some of which compile for each."""

_MOST_MEMBERS = 64
"""Members of a set, list or dict that a name stands for, beyond which it is taken for data."""


def asked_sizes(formula: Declaration, candidate: Callable[..., Any]) -> list[dict[str, int]]:
    """Sizes to try because forward or candidate may ask about them, those of small numbers first."""
    bound, names = formula.given_sizes, formula.free_sizes
    forward = _forward(formula)
    numbers = set(whole_numbers(forward))
    numbers |= set(whole_numbers(candidate))
    found: list[dict[str, int]] = []
    direct = sorted(n for n in numbers if n >= _SMALLEST)
    for number in (*direct, *sorted(_undone(forward, candidate) - numbers)):
        for size in (number, number + 1, number - 1):
            for position, name in enumerate(names):
                others = {n: 2 + (k - position) % len(names) for k, n in enumerate(names)}
                sizes = {**others, **bound, name: size}
                if size > _SMALLEST and sizes not in found and _fits(formula, sizes):
                    found.append(sizes)
        for factor in range(math.isqrt(number), 1, -1):  # `x.size == 143` asks for a product
            if len(names) > 1 and number % factor == 0:
                others = dict.fromkeys(names[2:], 2)
                sizes = {**others, **bound, names[0]: factor, names[1]: number // factor}
                found += [sizes] if sizes not in found and _fits(formula, sizes) else []
                break
    for number in direct:  # `max(1, n - 300)` is another number from 302 on
        for name in names:
            sizes = {**dict.fromkeys(names, 2), **bound, name: number + 2}
            found += [sizes] if sizes not in found and _fits(formula, sizes) else []
    # `n // 25 > 7` turns over at 200; programs and frameworks are spared these, which are many
    for number in [] if is_float_only(candidate) else _of_pairs(sorted(numbers)):
        for name in names:
            sizes = {**dict.fromkeys(names, 2), **bound, name: number}
            found += [sizes] if sizes not in found and _fits(formula, sizes) else []
    return found[: _MOST_OF_FRAMEWORKS if is_float_only(candidate) else _MOST_SIZES]


def _forward(formula: Declaration) -> Callable[..., Any]:
    """The user's own function, of which a formula of second order is made: ours computes with numbers too."""
    while (inner := getattr(formula, "of", None)) is not None:
        formula = inner
    return formula.function


def _of_pairs(numbers: list[int]) -> list[int]:
    """Sizes that two numbers of the code make together: products, sums, differences."""
    few = [n for n in numbers if n > 2][:_MOST_PAIRED]
    made: dict[int, None] = {}
    for a, b in itertools.combinations_with_replacement(few, 2):
        if max(a, b) >= _SMALLEST:
            made |= dict.fromkeys((a * b, a * b + a, a * b + b, a + b, a + b + 1, abs(a - b)))
    return [n for n in made if _SMALLEST < n <= _LARGEST]


_MOST_PAIRED = 4
"""Numbers of which pairs are made."""


def _undone(*functions: Callable[..., Any]) -> set[int]:
    """Sizes at which a root or a logarithm of the size passes a number of the code: `n**.5 > 20`."""
    found: set[float] = set()
    for function in functions:
        values = [] if is_float_only(function) else list(_values(function, set()))
        code = list(_held(function, set()))
        numbers = [abs(v) for v in values if type(v) in (int, float) and 1 < abs(v) <= math.sqrt(_LARGEST)]
        if any(type(v) is float and v == 0.5 for v in values) or mentions(code, ("sqrt", "isqrt")):
            found |= {math.floor(n * n) for n in numbers if n > 2}
        for base in _bases(code, numbers):
            found |= {math.floor(base**n) for n in numbers if n < math.log(_LARGEST, base)}
    return {int(n) for n in found if _SMALLEST <= n <= _LARGEST}


def _bases(code: Sequence[Any], numbers: Sequence[float]) -> list[float]:
    """The bases of the logarithms that functions take: `math.log(n, 10)` has its base written in it."""
    named = {"log2": 2, "bit_length": 2, "log10": 10}
    bases: list[float] = [base for name, base in named.items() if mentions(code, (name,))]
    if mentions(code, ("log",)):
        bases += [math.e, *(base for base in (2, 10) if base in numbers and len(set(numbers)) > 1)]
    return bases


def _fits(formula: Declaration, sizes: Mapping[str, int]) -> bool:
    shapes = formula.shapes_at(sizes)
    return shapes is not None and sum(map(math.prod, shapes)) <= MOST_ENTRIES


def whole_numbers(function: Callable[..., Any]) -> Iterator[int]:
    """Whole numbers that a function may compare a size with: its constants, those of the functions that it
    calls by name, and what its names stand for. Roots of squares and numbers in short texts too.
    """
    for value in _values(function, set()):
        yield from _numbers(value)


def table_sizes(*functions: Callable[..., Any]) -> list[int]:
    """Sizes that are keys or members of a table too large for each to be judged at."""
    found: dict[int, None] = {}
    for function in functions:
        for value in () if is_float_only(function) else _values(function, set()):
            if isinstance(value, set | frozenset | Mapping) and _MOST_MEMBERS < len(value) <= _LARGEST:
                found |= dict.fromkeys(k for k in value if type(k) is int and _SMALLEST < k <= _LARGEST)
    return sorted(found)


def numbers(function: Callable[..., Any]) -> Iterator[float]:
    """The numbers that are written in a function, and in those that it calls by name."""
    for value in _values(function, set()):
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield float(value)


def _numbers(value: Any) -> Iterator[int]:
    if isinstance(value, bool):
        return
    if isinstance(value, str) and value.isdigit() and len(value) <= len(str(_LARGEST)):
        value = int(value)
    if isinstance(value, complex) and not value.imag:
        value = value.real
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int):
        size = abs(value)
        if 1 < size <= _LARGEST:
            yield size
        if size > _SMALLEST and (root := math.isqrt(size)) ** 2 == size and 1 < root <= _LARGEST:
            yield root
    elif isinstance(value, tuple | list | set | frozenset | Mapping) and len(value) <= _MOST_MEMBERS:
        for member in value:
            yield from _numbers(member)


def _values(function: Any, seen: set[int]) -> Iterator[Any]:
    """What is written in a function, and what its names stand for."""
    if id(function) in seen:
        return
    seen.add(id(function))
    if is_float_only(function) and isinstance(shown := vars(function).get("__wrapped__"), types.FunctionType):
        yield from _values(shown, seen)  # another framework's: its Python is there to be read
        return
    if isinstance(function, functools.partial):
        yield from (*function.args, *function.keywords.values())
        yield from _values(function.func, seen)
        return
    if isinstance(function, types.MethodType):
        yield from vars(function.__self__).values() if hasattr(function.__self__, "__dict__") else ()
        yield from _values(function.__func__, seen)
        return
    if not isinstance(function, types.FunctionType):
        call = vars(type(function)).get("__call__")
        if isinstance(call, types.FunctionType):
            yield from _values(call, seen)
        return
    module = function.__module__ or ""
    if module.partition(".")[0] in {"numpy", "scipy"} or module.startswith("gradcheck.arithmetic"):
        return
    cells = [c.cell_contents for c in function.__closure__ or () if _filled(c)]
    if _is_ours(function):
        for value in cells:  # what a wrapper of ours holds is the user's; its own numbers are not
            yield from _values(value, seen) if callable(value) else ()
        return
    defaults = (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values())
    names: set[str] = set()
    codes = [function.__code__]
    while codes:
        code = codes.pop()
        names |= set(code.co_names)
        for constant in code.co_consts:
            if isinstance(constant, types.CodeType):
                codes.append(constant)
            else:
                yield constant
    named = (function.__globals__[n] for n in names if n in function.__globals__)
    for value in (*defaults, *named, *cells):
        if callable(value):
            yield from _values(value, seen)
        else:
            yield value


def _is_ours(function: types.FunctionType) -> bool:
    """Whether it is a wrapper of gradcheck's, which may have taken another's `__module__`."""
    module = str(function.__globals__.get("__name__", ""))
    return module.startswith("gradcheck.") and not module.startswith("gradcheck.catalogue.")


def _held(function: Any, seen: set[int]) -> Iterator[Any]:
    """The function itself, or what a wrapper of ours holds."""
    if id(function) in seen:
        return
    seen.add(id(function))
    inner = function.__func__ if isinstance(function, types.MethodType) else function
    if not isinstance(inner, types.FunctionType) or not _is_ours(inner):
        yield function
        return
    for value in (c.cell_contents for c in inner.__closure__ or () if _filled(c)):
        if callable(value):
            yield from _held(value, seen)


def _filled(cell: types.CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018  (raises where the cell is empty)
    except ValueError:
        return False
    return True
