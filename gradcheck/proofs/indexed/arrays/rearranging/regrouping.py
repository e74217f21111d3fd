"""`np.reshape` on symbolic sizes: the digits of all axes in their order, put together in another way.

`x.reshape(n, -1)` of `(n, c, h)` joins two axes to one of two digits; `x.reshape(n, 2, d)` of `(n, 2 d)`
makes two axes of the digits of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.indices.codes import is_constant
from gradcheck.proofs.indexed.algebra.indices.digits import NeedsSplit
from gradcheck.proofs.indexed.algebra.polynomials import Polynomial, as_polynomial, product_of
from gradcheck.proofs.indexed.algebra.space import Space
from gradcheck.proofs.indexed.arrays.array import IndexedArray
from gradcheck.proofs.indexed.arrays.axes import axis_codes
from gradcheck.proofs.indexed.arrays.converting import from_entry
from gradcheck.proofs.indexed.arrays.guarding import is_a
from gradcheck.proofs.indexed.arrays.size import Size, text_of

__all__ = ["regrouped"]


def regrouped(array: IndexedArray, wanted: Sequence[Any]) -> IndexedArray:
    """The array in another shape. Raises `Unsupported` where the digits do not fit, `NeedsSplit` where they
    would if an axis had more of them.
    """
    space = array.space
    what = f"np.reshape of {text_of(array.shape)} to {text_of(tuple(wanted))}"
    shape = _shape(array, wanted, what)
    array.shared, array.part_of = True, None
    own = [0 if is_constant(c) else space.fresh(space.size_of(c)) for c in axis_codes(space, array.shape)]
    names = zip(axis_codes(space, array.shape), own, strict=True)
    entry = array.entry.renamed({a: c for a, c in names if not is_constant(a)})
    left = [(c, s) for c, s in zip(own, array.shape, strict=True) if not is_constant(c)]
    codes: list[int] = []
    for size in shape:
        if type(size) is int and size == 1:
            codes.append(0)
        elif left and _key(size) == _key(left[0][1]):
            codes.append(left.pop(0)[0])
        else:
            code, entry = _joined(space, entry, size, left, what)
            codes.append(code)
    if left:
        raise space.refused(Unsupported(what))
    return from_entry(space, entry, codes, tuple(shape), array.kind, view=True)


def _shape(array: IndexedArray, wanted: Sequence[Any], what: str) -> list[Any]:
    """The sizes, what -1 stands for among them."""
    space = array.space
    sizes: list[Any] = [int(s) if is_a(s, int, np.integer) and type(s) is not Size else s for s in wanted]
    if not all(is_a(s, int, Size) for s in sizes):
        raise space.refused(Unsupported(what))
    open_places = [k for k, s in enumerate(sizes) if type(s) is int and s == -1]
    if len(open_places) > 1:
        raise space.refused(Unsupported(what))
    if open_places:
        rest, beside = array.size, 1
        for size in sizes[: open_places[0]] + sizes[open_places[0] + 1 :]:
            beside = size * beside
        divided = _over(_key(rest), _key(beside))
        if divided is None:
            raise space.refused(Unsupported(what))
        plain = len(divided) == 1 and not divided[0][0]
        sizes[open_places[0]] = divided[0][1] if plain else Space.sizes_of(space, divided)
    return sizes


def _joined(space: Space, entry: Any, size: Any, left: list[tuple[int, Any]], what: str) -> tuple[int, Any]:
    """The index of an axis of the digits to come that fill this size, and the entry in it."""
    goal = _key(size)
    digits: list[int] = []
    filled: dict[tuple[str, ...], int] = {(): 1}
    while _sorted(filled) != goal:
        if not left:
            raise space.refused(Unsupported(what))
        code, whole = left.pop(0)
        more = _key(whole)
        larger = product_of(filled, dict(more))
        if _over(goal, _sorted(larger)) is not None:
            digits += space.flat([code])
            filled = larger
            continue
        if code in space.digits:  # some of its digits belong to this axis, others to the next
            left[:0] = [(d, space.size_list[space.size_of(d)]) for d in space.digits[code]]
            continue
        needed = _over(goal, _sorted(filled))
        rest = None if needed is None else _over(more, needed)
        if needed is None or rest is None:
            raise space.refused(Unsupported(what))
        raise space.refused(NeedsSplit(what, more, (needed, rest)))
    if len(digits) == 1:
        return digits[0], entry
    sizes = tuple(_key(space.size_list[space.size_of(d)]) for d in digits)
    code = space.fresh(space.size_number(size))
    own = space.digits.get(code, ())
    if tuple(_key(space.size_list[space.size_of(d)]) for d in own) != sizes:
        raise space.refused(NeedsSplit(what, goal, sizes))
    return code, entry.renamed(dict(zip(digits, own, strict=True)))


def _key(size: Any) -> Polynomial:
    return _sorted(as_polynomial(size))


def _sorted(terms: Any) -> Polynomial:
    return tuple(sorted(terms.items()))


def _over(whole: Polynomial, part: Polynomial) -> Polynomial | None:
    """The quotient of two sizes, where it is one."""
    if part == (((), 1),):
        return whole
    if len(part) != 1:
        return (((), 1),) if whole == part else None
    names, times = part[0]
    found: dict[tuple[str, ...], int] = {}
    for monomial, coefficient in whole:
        rest = list(monomial)
        if coefficient % times or any(rest.count(n) < names.count(n) for n in names):
            return None
        for name in names:
            rest.remove(name)
        found[tuple(rest)] = coefficient // times
    return _sorted(found)
