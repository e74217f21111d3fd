"""Layers over time and tables: recurrent ones, embeddings, attention."""

import numpy as np

import gradcheck
from tests.zoo.entry import Entry


class RNNCell:
    def __init__(self, Wx, Wh, b):
        self.params, self.grads = [Wx, Wh, b], [np.zeros_like(Wx), np.zeros_like(Wh), np.zeros_like(b)]

    def forward(self, x, h_prev):
        Wx, Wh, b = self.params
        h_next = np.tanh(np.dot(h_prev, Wh) + np.dot(x, Wx) + b)
        self.cache = (x, h_prev, h_next)
        return h_next

    def backward(self, dh_next):
        Wx, Wh, _ = self.params
        x, h_prev, h_next = self.cache
        dt = dh_next * (1 - h_next**2)
        self.grads[0][...] = np.dot(x.T, dt)
        self.grads[1][...] = np.dot(h_prev.T, dt)
        self.grads[2][...] = np.sum(dt, axis=0)
        return np.dot(dt, Wx.T), np.dot(dt, Wh.T)


class RNNCellTurned(RNNCell):
    def backward(self, dh_next):
        dx, dh = super().backward(dh_next)
        return dx, -dh


class OverTime:
    """A loop over steps, buffers in float32, states in a list."""

    def __init__(self, Wx, Wh):
        self.Wx, self.Wh = Wx, Wh

    def forward(self, xs):
        T = xs.shape[0]
        self.xs, h = xs, np.zeros(self.Wh.shape[0], dtype="f")
        self.hs = [h]
        out = np.empty((T, self.Wh.shape[0]), dtype="f")
        for t in range(T):
            h = np.tanh(xs[t] @ self.Wx + h @ self.Wh)
            self.hs.append(h)
            out[t] = h
        return out

    def backward(self, dhs):
        dxs = np.empty(self.xs.shape, dtype="f")
        self.dWx, self.dWh = np.zeros_like(self.Wx), np.zeros_like(self.Wh)
        dh = np.zeros(self.Wh.shape[0])
        for t in reversed(range(len(dhs))):
            dt = (dhs[t] + self.later(dh)) * (1 - self.hs[t + 1] ** 2)
            self.dWx += np.outer(self.xs[t], dt)
            self.dWh += np.outer(self.hs[t], dt)
            dxs[t] = dt @ self.Wx.T
            dh = dt @ self.Wh.T
        return dxs

    def later(self, dh):
        return dh


class OverTimeForgets(OverTime):
    """The input's gradient ignores later steps."""

    def later(self, dh):
        return 0 * dh


class LSTMCell:
    """Two outputs, two inputs, gates in one matrix."""

    def __init__(self, W):
        self.W = W

    def forward(self, h, c):
        H = c.shape[1]
        self.h, self.c = h, c
        A = h @ self.W
        sig = lambda z: 1 / (1 + np.exp(-z))
        self.f, self.g = sig(A[:, :H]), np.tanh(A[:, H : 2 * H])
        self.i, self.o = sig(A[:, 2 * H : 3 * H]), sig(A[:, 3 * H :])
        self.c_next = self.f * c + self.g * self.i
        return self.o * np.tanh(self.c_next), self.c_next

    def backward(self, dh_next, dc_next):
        t = np.tanh(self.c_next)
        ds = self.into_cell(dc_next) + dh_next * self.o * (1 - t**2)
        di, df, do, dg = ds * self.g, ds * self.c, dh_next * t, ds * self.i
        dA = np.hstack(
            (
                df * self.f * (1 - self.f),
                dg * (1 - self.g**2),
                di * self.i * (1 - self.i),
                do * self.o * (1 - self.o),
            )
        )
        self.dW = self.h.T @ dA
        return dA @ self.W.T, ds * self.f

    def into_cell(self, dc_next):
        return dc_next


class LSTMCellForgets(LSTMCell):
    def into_cell(self, dc_next):
        return 0 * dc_next


class GRUGate:
    def forward(self, h, z, n):
        self.h, self.z, self.n = h, z, n
        return (1 - z) * h + z * n

    def backward(self, d):
        return d * (1 - self.z), d * (self.n - self.h), d * self.z


class GRUGateSwapped(GRUGate):
    def backward(self, d):
        return d * self.z, d * (self.n - self.h), d * (1 - self.z)


class Embedding:
    def __init__(self, W):
        self.params, self.grads, self.idx = [W], [np.zeros_like(W)], None

    def forward(self, idx):
        (W,) = self.params
        self.idx = idx
        return W[idx]

    def backward(self, dout):
        (dW,) = self.grads
        dW[...] = 0
        np.add.at(dW, self.idx, dout)


class EmbeddingLoses(Embedding):
    def backward(self, dout):
        (dW,) = self.grads
        dW[...] = 0
        dW[self.idx] += dout


class Attention:
    """Three inputs; scores scaled by the square root of the width."""

    def forward(self, Q, K, V):
        self.Q, self.K, self.V, self.s = Q, K, V, np.sqrt(Q.shape[-1])
        e = Q @ K.T / self.s
        e = np.exp(e - e.max(axis=1, keepdims=True))
        self.p = e / e.sum(axis=1, keepdims=True)
        return self.p @ V

    def backward(self, d):
        dp = d @ self.V.T
        de = self.p * (dp - (dp * self.p).sum(axis=1, keepdims=True)) / self.s
        return de @ self.K, de.T @ self.Q, self.p.T @ d


class AttentionUnscaled(Attention):
    def backward(self, d):
        dq, dk, dv = super().backward(d)
        return dq * self.s, dk * self.s, dv


class WeightSum:
    """Contexts as weighted sums, broadcast by repeat."""

    def forward(self, hs, a):
        N, T, H = hs.shape
        ar = a.reshape(N, T, 1).repeat(H, axis=2)
        self.cache = (hs, ar)
        return np.sum(hs * ar, axis=1)

    def backward(self, dc):
        hs, ar = self.cache
        N, T, H = hs.shape
        dt = dc.reshape(N, 1, H).repeat(T, axis=1)
        return dt * ar, np.sum(dt * hs, axis=2)


class WeightSumMean(WeightSum):
    def backward(self, dc):
        dhs, da = super().backward(dc)
        return dhs, da / dhs.shape[2]


ENTRIES = [
    Entry(
        "recurrent cell",
        RNNCell,
        RNNCellTurned,
        {"x": "n i", "h_prev": "n o", "Wx": "i o", "Wh": "o o", "b": "o"},
        "sign",
        {"parameters": {"Wx": "params[0]", "Wh": "params[1]", "b": "params[2]"}},
    ),
    Entry(
        "recurrent layer over time in float32",
        OverTime,
        OverTimeForgets,
        {"xs": "t i", "Wx": "i o", "Wh": "o o"},
        "the part that comes through `h` in `h @ self.Wh`",
        {"parameters": ("Wx", "Wh")},
    ),
    Entry(
        "lstm cell of two outputs",
        LSTMCell,
        LSTMCellForgets,
        {"h": "n i", "c": "n o", "W": "i 4*o"},
        "delta[1]",
        {"parameters": ("W",)},
    ),
    Entry(
        "gate of three inputs",
        GRUGate(),
        GRUGateSwapped(),
        {"h": "n", "z": "n", "n": "n"},
        "take each other's factors",
    ),
    Entry(
        "embedding",
        Embedding,
        EmbeddingLoses,
        {"idx": "n", "W": "5 m"},
        "writes once where an index occurs several times",
        {"parameters": {"W": "params[0]"}},
        values={"idx": gradcheck.integers(0, 5)},
    ),
    Entry(
        "attention",
        Attention(),
        AttentionUnscaled(),
        {"Q": "n d", "K": "m d", "V": "m v"},
        "too large by the factor sqrt(d)",
    ),
    Entry("weighted sum", WeightSum(), WeightSumMean(), {"hs": "n t h", "a": "n t"}, "by the factor h"),
]
