"""L11 to L17: softmax and the losses."""

from __future__ import annotations

import numpy as np

from gradcheck.formulas.decorating import formula
from gradcheck.formulas.values import integers

__all__ = ["FORMULAS", "softmax_of_kept", "softmax_rows"]

SECTION = "Probabilities and losses"
CLASSES = 4
SMOOTHING = 0.125
IGNORED = -1


def softmax_rows(x):
    """The softmax along the last axis."""
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


@formula(shapes={"X": "N D"}, id="L11", section=SECTION, latex=r"p_i = e^{x_i} / \sum_j e^{x_j}", batch="N")
def softmax(X):
    return softmax_rows(X)


@softmax.vjp(title="Back through softmax: p (delta - sum(p delta))")
def softmax_vjp(delta, X):
    p = softmax_rows(X)
    return p * (delta - (p * delta).sum(axis=-1, keepdims=True))


def positive_number(shape, rng):
    """A temperature: 0.5 to 4."""
    return np.asarray(2.0 ** rng.integers(-1, 3, shape))


@formula(
    shapes={"X": "N D", "tau": ""},
    values={"tau": positive_number},
    id="L12",
    section=SECTION,
    latex=r"\log p_i = x_i / \tau - \log \sum_j e^{x_j / \tau}",
)
def log_softmax(X, tau):
    z = X / tau
    shifted = z - z.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))


@log_softmax.vjp(title="Back through log-softmax with temperature: (delta - p sum(delta)) / tau")
def log_softmax_vjp(delta, X, tau):
    dz = delta - softmax_rows(X / tau) * delta.sum(axis=-1, keepdims=True)
    return dz / tau, -(dz * X).sum() / tau**2


def some_masked(shape, rng):
    """Zeros and ones, the first of every row a one."""
    mask = rng.integers(0, 2, shape)
    mask[..., 0] = 1
    return mask


def softmax_of_kept(x, kept):
    """The softmax along the last axis of the entries that are kept, zero for the others."""
    least = x.min(axis=-1, keepdims=True)
    e = kept * np.exp(kept * (x - (least + kept * (x - least)).max(axis=-1, keepdims=True)))
    return e / e.sum(axis=-1, keepdims=True)


@formula(
    shapes={"X": "N D", "mask": "N D"},
    values={"mask": some_masked},
    id="L13",
    section=SECTION,
    latex=r"p_i = m_i e^{x_i} / \sum_j m_j e^{x_j}",
)
def masked_softmax(X, mask):
    return softmax_of_kept(X, mask)


@masked_softmax.vjp(title="Back through a masked softmax: as without, since p is zero where the mask is")
def masked_softmax_vjp(delta, X, mask):
    p = softmax_of_kept(X, mask)
    return p * (delta - (p * delta).sum(axis=-1, keepdims=True)), None


def smoothed(labels):
    """What the probabilities should be, a row of zeros where the label is ignored."""
    hot = labels[:, None] == np.arange(CLASSES)
    return (labels != IGNORED)[:, None] * ((1 - SMOOTHING) * hot + SMOOTHING / CLASSES)


@formula(
    shapes={"X": f"N {CLASSES}", "labels": "N"},
    values={"labels": integers(IGNORED, CLASSES)},
    id="L14",
    section=SECTION,
    latex=r"J = -\frac1n \sum_{i: l_i \ge 0} \sum_k y_{ik} \log p_{ik}",
)
def cross_entropy(X, labels):
    shifted = X - X.max(axis=-1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return -(smoothed(labels) * logs).sum() / max((labels != IGNORED).sum(), 1)


@cross_entropy.vjp(title="Back through cross-entropy with smoothing and ignored labels: (p - y) / n")
def cross_entropy_vjp(delta, X, labels):
    used = labels != IGNORED
    return delta * (used[:, None] * softmax_rows(X) - smoothed(labels)) / max(used.sum(), 1), None


@formula(
    shapes={"s": "N", "y": "N"},
    values={"y": lambda shape, rng: rng.choice([-1, 1], shape)},
    id="L15",
    section=SECTION,
    latex=r"J = \frac1N \sum_i \max(0, 1 - y_i s_i)",
)
def hinge(s, y):
    return np.maximum(0, 1 - y * s).mean()


@hinge.vjp(title="Back through the hinge loss: -y / N where the margin is missed")
def hinge_vjp(delta, s, y):
    return delta * np.where(y * s < 1, -y, 0) / len(s), None


@formula(
    shapes={"s": "N", "y": "N"},
    id="L16",
    section=SECTION,
    latex=r"J = \frac1N \sum_i \begin{cases} r_i^2 / 2 & |r_i| \le 1 \\ |r_i| - 1/2 & |r_i| > 1 \end{cases}",
)
def huber(s, y):
    r = s - y
    return np.where(np.abs(r) <= 1, r * r / 2, np.abs(r) - 0.5).mean()


@huber.vjp(title="Back through the Huber loss: the residual, cut off at 1 either way")
def huber_vjp(delta, s, y):
    d = delta * np.clip(s - y, -1, 1) / len(s)
    return d, -d


@formula(
    shapes={"a": "N D", "b": "N D"},
    id="L17",
    section=SECTION,
    latex=r"J = \frac1N \sum_i \sum_k p_{ik} (\log p_{ik} - \log q_{ik}),\quad p, q \text{ softmax of } a, b",
)
def kl_divergence(a, b):
    return (softmax_rows(a) * log_ratio(a, b)).sum() / len(a)


def log_ratio(a, b):
    """The logarithms of p / q."""
    a, b = (x - x.max(axis=-1, keepdims=True) for x in (a, b))
    sums = [np.log(np.exp(x).sum(axis=-1, keepdims=True)) for x in (a, b)]
    return (a - sums[0]) - (b - sums[1])


@kl_divergence.vjp(title="Back through the KL divergence of two softmaxes")
def kl_divergence_vjp(delta, a, b):
    p, q, r = softmax_rows(a), softmax_rows(b), log_ratio(a, b)
    scale = delta / len(a)
    return scale * p * (r - (p * r).sum(axis=-1, keepdims=True)), scale * (q - p)


FORMULAS = (softmax, log_softmax, masked_softmax, cross_entropy, hinge, huber, kl_divergence)
