"""Wrong branches behind memory, layout, iterators, exceptions and state; rows as in `tests.proofs.attacking`.

The right twin of each has 1.0 in place of 2.0, so that it asks the same and gives the same everywhere.
"""

MEMORY = {
    "strides times a size": "2.0 if x.strides[0] * n == 296 else 1.0",
    "the buffer's end": "2.0 if np.byte_bounds(x)[1] - np.byte_bounds(x)[0] > 800 else 1.0"
    .replace("np.byte_bounds", "np.lib.array_utils.byte_bounds"),
    "a view's base": "2.0 if x[:64].base is not None and x[:64].size != n else 1.0",
    "bytes of a copy": "2.0 if len(x.tobytes()) >= 520 else 1.0",
    "a reinterpreted view": "2.0 if x.view(np.int64)[0] & 4095 == 77 else 1.0",
    "memory shared with a part": "2.0 if np.shares_memory(x, x[40:]) else 1.0",
    "may share with its reverse": "2.0 if np.may_share_memory(x[:48], x[48:]) and n > 60 else 1.0",
    "nbytes of a product": "2.0 if np.multiply.outer(x, x).nbytes > 20000 else 1.0",
    "a frame of windows": """
if n < 50:
    return 1.0
return 2.0 if np.lib.stride_tricks.sliding_window_view(x, 50).shape[0] > 3 else 1.0""",
    "not aligned": "2.0 if n >= 45 and x[n - 40:].flags.aligned else 1.0",
    "room in a bytearray": "2.0 if bytearray(n)[-1:] == b'\\0' and len(bytearray(n)) == 70 else 1.0",
    "a copy that is smaller": "2.0 if np.resize(x, 52)[51] == x[-1] and n == 52 else 1.0",
}  # fmt: skip

ITERATORS = {
    "islice": "2.0 if list(itertools.islice(range(n), 46, 47)) else 1.0",
    "accumulate": "2.0 if list(itertools.accumulate(itertools.repeat(1, n)))[-1] == 53 else 1.0",
    "groupby": "2.0 if len(list(itertools.groupby(range(n), lambda i: i // 50))) > 1 else 1.0",
    "combinations": "2.0 if sum(1 for _ in itertools.combinations(range(n), 2)) == 820 else 1.0",
    "zip_longest": """
pairs = list(itertools.zip_longest(range(n), range(44)))
return 2.0 if pairs[-1][1] is None else 1.0""",
    "a generator that ends": """
def steps():
    for i in range(n):
        if i == 55:
            yield 2.0
    yield 1.0
return next(steps())""",
    "recursion in halves": """
def depth(k):
    return 0 if k < 2 else 1 + depth(k // 2)
return 2.0 if depth(n) > 5 else 1.0""",
    "too deep a recursion": """
def down(k):
    return 0 if k == 0 else 1 + down(k - 1)
try:
    down(20 * n)
    return 1.0
except RecursionError:
    return 2.0""",
    "a deque's length": "2.0 if len(collections.deque(range(n), maxlen=61)) == 61 else 1.0",
    "a Counter": "2.0 if collections.Counter(i % 2 for i in range(n))[0] == 35 else 1.0",
    "math.comb": "2.0 if math.comb(n, 2) == 1081 else 1.0",
    "a pattern": """
match n:
    case 51 | 67:
        return 2.0
    case _:
        return 1.0""",
}

EXCEPTIONS = {
    "an index error": """
try:
    x[56]
    return 2.0
except IndexError:
    return 1.0""",
    "an assertion": """
try:
    assert n < 48
except AssertionError:
    return 2.0
return 1.0""",
    "unpacking": """
try:
    a, b, c, *rest = range(n - 40)
except ValueError:
    return 1.0
return 2.0""",
    "a floating point error": """
try:
    with np.errstate(over='raise'):
        np.exp(x * 7)
except FloatingPointError:
    return 2.0
return 1.0""",
    "a shape that does not fit": """
try:
    x + np.zeros(43)
except ValueError:
    return 1.0
return 2.0 if n == 43 else 1.0""",
    "an else of a try": """
try:
    int('x' * (n > 54) or '1')
except ValueError:
    return 2.0
else:
    return 1.0""",
}

VALUES = {
    "a float's text": "2.0 if len(repr(float(x[0]))) > 30 else 1.0",
    "a float's bits": "2.0 if float(x[0]).hex().endswith('p+40') else 1.0",
    "a ratio": "2.0 if float(x[0]).as_integer_ratio()[1] > 2**60 else 1.0",
    "frexp": "2.0 if np.frexp(x[0])[1] > 30 else 1.0",
    "in float32": "2.0 if np.isinf(np.float32(x[0])) else 1.0",
    "in float16": "np.where(np.isinf(x.astype(np.float16)), 2.0, 1.0)",
    "as an int8": "2.0 if n and np.array(n).astype(np.int8) < 0 else 1.0",
    "spacing": "np.where(np.spacing(np.abs(x)) > 1e-6, 2.0, 1.0)",
    "a sign and a modulus": "2.0 if math.fmod(float(x[0]), 1e5) != float(x[0]) else 1.0",
    "searched": "2.0 if np.searchsorted([-1e5, 1e5], x[0]) != 1 else 1.0",
    "digitised": "np.where(np.digitize(x, [1e4]) == 1, 2.0, 1.0)",
    "a histogram": "2.0 if np.histogram(x, bins=[-1e9, 1e4, 1e9])[0][1] else 1.0",
}

STATE = {
    "a cache on id()": """
key = id(x)
SEEN.append(key)
return 2.0 if SEEN.count(key) > 3 else 1.0""",
    "a cache on a size": """
if n not in TABLE:
    TABLE[n] = len(TABLE)
return 2.0 if TABLE[n] > 5 else 1.0""",
    "a counter of itertools": "2.0 if next(COUNTER) > 30 else 1.0",
    "a list that grows": """
NOTES.append(n)
return 2.0 if len(NOTES) > 25 else 1.0""",
    "a default that grows": "counting()",
    "an attribute of the function": """
factor.calls = getattr(factor, 'calls', 0) + 1
return 2.0 if factor.calls > 35 else 1.0""",
    "a warning that was given": """
import warnings
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter('always')
    np.log(np.array([-float(n > 57)]))
return 2.0 if any('invalid' in str(w.message) for w in caught) else 1.0""",
    "a random number": "2.0 if RNG.random() < 0.05 else 1.0",
    "a class attribute": """
Holder.calls += 1
return 2.0 if Holder.calls > 28 else 1.0""",
}

ROWS = {
    f"{kind}: {name}": row
    for kind, rows in {
        "memory": MEMORY, "iterators": ITERATORS, "exceptions": EXCEPTIONS, "values": VALUES, "state": STATE,
    }.items()
    for name, row in rows.items()
}  # fmt: skip
