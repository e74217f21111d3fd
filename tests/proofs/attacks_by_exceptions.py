"""Wrong code that catches what symbols refuse; rows as in `attacks_on_sizes`."""

CATCHING = {
    f"{what}, {how}": f"""
try:
    return 2.0 if {asked} else 1.0
except{clause}:
    return 1.0"""
    for how, clause in {
        "except Exception": " Exception",
        "except BaseException": " BaseException",
        "bare except": "",
    }.items()
    for what, asked in {
        "a hash": "hash(n) == 37",
        "bits": "n & 64",
        "a text": "str(n) == '37'",
        "a remainder": "n % 37 == 0",
        "an index": "operator.index(n) > 64",
        "a branch on values": "x.sum() > 1e6",
        "flags": "n > 64 and x.flags.writeable",
        "an unknown function": "np.median(x) > 1e3",
        "another class": "Fraction(n, 37) == 1",
        "a type": "type(n) is int and n > 64",
    }.items()
}
OTHERS = {
    "suppress": """
with contextlib.suppress(Exception):
    return 2.0 if n % 37 == 0 else 1.0
return 1.0""",
    "suppress BaseException": """
with contextlib.suppress(BaseException):
    return 2.0 if n & 64 else 1.0
return 1.0""",
    "finally": """
found = 1.0
try:
    found = 2.0 if hash(n) == 37 else 1.0
finally:
    return found""",
    "try in a helper": "attempted(lambda: n & 64)",
    "a generator that swallows": "float(sum(1 for _ in swallowing(n)) + 1 > 64) + 1",
    "hasattr": "2.0 if hasattr(n, 'bit_count') and n > 64 else 1.0",
    "an exception of one type": """
try:
    return 2.0 if n << 1 > 128 else 1.0
except TypeError:
    return 1.0""",
    "an attribute error": """
try:
    return 2.0 if n.bit_count() == 3 else 1.0
except AttributeError:
    return 1.0""",
    "caught, with its text": """
try:
    return 2.0 if n % 37 == 0 else 1.0
except Exception as error:
    return float(len(type(error).__name__) > 0)""",
    "raised from another": """
try:
    try:
        return 2.0 if hash(n) == 37 else 1.0
    except Exception as error:
        raise ValueError("no") from error
except ValueError:
    return 1.0""",
    "a wrong keyword, caught": """
try:
    return 1.0 + float(np.sum(x, initial=n > 64, wrong=1))
except TypeError:
    return 2.0 if n & 64 else 1.0""",
    "math.exp overflowing": """
try:
    math.exp(x.sum() * 1e3)
except OverflowError:
    return 2.0
return 1.0""",
    "a float power overflowing": """
try:
    return 1.0 + 0.0 * float(n) ** 200
except OverflowError:
    return 2.0""",
    "overflow as an error": """
with np.errstate(over="raise"):
    try:
        np.exp(x * 1e3)
    except FloatingPointError:
        return 2.0
return 1.0""",
    "overflow as a warning": """
import warnings
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    np.exp(x * 1e3)
return 2.0 if caught else 1.0""",
    "a warning as an error": """
import warnings
with warnings.catch_warnings():
    warnings.simplefilter("error")
    try:
        np.exp(x * 1e3)
    except RuntimeWarning:
        return 2.0
return 1.0""",
    "a conversion": """
try:
    np.float64(n)
except Exception:
    return 1.0
return 2.0 if n > 64 else 1.0""",
    "a buffer": """
try:
    memoryview(x)
except TypeError:
    return 1.0
return 2.0 if n > 64 else 1.0""",
    "a container of NumPy's": """
try:
    np.empty(1, dtype=object)[0] = n
except Exception:
    return 1.0
return 2.0 if n > 64 else 1.0""",
    "a key error": """
try:
    return [1.0][n - n] * {37: 2.0}[n]
except KeyError:
    return 1.0""",
    "recursion": """
def deeper(k):
    return 1.0 if k == 0 else deeper(k - 1)
try:
    return deeper(n * 100)
except RecursionError:
    return 2.0 if hash(n) > 5 else 1.0""",
}
