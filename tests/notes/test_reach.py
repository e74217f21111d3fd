# ruff: noqa: E501  (formulas stand on one line)
"""What the reader learnt from notes that it had not seen: each beside a twin that must be found wrong."""

import pytest

from gradcheck.notes import check_text
from tests.notes.judged import told_apart, verdict

BOLD = r"Let $f(\mathbf{x}) = \boldsymbol{\beta}^\top \mathbf{x}$."
LABEL = r"$p_k = \frac{e^{f_k}}{\sum_j e^{f_j}}$ and $L_i = -\log p_{y_i}$"
HINGE = r"$L_i = \sum_{j \neq y_i} \max(0, w_j^T x_i - w_{y_i}^T x_i + \Delta)$"
LSTM = r"""$i_t = \sigma(W_i x_t + U_i h_{t-1} + b_i)$, $f_t = \sigma(W_f x_t + U_f h_{t-1} + b_f)$,
$o_t = \sigma(W_o x_t + U_o h_{t-1} + b_o)$, $g_t = \tanh(W_g x_t + U_g h_{t-1} + b_g)$,
$c_t = f_t \odot c_{t-1} + i_t \odot g_t$, $h_t = o_t \odot \tanh(c_t)$"""
BESIDE = r"""$o_t = \sigma(W_o [h_{t-1}, x_t] + b_o)$, $f_t = \sigma(W_f [h_{t-1}, x_t] + b_f)$,
$c_t = f_t \odot c_{t-1}$, $h_t = o_t \odot \tanh(c_t)$"""
GLM = r"""With $\beta \in \mathbb{R}^d$ and $x_i \in \mathbb{R}^d$ let $p_1(x_i; \beta) = \frac{e^{\beta^T x_i}}{1 + e^{\beta^T x_i}}$ and

$$\ell(\beta) = -\sum_{i=1}^m (y_i \log p_1(x_i; \beta) + (1 - y_i) \log (1 - p_1(x_i; \beta)))$$"""
TITLED = r"$$(Mean) \space \mu = \frac{1}{N} \sum_{j=1}^N x_j$$ $$(Variance) \space \sigma^2 = \frac{1}{N} \sum_{j=1}^N (x_j - \mu)^2$$"
FACTOR = (
    r"Let $\|\mathbf{X} - \mathbf{U}\mathbf{V}\|_2^2 \geq 0$ with $\mathbf{U}^\top$ and $\mathbf{V}^\top$."
)

TWINS = {
    "a vector in bold": (BOLD, r"$$\frac{d}{d\mathbf{x}} (\boldsymbol{\beta}^\top \mathbf{x}) = \boldsymbol{\beta}$$", r"$$\frac{d}{d\mathbf{x}} (\boldsymbol{\beta}^\top \mathbf{x}) = 2\boldsymbol{\beta}$$"),
    "a number beside it": (BOLD, r"$$\frac{d}{dx} (b x^2) = 2 b x$$", r"$$\frac{d}{dx} (b x^2) = b x$$"),
    "entries in the small letter": (FACTOR, r"$$\frac{d}{dv_{ab}} \|\mathbf{X} - \mathbf{U}\mathbf{V}\|_2^2 = -2 \sum_i u_{ia} (x_{ib} - \sum_k u_{ik} v_{kb})$$", r"$$\frac{d}{dv_{ab}} \|\mathbf{X} - \mathbf{U}\mathbf{V}\|_2^2 = -2 \sum_i u_{ai} (x_{ib} - \sum_k u_{ik} v_{kb})$$"),
    "a function at another argument": (r"$f(x) = x^2 + x$, $g(z) = f(2z)$", r"$$\frac{dg}{dz} = 8z + 2$$", r"$$\frac{dg}{dz} = 8z + 1$$"),
    "a function of two at other arguments": (r"$f(x, y) = x y^2$", r"$$\frac{\partial}{\partial z} f(2z, z) = 6z^2$$", r"$$\frac{\partial}{\partial z} f(2z, z) = 6z$$"),
    "the entries of another argument": (r"With $a, x, w \in \mathbb{R}^n$: $f(x) = \sum_i a_i x_i$ and $L = f(w)^2$", r"$$\frac{\partial L}{\partial w_j} = 2 f(w) a_j$$", r"$$\frac{\partial L}{\partial w_j} = 2 f(w) w_j$$"),
    "an inverse function as a power": ("", r"$$\frac{d}{dx} \sin^{-1} x = \frac{1}{\sqrt{1 - x^2}}$$", r"$$\frac{d}{dx} \sin^{-1} x = -\frac{\cos x}{\sin^2 x}$$"),
    "a logarithm to a base with a letter": ("", r"$$\frac{d}{dx} \log_a x = \frac{1}{x \ln a}$$", r"$$\frac{d}{dx} \log_a x = \frac{\ln a}{x}$$"),
    "a cube root": ("", r"$$\frac{d}{dx} \sqrt[3]{x} = \frac{1}{3 \sqrt[3]{x^2}}$$", r"$$\frac{d}{dx} \sqrt[3]{x} = \frac{1}{2 \sqrt[3]{x^2}}$$"),
    "the larger of two": (r"$f(x, y) = \max(x, y)$", r"$$\frac{\partial f}{\partial x} = \mathbb{1}(x >= y)$$", r"$$\frac{\partial f}{\partial y} = \mathbb{1}(x >= y)$$"),
    "a negative power of a matrix": ("<!-- gradcheck\nA: n n spd\n-->\n" + r"$f = \operatorname{tr}(A^{-1})$", r"$$\frac{\partial f}{\partial A} = -A^{-2}$$", r"$$\frac{\partial f}{\partial A} = -A^{-1}$$"),
    "indices in brackets": (r"$S[i,k] = \sum_{p=1}^{10} O[i,p] W[p,k] + b[k]$", r"$$\frac{dS[i,k]}{dW[m,n]} = O[i,m] 1(k == n)$$", r"$$\frac{dS[i,k]}{dW[m,n]} = O[i,n] 1(k == m)$$"),
    "a label below a symbol": (LABEL, r"$$\frac{\partial L_i}{\partial f_k} = p_k - \mathbb{1}(y_i = k)$$", r"$$\frac{\partial L_i}{\partial f_k} = p_k + \mathbb{1}(y_i = k)$$"),
    "a derivative at a label": (LABEL, r"$$\frac{\partial L_i}{\partial f_{y_i}} = p_{y_i} - 1$$", r"$$\frac{\partial L_i}{\partial f_{y_i}} = p_{y_i} + 1$$"),
    "the weights of a class": (HINGE, r"$$\nabla_{w_{y_i}} L_i = -\left(\sum_{j \neq y_i} \mathbb{1}(w_j^T x_i - w_{y_i}^T x_i + \Delta > 0)\right) x_i$$", r"$$\nabla_{w_{y_i}} L_i = \left(\sum_{j \neq y_i} \mathbb{1}(w_j^T x_i - w_{y_i}^T x_i + \Delta > 0)\right) x_i$$"),
    "the weights of the other classes": (HINGE, r"$$\nabla_{w_j} L_i = \mathbb{1}(w_j^T x_i - w_{y_i}^T x_i + \Delta > 0) x_i$$", r"$$\nabla_{w_j} L_i = \mathbb{1}(w_j^T x_i - w_{y_i}^T x_i + \Delta > 0) w_j$$"),
    "gates that give their weights a letter": (LSTM, r"$$\frac{\partial L}{\partial o_t} = \frac{\partial L}{\partial h_t} \odot \tanh(c_t)$$", r"$$\frac{\partial L}{\partial o_t} = \frac{\partial L}{\partial h_t} \odot c_t$$"),
    "vectors one above the other": (BESIDE, r"$$\frac{\partial L}{\partial o_t} = \frac{\partial L}{\partial h_t} \odot \tanh(c_t)$$", r"$$\frac{\partial L}{\partial o_t} = \frac{\partial L}{\partial h_t} \odot o_t$$"),
    "a function of an example": (GLM, r"$$\frac{\partial \ell}{\partial \beta} = -\sum_{i=1}^m x_i (y_i - p_1(x_i; \beta))$$", r"$$\frac{\partial \ell}{\partial \beta} = \sum_{i=1}^m x_i (y_i - p_1(x_i; \beta))$$"),
    "a word in brackets before it": (TITLED, r"$$\frac{\partial \sigma^2}{\partial x_i} = \frac{2}{N} (x_i - \mu)$$", r"$$\frac{\partial \sigma^2}{\partial x_i} = \frac{1}{N} (x_i - \mu)$$"),
    "a parameter below a function": (r"$g_a(x) = a x^2$", r"$$\frac{dg_a}{dx} = 2 a x$$", r"$$\frac{dg_a}{dx} = a x$$"),
    "an arrow between equations": ("", r"$$f(x) = \frac{1}{x} \hspace{1in} \rightarrow \hspace{1in} \frac{df}{dx} = -1/x^2$$", r"$$f(x) = \frac{1}{x} \hspace{1in} \rightarrow \hspace{1in} \frac{df}{dx} = 1/x^2$$"),
    "words between equations": ("", r"$$f(x, y) = x y \textrm{ with gradient } \nabla f(x, y) = [y, x]$$", r"$$f(x, y) = x y \textrm{ with gradient } \nabla f(x, y) = [x, y]$$"),
    "a chain rule of any functions": (r"$z = y^2$ and $y = 3x$", r"$$\frac{dz}{dx} = \frac{dz}{dy} \cdot \frac{dy}{dx}$$", r"$$\frac{dz}{dx} = \frac{dz}{dy} + \frac{dy}{dx}$$"),
    "a chain rule of functions that are not told": ("", r"$$\frac{dy}{dx} = \frac{dy}{du} \cdot \frac{du}{dx}$$", None),
    "an intermediate of a second definition": (r"$f(x, y, z) = (x + y) z$, $q = x + y$ and $f = q z$.", r"$$\frac{\partial f}{\partial q} = z$$", None),
}  # fmt: skip


@pytest.mark.corpus(3)
@pytest.mark.parametrize("name", TWINS)
def test_a_right_formula_is_right_and_its_wrong_twin_is_not(name):
    assert told_apart(*TWINS[name]) is True


UNSURE = {
    "an index that stands twice": r"$$\frac{\partial}{\partial X} \tr(X) = \frac{\partial X_{ii}}{\partial X_{kl}} = \delta_{ik} \delta_{il} = \delta_{kl} = I$$",
    "sizes that the text gives": r"For $x \in \mathbb{R}^n$ a theorem holds. Now $E = \sum_{i=1}^m (y_i - x_i)^2$ and $\frac{\partial E}{\partial x_i} = -2 (y_i - x_i)$.",
    "a definition that is not read": r"$s = \arg x$, $z = w x + s$, $\frac{dz}{dx} = w$",
    "how one thing depends on another": r"$\hat{x}_i = x_i - m$, $\frac{\partial f}{\partial \hat{x}_i} = \frac{\partial f}{\partial y_i} \cdot \gamma$",
    "braces that are not printed": r"$f = \gamma {a - b}(c)$",
    "a function in a Greek letter": r"$f(x) = x^2$, $f'(x) = \alpha(x)$",
    "a function that is defined there": r"$$h_\theta(x) = g(\theta^T x) = \frac{1}{1 + e^{-\theta^T x}}$$",
    "the entries of a matrix": r"$y \in \mathbb{R}^n$ and $A = (a_{ij})$",
    "a total differential": r"$$d\Lambda = -\frac{1}{2} \operatorname{tr}(\Omega^{-1} d\Omega) + \frac{1}{2} (y - X\beta)' \Omega^{-1} (d\Omega) \Omega^{-1} (y - X\beta)$$",
    "a chain of functions that are not told": r"$\frac{dy}{dx} = \frac{dy}{du} \cdot \frac{du}{dx}$, $\frac{dy}{du} = \cos u$",
    "a number at a point": r"$W x$ is a vector, and $h = W x$ is here $h = 0.5968$.",
    "the share of one step": LSTM + "\n\n" + r"$$\frac{\partial L}{\partial b_o} = \frac{\partial L}{\partial h_t} \odot \tanh(c_t) \odot o_t \odot (1 - o_t)$$",
}  # fmt: skip


@pytest.mark.corpus(2)
@pytest.mark.parametrize("name", UNSURE)
def test_nobody_is_accused_of_what_is_not_certain(name):
    found = check_text(UNSURE[name] + "\n", "note.md").claims
    assert found
    assert "wrong" not in {r.verdict for r in found}


CASES = r"$p = \text{softmax}(z)$, $L = -\log p_y$"


@pytest.mark.parametrize(
    ("claim", "condition"),
    [("p_k - 1", "k = y"), ("p_k", "k ≠ y"), ("-p_k", None)],
)
def test_a_case_of_a_label_is_right_if_it_is_that_case(claim, condition):
    last = check_text(f"{CASES}\n\n$$\\frac{{\\partial L}}{{\\partial z_k}} = {claim}$$\n", "note.md").claims[
        -1
    ]
    assert (last.verdict, last.condition) == ("right-if" if condition else "wrong", condition)


DECLARED = "<!-- gradcheck\nx: n\nA: n n\neinstein\n-->\n"
SUMS = {
    "a form": (r"$x^\top A x = x_i A_{ij} x_j$", r"$x^\top A x = x_i A_{ij} A_{jk} x_k$"),
    "its gradient": (
        r"$\frac{\partial (x_i A_{ij} x_j)}{\partial x_k} = A_{kj} x_j + x_i A_{ik}$",
        r"$\frac{\partial (x_i A_{ij} x_j)}{\partial x_k} = A_{kj} x_j - x_i A_{ik}$",
    ),
    "a trace": (
        r"$\frac{\partial (X_{ij} A_{ji})}{\partial X_{kl}} = A_{lk}$",
        r"$\frac{\partial (X_{ij} A_{ji})}{\partial X_{kl}} = -A_{lk}$",
    ),
}


@pytest.mark.parametrize("name", SUMS)
def test_indices_that_stand_twice_are_summed_where_that_is_declared(name):
    right, wrong = SUMS[name]
    text = DECLARED.replace("x: n\n", "x: n\nX: n n\n")
    assert verdict(text, right) == "right"
    assert verdict(text, wrong) in {"wrong", "not-read"}
    assert verdict(text, wrong) == "wrong" or name == "a form"  # an equation of no derivative


@pytest.mark.parametrize("name", SUMS)
def test_and_right_under_that_condition_where_it_is_not(name):
    """Its wrong twin is not accused: who sums without saying so may mean another thing."""
    right, wrong = SUMS[name]
    text = r"With $x \in \mathbb{R}^n$ and $A \in \mathbb{R}^{n \times n}$:"
    last = check_text(f"{text}\n\n{right}\n", "note.md").claims[-1]
    assert (last.verdict, last.condition) == ("right-if", "indices that stand twice are summed over")
    assert verdict(text, wrong) == "not-read"


@pytest.mark.parametrize(
    "line",
    [
        "W",
        "W: n !",
        "superscript l: tower",
        "layout: sideways",
        "vectors: diagonal",
        "x: n m; ???: 3",
    ],
)
def test_a_bad_declaration_is_reported_and_the_others_hold(line):
    formula = "$z = W x$ and $\\frac{\\partial J}{\\partial x} = W^T \\frac{\\partial J}{\\partial z}$\n"
    note = check_text(f"<!-- gradcheck\n{line}\nW: n m\nx: m\nJ: scalar\n-->\n{formula}", "note.md")
    assert len(note.problems) == 1
    assert "is not understood" in note.problems[0]
    assert note.claims[-1].verdict == "right"


def test_a_good_declaration_is_not_reported():
    note = check_text(
        "<!-- gradcheck\nW: n m\nx: m\nsuperscript l: layer\nvectors: columns\n-->\n$z = W x$\n", "note.md"
    )
    assert note.problems == []
