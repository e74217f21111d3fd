"""Explanations of usual slips keep silent where they would be false: of right code, and of another slip."""

import numpy as np
import pytest

import gradcheck
from gradcheck.diagnosis import diagnose, search
from tests.diagnosis.test_told_as_written import attention, attention_back
from tests.diagnosis.test_usual_slips import (
    EPS,
    GATED,
    LABELS,
    NORMED,
    gated,
    gated_back,
    hinge,
    hinge_back,
    normed,
    normed_and_scaled,
    normed_back,
    pool,
    said,
    scaled,
    scaled_back,
    sigmoid,
    unit,
    unit_back,
)


def gated_by(*, dx=False, weights=False, to_n=lambda z: 1 - z):
    """A cell in which what comes back to two gates is exchanged, in some gradients only."""

    def backward(d, x, h, Wz, Wr):
        z, r = sigmoid(x @ Wz), sigmoid(x @ Wr)
        n = np.tanh(r * h)
        dn = d * to_n(z) * (1 - n * n)
        az, ar = d * (h - n) * z * (1 - z), dn * h * r * (1 - r)
        for_x = (ar, az) if dx else (az, ar)
        for_w = (ar, az) if weights else (az, ar)
        return (
            for_x[0] @ Wz.T + for_x[1] @ Wr.T,
            d * z + dn * r,
            x.T @ for_w[0],
            x.T @ for_w[1],
        )

    return backward


def unit_by(root):
    def backward(d, x):
        r, s = root(np.sum(x * x, axis=-1, keepdims=True))
        return d / s - x * np.sum(d * x, axis=-1, keepdims=True) / (s * s * r)

    return backward


def normed_by(first, size, times=1.0):
    """The first of two sums runs along another axis, or one of two counts is another."""

    def backward(d, x, g, b):
        u, s = normed(x)
        e, n = d * g, x.shape[1]
        sums = e.sum(axis=first, keepdims=True) + u * (e * u).sum(axis=1, keepdims=True)
        return times * (x.shape[size] * e - sums) / s / n, (d * u).sum(axis=0), d.sum(axis=0)

    return backward


def pooled(times, of=np.max):
    def backward(d, x):
        rows = x.reshape(x.shape[0] // 2, 2, x.shape[1])
        mask = (rows == of(rows, axis=1, keepdims=True)).reshape(x.shape)
        return d.repeat(2, axis=0) * (mask if times is None else times)

    return backward


POOLED, UNIT, SCALED, HINGED = (
    {"x": "2*n m"},
    {"x": "n+1 m"},
    {"x": "n m+1", "g": "m+1"},
    {"x": "n 4", "y": "n"},
)

RIGHT = {
    "gates": (gated, gated_by(), GATED, {}),
    "eps beside a root": (unit, unit_by(lambda v: (np.sqrt(v), np.sqrt(v) + EPS)), UNIT, {}),
    "sums along an axis": (normed_and_scaled, normed_by(1, 1), NORMED, {}),
    "pooling": (pool, pooled(None), POOLED, {}),
    "hinge": (hinge, hinge_back(lambda g: -g.sum(axis=1)), HINGED, {"values": LABELS}),
    "a scale": (scaled, scaled_back(lambda d, g: d * g, lambda dx, g: dx), SCALED, {}),
}


@pytest.mark.parametrize(("forward", "right", "shapes", "how"), RIGHT.values(), ids=RIGHT)
def test_of_right_code_nothing_is_said(forward, right, shapes, how):
    result = gradcheck.verify(forward, right, shapes, max_examples=12, backends=["symbolic"], **how)
    assert result.passed
    assert not result.diagnosis


OTHER_SLIPS = {
    "gates exchanged for the input alone": (gated, gated_by(dx=True), GATED, {}, "exchanged"),
    "gates exchanged for the weights alone": (gated, gated_by(weights=True), GATED, {}, "exchanged"),
    "one of two factors": (gated, gated_by(to_n=lambda z: z), GATED, {}, "each other's factors"),
    "two factors and a number": (gated, gated_back(mixed=True, scale=2.0), GATED, {}, "each other's factors"),
    "another eps under the root": (
        unit,
        unit_by(lambda v: (np.sqrt(v + 3 * EPS), np.sqrt(v + 3 * EPS))),
        UNIT,
        {},
        "the root",
    ),
    "no eps": (unit, unit_by(lambda v: (np.sqrt(v), np.sqrt(v))), UNIT, {}, "the root"),
    "one sum of two": (normed_and_scaled, normed_by(0, 1), NORMED, {}, "reductions along axis"),
    "both sums, and a number": (normed_and_scaled, normed_by(0, 1, 2.0), NORMED, {}, "reductions along axis"),
    "one count of two": (normed_and_scaled, normed_by(1, 0), NORMED, {}, "places more"),
    "a third to each": (pool, pooled(1 / 3), POOLED, {}, "shared out evenly"),
    "to the smallest": (pool, pooled(None, np.min), POOLED, {}, "largest entry alone"),
    "the count with a plus": (
        hinge,
        hinge_back(lambda g: g.sum(axis=1)),
        HINGED,
        {"values": LABELS},
        "the row's other entries are",
    ),
    "all of a hinge": (
        hinge,
        lambda d, x, y: (2.0 * hinge_back(lambda g: -g.sum(axis=1))(d, x, y)[0], None),
        HINGED,
        {"values": LABELS},
        "minus the sum of the row",
    ),
    "a scale twice": (
        scaled,
        scaled_back(lambda d, g: d * g, lambda dx, g: dx * g),
        SCALED,
        {},
        "multiplied by it instead",
    ),
}


@pytest.mark.parametrize(
    ("forward", "wrong", "shapes", "how", "words"), OTHER_SLIPS.values(), ids=OTHER_SLIPS
)
def test_of_another_slip_it_is_not_said(forward, wrong, shapes, how, words):
    """That only looks alike: one of two places, another number, one gradient of several."""
    assert words not in said(forward, wrong, shapes, **how)


FORESEEN = {
    "gates": (gated, gated_back(z_and_r=True), GATED),
    "an update gate": (gated, gated_back(mixed=True), GATED),
    "one factor": (gated, gated_by(to_n=lambda z: z), GATED),
    "eps": (unit, unit_back, {"x": "n m"}),
    "pooling": (pool, pooled(0.5), POOLED),
    "sums": (normed_and_scaled, normed_back(0, 1), NORMED),
    "softmax": (attention, attention_back(0), {"q": "n d", "k": "m d", "v": "m e"}),
}


@pytest.mark.parametrize("name", FORESEEN)
def test_what_is_ruled_out_beforehand_does_not_fit(name, monkeypatch):
    """A look along a few directions may let through too much, and never too little."""
    ruled_out, let_through = [], []

    def settle(case, scopes, explanations):
        offered = list(explanations)
        for explanation in offered:
            for scope in scopes if explanation.may is not None else ():
                may = explanation.may(scope.pilot, scope.quantity)
                (let_through if may else ruled_out).append(explanation)
                assert may or not search.holds(explanation, scope.pilot, scope.quantity), explanation.text
        return search.settle(case, scopes, offered)

    monkeypatch.setattr(diagnose, "settle", settle)
    forward, wrong, shapes = FORESEEN[name]
    said(forward, wrong, shapes)
    assert ruled_out
    assert let_through
