"""Forwards that return a cache: every form, in every arithmetic, and what is wrong with it."""

import functools
from types import SimpleNamespace

import numpy as np
import pytest

import gradcheck
from gradcheck import with_cache

SHAPES = {"x": "n m", "W": "m k", "b": "k"}


def forward(x, W, b):
    out = np.tanh(x @ W + b)
    return out, (x, W, out)


def backward(dout, cache):
    x, W, out = cache
    dz = dout * (1 - out**2)
    return dz @ W.T, x.T @ dz, dz.sum(axis=0)


def transposed(dout, cache):
    x, W, out = cache
    dz = dout * (1 - out**2)
    return dz @ W.T, (x.T @ dz).T, dz.sum(axis=0)


def factor(dout, cache):
    x, W, out = cache
    dz = dout * (1 - out**2)
    return dz @ W.T, 1.001 * x.T @ dz, dz.sum(axis=0)


def mean(dout, cache):
    x, W, out = cache
    dz = dout * (1 - out**2)
    return dz @ W.T, x.T @ dz, dz.mean(axis=0)


def stale(dout, cache):
    x, W, _ = cache
    dz = dout * (1 - x.mean() ** 2)
    return dz @ W.T, x.T @ dz, dz.sum(axis=0)


def test_a_right_pair_is_certified(checked):
    """The forward runs in balls, on symbols and under JAX; the cache is whatever they make."""
    result = checked(with_cache(forward, backward), **SHAPES)
    assert result.verdict == "pass"
    assert result.strength in ("certified", "proved")
    assert all(row.agreed for row in result.backends)


@pytest.mark.parametrize("wrong", [transposed, factor, mean, stale])
def test_wrong_twins_fail(checked, wrong):
    """Each by what it does wrong."""
    assert checked(with_cache(forward, wrong), **SHAPES).verdict == "fail"


def test_the_cache_may_be_anything_and_gradients_a_dict(checked):
    """A dict, an object, a list of tuples; gradients by the names of the arguments."""
    caches = {
        "dict": (lambda x, W, out: {"x": x, "W": W, "out": out}, lambda c: (c["x"], c["W"], c["out"])),
        "object": (lambda x, W, out: SimpleNamespace(x=x, W=W, out=out), lambda c: (c.x, c.W, c.out)),
        "nested": (lambda x, W, out: [(x, W), out], lambda c: (*c[0], c[1])),
        "function": (lambda x, W, out: lambda: (x, W, out), lambda c: c()),
    }
    for keep, give in caches.values():

        def run(x, W, b, keep=keep):
            out = np.tanh(x @ W + b)
            return out, keep(x, W, out)

        def back(dout, cache, give=give):
            dx, dW, db = backward(dout, give(cache))
            return {"W": dW, "b": db, "x": dx}

        assert checked(with_cache(run, back), **SHAPES).strength in ("certified", "proved")


def test_several_outputs_in_both_forms(checked):
    """`h, c, cache` is answered with `dh, dc, cache`; `(h, c), cache` with `(dh, dc), cache`."""
    flat = lambda x, y: (x * y, x + y, (x, y))
    nested = lambda x, y: ((x * y, x + y), (x, y))
    right = lambda du, dv, c: (du * c[1] + dv, du * c[0] + dv)
    wrong = lambda du, dv, c: (dv * c[1] + du, du * c[0] + dv)
    in_a_tuple = lambda d, c: right(*d, c)
    assert checked(with_cache(flat, right), x="n", y="n").verdict == "pass"
    assert checked(with_cache(nested, in_a_tuple), x="n", y="n").verdict == "pass"
    assert checked(with_cache(flat, wrong), x="n", y="n").verdict == "fail"


def test_a_buffer_that_is_filled_in_a_loop_stays_in_balls(checked):
    """The copy with other buffers is found behind the adapter."""

    def run(x, W):
        out = np.zeros((len(x), W.shape[1]))
        for i in range(len(x)):
            out[i] = x[i] @ W
        return out, (x, W)

    def back(dout, cache):
        x, W = cache
        dx = np.zeros(x.shape)
        for i in range(len(x)):
            dx[i] = W @ dout[i]
        return dx, x.T @ dout

    assert checked(with_cache(run, back), x="n m", W="m k").strength in ("certified", "proved")


def test_one_argument_none_and_a_bound_setting(checked):
    """A bare array, `None`, and what is no array through `functools.partial`."""
    square = with_cache(lambda x: (x * x, x), lambda dout, x: 2 * x * dout)
    assert checked(square, x="n").verdict == "pass"

    def scaled(x, y, power):
        return x * y**power, (x, y, power)

    pair = with_cache(functools.partial(scaled, power=2), lambda dout, c: (dout * c[1] ** c[2], None))
    result = checked(pair, x="n", y="n")
    assert result.verdict == "pass"
    assert result.row.unchecked == ["dJ/dy"]


def centred(x, settings, scale):
    out = np.zeros(x.shape)
    out[:] = scale * (x - x.mean(axis=0))
    settings["mean"] = 0.9 * settings.get("mean", 0.0) + 0.1 * x.mean(axis=0)
    return out, scale


def centred_backward(dout, scale):
    return scale * (dout - dout.mean(axis=0))


def test_bound_settings_that_the_forward_writes_into(checked):
    """Each call starts from them as they were bound; buffers are exchanged as in any function."""
    settings = {}
    pair = with_cache(functools.partial(centred, settings=settings, scale=3), centred_backward)
    assert checked(pair, x="n m").strength in ("certified", "proved")
    assert settings == {}
    wrong = with_cache(functools.partial(centred, settings=settings, scale=3), lambda d, scale: scale * d)
    assert checked(wrong, x="n m").verdict == "fail"


def test_an_array_changed_in_the_cache_is_an_error_and_named(checked):
    """In place; the twin works on a copy."""

    def run(x):
        out = np.tanh(x)
        return out, {"deep": [out]}

    def spoils(dout, cache):
        out = cache["deep"][0]
        out *= -out
        out += 1
        return out * dout

    def copies(dout, cache):
        return (1 - cache["deep"][0] ** 2) * dout

    result = checked(with_cache(run, spoils), x="n")
    assert result.verdict == "error"
    assert "the backward changes cache['deep'][0] in place; work on a copy" in str(result)
    assert checked(with_cache(run, copies), x="n").verdict == "pass"


def test_a_cache_that_is_used_up_is_noted(checked):
    """A tape may be popped: the gradients are right, and a second backward would find nothing."""
    pair = with_cache(lambda x: (x * x, [x]), lambda dout, tape: 2 * tape.pop() * dout)
    result = checked(pair, x="n")
    assert result.verdict == "pass"
    assert any("uses up its cache (cache[0] is gone)" in note for note in result.row.notes)


def test_a_random_mask_makes_the_forward_nondeterministic(checked):
    """Every call gets a fresh forward, so a mask that is drawn inside cannot be cached away."""
    rng = np.random.default_rng(0)

    def dropout(x):
        mask = rng.random(x.shape) < 0.5
        return x * mask, mask

    result = checked(with_cache(dropout, lambda dout, mask: dout * mask), x="5")
    assert result.verdict == "error"
    assert "not deterministic" in str(result)


def test_reports_show_the_users_lines(checked):
    """Source, name, and the line that runs it again."""
    result = checked(with_cache(forward, mean), **SHAPES)
    assert "def mean(dout, cache)" in result.row.candidate.text
    assert "def forward(x, W, b)" in result.row.forward.text
    assert result.reproduce.startswith("gradcheck.verify(*gradcheck.with_cache(forward, mean), shapes=")


def test_the_forwards_own_argument_names_are_checked():
    """The same names in another order are still refused."""
    with pytest.raises(gradcheck.UsageError, match="the same names in another order"):
        gradcheck.verify(*with_cache(forward, backward), shapes={"W": "m k", "x": "n m", "b": "k"})


@pytest.mark.parametrize(
    ("returned", "words"),
    [
        (lambda x: x, "it returned float64"),
        (lambda x: (x,), "a tuple of length 1"),
        (lambda x: None, "it returned NoneType"),
    ],
)
def test_a_forward_without_a_cache_is_told_so(checked, returned, words):
    """With what to do instead."""
    pair = with_cache(lambda x: returned(x[0]), lambda dout, cache: dout)
    result = checked(pair, x="n")
    assert result.verdict == "error"
    assert words in str(result)
    assert "must return (output, cache)" in str(result)


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        ((3, backward), "expected a forward function, got int"),
        ((forward, None), "expected a backward function, got NoneType"),
        ((forward, lambda cache, dout: dout), "Turn the two round"),
        ((forward, lambda dout: dout), "2 arguments"),
    ],
)
def test_what_cannot_be_called_like_that_is_refused(pair, words):
    """Before anything runs."""
    with pytest.raises(gradcheck.UsageError, match=words):
        with_cache(*pair)
