"""float32 as the real numbers, where it is granted and nowhere else."""

import numpy as np
import pytest

from gradcheck.arithmetic import BALLS, call_in, enclose, midpoints, precision, wrap
from gradcheck.arithmetic.narrow import is_exact, is_granted, taken_as_exact
from gradcheck.errors import Unsupported

X = np.array([0.1, -3.0, 0.7])


def buffer(x):
    out = np.zeros(3, dtype="float32")
    out[:] = x
    return out


WAYS = {
    "buffer": buffer,
    "buffer like": lambda x: np.zeros_like(x, dtype=np.float32) + x,
    "cast": lambda x: x.astype(np.float32),
    "asarray": lambda x: np.asarray(x, dtype=np.float32),
    "array": lambda x: np.array(x, np.float32),
    "scalar type": lambda x: 1 * np.float32(x),
    "sum": lambda x: x + 0 * np.sum(x, dtype=np.float32),
    "ufunc": lambda x: np.multiply(x, 1.0, dtype=np.float32),
}


@pytest.mark.parametrize("function", WAYS.values(), ids=WAYS)
def test_float32_is_exact_where_granted(function):
    """The numbers are those of float64, and that float32 was met is seen; refused elsewhere."""
    with precision(200):
        balls = wrap(enclose(X), BALLS)
        with taken_as_exact() as narrow:
            found = call_in(BALLS, function, [balls])
        assert narrow.seen
        assert midpoints(found.data).tolist() == X.tolist()
        with pytest.raises(Unsupported, match=r"float32|dtype"):
            call_in(BALLS, function, [balls])


def test_what_is_granted():
    """float64 always, float32 inside, float16 never."""
    assert is_exact(np.float64)
    assert not is_exact(np.float32)
    assert not is_granted()
    with taken_as_exact() as narrow:
        assert is_exact("d")
        assert not narrow.seen
        assert is_exact("f")
        assert narrow.seen
        assert not is_exact(np.float16)
    assert not is_exact(np.float32)
