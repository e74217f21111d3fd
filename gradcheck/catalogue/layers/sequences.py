"""L23 to L30: rotary embeddings, attention and recurrences."""

from __future__ import annotations

import numpy as np

from gradcheck.catalogue.layers.gates import sigmoid
from gradcheck.catalogue.layers.probabilities import softmax_of_kept, softmax_rows
from gradcheck.formulas.decorating import formula

__all__ = ["FORMULAS"]

SECTION = "Sequences"


def angles(length, pairs):
    """The angle of every position and pair."""
    return np.arange(length)[:, None] * 100.0 ** (-np.arange(pairs) / pairs)


def turned(even, odd, angle):
    """Pairs of numbers, turned by their angles."""
    c, s = np.cos(angle), np.sin(angle)
    return even * c - odd * s, even * s + odd * c


def interleaved(x, sign):
    even, odd = turned(x[:, 0::2], x[:, 1::2], sign * angles(x.shape[0], x.shape[1] // 2))
    return np.stack([even, odd], axis=-1).reshape(x.shape)


def half_split(x, sign):
    half = x.shape[1] // 2
    first, second = turned(x[:, :half], x[:, half:], sign * angles(x.shape[0], half))
    return np.concatenate([first, second], axis=1)


ROTARY = r"(y_{2k}, y_{2k+1}) = R(t \theta_k) (x_{2k}, x_{2k+1})"


@formula(shapes={"x": "T 2*d"}, id="L23", section=SECTION, latex=ROTARY)
def rotary(x):
    return interleaved(x, 1)


@rotary.vjp(title="Back through a rotary embedding of neighbouring pairs: turned back")
def rotary_vjp(delta, x):
    return interleaved(delta, -1)


@formula(
    shapes={"x": "T 2*d"}, id="L24", section=SECTION, latex=ROTARY.replace("2k+1", "k+d").replace("2k", "k")
)
def rotary_half(x):
    return half_split(x, 1)


@rotary_half.vjp(title="Back through a rotary embedding of the two halves: turned back")
def rotary_half_vjp(delta, x):
    return half_split(delta, -1)


def scores(Q, K):
    return Q @ K.T / np.sqrt(Q.shape[1])


def back_through_attention(delta, Q, K, V, P):
    dP = delta @ V.T
    dS = P * (dP - (P * dP).sum(axis=1, keepdims=True)) / np.sqrt(Q.shape[1])
    return dS @ K, dS.T @ Q, P.T @ delta


ATTENTION = {"Q": "T d", "K": "S d", "V": "S e"}


@formula(shapes=ATTENTION, id="L25", section=SECTION, latex=r"\operatorname{softmax}(Q K^T / \sqrt d) V")
def attention(Q, K, V):
    return softmax_rows(scores(Q, K)) @ V


@attention.vjp(title="Back through scaled attention")
def attention_vjp(delta, Q, K, V):
    return back_through_attention(delta, Q, K, V, softmax_rows(scores(Q, K)))


def causal(S):
    """The weights of what is not later than a position."""
    seen = np.arange(S.shape[0])[:, None] >= np.arange(S.shape[1])
    return softmax_of_kept(S, 1 * seen)


@formula(
    shapes={"Q": "T d", "K": "T d", "V": "T e"},
    id="L26",
    section=SECTION,
    latex=r"\operatorname{softmax}_{s \le t}(Q K^T / \sqrt d) V",
)
def causal_attention(Q, K, V):
    return causal(scores(Q, K)) @ V


@causal_attention.vjp(title="Back through causal attention: nothing from what is later")
def causal_attention_vjp(delta, Q, K, V):
    return back_through_attention(delta, Q, K, V, causal(scores(Q, K)))


def first_kept(shape, rng):
    kept = rng.integers(0, 2, shape)
    kept[0] = 1
    return kept


@formula(
    shapes={**ATTENTION, "kept": "S"},
    values={"kept": first_kept},
    id="L27",
    section=SECTION,
    latex=r"\operatorname{softmax}_{m_s = 1}(Q K^T / \sqrt d) V",
)
def masked_attention(Q, K, V, kept):
    return softmax_of_kept(scores(Q, K), kept) @ V


@masked_attention.vjp(title="Back through attention with padding: nothing from what is padded")
def masked_attention_vjp(delta, Q, K, V, kept):
    return *back_through_attention(delta, Q, K, V, softmax_of_kept(scores(Q, K), kept)), None


CELL = {"x": "N D", "h": "N H", "W": "D {n}*H", "U": "H {n}*H", "b": "{n}*H"}


def cell(n):
    return {name: shape.format(n=n) for name, shape in CELL.items()}


def gates(z, n):
    """The parts of the pre-activations, one for each gate."""
    return [z[:, k * (z.shape[1] // n) : (k + 1) * (z.shape[1] // n)] for k in range(n)]


@formula(
    shapes={**cell(4), "c": "N H"},
    id="L28",
    section=SECTION,
    latex=r"c' = \sigma(f) c + \sigma(i) \tanh(g),\quad h' = \sigma(o) \tanh(c')",
)
def lstm_cell(x, h, W, U, b, c):
    i, f, g, o = gates(x @ W + h @ U + b, 4)
    new = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(new), new


@lstm_cell.vjp(title="Back through one step of an LSTM, from the state and from the output")
def lstm_cell_vjp(delta, x, h, W, U, b, c):
    dh, dc = delta
    i, f, g, o = gates(x @ W + h @ U + b, 4)
    i, f, g, o = sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
    t = np.tanh(f * c + i * g)
    d_new = dc + dh * o * (1 - t * t)
    parts = [d_new * g * i * (1 - i), d_new * c * f * (1 - f), d_new * i * (1 - g * g), dh * t * o * (1 - o)]
    dz = np.concatenate(parts, axis=1)
    return dz @ W.T, dz @ U.T, x.T @ dz, h.T @ dz, dz.sum(axis=0), d_new * f


@formula(
    shapes=cell(3),
    id="L29",
    section=SECTION,
    latex=r"h' = (1 - z) n + z h,\quad n = \tanh(x W_n + r (h U_n) + b_n)",
)
def gru_cell(x, h, W, U, b):
    (ar, az, an), (br, bz, bn) = gates(x @ W + b, 3), gates(h @ U, 3)
    r, z = sigmoid(ar + br), sigmoid(az + bz)
    return (1 - z) * np.tanh(an + r * bn) + z * h


@gru_cell.vjp(title="Back through one step of a GRU")
def gru_cell_vjp(delta, x, h, W, U, b):
    (ar, az, an), (br, bz, bn) = gates(x @ W + b, 3), gates(h @ U, 3)
    r, z = sigmoid(ar + br), sigmoid(az + bz)
    n = np.tanh(an + r * bn)
    dn = delta * (1 - z) * (1 - n * n)
    dz, dr = delta * (h - n) * z * (1 - z), dn * bn * r * (1 - r)
    da, du = np.concatenate([dr, dz, dn], axis=1), np.concatenate([dr, dz, dn * r], axis=1)
    return da @ W.T, du @ U.T + delta * z, x.T @ da, h.T @ du, da.sum(axis=0)


@formula(
    shapes={"a": "T D", "x": "T D"},
    values={"a": lambda shape, rng: rng.uniform(-0.9, 0.9, shape)},
    id="L30",
    section=SECTION,
    latex=r"h_t = a_t h_{t-1} + x_t",
)
def scan(a, x):
    states = [x[0]]
    for t in range(1, x.shape[0]):
        states.append(a[t] * states[-1] + x[t])
    return np.stack(states)


@scan.vjp(title="Back through a linear recurrence: another, from the end")
def scan_vjp(delta, a, x):
    T = x.shape[0]
    states = [x[0]]
    for t in range(1, T):
        states.append(a[t] * states[-1] + x[t])
    da, dx = [0 * x[0]] * T, [delta[T - 1]] * T
    for t in range(T - 1, 0, -1):
        da[t] = dx[t] * states[t - 1]
        dx[t - 1] = delta[t - 1] + a[t] * dx[t]
    return np.stack(da), np.stack(dx)


FORMULAS = (
    rotary,
    rotary_half,
    attention,
    causal_attention,
    masked_attention,
    lstm_cell,
    gru_cell,
    scan,
)
