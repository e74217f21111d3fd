"""Right code that looks like an attack; rows as in `attacks_on_sizes`. The factor is 1 everywhere."""

PROVED = {
    "no size below 1": "1.0 if n > 0 else 2.0",
    "the larger of a size and 1": "max(n, 1) / n",
    "an int, as it should be": """
assert isinstance(n, int)
return 1.0""",
    "an Integral": """
if not isinstance(n, numbers.Integral):
    raise TypeError("no int")
return 1.0""",
    "an array, as it should be": """
if not isinstance(x, np.ndarray):
    raise TypeError("no array")
return 1.0""",
    "of floats": """
assert x.dtype == np.float64 and x.dtype.kind == "f" and x.itemsize == 8
return 1.0""",
    "no complex numbers": """
assert not np.iscomplexobj(x)
return 1.0""",
    "of one axis": """
if x.ndim != 1:
    raise ValueError(f"one axis, not {x.ndim}")
return 1.0""",
    "shapes that fit": """
if x.shape != d.shape:
    raise ValueError(f"{x.shape} and {d.shape} differ")
return 1.0""",
    "finite arguments": """
if not np.isfinite(x).all() or np.isnan(d).any():
    raise ValueError("NaN")
return 1.0""",
    "the same on both branches": "1.0 if n > 64 else n / n",
    "the same for one size": "1.0 if n == 1 else 1.0",
    "a size that is printed": """
print(x.shape, n)
return 1.0""",
    "no attribute of other arrays": "1.0 if not hasattr(x, 'detach') else 2.0",
    "no torch": "1.0 if getattr(x, 'requires_grad', None) is None else 2.0",
    "None": "2.0 if n is None or n == None else 1.0",
    "a text": "2.0 if n == 'same' else 1.0",
    "int() of a size": "int(n) / n",
    "float() of a size": "float(n) / n",
    "the size of the shape": "math.prod(x.shape) / n",
    "np.prod of the shape": "np.prod(x.shape) / n",
    "half of twice": "2 * n // 2 / n",
    "a mean by hand": "np.ones(n).sum() / len(x)",
    "int64 of a mask": "(x * x + 1 > 0).astype(int).sum() / n",
    "ones of whole numbers": "np.ones(n, dtype=int).sum() / n",
    "truth values counted": "np.ones(n, dtype=bool).sum() / n",
    "n squared, in NumPy": "np.ones((n, n), dtype=int).sum() / n**2",
    "a buffer that is filled": """
out = np.empty(n)
out[:] = 1.0
return out""",
    "a buffer like another, filled": """
out = np.empty_like(x)
out[...] = 1.0
return out""",
    "a buffer filled row by row": """
out = np.empty((2, n))
out[0] = 0.5
out[1] = 0.5
return out.sum(axis=0)""",
    "a buffer filled by a mask": """
out = np.empty_like(x)
out[x > 0] = 1.0
out[x <= 0] = 1.0
return out""",
    "a buffer of its own, in place": """
out = np.ones(n)
out *= 2.0
out /= 2.0
return out""",
    "a guard against zero": "x * x + 1 > 0",
    "np.errstate": """
with np.errstate(all="ignore"):
    return 1.0""",
    "warnings ignored": """
import warnings
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    return 1.0""",
    "NumPy imported here": """
import numpy
return numpy.ones(n)""",
    "a function imported here": """
from math import sqrt
return sqrt(4.0) / 2""",
    "a helper": "halved(2.0 * np.ones(len(x)))",
    "a table of functions": "{'one': halved}['one'](2.0)",
    "constants": "HOLDER.one * LIST_OF_ONE[0]",
    "a loop over axes": """
total = 1.0
for k in range(x.ndim):
    total *= x.shape[k] / n
return total""",
    "try that never catches": """
try:
    return np.ones(n)
except ValueError:
    return 2.0""",
    "a shape that is copied": "copy.copy(x.shape)[0] / n",
    "keepdims": "np.ones((n, 3)).sum(axis=1, keepdims=1)[:, 0] / 3",
    "a norm along an axis": "np.linalg.norm(np.ones((n, 4)), 2, axis=1) / 2",
    "math of numbers": "math.exp(0.0) * math.cos(0)",
    "math of sizes": "math.sqrt(n) / np.sqrt(n)",
    "partial": "functools.partial(halved, 2.0)()",
    "an axis that is given by NumPy": "np.ones((n, 2)).sum(axis=np.int64(1)) / 2",
    "a view that nobody changes": "np.ones((n, n)).T.sum(axis=0) / n",
    "an exception of its own": """
try:
    raise KeyError("none")
except KeyError:
    return 1.0""",
}

PASSED = {
    "a cache by size": """
if n not in TABLE:
    TABLE[n] = np.ones(n)
return TABLE[n]""",
    "lru_cache": "cached_ones(n)",
    "finite results": """
out = np.exp(-x * x)
assert np.isfinite(out).all()
return 1.0""",
    "the right limit": """
e = np.exp(20 * x)
with np.errstate(all="ignore"):
    return np.where(np.isinf(e), 1.0, e / np.where(np.isinf(e), 1.0, e))""",
    "a branch on a value that says the same": "1.0 if x.sum() > 0 else 1.0",
    "its type": "1.0 if type(n) is int else 2.0",
    "contiguous": "np.ascontiguousarray(x) - x + 1.0 if x.flags.c_contiguous else 1.0",
    "a log": """
NOTES.append("called")
return 1.0""",
    "timed": """
import time
time.perf_counter()
return 1.0""",
    "text in a message": """
text = f"{n} rows"
return 1.0""",
    "a remainder": "1.0 if n % 2 == 0 else 1.0",
    "int32 that is wide enough": "np.ones(n, dtype=np.int32).sum() / n",
    "halves": """
h = n // 2
return (h + (n - h)) / n""",
    "a loop over entries": """
out = np.zeros(n)
for i in range(n):
    out[i] = 1.0
return out""",
}
