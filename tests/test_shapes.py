"""The shape language: what it reads, what it refuses, and what arrays bind."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradcheck.errors import UsageError
from gradcheck.formulas.sizes.shapes import Shapes, parse_shape


def texts(shape):
    return [d.text for d in parse_shape(shape)]


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ("n m", ["n", "m"]),
        ("3 m", ["3", "m"]),
        ("n,m", ["n", "m"]),
        (3, ["3"]),
        ("", []),
        ((), []),
        (("n", 3), ["n", "3"]),
        ("n-k+1", ["n-k+1"]),
        ("2*n n//2", ["2*n", "n//2"]),
        ("  n   m ", ["n", "m"]),
        ("(n, m)", ["n", "m"]),
        ("[n, 3]", ["n", "3"]),
        ("(n+k)*2 m", ["(n+k)*2", "m"]),
        (np.int64(3), ["3"]),
        ((np.int64(3), "n"), ["3", "n"]),
        ("\u03bd \u00b5", ["\u03bd", "\u03bc"]),
    ],
)
def test_a_shape_is_read(shape, expected):
    """Names, integers and expressions, blank-separated; numbers and tuples too."""
    assert texts(shape) == expected


@pytest.mark.parametrize(
    ("shape", "why"),
    [
        (True, "expected a shape like 'n m', 3 or '', got True"),
        (2.5, "expected a shape like"),
        (None, "expected a shape like"),
        ("n+", "it is no expression"),
        ("if", "it is no expression"),
        ("2.5", "2.5 is no integer"),
        ("True", "True is no integer"),
        ("n/2", "the operator Div is not known"),
        ("n**2", "the operator Pow is not known"),
        ("-n", "UnaryOp has no place in a size"),
        ("-1", "a size is 1 or more; for any size give a name, such as n"),
        (-1, "a size is 1 or more"),
        ("2n", "a product is written 2*n"),
        ("n + 1", "cannot read the size '+'"),
        (np.ones(3), "An array of values is given with values={...}"),
        ({"n"}, "expected a shape like"),
        (("n", ["m"]), "List has no place in a size"),
        ("n.m", "Attribute has no place in a size"),
        ("f(n)", "Call has no place in a size"),
        ("n[0]", "Subscript has no place in a size"),
        ("__import__('os')", "Call has no place in a size"),
        (0, "a size is 1 or more"),
        ("1-1", "a size is 1 or more"),
        ("3//0", "a size is 1 or more"),
        ("(" * 300, "it is no expression"),
    ],
)
def test_what_is_no_shape_is_refused_with_the_reason(shape, why):
    """Every refusal says what was wrong, and no expression is ever executed."""
    with pytest.raises(UsageError, match=r".") as error:
        parse_shape(shape, "shapes['x']")
    assert str(error.value).startswith("shapes['x']: ")
    assert why in str(error.value)


def test_the_names_of_an_expression_come_in_the_order_of_their_appearance():
    """`n-k+1` uses n and then k."""
    (dimension,) = parse_shape("n-k+1")
    assert dimension.names == ("n", "k")
    assert not dimension.is_name
    assert parse_shape("n")[0].is_name


@given(st.integers(1, 50), st.integers(1, 50))
def test_an_expression_has_the_value_that_python_gives_it(n, k):
    """Sizes are Python's own integer arithmetic."""
    sizes = {"n": n, "k": k}
    for text in ("n-k+1", "2*n", "n//k", "n*k-1", "(n+k)*2"):
        assert parse_shape(text)[0].size(sizes) == eval(text, {}, sizes)


def test_division_by_a_size_of_zero_is_an_invalid_size_and_no_crash():
    """`n//(k-1)` at k = 1 falls below 1 like any size that runs out."""
    shapes = Shapes.parse({"x": "n//(k-1)", "y": "k"})
    assert shapes.concrete({"n": 4, "k": 1}) is None
    assert shapes.concrete({"n": 4, "k": 3}) == ((2,), (3,))


def test_concrete_shapes_or_none_where_a_derived_size_runs_out():
    """`n-k+1` is a valid size only for k <= n."""
    shapes = Shapes.parse({"x": "n", "w": "k", "z": "n-k+1", "s": ""})
    assert shapes.concrete({"n": 5, "k": 2}) == ((5,), (2,), (4,), ())
    assert shapes.concrete({"n": 2, "k": 3}) is None


def test_names_are_listed_once_in_the_order_of_their_appearance():
    """Shared names are one dimension."""
    assert Shapes.parse({"W": "n m", "x": "m", "y": "k n"}).names == ("n", "m", "k")


def test_the_text_of_an_argument_is_what_was_declared():
    """Whatever form the shape was declared in."""
    shapes = Shapes.parse({"W": "n m", "x": 3, "s": ()})
    assert [shapes.text(a) for a in shapes.arguments] == ["n m", "3", ""]


@pytest.mark.parametrize("declaration", [{}, None, [("x", "n")], "n m", ["n m"] * 100])
def test_a_declaration_that_is_no_mapping_is_refused(declaration):
    """Shapes need one entry per argument, and a long thing is not shown in full."""
    with pytest.raises(UsageError, match="expected one entry per argument") as error:
        Shapes.parse(declaration)
    assert len(str(error.value)) < 200


def test_the_keys_of_a_declaration_are_names():
    """Positions are not."""
    with pytest.raises(UsageError, match="shapes: the keys are the arguments' names, such as 'x', got 0"):
        Shapes.parse({0: "n"})


@pytest.mark.parametrize(
    ("declaration", "name", "words"),
    [
        ({"x": "n m"}, "N", "got 'N'; the dimensions are n, m. Did you mean 'n'?"),
        ({"x": "3"}, "n", "the dimensions are none."),
        ({"x": "n n"}, "n", "the argument 'x' is declared as 'n n' and cannot be cut into rows"),
        ({"x": "n", "y": "2*n"}, "n", "n must be one whole axis of an argument that has it"),
    ],
)
def test_a_batch_must_be_one_axis_of_the_arguments_that_have_it(declaration, name, words):
    """The twin is a name that is."""
    assert Shapes.parse({"x": "n m", "W": "m 2*k"}).check_batch("n") == "n"
    with pytest.raises(UsageError) as error:
        Shapes.parse(declaration).check_batch(name)
    assert words in str(error.value)


def test_arrays_bind_the_sizes():
    """Of all named sizes that they show."""
    shapes = Shapes.parse({"W": "n m", "x": "m", "z": "n-m+1"})
    assert shapes.bind({"W": (5, 3), "x": (3,), "z": (3,)}) == {"n": 5, "m": 3}
    assert shapes.bind({"x": (3,)}) == {"m": 3}
    assert shapes.bind({}) == {}


def test_arrays_bind_the_open_name_of_an_expression_where_one_size_alone_fits():
    """`n+1` of length 5 makes n = 4, in any order; `n//2` of length 2 could be 4 or 5, and stays open."""
    shapes = Shapes.parse({"x": "n", "w": "k", "z": "n-k+1", "a": "n+1", "h": "n//2"})
    assert shapes.bind({"a": (5,)}) == {"n": 4}
    assert shapes.bind({"z": (3,), "a": (6,)}) == {"n": 5, "k": 3}
    assert shapes.bind({"h": (2,)}) == {}
    assert shapes.bind({"z": (3,)}) == {}


@pytest.mark.parametrize(
    ("known", "words"),
    [
        (
            {"W": (5, 3), "x": (4,)},
            "'x' has shape (4,) and makes m = 4, but 'W' with shape (5, 3) makes m = 3",
        ),
        ({"x": (3, 1)}, "declared as 'm' (1 axes)"),
        (
            {"W": (5, 3), "z": (4,)},
            "'z' has shape (4,), but its size n-m+1 comes to 3 with n = 5 ('W' with shape (5, 3)), m = 3",
        ),
        ({"v": (4,)}, "'v' has shape (4,), but is declared as '3': axis 0 must have the size 3"),
        ({"u": (5,)}, "'u' has shape (5,), but no n of 1 or more makes 2*n = 5"),
        ({"W": (5, 3), "u": (8,)}, "'u' has shape (8,), but its size 2*n comes to 10 with n = 5 ('W'"),
        ({"z": (4,), "x": (0,)}, "values['x']: an empty array of shape (0,) was given; sizes are 1 or more"),
        (
            {"x": (3,), "z": (4,), "u": (6,)},
            "its size 2*n comes to 12 with n = 6 ('z' with shape (4,))",
        ),
    ],
)
def test_arrays_that_contradict_each_other_are_named(known, words):
    """The message names both sides of the contradiction."""
    shapes = Shapes.parse({"W": "n m", "x": "m", "z": "n-m+1", "v": "3", "u": "2*n"})
    with pytest.raises(UsageError) as error:
        shapes.bind(known)
    assert words in str(error.value)


@given(st.integers(1, 9), st.integers(1, 9))
def test_binding_gives_back_the_sizes_that_made_the_shapes(n, m):
    """`bind` is the inverse of `concrete`."""
    shapes = Shapes.parse({"W": "n m", "x": "m", "v": "n+m"})
    sizes = {"n": n, "m": m}
    known = dict(zip(shapes.arguments, shapes.concrete(sizes), strict=True))
    assert shapes.bind(known) == sizes
    known["v"] = (n + m + 1,)
    with pytest.raises(UsageError, match="comes to"):
        shapes.bind(known)
