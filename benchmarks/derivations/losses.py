"""Losses: InfoNCE and cross-entropy of labels."""

from __future__ import annotations

from functools import partial

import numpy as np

import gradcheck
from derivations.derivation import Derivation


def info_nce(A, B, t):
    a = A / np.linalg.norm(A, axis=1, keepdims=True)
    b = B / np.linalg.norm(B, axis=1, keepdims=True)
    logits = a @ b.T / t
    logits = logits - logits.max(axis=1, keepdims=True)
    log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return -np.mean(np.diag(log_p))


def info_nce_back(wrong, delta, A, B, t):
    n = len(A)
    na, nb = np.linalg.norm(A, axis=1, keepdims=True), np.linalg.norm(B, axis=1, keepdims=True)
    a, b = A / na, B / nb
    s = a @ b.T / t
    e = np.exp(s - s.max(axis=1, keepdims=True))
    ds = delta * (e / e.sum(axis=1, keepdims=True) - np.eye(n)) / n
    da, db = ds @ b / t, ds.T @ a / t
    dA = (da - a * (da * a).sum(axis=1, keepdims=True)) / na
    dB = (db - b * (db * b).sum(axis=1, keepdims=True)) / nb
    if wrong:  # the projection is forgotten
        dB = db / nb
    return dA, dB, -np.sum(ds * s) / t


def cross_entropy(Z, y):
    Z = Z - Z.max(axis=1, keepdims=True)
    log_p = Z - np.log(np.exp(Z).sum(axis=1, keepdims=True))
    return -log_p[np.arange(len(y)), y].mean()


def cross_entropy_back(wrong, delta, Z, y):
    p = np.exp(Z - Z.max(axis=1, keepdims=True))
    p = p / p.sum(axis=1, keepdims=True)
    p[np.arange(len(y)), y] -= 1
    return delta * p / (1 if wrong else len(y)), None


LOSSES = [
    Derivation(
        "InfoNCE", info_nce, partial(info_nce_back, False), partial(info_nce_back, True),
        {"A": "n d", "B": "n d", "t": ""}, {"t": gradcheck.positive},
    ),
    Derivation(
        "cross-entropy of labels", cross_entropy, partial(cross_entropy_back, False),
        partial(cross_entropy_back, True), {"Z": "n 5", "y": "n"}, {"y": gradcheck.integers(0, 5)},
    ),
]  # fmt: skip
