"""Copies of methods, classes, objects and modules, in which buffers are arrays of the arithmetic."""
# ruff: noqa: PLW0108  (a lambda finds by name what it calls)

import abc
import gc
import types

import numpy as np
import pytest

from gradcheck.arithmetic import BALLS, ElementArray, call_in, enclose, midpoints, precision, wrap
from gradcheck.arithmetic.code.reaching import exchanged, mentions

X = np.array([2.0, -3.0, 0.5])


def cubes(x):
    out = np.zeros(x.shape)
    for i in range(len(x)):
        out[i] = x[i] ** 3
    return out


class Of:
    """One way to a buffer in each method."""

    scale = 1.0

    def __init__(self):
        self.kept = np.zeros(8)
        self.parts = [self.method]

    def method(self, x):
        return self.helper(x)

    def helper(self, x):
        return self.scale * cubes(x)

    @staticmethod
    def static(x):
        out = np.empty_like(np.ones(3))
        out[:] = x**3
        return out

    @classmethod
    def of_class(cls, x):
        return cls.static(x)

    @property
    def cubed(self):
        return cubes(self.x)

    def by_property(self, x):
        self.x = x
        return self.cubed

    def comprehension(self, x):
        return [cubes(v) for v in (x, x)][1]

    def own_buffer(self, x):
        self.kept[: len(x)] = x**3
        return self.kept[: len(x)].copy()

    def asks(self, x):
        return self.helper(x) if isinstance(self, Of) and type(self) is Of else 0 * x


class Heir(Of):
    def helper(self, x):
        return 2 * super().helper(x) - Of.helper(self, x)


class Abstract(abc.ABC):
    @abc.abstractmethod
    def f(self, x): ...

    def cubes(self, x):
        return self.f(cubes(x))


class Concrete(Abstract):
    def f(self, x):
        return x


class Slotted:
    __slots__ = ("of",)

    def __init__(self):
        self.of = Of()

    def method(self, x):
        return self.of.method(x)


class Holder:
    def __init__(self):
        self.layers, self.by_name = [Of(), Heir()], {"heir": Heir()}
        self.layers[0].parent = self  # a circle

    def method(self, x):
        return self.layers[0].method(x) / 2 + self.by_name["heir"].method(x) / 2


module = types.ModuleType("of_a_user")
exec(  # a module of the user's, whose function lives in its own names
    "import numpy as np\ndef store(x):\n    out = np.zeros(x.shape)\n    out[:] = x ** 3\n    return out",
    module.__dict__,
)
one, heir, holder, slotted, concrete = Of(), Heir(), Holder(), Slotted(), Concrete()
TABLE = {"cubes": cubes}

WAYS = {
    "method": one.method,
    "static method": Of.static,
    "class method": Of.of_class,
    "static method of a global class": lambda x: Of.static(x),
    "object by name": lambda x: one.method(x),
    "new object": lambda x: Of().method(x),
    "heir and super": heir.method,
    "property": one.by_property,
    "comprehension": one.comprehension,
    "own buffer": lambda x: one.own_buffer(x),
    "asks for its type": lambda x: one.asks(x),
    "objects in containers": lambda x: holder.method(x),
    "slots": lambda x: slotted.method(x),
    "abstract base": lambda x: concrete.cubes(x),
    "module": lambda x: module.store(x),
    "table of functions": lambda x: TABLE["cubes"](x),
    "bound methods in a list": lambda x: one.parts[0](x),
    "marked by us": lambda x: exchanged(Of()).method(x),
}


@pytest.mark.parametrize("function", WAYS.values(), ids=WAYS)
def test_every_way_to_a_buffer(function):
    """In balls they give balls, and in float64 what they always gave."""
    for _ in range(2):  # the need is remembered
        with precision(200):
            found = call_in(BALLS, function, [wrap(enclose(X), BALLS)])
        assert isinstance(found, ElementArray)
        np.testing.assert_allclose(midpoints(found.data), X**3, rtol=1e-14)
    plain = function(X)
    assert type(plain) is np.ndarray
    np.testing.assert_allclose(plain, X**3, rtol=1e-14)


def test_objects_and_classes_stay_as_they_are():
    """No ball in their attributes, no other methods, no subclass left."""
    made = Of()
    run = lambda x: made.own_buffer(x)
    call_in(BALLS, run, [wrap(enclose(X), BALLS)])
    assert made.kept.tolist() == [0.0] * 8
    assert type(made) is Of
    assert type(Of.__dict__["static"].__func__) is types.FunctionType
    assert Of.__dict__["static"].__func__.__globals__["np"] is np
    gc.collect()
    assert Of.__subclasses__() == [Heir]


def test_state_is_shared_with_the_object():
    """What forward keeps is there for backward, within one call and in the next."""
    made = Of()
    made.kept = made.parts = None

    def run(x):
        made.by_property(x)
        return made.cubed

    call_in(BALLS, run, [wrap(enclose(X), BALLS)])
    assert isinstance(made.x, ElementArray)


def test_classes_that_act_when_they_are_inherited_are_left_alone():
    """A registry would know the copy; the code is then as it was: it does not run in balls."""
    known = []

    class Registered:
        def __init_subclass__(cls):
            known.append(cls)

        def method(self, x):
            return cubes(x)

    made = Registered()
    with pytest.raises(ValueError, match="setting an array element"):
        call_in(BALLS, lambda x: made.method(x), [wrap(enclose(X), BALLS)])
    assert known == []


def test_objects_that_close_something_at_their_end_are_left_alone():
    """A copy that shares the attributes would close it for the original."""
    closed = []

    class Holding:
        def __init__(self):
            self.what = closed

        def __del__(self):
            self.what.append(1)

        def method(self, x):
            return cubes(x)

    made = Holding()
    with pytest.raises(ValueError, match="setting an array element"):
        call_in(BALLS, lambda x: made.method(x), [wrap(enclose(X), BALLS)])
    gc.collect()
    assert closed == []


def test_what_makes_no_buffer_is_seen():
    """Without one, code that raises is not run again."""

    class Plain:
        def method(self, x):
            return x

    made = Plain()
    wanted = ("zeros", "empty")
    assert not mentions(lambda x: made.method(x), wanted)
    assert mentions(lambda x: one.method(x), wanted)
    assert mentions(lambda x: module.store(x), wanted)
    assert not mentions(np.zeros_like, wanted)
