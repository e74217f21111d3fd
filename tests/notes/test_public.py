# ruff: noqa: E501  (formulas stand on one line)
"""Habits of pages that strangers wrote: each right formula beside a twin that must be found wrong."""

import pytest

from gradcheck.notes import check_text
from tests.notes.judged import told_apart, verdict

NEIGHBOURS = r"$$C = \sum_{i} \sum_{j \neq i} p_{j|i} \log \frac{p_{j|i}}{q_{j \mid i}}$$"
ATTENTION = r"Of $Q, K \in \mathbb{R}^{N \times d}$ is $S = Q K^\top$ made."
LOGISTIC = r"$$h_{\theta}(x) = g(\theta^T x) = \frac{1}{1+\exp(-\theta^Tx)}$$"
DESCENT = r"""$$J(\mathbf w) = -\sum_{n=1}^{N}\Bigl[y_{n}\log \sigma(\mathbf{w}^\top\mathbf{x}_{n}) + (1-y_{n})\log(1-\sigma(\mathbf{w}^\top\mathbf{x}_{n}))\Bigr]$$
$$\mathbf{w}^{(k+1)}=\mathbf{w}^{(k)}-\eta\frac{\partial J}{\partial \mathbf{w}}$$"""
VALUES = DESCENT + r" With $\sigma_n = \sigma(\mathbf{w}^\top\mathbf{x}_{n})$,"
CORRECT = r"$\mathcal{L}_i = -\log(p_{y_i})$ with $p_{y_i} = \frac{e^{f_{y_i}}}{\sum_{j=1}^K e^{f_j}}$."
SOFTMAX = r"$L = - \sum_{i=1}^{C}y_i log(\sigma_i)$, $\sigma_i=\frac{e^{z_i}}{\sum_{j=1}^{C}e^{z_j}}$, $\sum_k y_k = 1$."
SQUARES = r"$$\ell(w) = \sum_{i=1}^n (y_i - w^T x_i)^2$$"
LIKELIHOOD = r"$$\ell(w) = \log \prod_{i=1}^n P(y_i | x_i) = -\frac12 \sum_{i=1}^n (y_i - w^T x_i)^2$$"

QUADRATIC = r"Let $y = x^T A x + b^T x$ with $x \in \mathbb{R}^n$."
JACOBIAN = r"$$\frac{\partial z}{\partial x} = \begin{bmatrix} \frac{\partial z_1}{\partial x_1} & \cdots & \frac{\partial z_1}{\partial x_n} \\ \vdots & \ddots & \vdots \\ \frac{\partial z_m}{\partial x_1} & \cdots & \frac{\partial z_m}{\partial x_n} \end{bmatrix}"
EXAMPLES = r"$$\vec{y} = \begin{bmatrix} y^{(1)} \\ \vdots \\ y^{(m)} \end{bmatrix}$$ $$J(\theta) = \frac12 \sum_{i=1}^m (\theta^T x^{(i)} - y^{(i)})^2$$"
BATCH = r"Let $X \in \mathbb{R}^{N \times D}$, $b \in \mathbb{R}^{M}$ and $Z = X W$."

ONE = r"$$J(w,b) = -\frac{1}{m} \sum_{i=1}^{m} [y^{(i)} \log(\hat{y}^{(i)}) + (1-y^{(i)}) \log(1-\hat{y}^{(i)})]$$ with $\hat{y} = \sigma(z)$, $z = w^T x + b$"

TWINS = {
    "a trace without brackets": ("", r"$$\triangledown_A trAB = B^T$$", r"$$\triangledown_A trAB = -B^T$$"),
    "one index given another": (NEIGHBOURS, r"$$\frac{\partial C}{\partial q_{j|i}} = -\frac{p_{j|i}}{q_{j|i}}$$", r"$$\frac{\partial C}{\partial q_{j|i}} = \frac{p_{j|i}}{q_{j|i}}$$"),
    "the differential of a transpose, where d is a size": (ATTENTION, r"$$dS = Q d(K^\top) = Q(dK)^\top$$", r"$$dS = Q d(K^\top) = (dK)^\top Q$$"),
    "a function that is told at an expression": (LOGISTIC, r"$$\frac{d}{dz} g(z) = \frac{1}{(1+\exp(-z))^2}\exp(-z) = g(z)(1-g(z))$$", r"$$\frac{d}{dz} g(z) = g(z)(1+g(z))$$"),
    "steps of a descent are no layers": (DESCENT, r"$$\frac{\partial J}{\partial \mathbf{w}} = -\sum_{n=1}^{N}(y_{n}-\sigma(\mathbf{w}^\top\mathbf{x}_{n}))\mathbf{x}_{n}$$", r"$$\frac{\partial J}{\partial \mathbf{w}} = \sum_{n=1}^{N}(y_{n}-\sigma(\mathbf{w}^\top\mathbf{x}_{n}))\mathbf{x}_{n}$$"),
    "a value with the letter of a function": (VALUES, r"$$\nabla^2 J(\mathbf{w})=\sum_{n=1}^{N}\sigma_{n}(1-\sigma_{n})\mathbf{x}_{n}\mathbf{x}_{n}^\top$$", r"$$\nabla^2 J(\mathbf{w})=\sum_{n=1}^{N}\sigma_{n}(1+\sigma_{n})\mathbf{x}_{n}\mathbf{x}_{n}^\top$$"),
    "a definition at the right class": (CORRECT, r"$$\frac{\partial\mathcal{L}_i}{\partial f_k} = p_k - \mathbb{1}(y_i=k)$$", r"$$\frac{\partial\mathcal{L}_i}{\partial f_k} = p_k + \mathbb{1}(y_i=k)$$"),
    "dots in another formula count no steps": (SOFTMAX + r" $$y_i \sigma_i + y_1 \sigma_i + \cdots + y_{i-1} \sigma_i = \sigma_i$$", r"$$\frac{\partial L}{\partial z_i} = \sigma_i - y_i$$", r"$$\frac{\partial L}{\partial z_i} = \sigma_i + y_i$$"),
    "examples that are vectors, and their entries": (SQUARES, r"$$\frac{\partial \ell}{\partial w_j} = -2\sum_i (y_i - w^T x_i)x_{ij}$$", r"$$\frac{\partial \ell}{\partial w_j} = 2\sum_i (y_i - w^T x_i)x_{ij}$$"),
    "a norm in two bars": ("", r"$$\nabla_a ||a - b||^2 = 2(a-b)$$", r"$$\nabla_a ||a - b||^2 = 2(b-a)$$"),
    "a fraction as exponent": ("", r"$$\frac{d}{dx} x^\frac{3}{2} = \frac32 x^\frac12$$", r"$$\frac{d}{dx} x^\frac{3}{2} = \frac32 x^\frac32$$"),
    "a gradient with dots in it": (QUADRATIC, r"$$\frac{\partial y}{\partial x} = \begin{bmatrix} \frac{\partial y}{\partial x_1} \\ \vdots \\ \frac{\partial y}{\partial x_n} \end{bmatrix}$$", r"$$\frac{\partial y}{\partial x} = \begin{bmatrix} x_1 \frac{\partial y}{\partial x_1} \\ \vdots \\ x_n \frac{\partial y}{\partial x_n} \end{bmatrix}$$"),
    "a Jacobian with dots in it": ("Let $z = W x$.", JACOBIAN + "= W$$", JACOBIAN + "= -W$$"),
    "what is differentiated by, as it is solved for": (SQUARES + r" $$w = (X S X^T) S b$$ $$S = X^T X$$", r"$$\frac{\partial \ell}{\partial w} = -2\sum_i (y_i - w^T x_i)x_i$$", None),
    "examples in a column": (EXAMPLES, r"$$\nabla_\theta J = \sum_i (\theta^T x^{(i)} - y^{(i)}) x^{(i)}$$", None),
    "one example's definition, and each example's value": (ONE, r"$$\frac{\partial J}{\partial w} = \frac{1}{m} \sum_{i=1}^{m} (\hat{y}^{(i)} - y^{(i)}) x^{(i)}$$", r"$$\frac{\partial J}{\partial w} = \frac{1}{m} \sum_{i=1}^{m} (\hat{y}^{(i)} + y^{(i)}) x^{(i)}$$"),
    "a temperature": (r"Of $\mathbf{z}$ is $g(\mathbf{z}) = \sum_j \exp(z_j/T)$ and $\|\mathbf{z}\| = 1$.", r"$$\frac{\partial g(\mathbf{z})}{\partial z_k} = \frac{1}{T} \exp(z_k/T)$$", r"$$\frac{\partial g(\mathbf{z})}{\partial z_k} = T \exp(z_k/T)$$"),
    "two sums side by side": (r"$S_i = \frac{e^{z_i}}{\sum_l e^{z_l}}$", r"$$\frac{\partial S_j}{\partial z_j} = \frac{e^{z_j} (\sum_l e^{z_l} - e^{z_j})}{\sum_l e^{z_l} \cdot \sum_l e^{z_l}}$$", r"$$\frac{\partial S_j}{\partial z_j} = \frac{e^{z_j} (\sum_l e^{z_l} + e^{z_j})}{\sum_l e^{z_l} \cdot \sum_l e^{z_l}}$$"),
    "a definition that is read by its end": (LIKELIHOOD, r"$$\frac{\partial \ell}{\partial w} = \sum_i (y_i - w^T x_i) x_i$$", None),
}  # fmt: skip


@pytest.mark.corpus(3)
@pytest.mark.parametrize("name", TWINS)
def test_a_right_formula_is_right_and_its_wrong_twin_is_not(name):
    assert told_apart(*TWINS[name]) is True


UNSAID = {
    "a definition of which only the end is read": (LIKELIHOOD, r"$$\frac{\partial \ell}{\partial w} = -\sum_i (y_i - w^T x_i) x_i$$"),
    "a function that is told nowhere": ("", r"$$\frac{d}{dz} g(z) = \frac{1}{(1+\exp(-z))^2}$$"),
    "a matrix that another section says is not square": ("Let $A \\in \\mathbb{R}^{N \\times M}$.\n\n# Traces", r"$$tr(\alpha A) = \alpha trA$$"),
    "entries in the other order": (SQUARES, r"$$\frac{\partial \ell}{\partial w_j} = -2\sum_i (y_i - w^T x_i)x_{ji}$$"),
    "a derivative before a product with a dot": (r"$S = e^{z}$", r"$$\frac{dS}{dz} = \frac{\partial}{\partial z} e^{z} \cdot e^{-z} \cdot e^{z}$$"),
    "an index that the text calls equal to another": (r"$S_i = \frac{e^{z_i}}{\sum_l e^{z_l}}$. In the case of $j = k$ it is", r"$$\frac{\partial S_j}{\partial z_j} = S_j (1 - S_k)$$"),
    "a sum of which nobody says over what it runs": (BATCH, r"$$\frac{\partial L}{\partial b} = \sum \frac{\partial L}{\partial Z}$$"),
    "a vector in the middle that is meant of its entry": (r"Let $z = W x + b$ with $W \in \mathbb{R}^{n \times m}$.", r"$$\frac{\partial z_j}{\partial W_{ji}} = \frac{\partial}{\partial W_{ji}} (W x + b) = x_i$$"),
    "a chain of which a side is not read": (SQUARES, r"$$\frac{\partial \ell}{\partial w} = \sum_i \cdots x_i = 2\sum_i (y_i - w^T x_i)x_i$$"),
}  # fmt: skip


@pytest.mark.corpus(2)
@pytest.mark.parametrize("name", UNSAID)
def test_nobody_is_accused_of(name):
    assert verdict(*UNSAID[name]) == "not-read"


def test_a_chain_of_which_a_side_is_not_read_is_right_if_that_side_is():
    chain = r"$$\frac{\partial L}{\partial z_i} = \frac{\partial L}{\partial \sigma_1} \frac{\partial \sigma_1}{\partial z_i} + \cdots = \sum_{k=1}^C \frac{\partial L}{\partial \sigma_k} \frac{\partial \sigma_k}{\partial z_i}$$"
    last = check_text(f"{SOFTMAX}\n\n{chain}", "note.md").claims[-1]
    assert last.verdict == "right-if"
    assert last.condition.startswith(r"\frac{\partial L}{\partial \sigma_1}")
    assert last.condition.endswith("(not read) is equal to the sides beside it")
