"""What is declared of a forward computation is written once, and everything that takes it says the same."""

import dataclasses
import inspect

import numpy as np
import pytest

import gradcheck
from gradcheck.api import verify
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.declaration import Declaration
from gradcheck.formulas.decorating import Formula, claims_on
from gradcheck.formulas.kinds import Vjp

SHAPES = {"W": "n m", "x": "m"}
PARAMETERS = inspect.signature(Declaration).parameters


def wx(W, x):
    return W @ x


def wx_backward(delta, W, x):
    return np.outer(delta, x), W.T @ delta


def out_of_step(signature, own):
    """The parameters, but for a caller's own, that a declaration does not take, or not so."""
    return [
        p.name
        for p in signature.parameters.values()
        if p.name not in own
        and (p.name not in PARAMETERS or p.annotation != PARAMETERS[p.name].annotation)
        and p.name != "name"
    ]


@pytest.mark.parametrize(
    ("public", "own"),
    [
        (
            verify,
            {
                *("forward", "backward", "shapes", "jac", "args", "delta"),
                *("jvp", "hvp", "hessian", "double_backward"),
                *("backends", "max_examples", "seed", "strict"),
            },
        ),
        (gradcheck.chain, {"layers", "backward", "shared"}),
        (gradcheck.formula, set()),
    ],
)
def test_what_the_public_functions_offer_of_a_declaration_is_what_it_takes(public, own):
    """The same names and types."""
    assert out_of_step(inspect.signature(public), own) == []


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("batch: 'str | None' = None", []),
        ("batch: 'int' = None", ["batch"]),
        ("bach: 'str | None'", ["bach"]),
    ],
)
def test_a_name_or_type_out_of_step_would_be_noticed(written, names):
    """The twin."""
    space = {}
    exec(f"def public(*, {written}): ...", space)
    assert out_of_step(inspect.signature(space["public"]), set()) == names


def test_a_formula_takes_what_a_declaration_takes():
    """By name; the decorator takes all but the function."""
    assert list(inspect.signature(Formula).parameters) == list(PARAMETERS)
    assert list(inspect.signature(gradcheck.formula).parameters) == list(PARAMETERS)[1:]
    with pytest.raises(gradcheck.UsageError, match="no option 'shapez'"):
        gradcheck.formula(shapez=SHAPES)


def test_assert_correct_shows_the_parameters_of_verify():
    """To readers and editors, though it passes them on whole."""
    assert inspect.signature(gradcheck.assert_correct) == inspect.signature(gradcheck.verify)
    assert "max_examples" in inspect.signature(gradcheck.assert_correct).parameters


def test_a_declaration_is_frozen_and_a_formula_too():
    """But for what decorators add to a formula."""
    for made in (Declaration(wx, SHAPES), Formula(wx, SHAPES)):
        for field in dataclasses.fields(Declaration):
            with pytest.raises(dataclasses.FrozenInstanceError):
                setattr(made, field.name, None)
    declared = Formula(wx, SHAPES)
    assert declared.tapped is None
    declared.intermediates(tapped)
    assert declared.tapped is tapped


def tapped(tap, W, x):
    return tap("z", W @ x)


def test_given_declares_the_same_computation_again():
    """All but where it comes from and how it is shown."""
    first = Declaration(
        wx,
        SHAPES,
        name="product",
        values={"x": np.ones(3)},
        where=lambda n, m: n < m,
        batch="n",
        id="D09",
        intermediates=tapped,
    )
    again = Declaration(**first.given())
    assert (again.function, again.shapes, again.name, again.batch) == (wx, first.shapes, "product", "n")
    assert again.where is first.where
    assert np.array_equal(again.values["x"], np.ones(3))
    assert (again.id, again.tapped) == (None, None)


def test_a_claim_stands_on_a_declaration_alone():
    """Nobody else's claims are known of it then; a formula knows its own."""
    declared, formula = Declaration(wx, SHAPES), Formula(wx, SHAPES)
    claim = Claim(declared, Vjp(), wx_backward)
    formula.vjp(wx_backward)
    assert (claim.uid, claims_on(declared)) == ("wx.vjp", ())
    assert list(claims_on(formula)) == formula.claims != []


def test_formulas_do_not_share_their_claims():
    """Each has a list of its own."""
    one, two = Formula(wx, SHAPES), Formula(wx, SHAPES)
    one.vjp(wx_backward)
    assert (len(one.claims), two.claims) == (1, [])
