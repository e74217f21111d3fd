"""Quantities: what a claim states, as values that print themselves."""

import copy
import pickle

import pytest

from gradcheck.formulas.quantity import JOINT, Quantity, derivative, entry, gradient, outputs, updated

TEXTS = {
    gradient("W"): "dJ/dW",
    gradient("params", "W1"): 'dJ/dparams["W1"]',
    gradient("layers", 0, "b"): 'dJ/dlayers[0]["b"]',
    derivative("x"): "dz/dx",
    entry("W", "dz[j]/dW[j,k]"): "dz[j]/dW[j,k]",
    updated("w"): "new w",
    outputs(1)[0]: "z",
    outputs(3)[2]: "z2",
    JOINT: "all arguments",
    Quantity("intermediate", ("z1",)): "the intermediate z1",
    Quantity("delta", ("z1",)): "the delta of z1",
}


@pytest.mark.parametrize(("quantity", "text"), TEXTS.items(), ids=TEXTS.values())
def test_it_prints_itself(quantity, text):
    assert (str(quantity), f"{quantity}", f"<{quantity}, u>") == (text, text, f"<{text}, u>")


def test_its_text_never_stands_for_it():
    """A dictionary with quantities for keys knows no texts: who has a text only has left the engine."""
    assert "dJ/dW" not in {gradient("W"): 1}
    assert gradient("W") != "dJ/dW"


def test_two_that_are_the_same_are_equal_however_they_were_made():
    made = [Quantity("gradient", ("W",)), gradient("W")]
    made += [copy.deepcopy(made[0]), pickle.loads(pickle.dumps(made[0]))]
    assert len(set(made)) == 1
    assert gradient("W") is gradient("W")


@pytest.mark.parametrize("other", [gradient("w"), updated("W"), derivative("W"), entry("W", "dJ/dW")])
def test_another_kind_or_path_is_another_quantity(other):
    """Also where the text is the same."""
    assert other != gradient("W")


def test_the_argument_is_the_first_of_the_path():
    assert [q.argument for q in (gradient("params", "W1"), entry("W", "dz[j]/dW[j,k]"))] == ["params", "W"]
    assert [q.argument for q in (JOINT, *outputs(2), Quantity("delta", ("z1",)))] == [None] * 4


def test_it_cannot_be_changed():
    with pytest.raises(AttributeError):
        gradient("W").path = ("x",)
