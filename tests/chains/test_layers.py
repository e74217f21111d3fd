"""What may be given for a layer, and what is refused, with what to do."""

import numpy as np
import pytest

import gradcheck
from tests.chains.nets import FEW, affine, affine_backward, cost, cost_backward, relu, relu_backward

X = {"x": "batch n"}
AFFINE = (affine, affine_backward, {"x": "batch n", "W": "n k", "b": "k"})
RELU = (relu, relu_backward, {"z": "batch k"})


class Affine:
    """As in many a course: parameters, their gradients and a cache as attributes."""

    def __init__(self, n, k):
        self.W, self.b = np.zeros((n, k)), np.zeros(k)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, delta):
        self.dW, self.db = self.x.T @ delta, delta.sum(axis=0)
        return delta @ self.W.T


class Relu:
    def forward(self, x):
        self.mask = x > 0
        return x * self.mask

    def backward(self, delta):
        return delta * self.mask


class WrongRelu(Relu):
    def backward(self, delta):
        return delta


class Cost:
    def forward(self, s, y):
        self.p = np.exp(s - s.max(axis=1, keepdims=True))
        self.p = self.p / self.p.sum(axis=1, keepdims=True)
        self.y = y
        return -np.mean(np.log((self.p * y).sum(axis=1)))

    def backward(self, delta):
        return delta * (self.p - self.y) / len(self.y), None


def objects(activation):
    return gradcheck.chain(
        [
            (Affine(3, 4), {"x": "batch n", "W": "n h", "b": "h"}),
            (activation, {"z": "batch h"}),
            (Affine(4, 2), {"a": "batch h", "W": "h k", "b": "k"}),
            (Cost(), {"s": "batch k", "y": "batch k"}),
        ],
        values={"y": gradcheck.one_hot},
        name="net",
    )


def test_layer_objects():
    """Their own sizes do not matter; the wrong one is named by its class."""
    net = objects(Relu())
    assert net.layer_names == ("Affine1", "Relu", "Affine2", "Cost")
    assert net.shapes.arguments == ("x", "W1", "b1", "W2", "b2", "y")
    assert net.verify(**FEW).verdict == "pass"
    assert objects(WrongRelu()).verify(**FEW).first_wrong == "WrongRelu"


def test_a_whole_backward_over_layer_objects():
    """The loop that a course's `Network` class has, once with a layer forgotten."""
    layers = [Affine(3, 4), Relu(), Affine(4, 2), Cost()]

    def network(skip):
        def backward(delta, x, W1, b1, W2, b2, y):
            one, activation, two, loss = layers
            one.W, one.b, two.W, two.b = W1, b1, W2, b2
            loss.forward(two.forward(activation.forward(one.forward(x))), y)
            flow = two.backward(loss.backward(delta)[0])
            if not skip:
                flow = activation.backward(flow)
            return one.backward(flow), one.dW, one.db, two.dW, two.db, None

        return backward

    net = objects(Relu())
    assert net.verify(network(skip=False), **FEW).verdict == "pass"
    result = net.verify(network(skip=True), **FEW)
    assert result.row.notes[0] == "every layer is right alone, but the backward of Relu is left out"


def test_a_forward_with_a_cache():
    """By its adapter."""

    def forward(x):
        return np.tanh(x), np.tanh(x)

    layer = (*gradcheck.with_cache(forward, lambda d, t: d * (1 - t * t)), X)
    assert gradcheck.chain([layer, (relu, relu_backward, {"z": "batch n"})]).verify(**FEW).passed


def test_formulas():
    """With their own shapes and values, or with others."""

    @gradcheck.formula(shapes={"a": "n", "s": ""}, values={"s": gradcheck.positive})
    def scaled(a, s):
        return a * s

    @scaled.vjp
    def scaled_backward(delta, a, s):
        return delta * s, (delta * a).sum()

    net = gradcheck.chain([scaled, (scaled, {"c": "n", "t": ""})], name="twice")
    assert net.shapes.arguments == ("a", "s", "t")
    assert net.values == {"s": gradcheck.positive, "t": gradcheck.positive}
    assert net.layer_names == ("scaled1", "scaled2")
    assert net.verify(**FEW).verdict == "pass"


def test_layers_with_names_and_values():
    """`gradcheck.Layer`."""
    layer = gradcheck.Layer(
        lambda x, s: x / s,
        lambda d, x, s: (d / s, -(d * x).sum() / s**2),
        {"x": "n", "s": ""},
        name="divide",
        values={"s": gradcheck.positive},
    )
    net = gradcheck.chain([layer, gradcheck.Layer(np.sin, lambda d, x: d * np.cos(x), {"q": "n"})])
    assert net.layer_names == ("divide", "sin")
    assert net.values == {"s": gradcheck.positive}
    assert net.verify(**FEW).verdict == "pass"


def cost_layer(shapes):
    return (cost, cost_backward, shapes)


@pytest.mark.parametrize(
    ("layers", "options", "words"),
    [
        ([], {}, "chain: expected a list of layers"),
        ("affine", {}, "chain: expected a list of layers, [(forward, backward, shapes), ...], got 'affine'."),
        (affine, {}, "chain: expected a list of layers"),
        ([affine], {}, "layer 1: expected (forward, backward, shapes), (forward, shapes) for a step"),
        ([AFFINE, 3], {}, "layer 2: expected (forward, backward, shapes)"),
        ([(affine, affine_backward)], {}, "layer 1: expected its shapes last, such as {'x': 'batch n'"),
        (
            [(affine, affine_backward, "n m")],
            {},
            "expected its shapes last, such as {'x': ",
        ),
        ([(relu, relu_backward, {})], {}, "layer 1: shapes is empty"),
        (
            [AFFINE, (relu, relu_backward, {"z": "batch k!"})],
            {},
            "layer 2: shapes['z']: cannot read",
        ),
        (
            [(relu, relu_backward, {"x": "n", "y": "n"})],
            {},
            "layer 1: the forward relu takes (x), but",
        ),
        ([(relu, lambda d: d, X)], {}, "layer 1: the backward takes (d), but it is called as (delta, x)"),
        ([("relu", relu_backward, X)], {}, "layer 1: the forward: expected a function, got str"),
        ([(relu, 5, X)], {}, "layer 1: the backward: expected a function, got int"),
        (
            [AFFINE, (relu, relu_backward, {"z": "batch n"})],
            {},
            "chain: layers 1 (affine) and 2 (relu) do not fit: at batch = 3, n = 2, k = 4 the output",
        ),
        (
            [AFFINE, (relu, relu_backward, {"z": "k"})],
            {},
            "the output of affine has the shape (3, 4), but relu declares its input z as 'k', which is (4,)",
        ),
        (
            [AFFINE, (relu, relu_backward, {"z": "batch q"})],
            {},
            "declares its input z as 'batch q', but no argument of the chain tells what q is; write it with",
        ),
        (
            [(lambda x: (x, x), relu_backward, X), (relu, relu_backward, {"z": "batch n"})],
            {},
            "layer 1 (layer) gives 2 things, but the next takes one array. For a forward that returns",
        ),
        (
            [(lambda x, W: W @ x, affine_backward, {"x": "b n", "W": "n k"})],
            {},
            "layer 1: the backward affine_backward takes (delta, x, W, b), but it is called as (delta, x, W)",
        ),
        (
            [(lambda x, W: W @ x, lambda d, x, W: d, {"x": "b n", "W": "n k"})],
            {},
            "layer 1 (layer) does not run at ",
        ),
        (
            [AFFINE, RELU],
            {"shared": ("V",)},
            "shared names 'V', which no layer has; there are x, W, b.",
        ),
        ([AFFINE, RELU], {"shared": "W"}, "shared is 'W'; expected a tuple of names, as in ('W',)."),
        (
            [AFFINE, (affine, affine_backward, {"z": "batch k", "W": "k k", "b": "k"})],
            {"shared": ("W",)},
            "'W' is shared, but layer 1 declares it as 'n k' and layer 2 as 'k k'.",
        ),
        (
            [AFFINE, (affine, affine_backward, {"z": "batch k", "W": "k l", "x": "l"})],
            {},
            "two arguments would be called 'x'. Give the arguments in the layers' shapes names of their own",
        ),
        ([AFFINE, RELU], {"values": {"V": gradcheck.positive}}, "values: there is no argument 'V'"),
        ([AFFINE, RELU], {"where": lambda q: True}, "where takes 'q', but the dimensions are batch, n, k."),
        (
            [AFFINE, RELU],
            {"where": lambda n: n > 20},
            "no sizes from 1 to 13 satisfy the shapes of all layers",
        ),
        ([AFFINE, RELU], {"backward": "b"}, "chain: the backward: expected a function, got str"),
        ([AFFINE, RELU], {"backward": lambda d, x: d}, "but it is called as (delta, x, W, b)"),
        ([AFFINE, RELU], {"batch": "q"}, "batch: expected the name of a dimension, got 'q'"),
    ],
)
def test_what_makes_no_sense_is_refused(layers, options, words):
    """A UsageError when the chain is built; it names the layer, or the two that do not fit."""
    with pytest.raises(gradcheck.UsageError) as error:
        gradcheck.chain(layers, **options)
    assert words in str(error.value), str(error.value)


def test_the_users_line_is_named_where_a_layer_does_not_run():
    """File, line and text."""
    with pytest.raises(gradcheck.UsageError, match=r"test_layers.py:\d+: .*W @ x") as error:
        gradcheck.chain([(lambda x, W: W @ x, lambda d, x, W: d, {"x": "b n", "W": "n k"})])
    assert isinstance(error.value.__cause__, ValueError)


def test_values_of_a_layer_belong_to_what_is_its_own():
    """The input's come from the layers before."""
    layer = gradcheck.Layer(relu, relu_backward, X, values={"x": gradcheck.positive})
    with pytest.raises(gradcheck.UsageError, match=r"layer 1: values has an entry for 'x'; it can"):
        gradcheck.chain([layer])


def test_a_formula_with_a_where_is_refused():
    """Its dimensions may be called something else in the chain."""

    @gradcheck.formula(shapes={"x": "n m"}, where=lambda n, m: n < m)
    def wide(x):
        return x

    with pytest.raises(gradcheck.UsageError, match=r"layer 1: wide has a where of its own"):
        gradcheck.chain([wide])
    with pytest.raises(gradcheck.UsageError, match=r"layer 1: flat takes x, but shapes were given for x, y"):
        gradcheck.chain([(gradcheck.Formula(lambda x: x, X, name="flat"), {"x": "n", "y": "n"})])


def test_what_reaches_a_layer_must_be_finite():
    """The forward overflows: the claims are errors or inconclusive, and nothing hangs."""
    layers = [
        (lambda x: np.exp(1e6 + x * x), lambda d, x: d * 0, {"x": "n"}),
        (relu, relu_backward, {"z": "n"}),
    ]
    result = gradcheck.chain(layers).verify(**FEW)
    assert result.verdict in {"error", "inconclusive"}
    assert "what reaches layer 2 (relu) is not finite" in str(result.layers["relu"])


@pytest.mark.parametrize(
    "how", [{"max_examples": 0}, {"seed": -1}, {"backends": ["sympy"]}, {"backends": []}]
)
def test_options_of_verify_are_checked(how):
    """As those of `gradcheck.verify`."""
    with pytest.raises(gradcheck.UsageError):
        gradcheck.chain([(*RELU[:2], X)]).verify(**how)
