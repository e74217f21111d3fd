"""The array class: it behaves like an ndarray, and refuses what would lose precision or guess."""

import copy

import numpy as np
import pytest

from gradcheck.arithmetic import BALLS, enclose, wrap
from gradcheck.errors import Undecided, Unsupported

M = np.array([[1.0, -2.0, 3.5], [0.25, 4.0, -1.0]])
V = np.array([3.0, -1.0, 2.5])


def _in_place(x):
    y = x.copy()
    y += 1
    y *= x
    y[0] -= 2.0
    y /= 2
    return y


def _halvings(x):
    count = 0
    while x > 1:
        x = x / 2
        count += 1
    return count


def _stored(x):
    y = np.zeros_like(x)
    y[0] = x[1] * 2
    y[1, 2] = 7.0
    y[:, :1] = x[:, 1:2]
    y[x > 3] = -1.0
    return y


def _through_a_view(x):
    y = x.copy()
    y.T[0] = 5.0
    y.reshape(-1)[1] = 6.0
    row = y[1]
    row *= 2
    return y


def _filled(x):
    y = x.copy()
    y.fill(2.5)
    return y


METHODS = {
    "T": lambda x: x.T,
    "mT": lambda x: x.mT,
    "real": lambda x: x.real,
    "len": len,
    "shape": lambda x: x.shape,
    "size, ndim": lambda x: (x.size, x.ndim),
    "iteration": lambda x: [row * 2 for row in x],
    "flat": lambda x: [e + 1 for e in x.flat],
    "unpacking": lambda x: np.add(*x),
    "reshape": lambda x: x.reshape(3, 2),
    "reshape, tuple": lambda x: x.reshape((3, -1)),
    "transpose": lambda x: x.transpose(),
    "transpose, axes": lambda x: x[None].transpose(1, 2, 0),
    "ravel": lambda x: x.ravel(),
    "ravel, F": lambda x: x.ravel("F"),
    "flatten": lambda x: x.flatten(),
    "copy": lambda x: x.copy(),
    "astype": lambda x: x.astype(float),
    "item": lambda x: x[0, 1].item(),
    "item, index": lambda x: x.item(4),
    "sum": lambda x: x.sum(0),
    "sum, keepdims": lambda x: x.sum(axis=1, keepdims=True),
    "mean": lambda x: x.mean(axis=0),
    "std": lambda x: x.std(),
    "var": lambda x: x.var(axis=1, ddof=1),
    "max": lambda x: x.max(1),
    "min": lambda x: x.min(),
    "prod": lambda x: x.prod(axis=0),
    "cumsum": lambda x: x.cumsum(axis=1),
    "argmax": lambda x: x.argmax(axis=1),
    "argsort": lambda x: x.argsort(axis=1),
    "clip": lambda x: x.clip(-1, 1),
    "clip, keywords": lambda x: x.clip(min=0),
    "dot": lambda x: x.dot(np.ones(3)),
    "diagonal": lambda x: x.diagonal(),
    "trace": lambda x: x.trace(),
    "repeat": lambda x: x.repeat(2, axis=1),
    "take": lambda x: x.take([0, 2], axis=1),
    "swapaxes": lambda x: x.swapaxes(0, 1),
    "squeeze": lambda x: x[None].squeeze(0),
    "index": lambda x: x[1],
    "slices": lambda x: x[:, ::-1][..., 1:],
    "newaxis": lambda x: x[:, None, :],
    "fancy index": lambda x: x[[0, 1, 1], [2, 0, 1]],
    "mask": lambda x: x[x > 0],
    "operators": lambda x: -x + 2 * x / (x * x + 1) - x**2 + abs(x) - 1 / (2 + x * x),
    "right operands": lambda x: (1 - x, 2.0 * x, np.ones(3) + x, np.float64(2) * x, np.ones((1, 2)) @ x),
    "in-place": _in_place,
    "comparison": lambda x: (x > 0, x == 4.0, x != 4.0, x <= -1),
    "truth of one number": lambda x: 1.0 if x[0, 0] > 0 else 2.0,
    "chained comparison": lambda x: 0 < x[0, 0] < 2,
    "while loop": lambda x: _halvings(x[1, 1]),
    "store": _stored,
    "view": _through_a_view,
    "fill": _filled,
}


@pytest.mark.parametrize("name", METHODS)
def test_an_array_of_balls_behaves_like_an_ndarray(agrees, name):
    """The same code on float64 gives the same."""
    agrees(METHODS[name], M)


@pytest.mark.parametrize("method", [lambda x: x.reshape(-1, order="F"), lambda x: x.flatten("F")])
def test_column_major_order_is_kept(agrees, method):
    """vec(X) of matrix calculus stacks columns."""
    agrees(method, M)


def test_the_input_is_not_changed_by_what_is_done_to_a_copy(in_balls):
    """And is changed through a view, as NumPy's."""
    x = wrap(enclose(M), BALLS)
    _in_place(x)
    _stored(x)
    assert [float(e) for e in x.data.ravel()] == M.ravel().tolist()
    x.T[0, 0] = 9.0
    assert float(x.data[0, 0]) == 9


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (
            lambda x: float(x[0, 0]),
            r"float\(\) of a value, or storing it into a float64 array, would lose precision",
        ),
        (lambda x: complex(x[0, 0]), "complex numbers are not available"),
        (lambda x: np.asarray(x, dtype=np.float32), "a cast to float32 is not available"),
        (lambda x: x.astype(np.float32), "a cast to float32 is not available"),
        (lambda x: x.astype(np.int32), "a cast to int32 is not available"),
        (lambda x: (x * 1e30).astype(int), "which does not fit"),
        (lambda x: (3 * (x / 3)).astype(int), "a cast to an integer"),
        (bool, "a branch on a value cannot be taken"),
        (lambda x: x.tolist(), r"ndarray\.tolist is not available in ball arithmetic"),
        (lambda x: x.sort(), r"ndarray\.sort is not available"),
        (lambda x: x.choose([1]), r"ndarray\.choose is not available"),
        (lambda x: range(3)[x[0, 0]], "a value as an index"),
    ],
)
def test_what_would_lose_precision_or_guess_is_refused(in_balls, function, words):
    """By name, so that the report can say why."""
    with pytest.raises(Unsupported, match=words):
        in_balls(function, M)


@pytest.mark.parametrize(
    "function",
    [lambda x: np.zeros(2).__setitem__(0, x[0, 0]), lambda x: np.asarray(x, dtype=np.float64)],
)
def test_storing_into_a_float_array_is_refused_through_numpy(in_balls, function):
    """NumPy puts its own words around the refusal; the refusal is the cause."""
    with pytest.raises(ValueError) as error:
        in_balls(function, M)
    assert isinstance(error.value.__cause__, Unsupported)
    assert "would lose precision in ball arithmetic" in str(error.value.__cause__)


def test_a_branch_on_an_undecided_value_raises(in_balls):
    """`if x == y` for 1/3 computed in two ways."""
    with pytest.raises(Undecided):
        in_balls(lambda x: 1 if x[0] / x[1] == 2 * x[0] / (2 * x[1]) else 0, np.array([1.0, 3.0]))


def test_an_array_of_balls_is_not_hashable_like_an_ndarray():
    """So it cannot become a key of a cache by accident."""
    with pytest.raises(TypeError, match="unhashable"):
        hash(wrap(enclose(V), BALLS))


def test_iteration_over_a_number_is_numpys_error(in_balls):
    """The same exception as in float64."""
    for function in (len, list):
        with pytest.raises(TypeError):
            in_balls(function, np.array(2.0))


def test_an_array_says_what_it_is():
    """In a debugger or an error message."""
    assert repr(wrap(enclose(np.array([1.0])), BALLS)).startswith("ElementArray(")
    assert "ball arithmetic" in repr(wrap(enclose(np.array([1.0])), BALLS))
    assert wrap(enclose(V), BALLS).dtype == np.float64


def test_attributes_that_start_with_underscores_do_not_exist():
    """Protocols that are looked up are not promised."""
    assert not hasattr(wrap(enclose(V), BALLS), "__cuda_array_interface__")


@pytest.mark.parametrize("function", [copy.copy, copy.deepcopy])
def test_the_copy_module_copies(agrees, function):
    """`copy.deepcopy(W)` before changing it in place."""
    agrees(function, V)
