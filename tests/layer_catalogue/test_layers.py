"""Every layer is right in float64, most are proved, and the mistakes that are usual for them fail."""

import pytest

import gradcheck
from gradcheck.catalogue import formulas as derivation
from gradcheck.catalogue.layers import formulas
from gradcheck.catalogue.layers.mistakes import MISTAKES
from gradcheck.running.registry import select

LAYERS = {f.name: f for f in formulas()}
TWINS = [(name, mistake) for name, found in MISTAKES.items() for mistake in found]

CERTIFIED = {
    "conv2d": "a stride of two: the quotient of sizes that need not divide",
    "max_pool": "ties are shared by the code, and by a maximum of symbols not",
    "masked_softmax": "a mask squared is a mask, which symbols are not told",
    "cross_entropy": "a comparison of labels for equality",
    "rotary": "a slice of part of an axis, with steps",
    "causal_attention": "a mask squared is a mask",
    "masked_attention": "a mask squared is a mask",
    "scan": "a loop that changes a list",
    "gather": "a comparison of indices for equality",
}
"""Those whose vjp is not proved for all shapes, and why; the others are."""


@pytest.mark.corpus(12)
@pytest.mark.parametrize("name", LAYERS)
def test_a_layers_vjp_is_proved_or_certified(name):
    result = gradcheck.verify(LAYERS[name], max_examples=5, backends=["symbolic", "autodiff"])
    expected = "certified" if name in CERTIFIED else "proved"
    assert (result.verdict, result.strength) == ("pass", expected), result.reason


@pytest.mark.usefixtures("undiagnosed")
@pytest.mark.corpus(13)
@pytest.mark.parametrize(("name", "mistake"), TWINS)
def test_a_usual_mistake_fails(name, mistake):
    wrong = MISTAKES[name][mistake]
    assert gradcheck.verify(LAYERS[name], wrong, max_examples=4, backends=["autodiff"]).verdict == "fail"


def test_every_layer_has_an_id_of_its_own_in_order_and_a_mistake():
    assert [f.id for f in formulas()] == [f"L{n:02d}" for n in range(1, 37)]
    assert set(MISTAKES) == set(LAYERS)
    assert all(f.latex and f.section and f.claims[0].title for f in formulas())


def test_a_run_without_names_leaves_the_layers_out_and_names_bring_them():
    assert not any(c.formula.name in LAYERS for c in select().claims)
    assert not set(LAYERS) & {f.name for f in derivation()}
    assert [c.formula.name for c in select(["L08", "softmax"]).claims] == ["layer_norm", "softmax"]
    assert len(select(["layers"]).claims) == 36
    with pytest.raises(gradcheck.UsageError, match="Did you mean 'layer_norm'"):
        select(["layer_nrom"])
