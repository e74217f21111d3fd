"""Claims: their names, and what of them is refused when they are declared."""

import functools

import numpy as np
import pytest

import gradcheck
from gradcheck.errors import UsageError
from gradcheck.formulas.claim import Claim, check_parameters
from gradcheck.formulas.entries import EntrySpec
from gradcheck.formulas.kinds import Entry, Forward, Jacobian, Layout, Update, Vjp


@pytest.fixture
def wx():
    @gradcheck.formula(shapes={"W": "n m", "x": "m"}, id="D09", section="Linear", latex="z = Wx")
    def wx(W, x):
        return W @ x

    return wx


def test_a_claim_is_named_after_its_formula_kind_and_place(wx):
    """The uid is unique in a run and can be typed."""
    wx.vjp(lambda delta, W, x: (np.outer(delta, x), W.T @ delta))
    wx.jacobian("x")(lambda W, x: W)
    wx.jacobian("x", suffix="again")(lambda W, x: W)
    wx.entry("dJ/dW[i, j]")(lambda i, j, delta, W, x: delta[i] * x[j])
    wx.layout("x", printed=True)(lambda W, x: W)
    wx.forward(np.dot)
    assert [c.uid for c in wx.claims] == [
        "D09/wx.vjp",
        "D09/wx.jacobian-x",
        "D09/wx.jacobian-x.again",
        "D09/wx.entry-dJ_dW[i,j]",
        "D09/wx.layout-x.printed",
        "D09/wx.forward",
    ]


def test_a_claim_takes_over_what_the_formula_says_and_may_say_otherwise(wx):
    """`id`, `section` and `latex` default to the formula's own."""
    wx.vjp(lambda delta, W, x: (None, W.T @ delta))
    wx.vjp(id="D10", suffix="other")(lambda delta, W, x: (None, W.T @ delta))
    first, second = wx.claims
    assert (first.id, first.section, first.latex) == ("D09", "Linear", "z = Wx")
    assert (second.id, second.section) == ("D10", "Linear")


def test_two_claims_of_one_name_are_refused(wx):
    """A log could not tell them apart."""
    wx.jacobian("x")(lambda W, x: W)
    with pytest.raises(UsageError, match=r"D09/wx.jacobian-x: there is such a claim already.*suffix"):
        wx.jacobian("x")(lambda W, x: W.T)
    assert len(wx.claims) == 1


@pytest.mark.parametrize(
    ("kind", "leading"),
    [
        (Vjp(), ("delta",)),
        (Update(), ("rate",)),
        (Jacobian("x"), ()),
        (Forward(), ()),
        (Entry(EntrySpec.parse("dJ/dW[i,j]")), ("i", "j", "delta")),
        (Entry(EntrySpec.parse("dz[k]/dW[i,j]")), ("k", "i", "j")),
    ],
)
def test_what_a_candidate_takes_before_the_arguments(wx, kind, leading):
    """By kind of claim."""
    assert Claim(wx, kind, lambda *args: None).leading == leading


def test_an_erratum_is_expected_to_fail_and_must_be_a_printed_claim(wx):
    """What is not as printed is no erratum."""
    claim = Claim(wx, Layout("x"), lambda W, x: W.T, printed=True, erratum=True)
    assert claim.expected == "fail"
    assert Claim(wx, Layout("x"), lambda W, x: W).expected == "pass"
    with pytest.raises(UsageError, match="declare it with printed=True as well"):
        Claim(wx, Layout("x"), lambda W, x: W.T, erratum=True)


def test_a_claim_about_an_unknown_argument_is_refused(wx):
    """With the arguments that there are."""
    with pytest.raises(UsageError, match=r"names the argument 'y', but the formula has W, x"):
        wx.jacobian("y")(lambda W, x: W)
    with pytest.raises(UsageError, match="names the argument 'V'"):
        wx.entry("dJ/dV[i]")(lambda i, delta, W, x: 0.0)


def test_a_kind_is_no_text(wx):
    """With what to give in its place."""
    with pytest.raises(UsageError, match=r"expected a kind of claim, such as Vjp\(\), got 'vjp'"):
        Claim(wx, "vjp", lambda delta, W, x: None)


def test_every_kind_has_a_statement_in_words(wx):
    """The title, where there is one."""
    assert "gradients of wx" in Claim(wx, Vjp(), lambda delta, W, x: None).statement()
    assert (
        "dJ/dx[j]" in Claim(wx, Entry(EntrySpec.parse("dJ/dx[j]")), lambda j, delta, W, x: None).statement()
    )
    assert Claim(wx, Vjp(), lambda delta, W, x: None, title="the gradient").statement() == "the gradient"


def right(delta, W, x):
    return None


def swapped(delta, x, W):
    return None


def renamed(d, A, b):
    return None


def short(delta, W):
    return None


def long(delta, W, x, y):
    return None


def with_default(delta, W, x, y=1):
    return None


def keyword_needed(delta, W, x, *, eps):
    return None


def keyword_default(delta, W, x, *, eps=1e-5):
    return None


def anything(*args):
    return None


class Callable:
    def __call__(self, delta, W, x):
        return None


WANTED = ("delta", "W", "x")


@pytest.mark.parametrize(
    "function",
    [
        right,
        renamed,
        with_default,
        keyword_default,
        anything,
        Callable(),
        functools.partial(long, y=2),
        np.add,
    ],
)
def test_parameters_that_fit_are_accepted(function):
    """Other names, defaults, `*args`, callables, partials and builtins without a signature."""
    assert check_parameters(function, WANTED, "who") is None


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (swapped, "takes (delta, x, W), but it is called as (delta, W, x): the same names in another order"),
        (short, "short takes (delta, W), but it is called as (delta, W, x): 3 arguments"),
        (long, "takes (delta, W, x, y), but it is called as (delta, W, x)"),
        (keyword_needed, "needs the keyword argument 'eps'"),
        ("W.T @ delta", "expected a function, got str"),
        (None, "expected a function, got NoneType"),
    ],
)
def test_parameters_that_do_not_fit_are_refused_at_once(function, words):
    """Before any point is tried."""
    with pytest.raises(UsageError) as error:
        check_parameters(function, WANTED, "who")
    assert words in str(error.value)
