"""A chain of layers: a right one passes, and of a wrong one the first wrong layer is named."""

import numpy as np
import pytest

import gradcheck
from gradcheck.errors import GradientError
from tests.chains.nets import (
    FEW,
    FOUR,
    TWO_WEIGHTS,
    affine,
    affine_backward,
    cost,
    four,
    judged,
    relu,
    relu_backward,
    relu_wrong,
    two_weights,
)

NAMES = ("affine", "relu", "softmax", "cost")


def test_a_right_chain_passes_and_no_layer_is_named():
    """Every layer has a result of its own."""
    result = judged()
    assert result.verdict == "pass"
    assert result.passed
    assert result.first_wrong is None
    assert [(layer.name, layer.verdict) for layer in result.row.chain] == [(n, "pass") for n in NAMES]
    assert not any(layer.first_wrong or layer.message for layer in result.row.chain)
    assert list(result.layers) == list(NAMES)
    assert all(layer.passed for layer in result.layers.values())


@pytest.mark.parametrize("position", range(4))
def test_each_layer_wrong_in_turn_is_named_exactly(position):
    """The others are right, and the counterexample is the layer's own."""
    name = NAMES[position]
    result = judged(name)
    assert result.verdict == "fail"
    assert result.first_wrong == name
    expected = ["fail" if n == name else "pass" for n in NAMES]
    assert [layer.verdict for layer in result.row.chain] == expected
    assert [layer.first_wrong for layer in result.row.chain] == [n == name for n in NAMES]
    found = result.layers[name].counterexample
    assert found is not None
    assert set(found.inputs) == set(FOUR[name])
    assert result.row.chain[position].message == found.message


def test_the_first_of_several_wrong_layers_is_marked():
    """Each is told, one is the first."""
    result = four("softmax", "relu").verify(**FEW)
    assert result.first_wrong == "relu"
    assert [layer.verdict for layer in result.row.chain] == ["pass", "fail", "fail", "pass"]
    assert [layer.first_wrong for layer in result.row.chain] == [False, True, False, False]


def test_what_is_printed():
    """A drawing with the wrong layer marked, its own story, and the whole in one line."""
    text = str(judged("relu"))
    first, *_ = lines = text.splitlines()
    assert first == "net: a chain of 4 layers: fail, layer 2 (relu) is wrong"
    assert lines[1:4] == ["  1 [ affine  ]  pass", "         |", lines[3]]
    assert lines[3].startswith("  2 [ relu    ]  fail  <-- the first wrong layer: dJ/dz[")
    assert lines[7] == "  4 [ cost    ]  pass"
    assert "FAIL net.2-relu.vjp (tests/chains/nets.py:" in text
    assert "claim: gradients of layer 2 (relu) of net alone" in text
    assert "in Python: gradcheck.verify(relu, relu_wrong, shapes={'z': 'batch k'}, values=" in text
    assert "the whole: fail: dJ/d" in text
    assert text.count("counterexample at") == 1


def test_the_line_that_reproduces_a_layers_failure_does():
    """Pasted as it is printed."""
    line = judged("relu").layers["relu"].reproduce
    names = {"gradcheck": gradcheck, "np": np, "relu": relu, "relu_wrong": relu_wrong}
    assert eval(line, names).verdict == "fail"


def test_the_line_that_reproduces_the_wholes_failure_does():
    """The chain under its own name."""
    net = four("affine")
    line = judged("affine").reproduce
    assert line.startswith("gradcheck.verify(net, net.backward, ")
    assert eval(line, {"gradcheck": gradcheck, "np": np, "net": net}).verdict == "fail"


def test_a_right_chain_prints_its_drawing_and_story():
    """No layer is marked."""
    text = str(judged())
    assert text.startswith("net: a chain of 4 layers: pass\n  1 [ affine  ]  pass\n")
    assert "first wrong" not in text
    assert "pass net.vjp (tests/chains/nets.py:" in text
    assert "claim: gradients of net by the chain rule, from the backwards of its layers" in text


class TestWhatReachesALayer:
    """A layer is checked on what occurs in its chain."""

    def absolute(self, first):
        """A layer that is wrong for negative numbers only, after an exponential or first."""
        shapes = {"v": "batch n"}
        layers = [
            (np.abs, lambda delta, v: delta, shapes),
            (cost_of, lambda d, v: d * 2 * v, {"u": "batch n"}),
        ]
        before = [] if first else [(np.exp, lambda d, x: d * np.exp(x), {"x": "batch n"})]
        return gradcheck.chain([*before, *layers], name="absolute").verify(**FEW)

    def test_a_mistake_where_nothing_reaches_it_is_none(self):
        assert self.absolute(first=False).verdict == "pass"

    def test_the_same_layer_in_front_is_wrong(self):
        result = self.absolute(first=True)
        assert (result.verdict, result.first_wrong) == ("fail", "absolute")

    def test_a_layer_whose_kinks_are_met_alone_does_not_spoil_the_whole(self):
        shapes = {"x": "batch n"}
        layers = [(relu, relu_backward, shapes), (relu, relu_backward, {"a": "batch n"})]
        result = gradcheck.chain([*layers, (cost_of, lambda d, v: d * 2 * v, {"b": "batch n"})]).verify(**FEW)
        assert result.verdict == "pass"
        assert [layer.verdict for layer in result.row.chain] == ["pass", "inconclusive", "pass"]
        assert result.first_wrong is None

    def test_the_counterexample_of_an_inner_layer_occurs(self):
        (found,) = judged("cost").layers["cost"].counterexample.inputs["p"].dec[:1]
        assert 0 < found <= 1

    def test_derived_sizes(self):
        """A convolution, and a layer that sees its length only."""
        net = gradcheck.chain(
            [
                (convolve, convolve_backward, {"x": "n", "w": "k"}),
                (np.tanh, lambda d, z: d * (1 - np.tanh(z) ** 2), {"z": "n-k+1"}),
                (lambda a, v: a @ v, lambda d, a, v: (d * v, d * a), {"a": "n-k+1", "v": "n-k+1"}),
            ],
            name="conv",
        )
        result = net.verify(**FEW)
        assert result.verdict == "pass", str(result)
        assert all(s["n"] >= s["k"] for s in result.row.shapes)

    def test_a_relation_between_dimensions_holds_for_the_layers_too(self):
        seen = set()

        def square(z):
            seen.add(z.shape)
            return z * z

        net = gradcheck.chain(
            [
                (lambda x, W: x @ W, lambda d, x, W: (d @ W.T, x.T @ d), {"x": "b n", "W": "n h"}),
                (square, lambda d, z: 2 * d * z, {"z": "b h"}),
            ],
            where=lambda n, h: h < n,
            name="narrow",
        )
        assert net.verify(**FEW).verdict == "pass"
        assert seen

    def test_fixed_values_fix_the_sizes_of_the_layers(self):
        weights = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
        net = gradcheck.chain(
            [
                (lambda x, W: x @ W, lambda d, x, W: (d @ W.T, x.T @ d), {"x": "b n", "W": "n h"}),
                (relu, relu_backward, {"z": "b h"}),
            ],
            values={"W": weights},
            name="fixed",
        )
        result = net.verify(**FEW)
        assert result.verdict == "pass", str(result)
        assert {s["h"] for s in result.layers["relu"].row.shapes} == {3}


def cost_of(v):
    return v * v


def convolve(x, w):
    size = len(x) - len(w) + 1
    return sum(w[j] * x[j : j + size] for j in range(len(w)))


def convolve_backward(delta, x, w):
    size = len(delta)
    by_x = np.zeros(len(x))
    for j in range(len(w)):
        by_x[j : j + size] += w[j] * delta
    return by_x, np.stack([delta @ x[j : j + size] for j in range(len(w))])


def test_a_wrong_layer_that_the_whole_hides_is_told():
    """The second layer takes differences, so the constant that the first adds to its gradient is lost."""
    net = gradcheck.chain(
        [
            (lambda x: x * 1.0, lambda d, x: d, {"x": "n"}),
            (lambda z: z - z.mean(), lambda d, z: d, {"z": "n"}),
            (lambda c: c - c.mean(), lambda d, c: d - d.mean(), {"c": "n"}),
        ],
        name="centred",
    )
    result = net.verify(**FEW)
    assert result.verdict == "fail"
    assert result.first_wrong == "layer2"
    assert result.row.reason.startswith("centred.2-layer2.vjp: dJ/dz")
    assert "layer 2 (layer2) is wrong alone, though the whole came out right with what" in str(result)


def test_shared_weights_have_one_gradient_the_sum():
    """A recurrent net of three steps; the twin that forgets one step's part is refuted."""

    def step(h, W):
        return np.tanh(h @ W)

    def step_backward(delta, h, W):
        dz = delta * (1 - np.tanh(h @ W) ** 2)
        return dz @ W.T, h.T @ dz

    shapes = {"h": "b n", "W": "n n"}
    net = gradcheck.chain([(step, step_backward, shapes)] * 3, shared=("W",), name="recurrent")
    assert net.shapes.arguments == ("h", "W")
    assert net.verify(**FEW).verdict == "pass"

    def last_only(delta, h, W):
        h2 = step(step(h, W), W)
        return None, step_backward(delta, h2, W)[1]

    result = net.verify(last_only, **FEW)
    assert result.verdict == "fail"
    assert all(layer.verdict == "pass" for layer in result.row.chain)


def test_the_input_can_be_shared_with_a_later_layer():
    """A skip connection: its gradient is the sum of both ways."""
    net = gradcheck.chain(
        [
            (np.tanh, lambda d, x: d * (1 - np.tanh(x) ** 2), {"x": "n"}),
            (lambda z, x: z * x, lambda d, z, x: (d * x, d * z), {"z": "n", "x": "n"}),
        ],
        shared=("x",),
        name="skip",
    )
    assert net.shapes.arguments == ("x",)
    assert net.verify(**FEW).verdict == "pass"


def test_own_arguments_of_one_name_are_numbered():
    """As are layers; the arrays between get the names of the layers' inputs."""
    layers = [
        (affine, affine_backward, {"x": "batch n", "W": "n h", "b": "h"}),
        (affine, affine_backward, {"x": "batch h", "W": "h k", "b": "k"}),
        (affine, affine_backward, {"a": "batch k", "W": "k l", "c": "l"}),
    ]
    net = gradcheck.chain(layers, name="deep")
    assert net.shapes.arguments == ("x", "W1", "b1", "W2", "b2", "W3", "c")
    assert net.layer_names == ("affine1", "affine2", "affine3")
    assert net.between == ("x_2", "a")
    ones = [np.ones(shape) for shape in [(2, 3), (3, 1), (1,), (1, 1), (1,), (1, 2), (2,)]]
    assert net(*ones).shape == (2, 2)


def test_gradients_in_any_form_and_layers_that_leave_one_out():
    """A list, a dict by the layer's own names, a bare array, None."""
    net = gradcheck.chain(
        [
            (affine, lambda d, x, W, b: [None, x.T @ d, d.sum(axis=0)], {"x": "b n", "W": "n h", "c": "h"}),
            (relu, lambda d, x: {"z": d * (x > 0)}, {"z": "b h"}),
            (lambda a: a * a, lambda d, a: 2 * d * a, {"a": "b h"}),
        ],
        name="forms",
    )
    result = net.verify(**FEW)
    assert result.verdict == "pass", str(result)
    assert result.unchecked == ("dJ/dx",)


@pytest.mark.parametrize(
    ("backward", "words"),
    [
        (lambda d, p, y: (None, None), "cost returns None for its input: there is no delta to hand to relu"),
        (lambda d, p, y: (d * y,), "the backward of cost: expected 2 gradients, one for each of p, y, got 1"),
        (
            lambda d, p, y: d * y,
            "the backward of cost: expected 2 gradients, one for each of p, y, got a single",
        ),
    ],
)
def test_a_backward_that_gives_nothing_to_go_on_with_is_an_error(backward, words):
    """In the layer alone and in the whole, with the layer's name."""
    net = gradcheck.chain(
        [(relu, relu_backward, {"x": "b k"}), (cost, backward, {"p": "b k", "y": "b k"})],
        values={"y": gradcheck.one_hot, "x": gradcheck.positive},
    )
    result = net.verify(**FEW)
    assert result.verdict == "error"
    assert words in result.row.reason


def test_buffers_of_layers_run_in_balls():
    """`np.zeros` in a layer deep inside: certified all the same."""

    def running(x):
        out = np.zeros(x.shape)
        for i in range(len(x)):
            out[i] = x[i] + (out[i - 1] if i else 0)
        return out

    def running_backward(delta, x):
        out = np.zeros(x.shape)
        for i in range(len(x))[::-1]:
            out[i] = delta[i] + (out[i + 1] if i + 1 < len(x) else 0)
        return out

    layers = [(np.exp, lambda d, x: d * np.exp(x), {"x": "n"}), (running, running_backward, {"z": "n"})]
    result = gradcheck.chain([*layers, (np.sin, lambda d, a: d * np.cos(a), {"a": "n"})]).verify(**FEW)
    assert result.strength in {"certified", "proved"}, str(result)


def test_assert_correct_raises_with_the_whole_text():
    """As the function does, which takes chains too."""
    assert four().assert_correct(**FEW).passed
    with pytest.raises(GradientError, match=r"layer 2 \(relu\) is wrong") as error:
        four("relu").assert_correct(**FEW)
    assert error.value.result.first_wrong == "relu"
    with pytest.raises(GradientError, match=r"layer 2 \(relu\) is wrong"):
        gradcheck.assert_correct(four("relu"), **FEW)


def test_verify_takes_a_chain():
    """And gives a chain's result."""
    result = gradcheck.verify(four("softmax"), **FEW)
    assert isinstance(result, gradcheck.ChainResult)
    assert result.first_wrong == "softmax"
    assert result._repr_html_()
    assert repr(result) == "<gradcheck net.vjp: fail>"


def test_the_oracle_knows_what_lies_between():
    """A chain names its intermediates."""
    names = []
    net = two_weights()

    def tap(name, value):
        names.append(name)
        return value

    rng = np.random.default_rng(0)
    args = [rng.normal(size=s) for s in [(2, 3), (3, 4), (4,), (4, 2), (2,), (2, 2)]]
    assert net.tapped(tap, *args) == net(*args)
    assert names == ["z", "a", "s", "p"] == list(net.between)


def test_a_chain_of_one_layer():
    """The smallest."""
    net = gradcheck.chain([(relu, relu_wrong, {"x": "n"})], name="one")
    result = net.verify(**FEW)
    assert str(result).startswith("one: a chain of 1 layer: fail, layer 1 (relu) is wrong\n")
    assert len(TWO_WEIGHTS) == 5
