# ruff: noqa: E501  (formulas stand on one line)
"""Claims that are read beside a part of their note, and spellings of pages seen for the first time; wrong twins."""

import pytest

from gradcheck.notes import check_text

LAYER = r"$z^{(2)} = W^{(1)} x$, $a^{(2)} = f(z^{(2)})$ and $f(z) = \frac{1}{1 + e^{-z}}$"
SOFTMAX = r"$p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}$"
GAUSS = (
    r"$$\log p(x \mid \mu, \sigma) = -\frac{1}{2} \log 2\pi - \log \sigma - \frac{1}{2\sigma^2} (x - \mu)^2$$"
)
RECURRENT = r"$z^{(t)}_{[i]} = \sum_j W_{h[i,j]} h_{[j]}^{(t-1)}$"
NIELSEN = "The error of a layer:"

TWINS = {
    "a function by itself beside layers": (LAYER, r"$$f'(z) = \frac{e^{-z}}{(1 + e^{-z})^2}$$", r"$$f'(z) = \frac{e^{-z}}{(1 - e^{-z})^2}$$"),
    "and at a layer": (LAYER, r"$$\frac{\partial J}{\partial z^{(2)}} = \frac{\partial J}{\partial a^{(2)}} \odot f'(z^{(2)})$$", r"$$\frac{\partial J}{\partial z^{(2)}} = \frac{\partial J}{\partial a^{(2)}} \odot f(z^{(2)})$$"),
    "a condition in the words of a case": (SOFTMAX, r"$$\frac{\partial p_i}{\partial z_j} = \begin{cases} p_i (1 - p_i), & \text{if i = j} \\ -p_i p_j, & \text{if $i \ne j$} \end{cases}$$", r"$$\frac{\partial p_i}{\partial z_j} = \begin{cases} p_i (1 - p_i), & \text{if i = j} \\ p_i p_j, & \text{if $i \ne j$} \end{cases}$$"),
    "a density of which the logarithm is told": (GAUSS, r"$$\frac{\partial \log p(x | \mu, \sigma)}{\partial \sigma} = \frac{(x - \mu)^2}{\sigma^3} - \frac{1}{\sigma}$$", r"$$\frac{\partial \log p(x | \mu, \sigma)}{\partial \mu} = -\frac{x - \mu}{\sigma^2}$$"),
    "entries in brackets below the line": (RECURRENT, r"$$\frac{\partial z^{(t)}_{[p]}}{\partial h_{[j]}^{(t-1)}} = W_{h[p,j]}$$", r"$$\frac{\partial z^{(t)}_{[p]}}{\partial h_{[j]}^{(t-1)}} = W_{h[j,p]}$$"),
    "a derivative in front of each term": ("", r"$$\frac{d}{dx} [f(x) g(x)] = f(x) \frac{d}{dx} g(x) + g(x) \frac{d}{dx} f(x)$$", r"$$\frac{d}{dx} [f(x) g(x)] = f(x) \frac{d}{dx} g(x) - g(x) \frac{d}{dx} f(x)$$"),
    "a function by its own letter": ("", r"$$\frac{d \sigma}{dx} = \sigma(x) (1 - \sigma(x))$$", r"$$\frac{d \sigma}{dx} = \sigma(x) (1 + \sigma(x))$$"),
    "a sign with its variable below": (r"$f = x^2 y$", r"$$\partial_x f = 2 x y$$", r"$$\partial_x f = x y$$"),
    "a square of a function": ("", r"$$\frac{d}{dx} \frac{1}{g(x)} = -\frac{g'(x)}{g^2(x)}$$", r"$$\frac{d}{dx} \frac{1}{g(x)} = \frac{g'(x)}{g^2(x)}$$"),
    "a fraction of braces": (r"$y = a^2 b$", r"$${\partial y}/{\partial a} = 2 a b$$", r"$${\partial y}/{\partial a} = a b$$"),
    "a sum of all but one": (r"$v = \sum_{j=1}^N x_j^2$", r"$$\frac{\partial v}{\partial x_i} = 2 \sum_{j=1}^N x_j - 2 \sum_{j=1, j \neq i}^N x_j$$", r"$$\frac{\partial v}{\partial x_i} = 2 \sum_{j=1}^N x_j - \sum_{j=1, j \neq i}^N x_j$$"),
    "captions below symbols": (r"$\underset{n \times m}{Y} = X W$ with $X \in \mathbb{R}^{n \times d}$ and $W \in \mathbb{R}^{d \times m}$", r"$$\frac{\partial L}{\partial W} = X^T \frac{\partial L}{\partial Y}$$", r"$$\frac{\partial L}{\partial W} = \frac{\partial L}{\partial Y} X^T$$"),
}  # fmt: skip


def last(text, claim=""):
    return check_text(f"{text}\n\n{claim}\n", "note.md").claims[-1]


@pytest.mark.corpus(2)
@pytest.mark.parametrize("name", TWINS)
def test_a_right_formula_is_right_and_its_wrong_twin_is_not(name):
    text, right, wrong = TWINS[name]
    assert last(text, right).verdict == "right"
    assert last(text, wrong).verdict == "wrong"


PARTS = {
    "a second definition of one symbol": ("With $X \\in \\mathbb{R}^{n \\times m}$: $Z = X Y$.\n\n" + r"$Z = X \circ Y$", r"$$\frac{\partial L}{\partial X} = Y \circ \frac{\partial L}{\partial Z}$$", r"$$\frac{\partial L}{\partial X} = X \circ \frac{\partial L}{\partial Z}$$"),
    "a chain that says the chain rule first": (r"$h = W x$, $o = U h$ with $W \in \mathbb{R}^{m \times n}$, $U \in \mathbb{R}^{k \times m}$, $x \in \mathbb{R}^n$.", r"$$\frac{\partial J}{\partial W} = \frac{\partial J}{\partial o} \frac{\partial o}{\partial h} \frac{\partial h}{\partial W} = U^T \frac{\partial J}{\partial o} x^T$$", r"$$\frac{\partial J}{\partial W} = \frac{\partial J}{\partial o} \frac{\partial o}{\partial h} \frac{\partial h}{\partial W} = U \frac{\partial J}{\partial o} x^T$$"),
    "layers of which one is not read as a matrix": ("# A neuron\n\n" + r"$z = \sum_i w_i x_i + b$ and $a = \sigma(z)$." + "\n\n# A layer\n\n" + r"$z^l = w^l a^{l-1} + b^l$, $a^l = \sigma(z^l)$, $C = \sum_i (y_i - a^L_i)^2$.", r"$$\frac{\partial C}{\partial a^L_k} = 2 (a^L_k - y_k)$$", r"$$\frac{\partial C}{\partial a^L_k} = 2 (y_k - a^L_k)$$"),
}  # fmt: skip


@pytest.mark.parametrize("name", PARTS)
def test_what_a_claim_rests_on_is_enough_and_nobody_is_accused_beside_it(name):
    text, right, wrong = PARTS[name]
    assert last(text, right).verdict in {"right", "right-if"}
    assert last(text, wrong).verdict in {"not-read", "wrong"}


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"\delta^L = \nabla_a C \odot \sigma'(z^L)", "right-if"),
        (r"\delta^l = ((w^{l+1})^T \delta^{l+1}) \odot \sigma'(z^l)", "right-if"),
        (r"\delta^l = (w^{l+1} \delta^{l+1}) \odot \sigma'(z^l)", "not-read"),
        (r"\frac{\partial C}{\partial w^l_{jk}} = a^{l-1}_k \delta^l_j", "right-if"),
        (r"\frac{\partial C}{\partial w^l_{jk}} = a^{l-1}_j \delta^l_k", "not-read"),
    ],
)
def test_layers_that_everyone_means_are_a_condition_and_accuse_nobody(claim, verdict):
    found = last(NIELSEN, f"$${claim}$$")
    assert found.verdict == verdict
    assert verdict == "not-read" or "w^{l}" in found.condition


@pytest.mark.parametrize(
    ("claim", "condition"),
    [
        (r"\frac{\partial E}{\partial w} = \frac{\partial E}{\partial o} \frac{\partial o}{\partial \text{net}} \frac{\partial \text{net}}{\partial w}", r"E depends on w through o, \operatorname{net} alone"),
        (r"\frac{\partial E}{\partial w} = \frac{\partial E}{\partial o} \frac{\partial \text{net}}{\partial w}", None),
        (r"\frac{\partial E}{\partial w_{ij}} = \sum_k \frac{\partial E}{\partial o_k} \frac{\partial o_k}{\partial w_{ij}}", "E depends on w_{i j} through o_{k} alone"),
        (r"\frac{\partial E}{\partial w_{ij}} = \frac{\partial E}{\partial o_k} \frac{\partial o_k}{\partial w_{ij}}", None),
    ],
)  # fmt: skip
def test_the_chain_rule_of_what_is_not_told_says_what_it_takes(claim, condition):
    found = last(r"Let $o = \arg w$ and $E = \arg o$.", f"$${claim}$$")
    assert (found.verdict, found.condition) == ("right-if" if condition else "not-read", condition)


@pytest.mark.parametrize(
    "text",
    [
        r"$L = \sum_{i=0}^5 L_i$ so that $\frac{\partial L}{\partial w} = \sum_{i=1}^5 \frac{\partial L_i}{\partial w}$",
        r"$a_i = \max(0, z_i)$, $y = a_1 + a_2 + a_3$, $L = y^2$, $\frac{\partial L}{\partial a_i} = 2y$",
        r"$h_t = \tanh(W h_{t-1} + U x_t)$ and $\frac{\partial h_t}{\partial h_{t-1}} = \tanh'(W h_{t-1} + U x_t) W$",
        r"$L = \sum_{k=0}^n s_k$ and $\frac{\partial E}{\partial y} = \frac{\partial E}{\partial s_n}$",
        r"$\theta = {\rm arg\,max} p(x \vert \theta) = {\rm arg\,max} \log p(x \vert \theta)$",
        r"$Z = X W + b$, or for columns $Z = W X + b$",
        r"$o = a x - b / v s$ with $s = x^2$, $\frac{\partial o}{\partial x} = a - 2 b / (v x)$",
        r"With $o = w \odot x + b$ and, which is the same, $\mathbf{w} = \mathbf{b} = \mathbf{1}$.",
        r"$Z^{[l]} = W^{[l]} A^{[l-1]} + b^{[l]}$, $C = \frac{1}{2} \sum_j (y_j - a^L_j)^2$, $\delta^L = \nabla_a C \odot \sigma'(z^L)$",
    ],
)
def test_nobody_is_accused(text):
    found = check_text(text + "\n", "note.md").claims
    assert found
    assert "wrong" not in {r.verdict for r in found}
