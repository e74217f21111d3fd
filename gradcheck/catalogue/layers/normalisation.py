"""L07 to L10: layers that take out mean and spread."""

from __future__ import annotations

import numpy as np

from gradcheck.formulas.decorating import formula

__all__ = ["FORMULAS"]

SECTION = "Normalisation"
EPS = 2.0**-10
"""Kept away from zero by it; a power of two, so that every type of floats holds it."""


def normalised(x, axis):
    """The values without mean and spread along an axis, and the inverse of the spread."""
    centred = x - x.mean(axis=axis, keepdims=True)
    inverse = 1 / np.sqrt((centred * centred).mean(axis=axis, keepdims=True) + EPS)
    return centred * inverse, inverse


def back(d_hat, hat, inverse, axis):
    """Back through `normalised`: what is left of the gradient beside mean and direction."""
    mean = d_hat.mean(axis=axis, keepdims=True)
    along = (d_hat * hat).mean(axis=axis, keepdims=True)
    return inverse * (d_hat - mean - hat * along)


@formula(
    shapes={"X": "N D", "gamma": "D", "beta": "D"},
    id="L07",
    section=SECTION,
    latex=r"Y = \gamma \odot \frac{X - \mu}{\sqrt{\sigma^2 + \varepsilon}} + \beta"
    r",\quad \mu_j = \frac1N \sum_i X_{ij}",
)
def batch_norm(X, gamma, beta):
    return normalised(X, 0)[0] * gamma + beta


@batch_norm.vjp(title="Back through batch norm, through the mean and the variance of the batch too")
def batch_norm_vjp(delta, X, gamma, beta):
    hat, inverse = normalised(X, 0)
    return back(delta * gamma, hat, inverse, 0), (delta * hat).sum(axis=0), delta.sum(axis=0)


@formula(
    shapes={"X": "N D", "gamma": "D", "beta": "D"},
    id="L08",
    section=SECTION,
    latex=r"Y = \gamma \odot \frac{X - \mu}{\sqrt{\sigma^2 + \varepsilon}} + \beta"
    r",\quad \mu_i = \frac1D \sum_j X_{ij}",
    batch="N",
)
def layer_norm(X, gamma, beta):
    return normalised(X, 1)[0] * gamma + beta


@layer_norm.vjp(title="Back through layer norm, through the mean and the variance of each row too")
def layer_norm_vjp(delta, X, gamma, beta):
    hat, inverse = normalised(X, 1)
    return back(delta * gamma, hat, inverse, 1), (delta * hat).sum(axis=0), delta.sum(axis=0)


@formula(
    shapes={"X": "N G c n", "gamma": "G c", "beta": "G c"},
    id="L09",
    section=SECTION,
    latex=r"Y_{b,g,c,i} = \gamma_{g,c} \hat X_{b,g,c,i} + \beta_{g,c}"
    r",\quad \hat X_{b,g} \text{ without mean and spread}",
)
def group_norm(X, gamma, beta):
    return normalised(X, (2, 3))[0] * gamma[None, :, :, None] + beta[None, :, :, None]


@group_norm.vjp(title="Back through group norm, through the mean and the variance of each group too")
def group_norm_vjp(delta, X, gamma, beta):
    hat, inverse = normalised(X, (2, 3))
    dX = back(delta * gamma[None, :, :, None], hat, inverse, (2, 3))
    return dX, (delta * hat).sum(axis=(0, 3)), delta.sum(axis=(0, 3))


@formula(
    shapes={"X": "N D", "gamma": "D"},
    id="L10",
    section=SECTION,
    latex=r"Y = \gamma \odot \frac{X}{\sqrt{\frac1D \sum_j X_{ij}^2 + \varepsilon}}",
    batch="N",
)
def rms_norm(X, gamma):
    return X / np.sqrt((X * X).mean(axis=1, keepdims=True) + EPS) * gamma


@rms_norm.vjp(title="Back through RMS norm, through the root of the mean square too")
def rms_norm_vjp(delta, X, gamma):
    inverse = 1 / np.sqrt((X * X).mean(axis=1, keepdims=True) + EPS)
    hat, d_hat = X * inverse, delta * gamma
    dX = inverse * (d_hat - hat * (d_hat * hat).mean(axis=1, keepdims=True))
    return dX, (delta * hat).sum(axis=0)


FORMULAS = (batch_norm, layer_norm, group_norm, rms_norm)
