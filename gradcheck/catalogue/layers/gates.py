"""L18 to L22: smooth activations, gates and dropout."""

from __future__ import annotations

import numpy as np

from gradcheck.formulas.decorating import formula

__all__ = ["FORMULAS", "sigmoid"]

SECTION = "Activations and gates"
C, A = 0.7978845608028654, 0.044715  # sqrt(2 / pi), and the cubic term
KEPT = 0.75


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def erf(x):
    from scipy.special import erf as of  # SciPy is there where JAX is

    return of(x)


@formula(
    shapes={"x": "n"},
    id="L18",
    section=SECTION,
    latex=r"y = x \Phi(x) = \tfrac{x}{2} (1 + \operatorname{erf}(x / \sqrt2))",
)
def gelu(x):
    return x / 2 * (1 + erf(x / np.sqrt(2)))


@gelu.vjp(title="Back through GELU: delta (Phi(x) + x phi(x))")
def gelu_vjp(delta, x):
    density = np.exp(-x * x / 2) / np.sqrt(2 * np.pi)
    return delta * ((1 + erf(x / np.sqrt(2))) / 2 + x * density)


@formula(
    shapes={"x": "n"},
    id="L19",
    section=SECTION,
    latex=r"y = \tfrac{x}{2} (1 + \tanh(\sqrt{2 / \pi} (x + 0.044715 x^3)))",
)
def gelu_tanh(x):
    return x / 2 * (1 + np.tanh(C * (x + A * x**3)))


@gelu_tanh.vjp(title="Back through GELU by tanh: the product rule, and the slope of the inner polynomial")
def gelu_tanh_vjp(delta, x):
    t = np.tanh(C * (x + A * x**3))
    return delta * ((1 + t) / 2 + x / 2 * (1 - t * t) * C * (1 + A * (3 * x**2)))


@formula(shapes={"x": "n"}, id="L20", section=SECTION, latex=r"y = x \sigma(x)")
def silu(x):
    return x * sigmoid(x)


@silu.vjp(title="Back through SiLU: delta s (1 + x (1 - s))")
def silu_vjp(delta, x):
    s = sigmoid(x)
    return delta * s * (1 + x * (1 - s))


@formula(
    shapes={"X": "N D", "W": "D H", "V": "D H"},
    id="L21",
    section=SECTION,
    latex=r"Y = \operatorname{SiLU}(X W) \odot X V",
    batch="N",
)
def swiglu(X, W, V):
    a = X @ W
    return a * sigmoid(a) * (X @ V)


@swiglu.vjp(title="Back through SwiGLU: both factors, and X from both")
def swiglu_vjp(delta, X, W, V):
    a, b = X @ W, X @ V
    s = sigmoid(a)
    da, db = delta * b * s * (1 + a * (1 - s)), delta * a * s
    return da @ W.T + db @ V.T, X.T @ da, X.T @ db


@formula(
    shapes={"X": "N D", "kept": "N D"},
    values={"kept": lambda shape, rng: (rng.random(shape) < KEPT).astype(int)},
    id="L22",
    section=SECTION,
    latex=r"Y = X \odot M / 0.75",
)
def dropout(X, kept):
    return X * kept / KEPT


@dropout.vjp(title="Back through dropout: the same mask and the same scale")
def dropout_vjp(delta, X, kept):
    return delta * kept / KEPT, None


FORMULAS = (gelu, gelu_tanh, silu, swiglu, dropout)
