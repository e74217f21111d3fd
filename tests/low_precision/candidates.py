"""Ways to write one backward pass in low precision: right ones by grade, and wrong ones."""

import numpy as np

from gradcheck.formulas.calling.foreign import float_only

WIDE = {"float16": np.float32, "bfloat16": np.float32, "float32": np.float64}


def _mapped(value, change):
    if isinstance(value, tuple):
        return tuple(_mapped(v, change) for v in value)
    if value is None:
        return None
    array = np.asarray(value)
    return change(array) if array.dtype.kind in "fV" else value


def inside(backward, finish=lambda g: g):
    """Computed in the wide type, with ``finish`` made of every gradient there, and rounded once."""

    def run(delta, *args):
        dtype = np.asarray(delta[0] if isinstance(delta, tuple) else delta).dtype
        wide = WIDE[dtype.name]
        up = lambda array: array.astype(wide)[()]
        found = backward(_mapped(delta, up), *(_mapped(a, up) for a in args))
        found = found if isinstance(found, tuple) else (found,)
        return tuple(None if g is None else finish(np.asarray(g)).astype(dtype) for g in found)

    return run


def times(backward, factor):
    """Wrong by a factor."""
    return inside(backward, lambda g: g * np.float32(factor))


def truncated(backward):
    """Cut off after as many bits as bfloat16 has, in place of being rounded."""

    def cut(gradient):
        bits = np.ascontiguousarray(gradient, dtype=np.float32).view(np.uint32) & np.uint32(0xFFFF0000)
        return bits.view(np.float32).reshape(gradient.shape)

    return inside(backward, cut)


def cut_off(backward):
    """Computed in the wide type and rounded toward zero, which is what cutting digits off does."""

    def run(delta, *args):
        dtype = np.asarray(delta[0] if isinstance(delta, tuple) else delta).dtype
        wide = WIDE[dtype.name]
        up = lambda array: array.astype(wide)[()]
        found = backward(_mapped(delta, up), *(_mapped(a, up) for a in args))
        found = found if isinstance(found, tuple) else (found,)
        return tuple(None if g is None else _toward_zero(np.asarray(g), dtype) for g in found)

    return run


def _toward_zero(wide, dtype):
    near = wide.astype(dtype)
    too_far = np.abs(near.astype(np.float64)) > np.abs(wide.astype(np.float64))
    return np.where(too_far, np.nextafter(near, np.zeros_like(near)), near)


class _Summing(np.ndarray):
    """An array whose sums and products of matrices are made by ``total``, and rounded to its type."""

    total = None

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        plain = [x.view(np.ndarray) if isinstance(x, _Summing) else x for x in inputs]
        out = kwargs.pop("out", None)
        if ufunc is np.add and method == "reduce":
            kwargs.pop("dtype", None)
            found = type(self).total(plain[0], kwargs.pop("axis", 0), kwargs.pop("keepdims", False))
        elif ufunc is np.matmul:
            found = _matmul(type(self).total, *plain)
        else:
            found = getattr(ufunc, method)(*plain, **kwargs)
        if out is not None:
            out[0][...] = found
            return out[0]
        found = np.asarray(found)
        return found.view(type(self)) if found.dtype.kind in "fV" else found

    def __array_function__(self, func, types, args, kwargs):
        if func in (np.einsum, np.dot, np.tensordot):
            wide = [_wider(a) for a in args]
            return func(*wide, **kwargs).astype(self.dtype).view(type(self))
        return super().__array_function__(func, types, args, kwargs)

    def mean(self, axis=None, keepdims=False, **_):
        total = self.sum(axis=axis, keepdims=keepdims)
        return total / total.dtype.type(self.size / max(total.size, 1))


def _wider(value):
    known = isinstance(value, np.ndarray) and value.dtype.name in WIDE
    return value.view(np.ndarray).astype(WIDE[value.dtype.name]) if known else value


def _matmul(total, left, right):
    """A product of matrices as a sum of products that round."""
    if left.ndim == 1:
        return _matmul(total, left[None], right)[..., 0, :]
    if right.ndim == 1:
        return _matmul(total, left, right[:, None])[..., 0]
    return total(_exactly(left)[..., :, :, None] * _exactly(right)[..., None, :, :], -2, False, left.dtype)


def _exactly(array):
    return array.astype(np.float64)


def _wide_total(values, axis, keepdims, dtype=None):
    dtype = dtype or values.dtype
    wide = WIDE.get(dtype.name, dtype)
    return np.add.reduce(values.astype(wide), axis=axis, keepdims=keepdims).astype(dtype)


def _narrow_total(values, axis, keepdims, dtype=None):
    """Every addition rounds to the type, one after the other."""
    dtype = dtype or values.dtype
    if dtype.name not in WIDE:
        return np.add.reduce(values, axis=axis, keepdims=keepdims)
    axes = range(values.ndim) if axis is None else [axis] if np.ndim(axis) == 0 else axis
    rest = np.moveaxis(values, [a % values.ndim for a in axes], range(len(axes)))
    total = added_one_by_one(rest.reshape(-1, *rest.shape[len(axes) :]), dtype)
    return np.expand_dims(total, tuple(a % values.ndim for a in axes)) if keepdims else total


class _WideSums(_Summing):
    total = staticmethod(_wide_total)


class _NarrowSums(_Summing):
    total = staticmethod(_narrow_total)


def _on(kind, backward):
    def run(delta, *args):
        dtype = np.asarray(delta[0] if isinstance(delta, tuple) else delta).dtype
        into = lambda array: array.view(kind) if array.ndim else array[()]
        found = backward(_mapped(delta, into), *(_mapped(a, into) for a in args))
        found = found if isinstance(found, tuple) else (found,)
        return tuple(None if g is None else np.asarray(g).astype(dtype) for g in found)

    return run


def sums_wide(backward):
    """Every operation rounds to the type, sums are made in the wide one."""
    return _on(_WideSums, backward)


def sums_narrow(backward):
    """Every operation rounds to the type, each addition too."""
    return _on(_NarrowSums, backward)


def added_one_by_one(values, dtype):
    """A sum along the first axis in which every addition rounds to a type."""
    total = np.zeros(values.shape[1:], dtype=dtype)
    for row in values.astype(dtype):
        total = (total.astype(np.float64) + row.astype(np.float64)).astype(dtype)
    return total


def kernel(backward):
    """The same code, of which nothing but its numbers can be seen."""
    return float_only(backward, "a kernel")
