"""Sums of products over shared axes: what `@`, `einsum`, `outer`, `dot` and `trace` all are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gradcheck.errors import Unsupported
from gradcheck.proofs.indexed.algebra.indices.codes import is_constant
from gradcheck.proofs.indexed.algebra.space import Space
from gradcheck.proofs.indexed.arrays.array import FUNCTIONS, METHODS, UFUNCS, IndexedArray
from gradcheck.proofs.indexed.arrays.axes import axis_codes, same_size
from gradcheck.proofs.indexed.arrays.converting import as_array, from_entry
from gradcheck.proofs.indexed.arrays.guarding import alike, is_a
from gradcheck.proofs.indexed.arrays.size import Size, text_of

__all__ = ["contract", "find_space"]

_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def find_space(values: Sequence[Any]) -> Space:
    """The space of the first array or size among the values, at any depth."""
    for value in values:
        if is_a(value, IndexedArray, Size):
            space: Space = value.space
            return space
        if is_a(value, list, tuple):
            try:
                return find_space(value)
            except LookupError:
                continue
    raise LookupError


def contract(arrays: Sequence[IndexedArray], axes: Sequence[str], output: str) -> IndexedArray:
    """The sum of products over every letter that the output does not have. An axis of size 1 stands
    for its only entry. Raises ValueError where sizes differ, as NumPy does.
    """
    space = arrays[0].space
    if all(a.kind == "b" for a in arrays):
        raise space.refused(Unsupported("a product of truth values"))
    sizes: dict[str, Size | int] = {}
    for array, letters in zip(arrays, axes, strict=True):
        if len(letters) != array.ndim:
            raise alike(ValueError(f"operand has {array.ndim} axes, {len(letters)} are named"))
        for letter, size in zip(letters, array.shape, strict=True):
            known = sizes.setdefault(letter, size)
            if not same_size(space, known, size):
                raise alike(ValueError(f"the sizes {text_of(known)} and {text_of(size)} do not match"))
    codes = {
        letter: 0 if type(size) is int and size == 1 else space.fresh(space.size_number(size))
        for letter, size in sizes.items()
    }
    result = None
    with space.algebra():
        for array, letters in zip(arrays, axes, strict=True):
            own = axis_codes(space, array.shape)
            entry = array.entry.renamed(
                {c: codes[letter] for c, letter in zip(own, letters, strict=True) if not is_constant(c)}
            )
            result = entry if result is None else result * entry
        assert result is not None
        for letter, code in codes.items():
            if letter not in output and not is_constant(code):
                result = result.summed(code)
    kind = "f" if any(a.kind == "f" for a in arrays) else "i"
    shape = tuple(sizes[letter] for letter in output)
    return from_entry(space, result, [codes[letter] for letter in output], shape, kind)


def _matmul(a: Any, b: Any) -> IndexedArray:
    space = find_space((a, b))
    a, b = as_array(space, a), as_array(space, b)
    if not a.ndim or not b.ndim:
        raise alike(ValueError("matmul: an operand has no axes"))
    batch = max(a.ndim, b.ndim, 2) - 2
    letters = _LETTERS[:batch]
    left = letters[batch - max(a.ndim - 2, 0) :] if a.ndim > 2 else ""
    right = letters[batch - max(b.ndim - 2, 0) :] if b.ndim > 2 else ""
    # batch axes of size 1 broadcast: they are taken out, and their letter is the other operand's
    a, left = _without_ones(a, left)
    b, right = _without_ones(b, right)
    first, second = ("X" if a.ndim > len(left) + 1 else ""), ("Z" if b.ndim > len(right) + 1 else "")
    output = letters + first + second
    missing = [letter for letter in letters if letter not in left + right]
    result = contract(
        [a, b],
        [left + first + "Y", right + "Y" + second],
        "".join(letter for letter in output if letter not in missing),
    )
    for letter in missing:
        result = FUNCTIONS[np.expand_dims](result, letters.index(letter))
    return result


def _without_ones(a: IndexedArray, letters: str) -> tuple[IndexedArray, str]:
    for k in reversed(range(len(letters))):
        size = a.shape[k]
        if type(size) is int and size == 1:
            squeeze: Any = np.squeeze
            a = squeeze(a, axis=k)
            letters = letters[:k] + letters[k + 1 :]
    return a, letters


def _dot(a: Any, b: Any) -> IndexedArray:
    space = find_space((a, b))
    a, b = as_array(space, a), as_array(space, b)
    if not a.ndim or not b.ndim:
        return UFUNCS["multiply"](a, b)  # type: ignore[no-any-return]
    if b.ndim == 1:
        left = _LETTERS[: a.ndim]
        return contract([a, b], [left, left[-1]], left[:-1])
    if a.ndim <= 2 and b.ndim == 2:
        return _matmul(a, b)
    raise space.refused(Unsupported("np.dot of more than two axes"))


def _outer(a: Any, b: Any) -> IndexedArray:
    space = find_space((a, b))
    a, b = (_flat(as_array(space, x)) for x in (a, b))
    return contract([a, b], ["i", "j"], "ij")


def _flat(a: IndexedArray) -> IndexedArray:
    return a if a.ndim == 1 else FUNCTIONS[np.ravel](a)


def _inner(a: Any, b: Any) -> IndexedArray:
    space = find_space((a, b))
    a, b = as_array(space, a), as_array(space, b)
    if not a.ndim or not b.ndim:
        return UFUNCS["multiply"](a, b)  # type: ignore[no-any-return]
    left, right = _LETTERS[: a.ndim - 1], _LETTERS[a.ndim : a.ndim + b.ndim - 1]
    return contract([a, b], [left + "Z", right + "Z"], left + right)


def _vdot(a: Any, b: Any) -> IndexedArray:
    space = find_space((a, b))
    a, b = as_array(space, a), as_array(space, b)
    if a.ndim != b.ndim:
        raise space.refused(Unsupported("np.vdot of arrays with different axes"))
    letters = _LETTERS[: a.ndim]
    return contract([a, b], [letters, letters], "")


def _tensordot(a: Any, b: Any, axes: Any = 2) -> IndexedArray:
    space = find_space((a, b))
    a, b = as_array(space, a), as_array(space, b)
    if type(axes) is int:
        pairs = [(a.ndim - axes + k, k) for k in range(axes)]
    else:
        first, second = ((x,) if type(x) is int else tuple(x) for x in axes)
        pairs = [(i % a.ndim, j % b.ndim) for i, j in zip(first, second, strict=True)]
    left = list(_LETTERS[: a.ndim])
    right = list(_LETTERS[a.ndim : a.ndim + b.ndim])
    for i, j in pairs:
        right[j] = left[i]
    shared = {left[i] for i, _ in pairs}
    output = "".join(x for x in left + right if x not in shared)
    return contract([a, b], ["".join(left), "".join(right)], output)


def _einsum(subscripts: Any, *operands: Any, optimize: Any = False) -> IndexedArray:
    space = find_space(operands)
    if type(subscripts) is not str or "." in subscripts:
        raise space.refused(Unsupported("np.einsum with ellipses or lists of axes"))
    inputs, arrow, output = subscripts.replace(" ", "").partition("->")
    axes = inputs.split(",")
    arrays = [as_array(space, o) for o in operands]
    if len(axes) != len(arrays):
        raise alike(ValueError(f"einsum: {len(axes)} operands are named, {len(arrays)} given"))
    if not arrow:
        every = "".join(axes)
        output = "".join(sorted({x for x in every if every.count(x) == 1}))
    unknown = set(output) - set("".join(axes))
    if unknown or len(set(output)) < len(output):
        raise alike(ValueError(f"einsum: the output {output!r} does not fit {inputs!r}"))
    for letter in set("".join(axes)):
        ones = {
            type(n) is int and n == 1
            for a, x in zip(arrays, axes, strict=True)
            for n, at in zip(a.shape, x, strict=True)
            if at == letter
        }
        if len(ones) > 1:
            raise space.refused(Unsupported("np.einsum that broadcasts an axis of size 1"))
    result = contract(arrays, axes, output)
    if len(arrays) == 1 and len(output) == len(set(axes[0])):  # NumPy gives a view where nothing is summed
        arrays[0].shared, arrays[0].part_of, result.shared = True, None, True
    return result


def _trace(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> IndexedArray:
    if offset or a.ndim != 2:
        raise a.space.refused(Unsupported("np.trace but of a matrix's main diagonal"))
    return contract([a], ["ii"], "")


def _multi_dot(arrays: Sequence[Any]) -> Any:
    result = arrays[0]
    for array in arrays[1:]:
        result = np.dot(result, array)
    return result


FUNCTIONS.update(
    {
        np.dot: _dot,
        np.outer: _outer,
        np.inner: _inner,
        np.vdot: _vdot,
        np.tensordot: _tensordot,
        np.einsum: _einsum,
        np.trace: _trace,
        np.linalg.multi_dot: _multi_dot,
    }
)
UFUNCS["matmul"] = _matmul
METHODS.update({"dot": _dot, "trace": _trace})
