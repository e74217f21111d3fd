"""HIPS autograd's rules as candidates: the user's own, and autograd's."""

from functools import partial

import autograd.numpy as anp
import numpy as np
import pytest
from autograd.extend import defvjp, primitive

import gradcheck
from gradcheck.adapters import autograd_primitive

SHAPES = {"x": "n m", "W": "m k", "b": "k"}


def affine(*rules):
    """An affine layer with these rules; each is `(answer, x, W, b) -> (delta -> gradient)`."""

    @primitive
    def layer(x, W, b):
        return np.tanh(x @ W + b)

    defvjp(layer, *rules)
    return layer


def dx(y, x, W, b):
    return lambda g: (g * (1 - y**2)) @ W.T


def dW(y, x, W, b):
    return lambda g: x.T @ (g * (1 - y**2))


def db(y, x, W, b):
    return lambda g: (g * (1 - y**2)).sum(axis=0)


TWINS = {
    "transposed": affine(dx, lambda *a: lambda g: dW(*a)(g).T, db),
    "missing factor": affine(dx, lambda *a: lambda g: 1.001 * dW(*a)(g), db),
    "missing sum": affine(dx, dW, lambda y, *a: lambda g: g * (1 - y**2)),
    "no rule is zero": affine(None, dW, db),
}


def test_a_right_rule_is_certified(checked):
    """Rules are NumPy code, so they run in ball arithmetic; the forward is what the primitive wraps."""
    result = checked(autograd_primitive(affine(dx, dW, db)), **SHAPES)
    assert result.strength in ("certified", "proved")
    given = checked(autograd_primitive(affine(dx, dW, db), lambda x, W, b: np.tanh(x @ W + b)), **SHAPES)
    assert given.strength in ("certified", "proved")


@pytest.mark.parametrize("name", TWINS)
def test_wrong_twins_fail(checked, name):
    """The raw rule is asked, so nothing is summed or filled up for it."""
    assert checked(autograd_primitive(TWINS[name]), **SHAPES).verdict == "fail"


@pytest.mark.parametrize(
    ("function", "how", "shapes", "strength"),
    [
        (anp.exp, {}, {"x": "n m"}, {"certified", "proved"}),
        (anp.multiply, {}, {"x": "n m", "y": "m"}, {"certified", "proved"}),
        (partial(anp.sum, axis=0), {}, {"x": "n m"}, {"certified", "proved"}),
        (anp.roll, {"fixed": {"shift": 1}}, {"x": "n m"}, {"certified", "proved"}),
        (anp.einsum, {"fixed": {0: "ij,jk->ik"}}, {"x": "n m", "y": "m k"}, {"certified", "proved"}),
        (partial(anp.einsum, "ij,jk->ik"), {}, {"x": "n m", "y": "m k"}, {"certified", "proved"}),
        (anp.dot, {}, {"x": "n m", "y": "m k"}, {"agreed"}),
    ],
)
def test_autograds_own_rules_pass(checked, function, how, shapes, strength):
    """Unmodified; a cast in the rule of `dot` keeps that one in float64."""
    result = checked(autograd_primitive(function, **how), **shapes)
    assert result.verdict == "pass", str(result)
    assert result.strength in strength


@pytest.mark.parametrize(
    ("function", "how", "shapes", "words"),
    [
        (partial(anp.repeat, repeats=2, axis=-1), {}, {"x": "2 3"}, "dJ/dx"),
        (anp.tile, {"fixed": {1: 2}}, {"x": "n m"}, "array split does not result in an equal division"),
        (anp.prod, {}, {"x": "3"}, "is nan although the derivative exists"),
        (anp.diag, {}, {"x": "n m"}, "expected an array of shape"),
    ],
)
def test_autograds_own_mistakes_are_found(checked, function, how, shapes, words):
    """A wrong gradient, an exception, a NaN, a shape."""
    zeros = {"x": lambda shape, rng: rng.integers(0, 3, shape).astype(float)}
    result = checked(autograd_primitive(function, **how), zeros, **shapes)
    assert result.verdict == "fail"
    assert words in str(result)


def test_a_rule_that_declines_is_not_called_wrong(checked):
    """`NotImplementedError`; the same function in one dimension passes."""
    declined = checked(autograd_primitive(anp.sort), x="n m")
    assert declined.verdict == "inconclusive"
    assert "autograd declines: Gradient of sort not implemented" in str(declined)
    assert checked(autograd_primitive(anp.sort), x="n").verdict == "pass"


def test_functions_written_in_autograd_numpy_are_traced(checked):
    """The rules of what they call, in float64; indexing leaves a sparse gradient."""
    values = {"i": lambda shape, rng: rng.integers(0, 2, shape)}
    picks = lambda x, i: x[i] * 2.0
    result = checked(autograd_primitive(picks, forward=picks), values, x="2", i="k")
    assert result.verdict == "pass", str(result)
    assert result.strength == "agreed"
    other = checked(autograd_primitive(lambda x, i: x[i] * 3.0, forward=picks), values, x="2", i="k")
    assert other.verdict == "fail"


def test_several_outputs_and_integers(checked):
    """`slogdet` has two; an integer argument has no gradient."""
    matrices = {"x": lambda shape, rng: np.round(rng.standard_normal(shape), 2) + 3 * np.eye(shape[0])}
    assert checked(autograd_primitive(anp.linalg.slogdet), matrices, x="2 2").verdict == "pass"
    integers = {"y": gradcheck.integers(-3, 4)}
    result = checked(autograd_primitive(anp.multiply), integers, x="n m", y="m")
    assert result.verdict == "pass"


def test_reports_show_the_rule_as_it_was_written(checked):
    """Of the first argument, and the line that runs it again."""
    result = checked(autograd_primitive(affine(dx, dW, db)), **SHAPES)
    assert "def dx(y, x, W, b)" in result.row.candidate.text
    assert "np.tanh(x @ W + b)" in result.row.forward.text
    assert result.reproduce.startswith("gradcheck.verify(*gradcheck.adapters.autograd_primitive(layer)")


@primitive
def without_a_rule(x):
    return x


@pytest.mark.parametrize(
    ("given", "how", "words"),
    [
        (without_a_rule, {}, "without_a_rule has no rule; give it one with autograd.extend.defvjp"),
        (np.exp, {}, "exp is no primitive of autograd"),
        (anp.mean, {}, "mean is no primitive of autograd"),
        (anp.roll, {"fixed": {"shfit": 1}}, "there is no argument 'shfit'"),
    ],
)
def test_misuse_is_refused(given, how, words):
    """Before anything runs."""
    with pytest.raises(gradcheck.UsageError, match=words):
        autograd_primitive(given, **how)
