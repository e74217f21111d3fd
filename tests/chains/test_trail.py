"""A backward of the whole by hand: the mistake is followed to the layer, or explained by the wiring."""

import numpy as np
import pytest

import gradcheck
from gradcheck.formulas.kinds import Forward, Vjp
from tests.chains.nets import FEW, FOUR, TWO_WEIGHTS, relu, softmax_wrong, steps, two_weights, whole

APART = (
    "the delta that reaches cost is right. To tell them apart, return a dict that also has the gradient by p"
)
LAYERS = ("affine1", "relu", "affine2", "softmax", "cost")


def notes(result):
    return [n for n in result.row.notes if n.startswith(("every layer", "layer"))]


@pytest.mark.parametrize("between", [False, True])
@pytest.mark.parametrize("build", [two_weights, steps])
def test_a_right_backward_passes_and_nothing_is_said(build, between):
    """With and without backwards of the layers, and gradients by what lies between them."""
    result = build().verify(whole(between=between), **FEW)
    assert result.verdict == "pass"
    assert notes(result) == []
    assert result.first_wrong is None
    assert [layer.verdict for layer in result.row.chain] == ["pass"] * 5


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        ("no relu", "the backward of relu is left out"),
        ("dW2 of z", "the backward of affine2 is taken at the input of relu instead of its input"),
        ("delta of a", "dJ/dW1 and dJ/db1 are made with the delta of a instead of that of z"),
        ("biases exchanged", "dJ/db1 and dJ/db2 are returned in each other's place"),
    ],
)
def test_a_mistake_in_the_wiring_is_told(mistake, words):
    """Every layer is right alone."""
    result = two_weights().verify(whole(mistake), **FEW)
    assert result.verdict == "fail"
    assert notes(result) == [f"every layer is right alone, but {words}"]
    assert [layer.verdict for layer in result.row.chain] == ["pass"] * 5
    assert result.first_wrong is None
    assert f"note: every layer is right alone, but {words}\n" in str(result)


@pytest.mark.parametrize(
    ("mistake", "words"),
    [
        (
            "db1 not summed",
            "layer 1 (affine1): dJ/db1 is wrong, and the delta that reaches the layer is right",
        ),
        ("relu at one", "layer 2 (relu): dJ/dz is wrong, and the delta that reaches the layer is right"),
        ("sum over the batch", f"layers 4 (softmax) to 5 (cost): dJ/ds is wrong, and {APART}"),
    ],
)
def test_what_is_no_wiring_is_followed_to_the_layer(mistake, words):
    """With the gradients by what lies between."""
    result = two_weights().verify(whole(mistake, between=True), **FEW)
    assert notes(result) == [words]
    told = [layer.message for layer in result.row.chain]
    assert any(told)
    assert all(
        m is None or m.startswith("right alone; the backward of the whole goes wrong here") for m in told
    )


class TestSteps:
    """Without backwards of the layers, the whole's gradients alone tell."""

    def located(self, mistake, between):
        result = steps().verify(whole(mistake, between), **FEW)
        assert result.verdict == "fail"
        return result, [layer.verdict for layer in result.row.chain]

    def test_one_wrong_gradient_among_right_ones_names_the_layer(self):
        result, verdicts = self.located("db1 not summed", between=False)
        assert result.first_wrong == "affine1"
        assert verdicts == ["fail", "pass", "pass", "pass", "pass"]
        assert result.row.chain[0].message == "dJ/db1 is wrong"
        assert str(result).startswith("net: a chain of 5 layers: fail, layer 1 (affine1) is wrong\n")

    def test_without_what_lies_between_several_layers_are_left(self):
        result, verdicts = self.located("relu at one", between=False)
        assert result.first_wrong is None
        assert verdicts == ["inconclusive"] * 3 + ["pass"] * 2
        (note,) = notes(result)
        assert note.startswith(
            "layers 1 (affine1) to 3 (affine2): dJ/dx, dJ/dW1 and dJ/db1 are wrong, and the"
        )
        assert note.endswith("return a dict that also has the gradient by z and a")

    def test_with_it_one_is_named(self):
        result, verdicts = self.located("relu at one", between=True)
        assert result.first_wrong == "relu"
        assert verdicts == ["inconclusive", "fail", "pass", "pass", "pass"]
        assert result.row.chain[0].message == "the delta that reaches it is wrong already"

    def test_a_backward_that_raises_is_not_followed(self):
        result, verdicts = self.located("raises", between=False)
        assert verdicts == ["inconclusive"] * 5
        assert notes(result) == []
        assert "the code raises ValueError" in str(result)

    def test_one_intermediate_is_enough_to_tell_two_layers_apart(self):
        def some(*args):
            full = whole("relu at one", between=True)(*args)
            return {name: g for name, g in full.items() if name != "a"}

        result = steps().verify(some, **FEW)
        assert notes(result)[0].startswith("layers 2 (relu) to 3 (affine2): dJ/dz is wrong")

    def test_a_name_that_is_none_of_the_chains_is_refused(self):
        result = steps().verify(lambda *a: whole(between=True)(*a) | {"q": 1.0}, **FEW)
        assert result.verdict == "error"
        assert "expected a dict with one gradient for each of x, W1, b1, W2, b2, y" in result.row.reason

    def test_there_is_nothing_to_verify_without_a_backward(self):
        with pytest.raises(gradcheck.UsageError, match=r"affine1, relu.* have no backward") as error:
            steps().verify(**FEW)
        assert "chain(..., backward=...), @net.vjp or verify(backward)" in str(error.value)


def test_a_wrong_layer_comes_before_the_wiring():
    """Where a layer is wrong alone, its own counterexample is shown and nothing is explained away."""
    layers = [(f, softmax_wrong if f.__name__ == "softmax" else b, s) for f, b, s in TWO_WEIGHTS]
    result = two_weights(layers).verify(whole("no relu"), **FEW)
    assert result.first_wrong == "softmax"
    assert not any("every layer" in note for note in result.row.notes)


def test_a_mistake_that_no_wiring_makes_is_not_explained_by_one():
    """A factor of two in a gradient."""

    def doubled(*args):
        dx, dW1, *rest = whole()(*args)
        return dx, 2 * dW1, *rest

    (note,) = notes(two_weights().verify(doubled, **FEW))
    assert note == "layer 1 (affine1): dJ/dW1 is wrong, and the delta that reaches the layer is right"


WIRINGS = {
    "ones": "delta is not used: the backward begins with ones",
    "output": "the backward of sine is taken at its own output instead of its input",
    "weights": "the backward of scale1 uses v instead of w",
}


@pytest.mark.parametrize("mistake", WIRINGS)
def test_other_wirings(mistake):
    """Layers that keep the shape, so that much can be exchanged."""

    def scale(x, w):
        return x * w

    def scale_backward(d, x, w):
        return d * w, d * x

    def sine(x):
        return np.sin(x)

    net = gradcheck.chain(
        [
            (scale, scale_backward, {"x": "n m", "w": "n m"}),
            (sine, lambda d, x: d * np.cos(x), {"a": "n m"}),
            (scale, scale_backward, {"b": "n m", "v": "n m"}),
        ],
        name="same",
    )

    def backward(delta, x, w, v):
        a = x * w
        b = np.sin(a)
        if mistake == "ones":
            delta = np.ones_like(delta)
        db = delta * v
        da = db * np.cos(b if mistake == "output" else a)
        return da * (v if mistake == "weights" else w), da * x, delta * b

    result = net.verify(backward, **FEW)
    assert result.verdict == "fail"
    assert notes(result) == [f"every layer is right alone, but {WIRINGS[mistake]}"]


def test_delta_in_the_wrong_order():
    """A running sum and a product do not commute."""

    def running(x):
        return np.cumsum(x)

    def sine(x):
        return np.sin(x)

    net = gradcheck.chain(
        [
            (running, lambda d, x: np.cumsum(d[::-1])[::-1], {"x": "n"}),
            (sine, lambda d, s: d * np.cos(s), {"s": "n"}),
        ],
        name="waves",
    )
    result = net.verify(lambda d, x: np.cumsum(d[::-1])[::-1] * np.cos(np.cumsum(x)), **FEW)
    words = "delta goes through running before sine; it must go through sine first"
    assert notes(result) == [f"every layer is right alone, but {words}"]


class TestGivenToTheChain:
    """`backward=` and `@net.vjp`."""

    def test_it_takes_the_place_of_the_chain_rules(self):
        net = two_weights(backward=whole("no relu"))
        assert [c.uid for c in net.claims] == ["net.vjp"]
        assert net.claims[0].statement() == "gradients of net in every argument"
        assert notes(net.verify(**FEW))

    def test_as_a_decorator_it_stays_what_it_was(self):
        net = two_weights()
        backward = whole()
        assert net.vjp(backward) is backward
        assert net.vjp(suffix="again")(backward) is backward
        assert [c.uid for c in net.claims] == ["net.vjp", "net.vjp.again"]

    def test_an_erratum_does_not(self):
        net = two_weights()
        net.vjp(printed=True, erratum=True)(whole("no relu"))
        assert [c.uid for c in net.claims] == ["net.vjp", "net.vjp.printed"]
        assert net.verify(**FEW).verdict == "pass"

    def test_other_claims_are_left_alone(self):
        net = two_weights()
        net.forward(net.function)
        assert [c.kind for c in net.claims] == [Vjp(), Forward()]

    def test_gradients_by_what_lies_between_are_no_part_of_the_claim(self):
        result = two_weights(backward=whole(between=True)).verify(**FEW)
        assert result.verdict == "pass"
        assert result.unchecked == ("dJ/dy",)

    def test_verify_with_a_backward_of_its_own(self):
        result = gradcheck.verify(two_weights(), whole("no relu"), **FEW)
        assert notes(result)
        assert result.row.candidate.file == "tests/chains/nets.py"
        assert "def backward(delta, x, W1, b1, W2, b2, y):" in result.row.candidate.text


def test_names():
    """What the tests above rely on."""
    assert two_weights().layer_names == LAYERS
    assert relu is TWO_WEIGHTS[1][0]
    assert list(FOUR) == ["affine", "relu", "softmax", "cost"]
