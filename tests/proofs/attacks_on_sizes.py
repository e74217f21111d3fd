"""Wrong code whose fault shows at some sizes only, and that symbols must not be mistaken for right.

A row: what is asked, and a factor that is 1 in general. `n` is `x.shape[0]`, `x` the argument, `d` the
delta. Lines that are no expression are the body of a function that returns the factor.
"""

QUESTIONS = {
    "equal": "2.0 if n == 37 else 1.0",
    "not equal": "1.0 if n != 37 else 2.0",
    "larger": "2.0 if n > 64 else 1.0",
    "chained": "2.0 if 30 < n < 50 else 1.0",
    "truth of a difference": "1.0 if n - 37 else 2.0",
    "not of a difference": "2.0 if not (n - 37) else 1.0",
    "bool()": "2.0 - bool(n - 37)",
    "and": "2.0 if n > 2 and n == 37 else 1.0",
    "len": "2.0 if len(x) == 37 else 1.0",
    "len, compared": "2.0 if len(x) > 64 else 1.0",
    "x.size": "2.0 if x.size == 37 else 1.0",
    "np.size": "2.0 if np.size(x) > 64 else 1.0",
    "np.shape": "2.0 if np.shape(x)[0] > 64 else 1.0",
    "the shape as a tuple": "2.0 if x.shape == (37,) else 1.0",
    "order of tuples": "2.0 if x.shape > (37,) else 1.0",
    "in a tuple": "2.0 if n in (5, 37) else 1.0",
    "in a list": "2.0 if n in [37] else 1.0",
    "in a range": "2.0 if n in range(37, 99) else 1.0",
    "index of a tuple": "2.0 if x.shape.count(37) else 1.0",
    "min": "min(n, 37) / n",
    "max": "max(n, 37) / 37",
    "sorted": "2.0 if sorted([n, 37])[0] == 37 else 1.0",
    "a list indexed by a truth value": "[1.0, 2.0][n == 37]",
    "arithmetic with a truth value": "1.0 + (n == 37)",
    "np.where of a truth value": "np.where(n == 37, 2.0, 1.0)",
    "equal to a float": "2.0 if n == 37.0 else 1.0",
    "larger than a fraction of floats": "2.0 if n > 36.5 else 1.0",
    "equal to a Fraction": "2.0 if n == Fraction(37) else 1.0",
    "a Fraction of it": "2.0 if Fraction(n) == 37 else 1.0",
    "equal to a NumPy number": "2.0 if n == np.int64(37) else 1.0",
    "equal to a narrow NumPy number": "2.0 if n == np.int8(37) else 1.0",
    "equal to a NumPy float": "2.0 if n == np.float64(37) else 1.0",
    "doubled": "2.0 if 2 * n == 74 else 1.0",
    "squared": "2.0 if n * n == 1369 else 1.0",
    "as a power": "2.0 if n**2 > 4000 else 1.0",
    "as int()": "2.0 if int(n) > 64 else 1.0",
    "the class that it has": "2.0 if isinstance(n, int) and n > 64 else 1.0",
    "an abstract class": "2.0 if isinstance(n, numbers.Integral) and n > 64 else 1.0",
    "a class that it has not": "1.0 if not isinstance(n, int) or n < 64 else 2.0",
    "matched": """
match n:
    case int() if n > 64:
        return 2.0
return 1.0""",
    "matched as a constant": """
match n:
    case 37:
        return 2.0
return 1.0""",
    "singledispatch": "dispatched(n)",
    "a place that need not be": """
try:
    x[36]
except IndexError:
    return 1.0
return 2.0""",
    "broadcasting that fits once": """
try:
    np.zeros(37) + x
except ValueError:
    return 1.0
return 2.0""",
    "broadcast_to": """
try:
    np.broadcast_to(x, (37,))
except ValueError:
    return 1.0
return 2.0""",
    "a product that fits once": """
try:
    np.ones(37) @ x
except ValueError:
    return 1.0
return 2.0""",
    "a negative axis": """
try:
    np.ones(n - 38)
except ValueError:
    return 1.0
return 2.0""",
    "assert": """
try:
    assert n < 64
except AssertionError:
    return 2.0
return 1.0""",
    "abs of a difference": "2.0 if abs(n - 37) == 0 else 1.0",
    "real": "2.0 if n.real == 37 else 1.0",
    "numerator": "2.0 if n.numerator == 37 else 1.0",
    "math.floor": "2.0 if math.floor(n) == 37 else 1.0",
    "math.prod": "2.0 if math.prod(x.shape) == 37 else 1.0",
    "functools.reduce": "2.0 if functools.reduce(operator.mul, x.shape) == 37 else 1.0",
    "sum": "2.0 if sum(x.shape) == 37 else 1.0",
    "operator.gt": "2.0 if operator.gt(n, 64) else 1.0",
    "next": "2.0 if next(iter(x.shape)) == 37 else 1.0",
    "unpacked": """
(m,) = x.shape
return 2.0 if m == 37 else 1.0""",
    "copied": "2.0 if copy.deepcopy(x.shape)[0] == 37 else 1.0",
    "the size of an array made of it": "2.0 if np.ones(n).shape[0] == 37 else 1.0",
    "ndarray.__len__ of a product": "2.0 if np.outer(x, x).size == 37 * 37 else 1.0",
    "while": """
k = 0
while k < 3 and n > 64:
    k += 1
return 1.0 + k""",
}

REFUSALS = {
    "a dict's key": "{37: 2.0}.get(n, 1.0)",
    "a dict's key, indexed": """
try:
    return {37: 2.0}[n]
except KeyError:
    return 1.0""",
    "a set": "2.0 if n in {37} else 1.0",
    "a frozenset": "2.0 if n in frozenset(range(37, 99)) else 1.0",
    "a set of sizes": "2.0 if len({n, 37}) == 1 else 1.0",
    "the shape as a key": "{(37,): 2.0}.get(x.shape, 1.0)",
    "hash": "2.0 if hash(n) == 37 else 1.0",
    "hash of a shape": "2.0 if hash(x.shape) == hash((37,)) else 1.0",
    "Counter": "float(1 + collections.Counter([37])[n])",
    "lru_cache": "cached(n)",
    "equal to a complex": "2.0 if n == 37 + 0j else 1.0",
    "equal to a Decimal": "2.0 if n == Decimal(37) else 1.0",
    "a NumPy number equal to it": "2.0 if np.int64(37) == n else 1.0",
    "a NumPy array equal to it": "2.0 if (np.array([37]) == n).any() else 1.0",
    "np.equal": "1.0 + np.equal(n, 37)",
    "np.isscalar": "2.0 if np.isscalar(n) and n > 64 else 1.0",
    "its type": "2.0 if type(n) is int and n > 64 else 1.0",
    "its type, compared": "2.0 if type(n) == int and n > 64 else 1.0",
    "its type in a table": "2.0 if {int: True}.get(type(n)) and n > 64 else 1.0",
    "the name of its type": "2.0 if type(n).__name__ == 'int' and n > 64 else 1.0",
    "its identity": "2.0 if id(n) == id(n + 0) and n > 64 else 1.0",
    "str": "2.0 if str(n).startswith('5') else 1.0",
    "the length of its text": "2.0 if len(str(n)) > 1 else 1.0",
    "repr": "2.0 if repr(n) == '37' else 1.0",
    "repr of a shape": "2.0 if '37' in repr(x.shape) else 1.0",
    "an f-string": "2.0 if f'{n}' == '37' else 1.0",
    "format": "2.0 if format(n, 'd') == '37' else 1.0",
    "str.format": "2.0 if '{}'.format(n) == '37' else 1.0",
    "% of texts": "2.0 if '%s' % n == '37' else 1.0",
    "% of numbers in texts": "2.0 if '%d' % n == '37' else 1.0",
    "join": "2.0 if '-'.join(map(str, x.shape)) == '37' else 1.0",
    "chr": "2.0 if chr(n) == '%' else 1.0",
    "hex": "2.0 if hex(n) == '0x25' else 1.0",
    "bin": "2.0 if bin(n).count('1') == 6 else 1.0",
    "json": "2.0 if __import__('json').dumps(x.shape[0]) == '37' else 1.0",
    "& of bits": "1.0 + (n & 64) / 64",
    "| of bits": "2.0 if n | 1 == n and n > 64 else 1.0",
    "^ of bits": "2.0 if n ^ 37 == 0 else 1.0",
    "shifted right": "1.0 + (n >> 6)",
    "shifted left": "2.0 if (1 << n) > 2**64 else 1.0",
    "the bits turned over": "2.0 if ~n == -38 else 1.0",
    "// by a number": "1.0 + n // 37",
    "// from the other side": "1.0 + (37 // n) / 37 if n > 5 else 1.0",
    "% by a number": "2.0 if n % 37 == 0 else 1.0",
    "% from the other side": "2.0 if 37 % n == 0 and n > 5 else 1.0",
    "divmod": "1.0 + divmod(n, 64)[0]",
    "divmod from the other side": "2.0 if divmod(64, n)[0] == 0 else 1.0",
    "pow with a modulus": "2.0 if pow(n, 2, 37) == 0 else 1.0",
    "round to tens": "2.0 if round(n, -2) >= 100 else 1.0",
    "round of a quotient": "1.0 + round(n / 100)",
    "math.sqrt": "2.0 if math.sqrt(n) > 8 else 1.0",
    "math.isqrt": "1.0 + math.isqrt(n) // 8",
    "math.log2": "2.0 if math.log2(n) > 6 else 1.0",
    "math.gcd": "2.0 if math.gcd(n, 37) == 37 else 1.0",
    "math.comb": "2.0 if math.comb(n, 2) > 2000 else 1.0",
    "math.factorial": "2.0 if math.factorial(n) > 10**80 else 1.0",
    "math.ldexp": "2.0 if math.ldexp(1.0, n) > 1e18 else 1.0",
    "math.fmod": "2.0 if math.fmod(n, 37) == 0 else 1.0",
    "math.isclose": "2.0 if math.isclose(n, 37) else 1.0",
    "float": "2.0 if float(n) > 64 else 1.0",
    "float, asked for its class": "2.0 if isinstance(float(n), float) and n > 64 else 1.0",
    "complex": "2.0 if complex(n).real > 64 else 1.0",
    "operator.index": "2.0 if operator.index(n) > 64 else 1.0",
    "__index__": "2.0 if n.__index__() > 64 else 1.0",
    "__int__": "2.0 if n.__int__() > 64 else 1.0",
    "bit_length": "2.0 if n.bit_length() > 6 else 1.0",
    "hasattr bit_length": "2.0 if hasattr(n, 'bit_length') and n > 64 else 1.0",
    "getattr with another answer": "2.0 if getattr(n, 'bit_length', None) and n > 64 else 1.0",
    "to_bytes": "2.0 if n.to_bytes(8, 'big')[-1] == 37 else 1.0",
    "as_integer_ratio": "2.0 if n.as_integer_ratio() == (37, 1) else 1.0",
    "int.bit_length": "2.0 if int.bit_length(n) > 6 else 1.0",
    "dir": "2.0 if 'bit_length' in dir(n) and n > 64 else 1.0",
    "sys.getsizeof": "2.0 if __import__('sys').getsizeof(n) < 40 and n > 64 else 1.0",
    "pickled": "2.0 if __import__('pickle').dumps(n) == __import__('pickle').dumps(37) else 1.0",
    "a range": "1.0 + len(range(37, n)) / 37 if n > 37 else 1.0",
    "a loop": """
total = 1.0
for k in range(n):
    total += k == 36
return total""",
    "a list repeated": "1.0 + len([0] * n) // 64",
    "a text repeated": "1.0 + len('a' * n) // 64",
    "a slice of a list": "1.0 + ([0] * 36 + [1])[min(n, 37) - 1]",
    "a slice of a text": "2.0 if 'ab'[:n] == 'a' else 1.0",
    "a slice of an array": "x[:37].shape[0] / n",
    "the rest of an array": "1.0 + np.ones_like(x)[37:].sum()",
    "an index from the end": """
try:
    x[-37]
except IndexError:
    return 1.0
return 2.0""",
    "enumerate": "1.0 + sum(k == 36 for k, _ in enumerate(x))",
    "itertools.islice": "1.0 + len(list(itertools.islice(range(99), n))) // 64",
    "np.arange": "1.0 + (np.arange(n) == 36).sum()",
    "np.tri": "2.0 if np.tri(n).sum() > 2000 else 1.0",
    "np.linspace": "2.0 if np.linspace(0, 1, n)[1] < 1 / 64 else 1.0",
    "np.eye with an offset": "1.0 + np.eye(n, k=37).sum()",
    "np.trace with an offset": "1.0 + np.trace(np.ones((n, n)), offset=37)",
    "np.repeat": "1.0 + np.repeat([0.0], n).shape[0] // 64",
    "np.tile": "1.0 + np.tile([0.0], n).shape[0] // 64",
    "np.floor": "1.0 + np.floor(n / 64)",
    "np.sqrt compared": "2.0 if np.sqrt(n) > 8 else 1.0",
    "np.max of sizes": "1.0 if np.max([n, 64]) == 64 else 2.0",
    "np.argmax of sizes": "1.0 + np.argmax([64, n])",
    "np.sign": "np.sign(37.5 - n)",
    "np.abs": "np.abs(37.5 - n) / (37.5 - n)",
    "np.clip": "np.clip(n, 0, 64) / n",
    "a mean compared": "2.0 if np.ones(n).sum() > 64 else 1.0",
    "np.prod of a shape": "2.0 if np.prod(x.shape) > 64 else 1.0",
    "divided by itself": "(n - 37) / (n - 37)",
    "a root squared": "np.sqrt(37.5 - n) ** 2 / (37.5 - n)",
    "a root of a square": "((37.5 - n) ** 2) ** 0.5 / (37.5 - n)",
    "exp of log": "np.exp(np.log(37.5 - n)) / (37.5 - n)",
    "a division by zero, caught": """
try:
    return (n - 37) / (n - 37)
except ZeroDivisionError:
    return 2.0""",
    "a power of -1": "(-1.0) ** (n * (n + 1) / 2)",
    "reshaped": """
try:
    x.reshape(37)
except ValueError:
    return 1.0
return 2.0""",
    "np.reciprocal of an int": "np.reciprocal(n) * n if n > 1 else 1.0",
    "np.power of ints": "np.power(n, 19) / float(n) ** 19",
    "a cache with an incomplete key": "half_keyed(n)",
    "its attribute, set": """
try:
    n.mark = 1
except AttributeError:
    return 2.0 if hash(n) > 64 else 1.0
return 1.0""",
    "a name that is exec's": "2.0 if eval('n > 64') else 1.0",
    "locals": "2.0 if locals()['n'] > 64 else 1.0",
}
