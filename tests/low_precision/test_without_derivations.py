"""Kernels where no backend's derivation runs as code does: JAX is missing, or was not asked.

Simplified expressions lose less than code, and moved inputs do not show what cancels in it: neither may fail
code that is right. The way back through the forward's own operations shows it.
"""

import numpy as np
import pytest

import gradcheck
from gradcheck.catalogue.layers import formulas
from tests.low_precision.candidates import inside, kernel, sums_narrow, sums_wide, times

KNOWN = {f.name: f for f in formulas()}
SOURCES = ["symbolic", "finite_difference"]
LAYERS = ["silu", "softmax", "rms_norm"]
RIGHT = {"inside": inside, "wide": sums_wide, "narrow": sums_narrow}


def checked(forward, backward, dtype, sources, **options):
    options = {"max_examples": 6, "backends": sources, "dtype": dtype, **options}
    return gradcheck.verify(forward, kernel(backward), **options)


def alone(name, way, dtype, sources, **options):
    """A layer as a function of NumPy, of which nobody has written a backward pass."""
    layer = KNOWN[name]
    backward = way(layer.claims[0].candidate)
    return checked(
        layer.function,
        backward,
        dtype,
        sources,
        shapes=layer.shapes.declared,
        values=layer.values,
        **options,
    )


@pytest.mark.corpus(5)
@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("name", LAYERS)
def test_right_kernels_never_fail(name, dtype, source):
    verdicts = {way: alone(name, RIGHT[way], dtype, [source]).verdict for way in RIGHT}
    assert verdicts == dict.fromkeys(RIGHT, "pass")


@pytest.mark.corpus(5)
@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("dtype", ["float16", "float32"])
@pytest.mark.parametrize("name", LAYERS)
def test_wrong_ones_fail(name, dtype, source):
    assert alone(name, lambda b: times(b, 1.1), dtype, [source]).verdict == "fail"


def test_differences_confirm_the_way_back_at_long_sums():
    found = alone("softmax", sums_wide, "float16", ["finite_difference"])
    assert found.verdict == "pass"
    assert found.row.accuracy.lengths[-1].size >= 515
    assert alone("dense", sums_wide, "float16", ["finite_difference"], grade="sums").verdict == "pass"
    assert alone("dense", sums_narrow, "float16", ["finite_difference"], grade="sums").verdict == "fail"


@pytest.mark.parametrize(("sign", "source"), [("add", "symbolic"), ("subtract", "finite_difference")])
def test_the_way_back_leads_through_what_is_added_in_places(source, sign):
    at, factor = getattr(np, sign).at, 1 if sign == "add" else -1

    def forward(x, to):
        total = np.zeros((4, x.shape[1]))
        at(total, to, x * x)
        return np.tanh(total)

    def backward(delta, x, to):
        total = np.zeros((4, x.shape[1]), x.dtype)
        at(total, to, x * x)
        return factor * 2 * x * (delta * (1 - np.tanh(total) ** 2))[to], None

    of = {"shapes": {"x": "n d", "to": "n"}, "values": {"to": gradcheck.integers(0, 4)}}
    verdicts = [checked(forward, way(backward), "float16", [source], **of).verdict for way in RIGHT.values()]
    assert verdicts == ["pass"] * 3
    elsewhere = lambda delta, x, to: (backward(delta, x, np.sort(to))[0], None)
    for wrong in (times(backward, 1.1), inside(elsewhere)):
        assert checked(forward, wrong, "float16", [source], **of).verdict == "fail"


@pytest.mark.parametrize("mode", ["valid", "full"])
def test_the_way_back_leads_through_filters(mode):
    def backward(delta, x, w):
        if mode == "valid":
            return np.convolve(delta, w), np.correlate(x, delta)
        return np.convolve(delta, w, "valid"), np.correlate(delta, x, "valid")[::-1]

    forward = lambda x, w: np.correlate(x, w, mode)
    of = {"shapes": {"x": "n+2", "w": 3}}
    assert checked(forward, inside(backward), "float16", ["finite_difference"], **of).verdict == "pass"
    assert checked(forward, times(backward, 1.1), "float16", ["finite_difference"], **of).verdict == "fail"


def test_a_forward_that_nobody_can_go_back_through_is_said_to_be_one():
    """`np.multiply.at` has no way back."""

    def forward(x):
        total = np.ones(4)
        np.multiply.at(total, np.arange(x.size) % 4, x)
        return total

    def backward(delta, x):
        at = np.arange(x.size) % 4
        return (delta * forward(x))[at] / x * 1.1

    of = {"shapes": {"x": "n"}, "values": {"x": gradcheck.positive}}
    silent = checked(forward, inside(backward), "float16", ["finite_difference"], **of)
    assert silent.verdict == "inconclusive"
    assert "none is at hand that runs as code does (JAX is missing or not asked" in silent.reason


@pytest.mark.parametrize("source", SOURCES)
def test_the_backward_that_a_formula_brings_shows_how_one_computes_it(source):
    layer = KNOWN["rms_norm"]
    vjp = layer.claims[0].candidate
    for way in RIGHT.values():
        assert checked(layer, way(vjp), "float16", [source])
    assert checked(layer, times(vjp, 1.01), "float16", [source]).verdict == "fail"
