"""Slips that people often make in normalisations, pooling, hinge losses and gates, and what is not said."""

import numpy as np
import pytest

import gradcheck

EPS = 1e-4
LABELS = {"y": gradcheck.integers(0, 4)}


def said(forward, backward, shapes, **how):
    result = gradcheck.verify(forward, backward, shapes, max_examples=12, backends=["symbolic"], **how)
    assert result.verdict == "fail"
    return " ".join(d.text for d in result.diagnosis)


def rms(x):
    return x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + EPS)


def rms_back(root):
    def backward(d, x):
        r = root(np.mean(x * x, axis=-1, keepdims=True))
        return d / r - x * np.mean(d * x, axis=-1, keepdims=True) / r**3

    return backward


def unit(x):
    return x / (np.sqrt(np.sum(x * x, axis=-1, keepdims=True)) + EPS)


def unit_back(d, x):
    r = np.sqrt(np.sum(x * x, axis=-1, keepdims=True) + EPS)
    return d / r - x * np.sum(d * x, axis=-1, keepdims=True) / r**3


def pool(x):
    return x.reshape(x.shape[0] // 2, 2, x.shape[1]).max(axis=1)


def hinge(x, y):
    rows = np.arange(len(x))
    m = np.maximum(0, x - x[rows, y][:, None] + 1)
    m[rows, y] = 0
    return m.sum()


def hinge_back(at_labels):
    def backward(d, x, y):
        rows = np.arange(len(x))
        m = x - x[rows, y][:, None] + 1
        m[rows, y] = 0
        g = (m > 0).astype(float)
        g[rows, y] = at_labels(g)
        return d * g, None

    return backward


def sigmoid(a):
    return 1 / (1 + np.exp(-a))


def gated(x, h, Wz, Wr):
    z, r = sigmoid(x @ Wz), sigmoid(x @ Wr)
    return (1 - z) * np.tanh(r * h) + z * h


GATED = {"x": "n d", "h": "n k", "Wz": "d k", "Wr": "d k"}


def gated_back(*, z_and_r=False, mixed=False, scale=1.0):
    def backward(d, x, h, Wz, Wr):
        z, r = sigmoid(x @ Wz), sigmoid(x @ Wr)
        n = np.tanh(r * h)
        to_n, to_h = (z, 1 - z) if mixed else (1 - z, z)
        dn = d * to_n * (1 - n * n)
        az, ar = d * (h - n) * z * (1 - z), dn * h * r * (1 - r)
        if z_and_r:
            az, ar = ar, az
        ar = ar * scale
        return az @ Wz.T + ar @ Wr.T, d * to_h + dn * r, x.T @ az, x.T @ ar

    return backward


def normed(x):
    mu = x.mean(axis=-1, keepdims=True)
    s = np.sqrt(((x - mu) ** 2).mean(axis=-1, keepdims=True) + EPS)
    return (x - mu) / s, s


def scaled(x, g):
    return g * normed(x)[0]


def scaled_back(before, after):
    def backward(d, x, g):
        u, s = normed(x)
        e = before(d, g)
        dx = (e - e.mean(-1, keepdims=True) - u * (e * u).mean(-1, keepdims=True)) / s
        return after(dx, g), (d * u).sum(axis=0)

    return backward


def normed_and_scaled(x, g, b):
    return g * normed(x)[0] + b


def normed_back(axis, by):
    def backward(d, x, g, b):
        u, s = normed(x)
        e = d * g
        n = x.shape[by]
        sums = e.sum(axis=axis, keepdims=True) + u * (e * u).sum(axis=axis, keepdims=True)
        return (n * e - sums) / s / n, (d * u).sum(axis=0), d.sum(axis=0)

    return backward


NORMED = {"x": "n+1 m+1", "g": "m+1", "b": "m+1"}

SAYINGS = {
    "reductions over the batch": (
        normed_and_scaled,
        normed_back(0, 1),
        NORMED,
        {},
        "reductions along axis 0 that dJ/dx is made of",
    ),
    "N for D": (
        normed_and_scaled,
        normed_back(1, 0),
        NORMED,
        {},
        "and in one place more, should be the size of axis 1 of x",
    ),
    "eps beside the root": (
        rms,
        rms_back(lambda v: np.sqrt(v) + EPS),
        {"x": "n m"},
        {},
        "`EPS` should be added under the root, not to it",
    ),
    "eps under the root": (
        unit,
        unit_back,
        {"x": "n m"},
        {},
        "is right for another forward: in `np.sqrt(np.sum(x * x, axis=-1, keepdims=True)) + EPS`",
    ),
    "pooling gives all to all": (
        pool,
        lambda d, x: d.repeat(2, axis=0),
        {"x": "2*n m"},
        {},
        "is taken of gets all that comes back, not the largest alone",
    ),
    "pooling shares out": (
        pool,
        lambda d, x: d.repeat(2, axis=0) / 2,
        {"x": "2*n m"},
        {},
        "is shared out evenly; it belongs to the largest entry alone",
    ),
    "one violation at the label": (
        hinge,
        hinge_back(lambda g: -1.0),
        {"x": "n 4", "y": "n"},
        {"values": LABELS},
        "stores should be minus the sum of the row's other entries",
    ),
    "two gates": (
        gated,
        gated_back(z_and_r=True),
        GATED,
        {},
        "what comes back to ",
    ),
    "an update gate the wrong way round": (
        gated,
        gated_back(mixed=True),
        GATED,
        {},
        "take each other's factors, `1 - z` and `z`",
    ),
    "a scale at the end": (
        scaled,
        scaled_back(lambda d, g: d, lambda dx, g: dx * g),
        {"x": "n m+1", "g": "m+1"},
        {},
        "the factor g is left out; the gradient is multiplied by it instead",
    ),
}


@pytest.mark.parametrize(("forward", "wrong", "shapes", "how", "words"), SAYINGS.values(), ids=SAYINGS)
def test_it_is_said(forward, wrong, shapes, how, words):
    """As a sentence that a person finds the place with."""
    assert words in said(forward, wrong, shapes, **how)


TWINS = {
    "over the batch, and by N": (
        normed_and_scaled,
        normed_back(0, 0),
        NORMED,
        {},
        "reductions along axis 0 that dJ/dx",
    ),
    "by another size, and over the batch": (
        normed_and_scaled,
        normed_back(0, 0),
        NORMED,
        {},
        "should be the size",
    ),
    "another eps": (rms, rms_back(lambda v: np.sqrt(v) + 2 * EPS), {"x": "n m"}, {}, "root"),
    "all to all, twice": (
        pool,
        lambda d, x: d.repeat(2, axis=0) * (1 + (x > 0)),
        {"x": "2*n m"},
        {},
        "the largest",
    ),
    "two gates, one of them scaled": (gated, gated_back(z_and_r=True, scale=1.5), GATED, {}, "exchanged"),
    "one gate scaled": (gated, gated_back(scale=1.5), GATED, {}, "exchanged"),
    "a scale nowhere": (
        scaled,
        scaled_back(lambda d, g: d, lambda dx, g: dx),
        {"x": "n m+1", "g": "m+1"},
        {},
        "instead",
    ),
}


@pytest.mark.parametrize(("forward", "wrong", "shapes", "how", "words"), TWINS.values(), ids=TWINS)
def test_it_is_not_said_of_a_twin(forward, wrong, shapes, how, words):
    """Where it would be false: another constant, another factor beside."""
    assert words not in said(forward, wrong, shapes, **how)


RIGHT = {
    "normed": (normed_and_scaled, normed_back(1, 1), NORMED, {}),
    "rms": (rms, rms_back(lambda v: np.sqrt(v + EPS)), {"x": "n m"}, {}),
    "hinge": (hinge, hinge_back(lambda g: -g.sum(axis=1)), {"x": "n 4", "y": "n"}, {"values": LABELS}),
    "gated": (gated, gated_back(), GATED, {}),
    "scaled": (scaled, scaled_back(lambda d, g: d * g, lambda dx, g: dx), {"x": "n m+1", "g": "m+1"}, {}),
}


@pytest.mark.parametrize(("forward", "right", "shapes", "how"), RIGHT.values(), ids=RIGHT)
def test_the_right_one_passes(forward, right, shapes, how):
    """With the same pieces."""
    assert gradcheck.verify(forward, right, shapes, max_examples=12, backends=["symbolic"], **how).passed
