"""Recurrences, running sums and products, polynomials."""

from __future__ import annotations

import numpy as np

import gradcheck


def sigma(z):
    return 1 / (1 + np.exp(-z))


@gradcheck.formula(shapes={"x": "n m"})
def cumulative_sum(x):
    return np.cumsum(x, axis=0)


@cumulative_sum.vjp
def cumulative_sum_backward(delta, x):
    return np.cumsum(delta[::-1], axis=0)[::-1]


@gradcheck.formula(shapes={"x": "n"})
def product(x):
    return np.prod(x)


@product.vjp
def product_backward(delta, x):
    dx = np.empty_like(x)
    for i in range(len(x)):
        dx[i] = delta * np.prod(np.concatenate([x[:i], x[i + 1 :]]))
    return dx


@gradcheck.formula(shapes={"c": "k", "x": "n"})
def polynomial(c, x):
    y = np.zeros_like(x)
    for ci in c[::-1]:
        y = y * x + ci
    return y


@polynomial.vjp
def polynomial_backward(delta, c, x):
    dc = np.array([np.sum(delta * x**i) for i in range(len(c))])
    dx = np.zeros_like(x)
    for i in range(1, len(c)):
        dx += delta * i * c[i] * x ** (i - 1)
    return dc, dx


@gradcheck.formula(shapes={"x": "n m", "a": ""}, values={"a": gradcheck.unit_interval})
def moving_average(x, a):
    out = np.empty(x.shape)
    out[0] = x[0]
    for t in range(1, len(x)):
        out[t] = a * out[t - 1] + (1 - a) * x[t]
    return out


@moving_average.vjp
def moving_average_backward(delta, x, a):
    out = moving_average(x, a)
    dx, da = np.zeros(x.shape), 0.0
    carry = np.zeros(x.shape[1])
    for t in range(len(x) - 1, 0, -1):
        carry = carry + delta[t]
        dx[t] = (1 - a) * carry
        da += np.sum(carry * (out[t - 1] - x[t]))
        carry = a * carry
    dx[0] = carry + delta[0]
    return dx, da


@gradcheck.formula(shapes={"x": "m", "h": "n", "W": "n m", "U": "n n", "b": "n"})
def rnn_step(x, h, W, U, b):
    return np.tanh(W @ x + U @ h + b)


@rnn_step.vjp
def rnn_step_backward(delta, x, h, W, U, b):
    new = np.tanh(W @ x + U @ h + b)
    dz = (1 - new**2) * delta
    return W.T @ dz, U.T @ dz, np.outer(dz, x), np.outer(dz, h), dz


@gradcheck.formula(shapes={"xs": "t m", "W": "n m", "U": "n n"})
def rnn(xs, W, U):
    h = np.zeros(W.shape[0])
    states = []
    for x in xs:
        h = np.tanh(W @ x + U @ h)
        states.append(h)
    return np.stack(states)


@rnn.vjp
def rnn_backward(delta, xs, W, U):
    states = rnn(xs, W, U)
    dxs, dW, dU = np.zeros_like(xs), np.zeros_like(W), np.zeros_like(U)
    dh = np.zeros(len(U))
    for t in reversed(range(len(xs))):
        dz = (delta[t] + dh) * (1 - states[t] ** 2)
        dxs[t] = W.T @ dz
        dW += np.outer(dz, xs[t])
        if t > 0:
            dU += np.outer(dz, states[t - 1])
        dh = U.T @ dz
    return dxs, dW, dU


@gradcheck.formula(shapes={"x": "m", "h": "n", "W": "3*n m", "U": "3*n n"})
def gru_step(x, h, W, U):
    n = len(h)
    wx, uh = W @ x, U @ h
    r = sigma(wx[:n] + uh[:n])
    u = sigma(wx[n : 2 * n] + uh[n : 2 * n])
    c = np.tanh(wx[2 * n :] + r * uh[2 * n :])
    return (1 - u) * c + u * h


@gru_step.vjp
def gru_step_backward(delta, x, h, W, U):
    n = len(h)
    wx, uh = W @ x, U @ h
    r = sigma(wx[:n] + uh[:n])
    u = sigma(wx[n : 2 * n] + uh[n : 2 * n])
    c = np.tanh(wx[2 * n :] + r * uh[2 * n :])
    dc = delta * (1 - u) * (1 - c**2)
    du = delta * (h - c) * u * (1 - u)
    dr = dc * uh[2 * n :] * r * (1 - r)
    dwx = np.concatenate([dr, du, dc])
    duh = np.concatenate([dr, du, dc * r])
    return W.T @ dwx, U.T @ duh + delta * u, np.outer(dwx, x), np.outer(duh, h)


@gradcheck.formula(shapes={"x": "m", "h": "n", "c": "n", "W": "4*n m+n"})
def lstm_step(x, h, c, W):
    z = W @ np.concatenate([x, h])
    i, f, o, g = np.split(z, 4)
    new_c = sigma(f) * c + sigma(i) * np.tanh(g)
    return sigma(o) * np.tanh(new_c), new_c


@lstm_step.vjp
def lstm_step_backward(delta, x, h, c, W):
    dh, dc = delta
    xh = np.concatenate([x, h])
    i, f, o, g = np.split(W @ xh, 4)
    i, f, o, g = sigma(i), sigma(f), sigma(o), np.tanh(g)
    new_c = f * c + i * g
    t = np.tanh(new_c)
    dc = dc + dh * o * (1 - t**2)
    dz = np.concatenate(
        [dc * g * i * (1 - i), dc * c * f * (1 - f), dh * t * o * (1 - o), dc * i * (1 - g**2)]
    )
    dxh = W.T @ dz
    return dxh[: len(x)], dxh[len(x) :], dc * f, np.outer(dz, xh)


@gradcheck.formula(shapes={"x": "n"})
def differences(x):
    if len(x) == 1:
        return x**2
    return (x[1:] - x[:-1]) ** 2


@differences.vjp
def differences_backward(delta, x):
    if len(x) == 1:
        return 2 * x * delta
    d = 2 * delta * (x[1:] - x[:-1])
    dx = np.zeros(len(x))
    dx[1:] += d
    dx[:-1] -= d
    return dx
