"""Attacks through objects, views, forwards and floats, unlike those in the tables."""

import functools
import math
from typing import NamedTuple

import numpy as np
import pytest

from gradcheck import integers
from gradcheck.formulas.decorating import Formula
from gradcheck.proofs import prove


def proof_of(backward, forward=np.sin, shapes=None, **about):
    formula = Formula(forward, shapes or {"x": "n"}, **about)
    formula.vjp(backward)
    return prove(formula.claims[0])


def large(x):
    return type(x.shape[0]) is int and x.shape[0] > 64


class Layer:
    """Its methods are no copies."""

    def __call__(self, d, x):
        return self.backward(d, x)

    def backward(self, d, x):
        return d * np.cos(x) * self.factor(x)

    def factor(self, x):
        return 2.0 if large(x) else 1.0

    @staticmethod
    def fixed(x):
        return 2.0 if large(x) else 1.0

    @classmethod
    def of_class(cls, x):
        return 2.0 if large(x) else 1.0

    @property
    def one(self):
        return 1.0


class Activation(NamedTuple):
    name: str
    slope: object


LAYER = Layer()
COSINE = Activation("sin", lambda x: 1.0 * np.cos(x))
WRONG = Activation("sin", lambda x: np.cos(x) * (2.0 if large(x) else 1.0))
TABLE = {"sin": lambda x: 1.0 * np.cos(x)}
PARTIALS = [functools.partial(lambda k, x: np.cos(x) * (2.0 if large(x) else k), 1.0)]


def decorated(function):
    @functools.wraps(function)
    def run(d, x):
        return function(d, x) * (2 if large(x) else 1)

    return run


def in_a_class_body(d, x):
    n = x.shape[0]

    class Factor:
        value = 2.0 if type(n) is int and n > 64 else 1.0

    return d * np.cos(x) * Factor.value


OBJECTS = {
    "a callable object": LAYER,
    "a method": LAYER.backward,
    "a method of a global": lambda d, x: d * np.cos(x) * LAYER.factor(x),
    "a static method": lambda d, x: d * np.cos(x) * Layer.fixed(x),
    "a class method": lambda d, x: d * np.cos(x) * Layer.of_class(x),
    "a property": lambda d, x: d * np.cos(x) * LAYER.one,
    "a decorator": decorated(lambda d, x: d * np.cos(x)),
    "a class body": in_a_class_body,
    "a wrong function in a tuple": lambda d, x: d * WRONG.slope(x),
    "a partial in a list": lambda d, x: d * PARTIALS[0](x),
    "an object made on the way": lambda d, x: d * np.cos(x) * Layer().factor(x),
}
HELD = {
    "a function in a tuple": lambda d, x: d * COSINE.slope(x),
    "a function in a table": lambda d, x: d * TABLE["sin"](x),
}


@pytest.mark.parametrize("name", OBJECTS)
def test_code_that_is_no_copy_is_not_proved(name):
    """It could tell symbols from numbers."""
    assert proof_of(OBJECTS[name]).status != "proved"


@pytest.mark.parametrize("name", HELD)
def test_functions_that_are_held_are_copied(name):
    proof = proof_of(HELD[name])
    assert proof.status == "proved", proof.reason


FORWARDS = {
    "its type": lambda x: np.sin(x) * (1.0 if type(x) is np.ndarray else 2.0),
    "a size": lambda x: np.sin(x) * (2.0 if len(x) == 37 else 1.0),
    "a key": lambda x: np.sin(x) * (2.0 if len(x) in {37, 41} else 1.0),
    "overflow": lambda x: np.where(np.isinf(np.exp(20 * x)), 2.0, 1.0) * np.sin(x),
}


@pytest.mark.parametrize("name", FORWARDS)
def test_the_forward_is_asked_alike(name):
    """Its derivative is what a proof is held against."""
    assert proof_of(lambda d, x: d * np.cos(x), FORWARDS[name]).status != "proved"


FLOATS = {
    "the wrong limit": lambda d, x: d * np.cos(x) * np.where(np.exp(20 * x) > 1e300, 0.0, 1.0),
    "underflow, equal to 0": lambda d, x: d * np.cos(x) * np.where(np.exp(-x * x) == 0, 2.0, 1.0),
    "underflow, above 0": lambda d, x: d * np.cos(x) * np.where(np.exp(-x * x) > 0, 1.0, 2.0),
    "the sign of exp": lambda d, x: d * np.cos(x) * np.sign(np.exp(x)),
    "a sum of exp": lambda d, x: d * np.cos(x) * (1.0 if np.sum(np.exp(x)) > 0 else 2.0),
    "a quotient that is 1": lambda d, x: d * np.cos(x) * np.where(np.exp(x) / np.exp(x) == 1, 1.0, 2.0),
    "shares that sum to 1": lambda d, x: (
        d * np.cos(x) * np.where((np.exp(x) / np.exp(x).sum()).sum() > 0.5, 1.0, 2.0)
    ),
    "1 that rounds": lambda d, x: d * np.cos(x) * np.where((x + 1) - x == 1, 1.0, 2.0),
    "1e16 that rounds": lambda d, x: d * np.cos(x) * np.where((x + 1e16) - x >= 1e16, 1.0, 2.0),
    "0 that rounds": lambda d, x: d * np.cos(x) * (2.0 if (x.sum() + 1) - x.sum() - 1 else 1.0),
    "NaN times 0": lambda d, x: d * np.cos(x) * (2.0 if np.sum(np.exp(x)) * 0 else 1.0),
    "Python's functions on entries": lambda d, x: d * np.vectorize(math.cos)(x),
    "a ufunc of one's own": lambda d, x: d * np.frompyfunc(math.cos, 1, 1)(x),
    "np.piecewise": lambda d, x: d * np.cos(x) * np.piecewise(x, [x > 1e3], [2.0, 1.0]),
    "np.select": lambda d, x: d * np.cos(x) * np.select([x > 1e3], [2.0], 1.0),
    "np.array of a shape": lambda d, x: d * np.cos(x) * (2.0 if np.array(x.shape)[0] == 37 else 1.0),
    "np.array_equal of shapes": lambda d, x: d * np.cos(x) * (2.0 if np.array_equal(x.shape, (37,)) else 1.0),
    "the overflow guard": lambda d, x: (
        d * np.cos(x) * np.where(np.isinf(np.exp(20 * x)), 0.0, np.exp(20 * x) / np.exp(20 * x))
    ),
}


@pytest.mark.parametrize("name", FLOATS)
def test_what_floats_decide_otherwise_is_not_proved(name):
    assert proof_of(FLOATS[name]).status != "proved"


def test_whole_numbers_that_may_wrap_are_not_proved():
    """10^5 to the fourth, n times."""
    proof = proof_of(
        lambda d, y, x: (None, d * ((y**4).sum() / (y**4).sum())),
        lambda y, x: x * 1.0,
        {"y": "n", "x": "n"},
        values={"y": integers(1, 10**5)},
    )
    assert proof.status != "proved"


def test_an_index_that_is_not_another_is_no_index_that_is():
    """`i != k` in arithmetic, on either side."""
    formula = Formula(lambda W, x: W @ x, {"W": "n m", "x": "m"})
    formula.entry("dz[i]/dW[k,j]", suffix="right")(lambda i, k, j, W, x: x[j] * (i == k))
    formula.entry("dz[i]/dW[k,j]", suffix="left")(lambda i, k, j, W, x: x[j] * (i != k))
    formula.entry("dz[i]/dW[k,j]", suffix="other")(lambda i, k, j, W, x: (i != k) * x[j])
    assert [prove(c).status == "proved" for c in formula.claims] == [True, False, False]


def squeezed(d, x):
    a = 1.0 * np.cos(x)
    seen = np.squeeze(a)
    a *= 2
    return d * seen / 2


def row_of(d, x):
    a = np.zeros((2, len(x)))
    row = a[0]
    row += np.cos(x)
    return d * a[0]


def reshaped(d, x):
    a = np.zeros((2, len(x)))
    a[0] = np.cos(x)
    seen = a.reshape(2, -1)
    a[0] = 0.0
    return d * seen[0]


def same_array(d, x):
    a = 1.0 * np.cos(x)
    same = np.asarray(a)
    same *= 2
    return d * a


def copied(d, x):
    a = 1.0 * np.cos(x)
    other = a.flatten()
    a *= 2
    return d * other


def broadcast(d, x):
    a = np.ones((len(x), 1))
    seen = np.broadcast_to(a, (len(x), 2))
    a *= 2
    return d * np.cos(x) * seen[:, 0]


def diagonal(d, x):
    A = np.eye(len(x))
    seen = A.diagonal()
    A[0, 0] = 5.0
    return d * np.cos(x) * seen


def written(d, x):
    d *= np.cos(x)
    return d


@pytest.mark.parametrize("function", [squeezed, reshaped, same_array, broadcast, diagonal, written])
def test_memory_that_is_shared_is_not_proved(function):
    assert proof_of(function).status != "proved"


@pytest.mark.parametrize("function", [row_of, copied])
def test_memory_that_is_used_rightly_is_proved(function):
    proof = proof_of(function)
    assert proof.status == "proved", proof.reason
