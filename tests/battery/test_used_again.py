"""Layers and caches used several times: stale caches, shared buffers, gradients that pile up."""

import numpy as np
import pytest

import gradcheck

SHAPES = {"x": "batch n", "W": "n m", "b": "m"}


class Dense:
    """Right, and made anew by nobody."""

    def __init__(self, n=3, m=2):
        self.W, self.b = np.ones((n, m)), np.zeros(m)

    def forward(self, x):
        self.x = x
        return x @ self.W + self.b

    def backward(self, dout):
        self.dW, self.db = self.x.T @ dout, dout.sum(axis=0)
        return dout @ self.W.T


class FirstInput(Dense):
    """Keeps the first input that it saw."""

    def forward(self, x):
        if getattr(self, "x", None) is None:
            self.x = x
        return x @ self.W + self.b


class BySize(Dense):
    """Keeps an input for every shape, and takes the first of that shape."""

    def forward(self, x):
        self.seen = getattr(self, "seen", {})
        self.x = self.seen.setdefault(x.shape, x)
        return x @ self.W + self.b


class Buffered(Dense):
    """Its output lies in one buffer for all calls."""

    def forward(self, x):
        self.x = x
        if getattr(self, "out", None) is None or len(self.out) != len(x):
            self.out = np.zeros((len(x), self.W.shape[1]))
        self.out[...] = x @ self.W + self.b
        return self.out


class BufferedGradient(Dense):
    """So does the gradient that it returns."""

    def backward(self, dout):
        super().backward(dout)
        if getattr(self, "dx", None) is None or self.dx.shape != self.x.shape:
            self.dx = np.zeros(self.x.shape)
        self.dx[...] = dout @ self.W.T
        return self.dx


class Growing(Dense):
    """The second backward starts from what the first left of the input."""

    def backward(self, dout):
        result = super().backward(dout)
        self.x = self.x * 2
        return result


class Piling(Dense):
    def __init__(self, n=3, m=2):
        super().__init__(n, m)
        self.dW, self.db = np.zeros((n, m)), np.zeros(m)

    def backward(self, dout):
        self.dW += self.x.T @ dout
        self.db += dout.sum(axis=0)
        return dout @ self.W.T


class Cleared(Piling):
    def zero_grad(self):
        self.dW[...], self.db[...] = 0, 0


class HalfCleared(Piling):
    def zero_grad(self):
        self.dW[...] = 0


class HalfPiling(Piling):
    def backward(self, dout):
        self.db[...] = 0
        return super().backward(dout)


def check(layer, **how):
    accumulates = how.pop("accumulates", None)
    pair = gradcheck.layer(layer, parameters=("W", "b"), accumulates=accumulates)
    return gradcheck.verify(*pair, SHAPES, max_examples=12, **how)


def row(result):
    return next(r for r in result.battery if r.check == "used again")


@pytest.mark.parametrize("layer", [Dense(), lambda W: Dense(*W.shape)], ids=["an object", "a factory"])
def test_a_right_layer_passes(layer):
    """The twin of all below."""
    result = check(layer)
    assert result.verdict == "pass"
    assert (row(result).outcome, row(result).reason) == ("pass", None)


WRONG = {
    FirstInput: ("that of the other call's arguments: a stale cache", "two forwards"),
    BySize: ("that of the other call's arguments: a stale cache", "two forwards"),
    Buffered: ("an output of the forward is written over by a later call", "share a buffer"),
    BufferedGradient: ("a gradient that was returned is written over by a later call", "share a buffer"),
    Growing: ("the first backward changes what the layer keeps", "in a second backward"),
    HalfCleared: ("after zero_grad", "dJ/db"),
    HalfPiling: ("dJ/dW piles up from call to call, and dJ/db does not", ""),
}


@pytest.mark.parametrize("layer", WRONG, ids=lambda layer: layer.__name__)
def test_what_is_left_over_of_an_earlier_call_is_found_and_named(layer):
    """Each is right where a fresh layer runs once, and proved."""
    result = check(layer())
    assert (result.verdict, result.strength) == ("fail", None)
    assert all(words in result.reason for words in WRONG[layer])
    assert [d.kind for d in result.diagnosis] == ["state"]


class Squares:
    """A loss; a number is what it gives."""

    def forward(self, x, t):
        self.off = x - t
        return np.sum(self.off**2)

    def backward(self, d):
        return 2 * d * self.off, -2 * d * self.off


class FloatSquares(Squares):
    def forward(self, x, t):
        return float(super().forward(x, t))


class FirstOfItsShape(Squares):
    def forward(self, x, t):
        if not hasattr(self, "x") or self.x.shape != x.shape:
            self.x = x.copy()
        self.off = self.x - t
        return np.sum((x - t) ** 2)


class Eating(FloatSquares):
    def backward(self, d):
        self.off *= 2
        return d * self.off, -d * self.off


@pytest.mark.parametrize("loss", [Squares, FloatSquares, FirstOfItsShape, Eating])
def test_layers_that_give_a_number_are_used_again_too(loss):
    """Their numbers are compared as arrays are; the first two are right."""
    result = gradcheck.verify(*gradcheck.layer(loss()), {"x": "n m", "t": "n m"}, max_examples=12)
    right = loss in (Squares, FloatSquares)
    assert (result.verdict, row(result).outcome) == (("pass", "pass") if right else ("fail", "fail"))


class Labelled:
    """Softmax with labels, right."""

    def labels(self, t):
        return t

    def forward(self, x, t):
        self.t = self.labels(t)
        e = np.exp(x - x.max(axis=1, keepdims=True))
        self.p = e / e.sum(axis=1, keepdims=True)
        return -np.mean(np.log(self.p[np.arange(len(t)), t]))

    def backward(self, d):
        g = self.p.copy()
        g[np.arange(len(self.t)), self.t] -= 1
        return d * g / len(self.t), None


class FirstLabels(Labelled):
    def labels(self, t):
        return getattr(self, "t", t)


class FirstLabelsOfTheirSize(Labelled):
    def labels(self, t):
        return self.t if hasattr(self, "t") and len(self.t) == len(t) else t


@pytest.mark.parametrize("loss", [Labelled, FirstLabels, FirstLabelsOfTheirSize])
def test_labels_of_an_earlier_call_are_found(loss):
    """At a point whose labels are not all the same."""
    how = {"values": {"t": gradcheck.integers(0, 3)}, "max_examples": 12}
    result = gradcheck.verify(*gradcheck.layer(loss()), {"x": "n 3", "t": "n"}, **how)
    assert result.verdict == ("pass" if loss is Labelled else "fail"), str(result)


class Relu:
    def forward(self, x):
        self.mask = x > 0
        return x * self.mask

    def backward(self, d):
        return d * self.mask


class FirstMask(Relu):
    def forward(self, x):
        if not hasattr(self, "mask") or self.mask.shape != x.shape:
            self.mask = x > 0
        return x * (x > 0)


@pytest.mark.parametrize("relu", [Relu, FirstMask])
def test_a_mask_of_an_earlier_call_is_found(relu):
    """At a point whose signs are not all the same."""
    result = gradcheck.verify(*gradcheck.layer(relu()), {"x": "n"}, max_examples=12)
    assert result.verdict == ("pass" if relu is Relu else "fail"), str(result)


class Masked:
    """A layer that keeps the mask of the first batch of a shape."""

    def __init__(self, width, limit=0.0):
        self.mask, self.width, self.limit = None, width, limit

    def forward(self, x):
        if self.mask is None or self.mask.shape != x.shape:
            self.mask = x > 0
        return np.where(x > 0, x, 0)

    def backward(self, delta):
        return delta * self.mask


class Bound(Masked):
    """A layer that is meant for one input: its mask is made of it."""

    def __init__(self, x):
        super().__init__(x.shape)
        self.mask = x > 0


def test_a_function_that_makes_a_layer_by_its_shape_makes_one_for_other_inputs():
    found = gradcheck.verify(*gradcheck.layer(lambda x: Masked(x.shape[1])), {"x": "n m"}, max_examples=12)
    assert found.verdict == "fail"
    assert "a stale cache" in found.reason


@pytest.mark.parametrize("make", [Bound, lambda x: Masked(x.shape[1], float(x[0, 0]))])
def test_a_layer_that_is_made_of_its_input_is_not_given_another(make):
    found = gradcheck.verify(*gradcheck.layer(make), {"x": "n m"}, max_examples=12)
    assert found.verdict == "pass", found


class Transposed(Dense):
    """A layer that transposes its weights once, for all forwards to come."""

    def forward(self, X):
        if not hasattr(self, "transposed"):
            self.transposed = self.W.T.copy()
        return super().forward(X)

    def backward(self, dout):
        super().backward(dout)
        return dout @ self.transposed


class View(Transposed):
    """The same with a view: right after a step that writes into the weights."""

    def forward(self, X):
        if not hasattr(self, "transposed"):
            self.transposed = self.W.T
        return super().forward(X)


class Early(Dense):
    """A layer that is meant for the weights that it is made of."""

    def __init__(self, W):
        super().__init__(*W.shape)
        self.transposed = W.T.copy()

    def backward(self, dout):
        super().backward(dout)
        return dout @ self.transposed


@pytest.mark.parametrize("layer", [Transposed(), lambda W: Transposed(*W.shape)], ids=["object", "factory"])
def test_a_layer_that_keeps_its_first_weights_is_wrong_after_a_step(layer):
    wrong = check(layer)
    assert wrong.verdict == "fail"
    assert "after its parameters were changed" in wrong.reason


class Dropping:
    """A layer with random numbers of its own."""

    def __init__(self):
        self.random = np.random.default_rng(0)

    def forward(self, x):
        self.mask = (self.random.random(x.shape) >= 0.5) * 2.0
        return x * self.mask

    def backward(self, dout):
        return dout * self.mask


class Folded:
    """A layer whose statistics are made for the size that it meets first."""

    def __init__(self):
        self.mean = None

    def forward(self, x):
        if self.mean is None:
            self.mean = np.ones(x.shape[1])
        return (x - self.mean) * 2

    def backward(self, dout):
        return dout * 2


class StaleForward(Dense):
    """It transposes its weights once, and uses them on both ways."""

    def forward(self, x):
        if not hasattr(self, "kept"):
            self.kept = self.W.copy()
        self.x = x
        return x @ self.kept + self.b

    def backward(self, dout):
        super().backward(dout)
        return dout @ self.kept.T


@pytest.mark.parametrize("layer", [Dropping, Folded])
def test_random_numbers_and_sizes_met_first_are_no_mistakes(layer):
    pair = gradcheck.layer(layer())
    found = gradcheck.verify(*pair, {"x": "n m"}, max_examples=12)
    assert (found.verdict, row(found).outcome) == ("pass", "note")
    assert "its gradients are not compared there" in row(found).reason


def test_weights_that_are_kept_for_both_ways_are_found_by_the_forward():
    assert "its forward gives other values than a fresh one with these" in check(StaleForward()).reason


class ByIdentity(Transposed):
    """It transposes its weights anew where they are another array: not after `W -= ...`."""

    def forward(self, X):
        if getattr(self, "known", None) is not self.W:
            self.known, self.transposed = self.W, self.W.T.copy()
        return Dense.forward(self, X)


@pytest.mark.parametrize(("layer", "verdict"), [(Dense, "pass"), (Growing, "fail"), (Transposed, "fail")])
def test_at_given_arrays_too(layer, verdict):
    """Parameters that are given are changed by a step as drawn ones are."""
    arrays = (np.arange(6.0).reshape(2, 3), np.ones((3, 2)), np.arange(2.0))
    result = gradcheck.verify(*gradcheck.layer(layer(), parameters=("W", "b")), args=arrays)
    assert (result.verdict, row(result).outcome) == (verdict, verdict), str(result)


def test_weights_that_are_written_into_are_the_same_array():
    found = check(ByIdentity())
    assert (found.verdict, row(found).outcome) == ("fail", "fail")


def test_where_they_are_only_wrong_once_they_are_replaced_that_is_a_note():
    found = check(View())
    assert (found.verdict, row(found).outcome) == ("pass", "note")
    assert "where they are replaced (`W = W - ...`)" in row(found).reason


def test_a_layer_that_is_made_of_its_weights_is_not_given_others():
    assert (row(check(Early)).outcome, check(Early).verdict) == ("pass", "pass")


def test_gradients_that_pile_up_are_a_convention():
    """Accepted and said, or demanded, or forbidden."""
    for layer in (Piling(), Cleared()):
        accepted = check(layer)
        assert (accepted.verdict, row(accepted).outcome) == ("pass", "note")
        assert "dJ/dW, dJ/db piles up from call to call" in str(accepted)
        assert ("zero_grad clears" in str(accepted)) == isinstance(layer, Cleared)
        assert check(layer, accumulates=True).verdict == "pass"
        forbidden = check(layer, accumulates=False)
        assert (forbidden.verdict, "accumulates=False" in forbidden.reason) == ("fail", True)
    assert check(Dense(), accumulates=False).verdict == "pass"
    demanded = check(Dense(), accumulates=True)
    assert (demanded.verdict, "accumulates=True" in demanded.reason) == ("fail", True)


def tanh_forward(x, W):
    out = np.tanh(x @ W)
    return out, (x, W, out)


def tanh_backward(dout, cache):
    x, W, out = cache
    dz = dout * (1 - out**2)
    return dz @ W.T, x.T @ dz


def cached(forward, backward):
    return gradcheck.verify(
        *gradcheck.with_cache(forward, backward), {"x": "batch n", "W": "n m"}, max_examples=12
    )


def test_caches_that_share_memory_are_found():
    """A global buffer, and a cache that holds the last forward's instead of its own."""
    buffers = {}

    def buffered(x, W):
        out = buffers.setdefault((len(x), W.shape[1]), np.zeros((len(x), W.shape[1])))
        if type(x) is not np.ndarray:
            return tanh_forward(x, W)
        np.tanh(x @ W, out=out)
        return out, (x, W, out)

    last = {}

    def remembering(x, W):
        out = np.tanh(x @ W)
        last["cache"] = (x, W, out)
        return out, last

    def from_last(dout, cache):
        return tanh_backward(dout, cache["cache"])

    assert cached(tanh_forward, tanh_backward).verdict == "pass"
    shared = cached(buffered, tanh_backward)
    assert (shared.verdict, "after two forwards" in shared.reason) == ("fail", True)
    stale = cached(remembering, from_last)
    assert (stale.verdict, "after two forwards" in stale.reason) == ("fail", True)


def test_a_cache_that_is_used_up_is_no_failure():
    """It raises in a second backward, which a new forward mends."""

    def taking(dout, cache):
        x, W, out = cache.pop(), cache.pop(), cache.pop()
        return tanh_backward(dout, (x, W, out))

    def on_a_tape(x, W):
        out = np.tanh(x @ W)
        return out, [out, W, x]

    assert cached(on_a_tape, taking).verdict == "pass"
