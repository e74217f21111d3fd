# ruff: noqa: E501  (formulas stand on one line)
"""How lecturers write the most usual derivations: each beside a twin that must be found wrong."""

import pytest

from gradcheck.notes import check_text

TITLE = r"""# Backpropagation

Let $x\in\mathbb{R}^n$, $W\in\mathbb{R}^{m\times n}$, $y\in\mathbb{R}^m$, $z = Wx + b$ and $l = \frac12\|z - y\|^2$."""
NORMAL = r"$\ell(\mu,\sigma^2) = -\frac n2\log\sigma^2 - \frac{1}{2\sigma^2}\sum_{i=1}^n (x_i-\mu)^2$"
BATCH = r"""$\mu_B = \frac{1}{m}\sum_{i=1}^m x_i$, $\sigma_B^2 = \frac{1}{m}\sum_{i=1}^m (x_i-\mu_B)^2$,
$\hat{x}_i = \frac{x_i-\mu_B}{\sqrt{\sigma_B^2+\epsilon}}$, $y_i = \gamma\hat{x}_i+\beta$"""

TWINS = {
    "a bias below a title": (TITLE, r"$$\frac{\partial l}{\partial b} = Wx + b - y$$", r"$$\frac{\partial l}{\partial b} = Wx - b - y$$"),
    "a derivative by a variance": (NORMAL, r"$$\frac{\partial \ell}{\partial\sigma^2} = -\frac{n}{2\sigma^2} + \frac{1}{2\sigma^4}\sum_{i=1}^n (x_i-\mu)^2$$", r"$$\frac{\partial \ell}{\partial\sigma^2} = -\frac{n}{\sigma} + \frac{1}{\sigma^3}\sum_{i=1}^n (x_i-\mu)^2$$"),
    "twice by a variance": (NORMAL, r"$$\frac{\partial^2 \ell}{\partial(\sigma^2)^2} = \frac{n}{2\sigma^4} - \frac{1}{\sigma^6}\sum_{i=1}^n (x_i-\mu)^2$$", r"$$\frac{\partial^2 \ell}{\partial(\sigma^2)^2} = \frac{n}{2\sigma^4} - \frac{1}{2\sigma^6}\sum_{i=1}^n (x_i-\mu)^2$$"),
    "by a mean and a variance": (NORMAL, r"$$\frac{\partial^2 \ell}{\partial\mu\,\partial\sigma^2} = -\frac{1}{\sigma^4}\sum_{i=1}^n (x_i-\mu)$$", r"$$\frac{\partial^2 \ell}{\partial\mu\,\partial\sigma^2} = -\frac{1}{\sigma^2}\sum_{i=1}^n (x_i-\mu)$$"),
    "a score that is then set to zero": (NORMAL, r"$$\frac{\partial \ell}{\partial\mu} = \frac{1}{\sigma^2}\sum_{i=1}^n (x_i-\mu) = 0$$", r"$$\frac{\partial \ell}{\partial\mu} = \frac{1}{2\sigma^2}\sum_{i=1}^n (x_i-\mu) = 0$$"),
    "a capital letter that counts nothing": (BATCH, r"$$\frac{\partial \sigma_B^2}{\partial x_i} = \frac{2}{m}(x_i-\mu_B)$$", r"$$\frac{\partial \sigma_B^2}{\partial x_i} = \frac{1}{m}(x_i-\mu_B)$$"),
    "a loss through the statistics of a batch": (BATCH, r"$$\frac{\partial \ell}{\partial \beta} = \sum_{i=1}^m \frac{\partial \ell}{\partial y_i}$$", r"$$\frac{\partial \ell}{\partial \beta} = \frac1m \sum_{i=1}^m \frac{\partial \ell}{\partial y_i}$$"),
    "the sign of the package physics": ("$f(x) = x\\log x$", r"$$\pdv{f}{x} = \log x + 1$$", r"$$\pdv{f}{x} = \log x$$"),
    "its second derivative": ("$f(x) = x\\log x$", r"$$\dv[2]{f}{x} = \frac1x$$", r"$$\dv[2]{f}{x} = -\frac1x$$"),
    "its mixed derivative": ("$g(x, y) = x^2 y$", r"$$\pdv{g}{x}{y} = 2x$$", r"$$\pdv{g}{x}{y} = x$$"),
    "its operator alone": ("", r"$$\dv{x} \sin x = \cos x$$", r"$$\dv{x} \sin x = -\cos x$$"),
}  # fmt: skip


def verdict(text, claim):
    return check_text(f"{text}\n\n{claim}\n", "note.md").claims[-1].verdict


@pytest.mark.parametrize("name", TWINS)
def test_a_right_formula_is_right_and_its_wrong_twin_is_not(name):
    text, right, wrong = TWINS[name]
    assert verdict(text, right) in {"right", "right-if"}
    assert verdict(text, wrong) == "wrong"
