"""Decorators without brackets: as good as with them, or an error that says what goes into them."""

import numpy as np
import pytest

import gradcheck
from gradcheck import UsageError
from gradcheck.checking.claim_check import check_claim


@gradcheck.formula(shapes={"R": "u i", "P": "u k", "Q": "i k"})
def cost(R, P, Q):
    return np.sum((R - P @ Q.T) ** 2)


@cost.update
def right(rate, R, P, Q):
    E = R - P @ Q.T
    return None, P + rate * 2 * E @ Q, Q + rate * 2 * E.T @ P


@cost.update(suffix="stale")
def stale(rate, R, P, Q):
    E = R - P @ Q.T
    P2 = P + rate * 2 * E @ Q
    return None, P2, Q + rate * 2 * E.T @ P2


def test_an_update_needs_no_brackets():
    """The function stays what it is; a step from values that are new already is refuted."""
    assert callable(right)
    assert [c.uid for c in cost.claims] == ["cost.update", "cost.update.stale"]
    verdicts = [check_claim(claim, max_examples=12).row.verdict for claim in cost.claims]
    assert verdicts == ["pass", "fail"]


@pytest.mark.parametrize(
    ("name", "example"), [("jacobian", "'R'"), ("layout", "'R'"), ("entry", r"'dJ/dR\[i\]'")]
)
def test_a_decorator_that_needs_a_name_says_so(name, example):
    """In place of a TypeError from inside."""
    with pytest.raises(
        UsageError, match=rf"cost: {name} says what it is about, as in @cost.{name}\({example}\)"
    ):
        getattr(cost, name)(right)
    with pytest.raises(UsageError, match="formula: shapes is missing"):
        gradcheck.formula(right)


@pytest.mark.parametrize(
    ("positional", "named", "said"),
    [
        ((), {"x": "n"}, r"there is no option 'x'\. Shapes are one dict, as in"),
        ((), {"shape": {"x": "n"}}, r"there is no option 'shape'\. Did you mean 'shapes'\?"),
        (("square",), {"shapes": {"x": "n"}}, r"its options go by name; got 'square'\."),
    ],
)
def test_a_wrong_option_of_formula_is_named(positional, named, said):
    """It is not told that its shapes are missing, where they stand."""
    with pytest.raises(UsageError, match=f"formula: {said}"):
        gradcheck.formula(*positional, **named)


@pytest.mark.parametrize(
    ("misuse", "says"),
    [
        (lambda: cost.jacobian(right), "got the function right"),
        (lambda: cost.vjp("stale"), "a second claim is told apart by @cost.vjp(suffix='stale')"),
        (lambda: cost.update("stale"), "a second claim is told apart by @cost.update(suffix='stale')"),
        (lambda: cost.vjp(sufix="b"), "does not take 'sufix'"),
        (lambda: cost.vjp(sufix="b"), "Did you mean 'suffix'?"),
        (lambda: cost.vjp(shapes={}), "does not take 'shapes'"),
    ],
)
def test_misuse_of_a_decorator_says_what_to_write(misuse, says):
    """Also the commonest: a name in brackets, an option misspelt."""
    before = list(cost.claims)
    with pytest.raises(UsageError) as caught:
        misuse()
    assert says in str(caught.value)
    assert cost.claims == before
