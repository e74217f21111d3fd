"""Ways to write one backward pass in low precision: right ones by grade, and wrong ones."""

import numpy as np

from gradcheck.formulas.foreign import float_only

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


def added_one_by_one(values, dtype):
    """A sum along the first axis in which every addition rounds to a type."""
    total = np.zeros(values.shape[1:], dtype=dtype)
    for row in values.astype(dtype):
        total = (total.astype(np.float64) + row.astype(np.float64)).astype(dtype)
    return total


def kernel(backward):
    """The same code, of which nothing but its numbers can be seen."""
    return float_only(backward, "a kernel")
