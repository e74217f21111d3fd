"""Arguments that hold several arrays: dicts, lists, tuples, named tuples, dataclasses."""

import warnings
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest

import gradcheck
from gradcheck import UsageError, verify
from gradcheck.formulas.nested.nesting import Nesting, unfolded
from gradcheck.formulas.sizes.shapes import Shapes, is_shape

FEW = {"max_examples": 12}


class Pair(NamedTuple):
    W: Any
    b: Any


@dataclass(frozen=True)
class Data:
    W: Any
    b: Any


def by_key(p):
    return (p["W"], p["b"]) if isinstance(p, dict) else (p[0], p[1]) if isinstance(p, list) else (p.W, p.b)


def affine(p, x):
    W, b = by_key(p)
    return np.tanh(W @ x + b)


def gradients(make, factor=1):
    def backward(delta, p, x):
        W, b = by_key(p)
        d = delta * (1 - np.tanh(W @ x + b) ** 2)
        return make(np.outer(d, x), factor * d), W.T @ d

    return backward


FORMS = {
    "dict": (lambda W, b: {"W": W, "b": b}, 'p["b"]'),
    "ordered dict": (lambda W, b: OrderedDict(W=W, b=b), 'p["b"]'),
    "list": (lambda W, b: [W, b], "p[1]"),
    "named tuple": (Pair, "p.b"),
    "dataclass": (Data, "p.b"),
}


@pytest.mark.parametrize(("make", "name"), FORMS.values(), ids=FORMS)
def test_a_nested_argument_is_checked_and_its_wrong_twin_is_named(make, name):
    """The counterexample has its arrays by the names of the parts, and the line runs again."""
    shapes = {"p": make("n m", "n"), "x": "m"}
    assert verify(affine, gradients(make), shapes, **FEW).verdict == "pass"
    wrong = gradients(make, factor=2)
    result = verify(affine, wrong, shapes, **FEW)
    assert result.verdict == "fail"
    assert [d.quantity for d in result.diagnosis] == [f"dJ/d{name}"]
    assert "factor 2" in result.diagnosis[0].text
    assert name in result.counterexample.inputs
    names = {"gradcheck": gradcheck, "np": np, "affine": affine, "backward": wrong, "Pair": Pair}
    again = eval(result.reproduce, names | {"Data": Data, "OrderedDict": OrderedDict})
    assert again.verdict == "fail"


def test_a_dict_is_proved_as_separate_arguments_are():
    make = FORMS["dict"][0]
    assert verify(affine, gradients(make), {"p": make("n m", "n"), "x": "m"}, **FEW).strength == "proved"


def test_lists_of_dicts_go_as_deep_as_they_are():
    """A net of two layers; a mistake in the second one's bias is named."""

    def net(layers, x):
        for layer in layers:
            x = np.tanh(layer["W"] @ x + layer["b"])
        return x

    def back(factor):
        def backward(delta, layers, x):
            outputs = [x]
            for layer in layers:
                outputs.append(np.tanh(layer["W"] @ outputs[-1] + layer["b"]))
            found = []
            for layer, out, before in zip(layers[::-1], outputs[:0:-1], outputs[-2::-1], strict=True):
                dz = delta * (1 - out**2)
                found.insert(0, {"W": np.outer(dz, before), "b": dz})
                delta = layer["W"].T @ dz
            found[1]["b"] = factor * found[1]["b"]
            return found, delta

        return backward

    shapes = {"layers": [{"W": "h m", "b": "h"}, {"W": "k h", "b": "k"}], "x": "m"}
    assert verify(net, back(1), shapes, **FEW).strength == "proved"
    result = verify(net, back(-1), shapes, **FEW)
    assert (result.verdict, result.diagnosis[0].quantity) == ("fail", 'dJ/dlayers[1]["b"]')


@pytest.mark.parametrize(
    ("returned", "unchecked"),
    [
        (lambda dW, db, dx: ({"W": dW}, dx), ('dJ/dp["b"]',)),
        (lambda dW, db, dx: (None, dx), ('dJ/dp["W"]', 'dJ/dp["b"]')),
        (lambda dW, db, dx: {"p": {"W": dW, "b": None}, "x": dx}, ('dJ/dp["b"]',)),
        (lambda dW, db, dx: {"W": dW, "b": db}, ("dJ/dx",)),
    ],
)
def test_what_is_not_given_is_listed_as_not_checked(returned, unchecked):
    """A key that is missing, a whole argument, and all others where the keys are one argument's."""

    def backward(delta, p, x):
        d = delta * (1 - np.tanh(p["W"] @ x + p["b"]) ** 2)
        return returned(np.outer(d, x), d, p["W"].T @ d)

    result = verify(affine, backward, {"p": {"W": "n m", "b": "n"}, "x": "m"}, **FEW)
    assert (result.verdict, result.unchecked) == ("pass", unchecked)


@pytest.mark.parametrize("missing", [True, False])
def test_a_key_that_is_missing_is_told_at_once_and_none_is_meant(missing):
    def backward(delta, p, x):
        d = delta * (1 - np.tanh(p["W"] @ x + p["b"]) ** 2)
        return {"W": np.outer(d, x)} if missing else {"W": np.outer(d, x), "b": None}, p["W"].T @ d

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = gradcheck.assert_correct(affine, backward, {"p": {"W": "n m", "b": "n"}, "x": "m"}, **FEW)

    told = 'what was returned has no p["b"]: it counts as None, and is not checked'
    assert (told in result.row.notes) == missing
    assert [str(w.message) for w in caught] == [
        f"affine.vjp: {told}. Return None where that is meant."
    ] * missing
    assert [w.filename for w in caught] == [__file__] * missing
    assert str(result).splitlines()[2] == 'not checked: dJ/dp["b"] (no gradient was returned)'


@pytest.mark.parametrize(
    ("returned", "told"),
    [
        ({"p": {"W": 1, "B": 1}, "x": 1}, ['for p["B"]', "Did you mean 'b'?"]),
        ({"W": 1, "bb": 1}, ["Did you mean 'b'?"]),
        ((np.ones(2), 1), ["nested as p is, with W, b", "got ndarray"]),
        (({"W": {"a": 1}}, 1), ['expected an array as the gradient of p["W"]']),
        (([1, 2, 3], 1), ["expected 2 gradients for p, got 3"]),
        ((1, 2, 3), ["expected 2 gradients, one for each of p, x, got 3"]),
        ({"q": 1}, ["expected a dict with one gradient for each of p, x, got q", "not checked. p has W, b."]),
        ({"w": 1}, ["got w;", "p has W, b. Did you mean 'W'?"]),
    ],
)
def test_another_nesting_is_an_error_that_names_what_is_there(returned, told):
    result = verify(affine, lambda d, p, x: returned, {"p": {"W": "n m", "b": "n"}, "x": "m"}, **FEW)
    assert result.verdict == "error"
    assert all(t in result.reason for t in told), result.reason


def test_keys_of_two_arguments_are_not_guessed():
    result = verify(
        lambda p, q: np.sum(p["W"] * q["W"]),
        lambda d, p, q: {"W": d * q["W"]},
        {"p": {"W": "n"}, "q": {"W": "n"}},
        **FEW,
    )
    assert result.verdict == "error"
    assert "the keys W are those of p and of q" in result.reason


def test_values_are_given_for_a_part_or_for_all():
    """By nesting, by the part's own name, or once for a whole argument."""

    def log(p):
        return np.sum(np.log(p["a"])) + np.sum(p["b"])

    def backward(delta, p):
        return {"a": delta / p["a"], "b": delta * np.ones(p["b"].shape)}

    shapes = {"p": {"a": "n", "b": "m"}}
    positive = gradcheck.positive
    for values in ({"p": {"a": positive}}, {'p["a"]': positive}, {"p": positive}):
        assert verify(log, (lambda d, p: (backward(d, p),)), shapes, values=values, **FEW).passed
    with pytest.raises(UsageError, match=r'there is no p\["c"\]; p has a, b'):
        verify(log, backward, shapes, values={"p": {"c": gradcheck.positive}}, **FEW)


def test_a_declared_formula_is_called_as_it_was_written():
    """Also its own vjp, one of another, and its intermediates."""

    @gradcheck.formula(shapes={"p": {"W": "n m", "b": "n"}, "x": "m"})
    def layer(p, x):
        return affine(p, x)

    @layer.intermediates
    def tapped(tap, p, x):
        return np.tanh(tap("z", p["W"] @ x + p["b"]))

    @layer.vjp
    def right(delta, p, x):
        return gradients(FORMS["dict"][0])(delta, p, x)

    @layer.update
    def step(rate, p, x):
        d = 1 - affine(p, x) ** 2
        return {"W": p["W"] - rate * np.outer(d, x), "b": p["b"] - rate * d}, x - rate * p["W"].T @ d

    assert layer({"W": np.eye(2), "b": np.zeros(2)}, np.ones(2)) == pytest.approx(np.tanh([1, 1]))
    assert right is not layer.claims[0].candidate
    assert verify(layer, **FEW).passed
    assert verify(layer, gradients(FORMS["dict"][0]), **FEW).passed
    assert verify(layer, gradients(FORMS["dict"][0], 2), **FEW).verdict == "fail"
    found = gradcheck.oracle(layer)
    assert found is not None
    from gradcheck.checking.claim_check import check_claim

    assert check_claim(layer.claims[1], max_examples=8).row.verdict == "pass"


def test_buffers_masks_and_sources_are_seen_through():
    """The wrapper is transparent: loops that fill buffers run in every arithmetic, lines are the user's."""

    def rows(p, x):
        out = np.zeros(p["W"].shape[0])
        for i in range(len(out)):
            out[i] = np.sum(p["W"][i] * x)
        return out

    def backward(delta, p, x):
        dW = np.zeros(p["W"].shape)
        for i in range(len(delta)):
            dW[i] = delta[i] * x
        return {"W": dW}, p["W"].T @ delta

    result = verify(rows, backward, {"p": {"W": "n m"}, "x": "m"}, **FEW)
    assert (result.verdict, result.strength != "agreed") == ("pass", True)
    assert {row.verdict for row in result.backends} == {"pass"}
    assert result.row.forward.text.startswith("def rows(p, x):")
    assert result.row.candidate.text.startswith("def backward(delta, p, x):")

    def raising(delta, p, x):
        return {"W": np.outer(delta, x)}, p["U"].T @ delta

    told = verify(rows, raising, {"p": {"W": "n m"}, "x": "m"}, **FEW)
    assert "KeyError" in told.reason
    assert "test_nested.py" in told.reason


@pytest.mark.parametrize(
    ("declared", "one"),
    [
        ("n m", True), (3, True), ((), True), (("n", 3), True), ([4, 3], True), (np.int64(2), True),
        (["n m", "m"], False), (["n", "m"], False), (("n m", "m"), False), ({"W": "n"}, False),
        (Pair("n m", "n"), False), (Pair("n", "m"), False), ((("n",), ("m",)), False), (("", "n"), False),
    ],
)  # fmt: skip
def test_a_shape_is_told_from_several(declared, one):
    assert is_shape(declared) is one


def test_leaves_go_back_where_they_came_from():
    """Names, order and types."""
    declared = {"a": "n", "p": {"W": "n m", "rest": [Pair("m", "k"), Data("k", "")]}, "t": ("n m", "k")}
    shapes = Shapes.parse(declared)
    assert shapes.arguments == (
        "a", 'p["W"]', 'p["rest"][0].W', 'p["rest"][0].b', 'p["rest"][1].W', 'p["rest"][1].b', "t[0]", "t[1]",
    )  # fmt: skip
    assert shapes.declared == declared
    assert [type(v).__name__ for v in shapes.nesting.arranged(range(8))[1]["rest"]] == ["Pair", "Data"]


def test_an_empty_container_is_refused():
    with pytest.raises(UsageError, match="p is an empty dict"):
        verify(affine, affine, {"p": {}, "x": "m"})
    assert dict(unfolded("x", 3, is_shape)) == {"x": 3}
    assert Nesting.of({"x": 3}, is_shape).is_flat
