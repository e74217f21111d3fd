"""Formulas: declared once, called like the function that they are."""

import numpy as np
import pytest

import gradcheck
from gradcheck.errors import UsageError
from gradcheck.formulas.decorating import Formula
from gradcheck.formulas.entries import EntrySpec
from gradcheck.formulas.kinds import Descent, Entry, Jacobian, Layout, Update


def conv(x, w):
    return np.convolve(x, w, "valid")


def test_a_formula_is_still_the_function():
    """Calling it calls the forward; its docstring and name stay."""

    @gradcheck.formula(shapes={"x": "n"})
    def square(x):
        """The square."""
        return x * x

    assert square(np.array([3.0])).tolist() == [9.0]
    assert (square.name, square.__doc__) == ("square", "The square.")
    assert square.__wrapped__ is square.function
    assert repr(square) == "<formula square (x), 0 claims>"


def test_a_claims_decorator_gives_the_function_back():
    """So that hand-written code can call other hand-written code."""

    @gradcheck.formula(shapes={"x": "n"})
    def square(x):
        return x * x

    @square.vjp
    def plain(delta, x):
        return 2 * delta * x

    @square.vjp(suffix="called")
    def called(delta, x):
        return delta * x * 2

    assert plain(1.0, 3.0) == called(1.0, 3.0) == 6.0
    assert [c.candidate for c in square.claims] == [plain, called]


def test_sizes_are_allowed_by_shapes_and_relation():
    """A relation takes any subset of the names, in any order."""
    formula = Formula(conv, {"x": "n", "w": "k"}, where=lambda k, n: k <= n)
    assert formula.allows({"n": 3, "k": 2})
    assert not formula.allows({"n": 2, "k": 3})
    derived = Formula(lambda x, z: x.sum() + z.sum(), {"x": "n", "z": "n-1"}, where=lambda n: n < 5)
    assert derived.allows({"n": 2})
    assert not derived.allows({"n": 1})
    assert not derived.allows({"n": 5})


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"shapes": {"w": "k", "x": "n"}}, "conv takes (x, w), but it is called as (w, x): the same names"),
        ({"shapes": {"x": "n"}}, "called as (x): 1 argument. Give shapes an entry for 'w' too"),
        ({"shapes": {"x": "n", "w": "k", "b": ""}}, "called as (x, w, b): 3 arguments"),
        ({"shapes": {"x": "n", "w": "k"}, "where": lambda n, m: True}, "where takes 'm', but the dimensions"),
        ({"shapes": {"x": "n", "w": "k"}, "where": "k <= n"}, "where must be a function of dimension names"),
        ({"shapes": {"x": "n", "w": "k"}, "values": {"b": gradcheck.normal}}, "there is no argument 'b'"),
        ({"shapes": {"x": "n", "w": "k+"}}, "shapes['w']: cannot read the size 'k+'"),
        ({"shapes": {}}, "expected one entry per argument"),
    ],
)
def test_declarations_that_contradict_themselves_are_refused(how, words):
    """When they are made, with the reason."""
    with pytest.raises(UsageError) as error:
        gradcheck.formula(**how)(conv)
    assert words in str(error.value)


def test_a_decorator_without_shapes_says_how_it_is_written():
    """`@gradcheck.formula` without brackets is the natural first try."""
    for declare in (lambda: gradcheck.formula(np.sin), gradcheck.formula):
        with pytest.raises(UsageError, match=r"shapes is missing.*as in @gradcheck.formula\(shapes="):
            declare()


def test_a_claim_does_not_take_unknown_keywords():
    """A misspelt keyword is no comment."""
    formula = Formula(conv, {"x": "n", "w": "k"})
    with pytest.raises(UsageError, match="a vjp claim does not take 'ids'; it takes erratum, id"):
        formula.vjp(ids="D01")(lambda delta, x, w: (None, None))


def test_every_kind_of_claim_is_kept_with_what_it_needs():
    """Target, layout, entry and descent reach the claim."""
    formula = Formula(lambda x: x @ x, {"x": "n"}, name="dot")
    descent = Descent({"n": 3})
    formula.jacobian("x", layout="own")(lambda x: 2 * x)
    formula.layout("x")(lambda x: 2 * x[None, :])
    formula.entry("dJ/dx[i]")(lambda i, delta, x: 2 * delta * x[i])
    formula.update(descent=descent)(lambda rate, x: x - rate * 2 * x)
    jacobian, layout, entry, update = formula.claims
    assert jacobian.kind == Jacobian("x", "own")
    assert layout.kind == Layout("x", "numerator") != Jacobian("x", "numerator")
    assert entry.kind == Entry(EntrySpec.parse("dJ/dx[i]"))
    assert (update.kind, update.kind.descent) == (Update(), descent)
