"""Wrong code whose fault shows at some values, types, layouts or runs only; rows as in `attacks_on_sizes`."""

VALUES = {
    "a branch on a value": "2.0 if x[0] > 1e3 else 1.0",
    "a branch on a sum": "2.0 if x.sum() > 1e6 else 1.0",
    "a branch on a norm": "2.0 if np.linalg.norm(x) > 1e6 else 1.0",
    "a branch on all": "2.0 if (x > 0).all() and n > 3 else 1.0",
    "a branch on any": "2.0 if np.any(x > 1e3) else 1.0",
    "a branch on delta": "2.0 if d[0] > 1e3 else 1.0",
    "a branch on a maximum": "2.0 if np.max(x) > 1e3 else 1.0",
    "max() of Python": "max(x[0], -1e3) / x[0] if n > 0 else 1.0",
    "where far away": "np.where(x > 1e3, 2.0, 1.0)",
    "where of delta": "np.where(np.abs(d) > 1e3, 2.0, 1.0)",
    "where at a point": "np.where(x == 0, 2.0, 1.0)",
    "where two are equal": "np.where(x == x[0], 2.0, 1.0) if n > 1 else 1.0",
    "a mask of a mask": "1.0 + (x > 1e3) * (d > 0)",
    "clipped": "np.clip(x, -1e3, 1e3) / x",
    "np.sign squared": "np.sign(x) ** 2",
    "sides that do not fit": "(x > 0) + 1.0 * (x < 0)",
    "sides that overlap": "(x >= 0) + 1.0 * (x <= 0)",
    "a heaviside": "np.heaviside(x, 0.5) + np.heaviside(-x, 0.0)",
    "divided by itself": "x / x",
    "a root of a square": "np.sqrt(x**2) / np.abs(x)",
    "exp of log": "np.exp(np.log(x)) / x",
    "log of exp, with a pole": "np.log(np.exp(x)) / x",
    "isclose": "np.where(np.isclose(x, 0), 2.0, 1.0)",
    "allclose": "2.0 if np.allclose(x, 0) else 1.0",
    "array_equal": "2.0 if np.array_equal(x, d) else 1.0",
    "argmax": "1.0 + (np.argmax(x) == 36)",
    "signbit": "np.where(np.signbit(x) & (x == 0), 2.0, 1.0)",
    "isfinite of what overflows": "np.where(np.isfinite(np.exp(20 * x)), 1.0, 2.0)",
    "isinf of what overflows": "np.where(np.isinf(np.exp(20 * x)), 2.0, 1.0)",
    "isnan of what overflows": "np.where(np.isnan(np.exp(20 * x) - np.exp(20 * x)), 2.0, 1.0)",
    "isinf of a square": "np.where(np.isinf(x**400), 2.0, 1.0)",
    "all finite": "1.0 if np.isfinite(np.exp(20 * x)).all() else 2.0",
    "nan_to_num": "np.nan_to_num(np.exp(20 * x) / np.exp(20 * x), nan=2.0)",
    "compared with infinity": "np.where(np.exp(20 * x) < np.inf, 1.0, 2.0)",
    "not equal to itself": "np.where(np.exp(20 * x) - np.exp(20 * x) == 0, 1.0, 2.0)",
    "float() of a value": "2.0 if float(x[0]) > 1e3 else 1.0",
    "int() of a value": "1.0 + (int(x[0]) > 1000)",
    "round() of a value": "2.0 if round(x[0]) == 1000 else 1.0",
    "np.round": "1.0 + 0.0 * np.round(x) if n > 0 else 1.0",
    "math.floor of a value": "1.0 + (math.floor(x[0]) > 1000)",
    ".item()": "2.0 if x[0].item() > 1e3 else 1.0",
    ".tolist()": "2.0 if x.tolist()[0] > 1e3 else 1.0",
    "text of a value": "2.0 if str(x[0]).startswith('1') else 1.0",
    "text of an array": "2.0 if '1.' in repr(x) else 1.0",
    "an f-string of a value": "2.0 if f'{x[0]:.1f}' == '1.0' else 1.0",
    "a value as a key": "{1000.0: 2.0}.get(x[0], 1.0)",
    "hash of a value": "2.0 if hash(x[0]) == 1 else 1.0",
    "in an array": "2.0 if 1000.0 in x else 1.0",
    "sorted values": "1.0 + (np.sort(x)[0] > 1e3)",
    "np.unique": "2.0 if np.unique(x).size < n else 1.0",
    "cumsum": "np.where(np.cumsum(x) > 1e6, 2.0, 1.0)",
    "np.median": "2.0 if np.median(x) > 1e3 else 1.0",
    "uninitialised": "1.0 + np.empty(n)",
    "uninitialised, half stored": """
out = np.empty((2, n))
out[0] = 1.0
return out.sum(axis=0)""",
    "uninitialised, like another": "np.empty_like(x) * 0 + 1.0",
    "a boolean sum of two": "1.0 * ((x > 0) + (x > -1))",
    "a boolean product": "((x > 0) @ (x > 0)) / np.sum(x > 0)",
    "exp of truth values": "np.exp(x > -1e9) / np.e",
    "square of truth values": "np.square(x > -1e9) + np.square(x > -1e9) - 1.0",
}

TYPES = {
    "the type of an array": "1.0 if type(x) is not np.ndarray or n < 64 else 2.0",
    "the type in a tuple": "2.0 if type(x) in (np.ndarray,) and n > 64 else 1.0",
    "an array's class": "2.0 if isinstance(x, np.ndarray) and n > 64 else 1.0",
    "an array's class by name": "2.0 if x.__class__.__name__ == 'ndarray' and n > 64 else 1.0",
    "its module": "2.0 if type(x).__module__ == 'numpy' and n > 64 else 1.0",
    "no array's class": "1.0 if not isinstance(x, np.ndarray) else 2.0",
    "not of class ndarray": "1.0 if not isinstance(x, np.ndarray) else 1.0 + 1e-3",
    "dtype object": "1.0 if x.dtype == object else 2.0",
    "dtype float64": "2.0 if x.dtype == np.float64 and n > 64 else 1.0",
    "the kind of the dtype": "2.0 if x.dtype.kind == 'f' else 1.0",
    "the order of bytes": "1.0 if x.dtype.byteorder in '=|<' else 2.0",
    "a native order": "1.0 if x.dtype.isnative else 2.0",
    "the text of a dtype": "1.0 if x.dtype.str == '<f8' else 2.0",
    "an array's own class": "1.0 if x.__class__ is np.ndarray else 2.0",
    "itemsize": "2.0 if x.itemsize * n > 512 else 1.0",
    "the dtype's itemsize": "2.0 if x.dtype.itemsize == 8 else 1.0",
    "nbytes": "2.0 if x.nbytes > 512 else 1.0",
    "nbytes by getattr": "2.0 if getattr(x, 'nbytes', 0) > 512 else 1.0",
    "flags": "2.0 if x.flags.c_contiguous and n > 64 else 1.0",
    "writeable": "2.0 if x.flags.writeable else 1.0",
    "owndata": "1.0 + x.flags.owndata",
    "strides": "2.0 if x.strides == (16,) else 1.0",
    "base": "2.0 if x.base is not None else 1.0",
    "ctypes": "2.0 if x.ctypes.data % 64 == 0 else 1.0",
    "data": "2.0 if x.data.nbytes > 512 else 1.0",
    "tobytes": "2.0 if len(x.tobytes()) > 512 else 1.0",
    "flat": "2.0 if len(x.flat) > 64 else 1.0",
    "imag": "1.0 + x.imag",
    "view": "1.0 + (x.view(np.int64) > 2**62)",
    "byteswap": "2.0 if x.byteswap()[0] == x[0] else 1.0",
    "__array_interface__": "2.0 if x.__array_interface__['shape'] == (37,) else 1.0",
    "hasattr __array_interface__": "2.0 if hasattr(x, '__array_interface__') and n > 64 else 1.0",
    "hasattr __array_struct__": "2.0 if hasattr(x, '__array_struct__') and n > 64 else 1.0",
    "hasattr __dlpack__": "2.0 if hasattr(x, '__dlpack__') and n > 64 else 1.0",
    "hasattr __deepcopy__": "2.0 if hasattr(x, '__deepcopy__') and n > 64 else 1.0",
    "hasattr of nothing": "1.0 if hasattr(x, 'grad') or n < 64 else 2.0",
    "dir": "2.0 if 'flags' in dir(x) and n > 64 else 1.0",
    "vars": "2.0 if not hasattr(x, '__dict__') and n > 64 else 1.0",
    "callable": "2.0 if not callable(x) and n > 64 else 1.0",
    "id of an array": "2.0 if id(x) % 64 == 0 else 1.0",
    "memoryview": "2.0 if memoryview(x).nbytes > 512 else 1.0",
    "bytes": "2.0 if len(bytes(x)) > 512 else 1.0",
    "np.shares_memory": "2.0 if np.shares_memory(x, x) and n > 64 else 1.0",
    "np.may_share_memory": "2.0 if np.may_share_memory(x, d) else 1.0",
    "np.isfortran": "2.0 if not np.isfortran(x) and n > 64 else 1.0",
    "np.iscomplexobj": "1.0 if np.iscomplexobj(x) or n < 64 else 2.0",
    "np.result_type": "2.0 if np.result_type(x) == np.float64 and n > 64 else 1.0",
    "a scalar's class": "2.0 if isinstance(x.sum(), float) else 1.0",
    "as_strided": "np.lib.stride_tricks.as_strided(x, (1,))[0] / x[0]",
    "copyto": """
out = np.ones(n)
np.copyto(out, 2.0, where=x > 1e3)
return out""",
    "a diagonal that sees changes": """
A = np.ones((n, n))
seen = np.diagonal(A)
A[0, 0] = 2.0
return seen""",
    "a view by einsum that sees changes": """
A = np.ones((n, n))
seen = np.einsum('ii->i', A)
A[0] = 2.0
return seen""",
    "a row that sees changes": """
A = np.ones((n, n))
row = A[0]
A[0] = 2.0
return row""",
    "a transpose that sees changes": """
A = np.ones((n, n))
seen = A.T
A[0] = 2.0
return seen[0]""",
    "astype without a copy": """
out = np.ones(n)
same = out.astype(float, copy=False)
same += 1.0
return out""",
    "setting the shape": """
y = 1.0 * x
y.shape = (n, 1)
return y.sum(axis=1) / x""",
    "the spectral norm": "np.linalg.norm(np.eye(n), 2, axis=(0, 1)) / np.sqrt(n) * 1.0",
}

WIDTHS = {
    "int8 sums": "(np.ones(n, np.int8) @ np.ones(n, np.int8)) / n",
    "int8 zeros": "(np.zeros(n, np.int8) + np.int8(100) + np.int8(n % 100)) / 100",
    "uint8 eye": "np.einsum('ii->', np.eye(n, dtype=np.uint8)) / n",
    "int16 sums": "(np.ones(n, np.int16) @ np.ones(n, np.int16)) / n",
    "int32 full": "np.full(n, n**6, dtype=np.int32) / n**6",
    "uint8 full": "np.full(n, n, dtype=np.uint8) / n",
    "float16 sums": "np.ones(n, np.float16).sum() / n",
    "float32 sums": "(np.full(n, 0.1, np.float32) @ np.ones(n, np.float32)) / (0.1 * n)",
    "float32 of a value": "x.astype(np.float32) / x",
    "float32 numbers": "np.float32(1.0) / np.float32(n) * n",
    "float32 of a size": "np.float32(n) / n",
    "a mask as int8": "((x * x >= 0).astype(np.int8) @ (x * x >= 0).astype(np.int8)) / n",
    "a mask as uint8": "((x * x >= 0).astype('u1') @ (x * x >= 0).astype('u1')) / n",
    "int8 of a size": "np.int8(n) / n",
    "int8 array of a size": "np.array(n, dtype=np.int8) / n",
    "uint8 times a size": "(np.uint8(1) * n) / n",
    "asarray of uint8": "np.asarray([n], np.uint8)[0] / n",
    "ones_like of int8": "np.ones_like(x, dtype=np.int8) @ np.ones_like(x, dtype=np.int8) / n",
    "full_like of int8": "np.full_like(x, 1, dtype=np.int8) @ np.full_like(x, 1, dtype=np.int8) / n",
    "a sum in int8": "np.sum(x * x >= 0, dtype=np.int8) / n",
    "a mean in float16": "np.mean(x * 0 + 1.1, dtype=np.float16) / 1.1",
    "add in int8": "np.add(n, 0, dtype=np.int8) / n",
    "int64 powers": "(np.ones(n, np.int64) * n)[0] ** 19 / float(n) ** 19",
    "int64 powers, from the left": "(n * np.ones(n, np.int64))[0] ** 19 / float(n) ** 19",
    "int64 by np.prod": "np.prod([n] * 17) / float(n) ** 17",
    "int64 by np.multiply": "np.multiply(np.multiply(n, n), np.multiply(n, n)) ** 4 / float(n) ** 16",
    "int64 times a size": "(np.int64(1) * n) ** 19 / float(n) ** 19",
    "a size times int64": "(n * np.int64(1)) ** 19 / float(n) ** 19",
    "int64 by dot": "np.dot(np.full(n, n**3), np.full(n, n**3)) / float(n) ** 7 if n < 9e4 else 2.0",
    "int64 by cumulated sums": "np.full((n, n), n).sum() ** 6 / float(n) ** 18",
    "a whole number negated": "np.negative(np.full(n, n, dtype=np.uint64)) / -float(n)",
    "a negative power of ints": "np.full(n, 2) ** -1 * 2.0",
    "reciprocals of ints": "np.reciprocal(np.full(n, 2)) * 2.0",
    "floor of ints": "np.full(n, n) // 2 * 2 / n",
    "truth values negated": "-1.0 * -(x * x >= 0)",
    "an int buffer": """
out = np.zeros(n, dtype=int)
out[:] = 1.5
return out / 1.5""",
    "an int buffer, in place": """
out = np.ones(n, dtype=int)
out += x * 0 + 0.5
return out / 1.5""",
    "full of truth values": "1.0 * np.full(n, 2, dtype=bool) / 2.0",
    "an integer that is too large": """
try:
    return (10**400 * np.ones(n)) / 10**400
except OverflowError:
    return 2.0""",
    "longdouble": "np.longdouble(n) ** 0.5 / n**0.5",
    "complex": "(x + 0j).real / x",
}

STATE = {
    "a counter in a list": """
COUNT[0] += 1
return 2.0 if COUNT[0] > 40 else 1.0""",
    "a counter in a global": """
global calls
calls += 1
return 2.0 if calls > 40 else 1.0""",
    "a counter in a dict": """
TABLE['calls'] = TABLE.get('calls', 0) + 1
return 2.0 if TABLE['calls'] > 40 else 1.0""",
    "a counter in an object": """
HOLDER.calls += 1
return 2.0 if HOLDER.calls > 40 else 1.0""",
    "a counter in a class": """
Holder.made = getattr(Holder, 'made', 0) + 1
return 2.0 if Holder.made > 40 else 1.0""",
    "a counter in a method": "HOLDER.count()",
    "a counter in an attribute": """
attempted.calls = getattr(attempted, 'calls', 0) + 1
return 2.0 if attempted.calls > 40 else 1.0""",
    "a counter in a default": "counting()",
    "a counter in an array": """
NUMBERS[0] += 1
return 2.0 if NUMBERS[0] > 40 else 1.0""",
    "a counter of itertools": "2.0 if next(COUNTER) > 40 else 1.0",
    "a generator": "2.0 if next(GENERATOR) > 40 else 1.0",
    "a closure": "closed_over()",
    "the first size": """
SEEN.append(n)
return n / SEEN[0]""",
    "the last array": """
SEEN.append(x)
return SEEN[0] / x if SEEN[0].shape == x.shape else 2.0""",
    "random": "2.0 if __import__('random').random() < 1e-3 else 1.0",
    "random, imported": "2.0 if uniform() < 1e-3 else 1.0",
    "np.random": "2.0 if np.random.rand() < 1e-3 else 1.0",
    "a generator of numbers": "2.0 if RNG.random() < 1e-3 else 1.0",
    "a clock": "2.0 if __import__('time').time() % 1000 < 1 else 1.0",
    "a clock, imported": "2.0 if now() % 1000 < 1 else 1.0",
    "the date": "2.0 if datetime.datetime.now().minute == 37 else 1.0",
    "the environment": "2.0 if os.environ.get('HOME', '').endswith('x') else 1.0",
    "a file": "2.0 if os.path.exists('/tmp/no such file') else 1.0",
    "open": "2.0 if open(__file__).read(1) == 'x' else 1.0",
    "the interpreter": "2.0 if sys.flags.optimize else 1.0",
    "the call stack": "2.0 if 'pytest' in str(sys._getframe(3)) else 1.0",
    "loaded modules": "2.0 if 'torch' in sys.modules else 1.0",
    "threads": "2.0 if __import__('threading').active_count() > 9 else 1.0",
    "the number of objects": "2.0 if len(gc.get_objects()) % 64 == 0 else 1.0",
    "exec": """
exec('global calls; calls += 1')
return 2.0 if calls > 40 else 1.0""",
    "globals": "2.0 if globals().setdefault('calls', 0) > 40 else 1.0",
    "a changed NumPy": """
before = np.cos
np.cos = lambda z: before(z)
return 1.0""",
    "np.seterr": """
np.seterr(all='ignore')
return 1.0""",
    "np.load": "2.0 if np.load('no such file.npy').size else 1.0",
    "a module's name, set": """
import collections
collections.mark = 1
return 1.0 if hash(n) else 2.0""",
    "builtins": """
import builtins
return 2.0 if builtins.type(n) is int and n > 64 else 1.0""",
    "a weak reference": "2.0 if __import__('weakref').ref(x)() is None else 1.0",
    "inspect": "2.0 if __import__('inspect').stack()[3].function == 'run' else 1.0",
}
