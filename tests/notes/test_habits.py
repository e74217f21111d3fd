# ruff: noqa: E501  (formulas stand on one line)
"""Habits of authors that a reader must know, or it accuses what is right: each beside a wrong twin."""

import pytest

from gradcheck.notes import check_text
from tests.notes.judged import told_apart, verdict

SOFTMAX = r"$$p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}$$"
KALMAN = r"Let $P = (I - KH) Q (I - KH)^T + K R K^T$."
LOGISTIC = r"""With $x^{(i)} \in \mathbb{R}^n$ let $h_\theta(x) = \frac{1}{1 + e^{-\theta^T x}}$ and

$$J(\theta) = -\frac{1}{m} \sum_{i=1}^m [ y^{(i)} \log h_\theta(x^{(i)}) + (1 - y^{(i)}) \log (1 - h_\theta(x^{(i)})) ]$$"""
CONV = "<!-- gradcheck\nx: n; w: K; y: m\n-->\n" + r"$$y_i = \sum_{k} w_k x_{i+k}$$"

TWINS = {
    "a condition in the formula": (SOFTMAX, r"$$\frac{\partial p_j}{\partial z_i} = p_i(1 - p_i), \quad i = j$$", r"$$\frac{\partial p_j}{\partial z_i} = -p_i(1 - p_i), \quad i = j$$"),
    "a condition in the text": (f"{SOFTMAX} If $i = j$:", r"$$\frac{\partial p_j}{\partial z_i} = p_i(1 - p_i)$$", r"$$\frac{\partial p_j}{\partial z_i} = p_i(1 + p_i)$$"),
    "the other condition in the text": (f"{SOFTMAX} If $i \\neq j$:", r"$$\frac{\partial p_j}{\partial z_i} = -p_i p_j$$", r"$$\frac{\partial p_j}{\partial z_i} = p_i(1 - p_i)$$"),
    "a prime that transposes": (r"Let $y \in \mathbb{R}^n$, $X \in \mathbb{R}^{n \times k}$, $\beta \in \mathbb{R}^k$ and $R = \|y - X\beta\|^2$.", r"$$\nabla_\beta R = -2X'(y - X\beta)$$", r"$$\nabla_\beta R = 2X'(y - X\beta)$$"),
    "a half without braces": (r"Let $E = \frac12 \sum_i (y_i - t_i)^2$.", r"$$\frac{\partial E}{\partial y_i} = y_i - t_i$$", r"$$\frac{\partial E}{\partial y_i} = t_i - y_i$$"),
    "bold symbols that are declared in the text": (r"With $\mathbf{W} \in \mathbb{R}^{d \times C}$, $\mathbf{x} \in \mathbb{R}^d$ and $\mathbf{z} = \mathbf{W}^T \mathbf{x}$ let $J = \frac{1}{2} \|\mathbf{z}\|^2$.", r"$$\frac{\partial J}{\partial \mathbf{W}} = \mathbf{x} \mathbf{z}^T$$", r"$$\frac{\partial J}{\partial \mathbf{W}} = 2 \mathbf{x} \mathbf{z}^T$$"),
    "two symmetric matrices": (KALMAN, r"$$\frac{\partial \operatorname{tr}(P)}{\partial K} = -2 (H Q)^T + 2 K (H Q H^T + R)$$", r"$$\frac{\partial \operatorname{tr}(P)}{\partial K} = 2 (H Q)^T + 2 K (H Q H^T + R)$$"),
    "a second definition in the same section": (r"$L = \frac{1}{2} \sum_i (x_i - y_i)^2$, or else $L = \sum_i (x_i - y_i)^4$:", r"$$\frac{\partial L}{\partial x_i} = 4 (x_i - y_i)^3$$", None),
    "the loss of an example": (r"$L_i = \frac{1}{2}(\hat{y}_i - y_i)^2$ and $L = \sum_{i=1}^N L_i$.", r"$$\frac{\partial L}{\partial \hat{y}_i} = \hat{y}_i - y_i$$", r"$$\frac{\partial L}{\partial \hat{y}_i} = y_i - \hat{y}_i$$"),
    "d as a size and as a sign": ("<!-- gradcheck\nQ: n d; K: m d\n-->\n$S = \\frac{1}{\\sqrt{d}} Q K^T$ and $dS = \\partial L / \\partial S$.", r"$$dQ = \frac{1}{\sqrt{d}} dS K$$", r"$$dQ = \frac{1}{d} dS K$$"),
    "a convolution": (CONV, r"$$\frac{\partial L}{\partial w_k} = \sum_i \frac{\partial L}{\partial y_i} x_{i+k}$$", r"$$\frac{\partial L}{\partial w_k} = \sum_i \frac{\partial L}{\partial y_i} x_{i-k}$$"),
    "a derivative by a shifted entry": (CONV, r"$$\frac{\partial L}{\partial x_j} = \sum_k \frac{\partial L}{\partial y_{j-k}} w_k$$", r"$$\frac{\partial L}{\partial x_j} = \sum_k \frac{\partial L}{\partial y_{j+k}} w_k$$"),
    "indices from 0": (r"$$Y_{ij} = \sum_{a=0}^{k-1}\sum_{b=0}^{k-1} W_{ab} X_{i+a,j+b}$$", r"$$\frac{\partial L}{\partial X_{pq}} = \sum_a\sum_b \frac{\partial L}{\partial Y_{p-a,q-b}} W_{ab}$$", r"$$\frac{\partial L}{\partial X_{pq}} = \sum_a\sum_b \frac{\partial L}{\partial Y_{p-a,q-b}} W_{ba}$$"),
    "a product over an index": (r"$L = \prod_{i=1}^n p_i$", r"$$\frac{\partial L}{\partial p_j} = \frac{L}{p_j}$$", r"$$\frac{\partial L}{\partial p_j} = \frac{L}{p_j^2}$$"),
    "a logarithm to another base": ("", r"$$\frac{d}{dx}\log_2 x = \frac{1}{x \ln 2}$$", r"$$\frac{d}{dx}\log_2 x = \frac{1}{x}$$"),
    "a kernel matrix beside a count": (r"$s = \sum_{k=1}^K c_k$ and $L = -\frac{1}{2} y^T K^{-1} y - \frac{1}{2} \log |K|$.", r"$$\frac{\partial L}{\partial K} = \frac{1}{2} K^{-1} y y^T K^{-1} - \frac{1}{2} K^{-1}$$", r"$$\frac{\partial L}{\partial K} = \frac{1}{2} K^{-1} y y^T K^{-1} + \frac{1}{2} K^{-1}$$"),
    "symbols with a number": (r"$z_1 = w_1 x + b_1$, $a_1 = \sigma(z_1)$, $z_2 = w_2 a_1 + b_2$, $L = \frac{1}{2}(z_2 - y)^2$", r"$$\frac{\partial L}{\partial w_2} = (z_2 - y) a_1$$", r"$$\frac{\partial L}{\partial w_2} = (z_2 - y) a_1^2$$"),
    "a function with a parameter below": (LOGISTIC, r"$$\frac{\partial J}{\partial \theta_j} = \frac{1}{m} \sum_{i=1}^m (h_\theta(x^{(i)}) - y^{(i)}) x_j^{(i)}$$", r"$$\frac{\partial J}{\partial \theta_j} = \frac{1}{m} \sum_{i=1}^m (y^{(i)} - h_\theta(x^{(i)})) x_j^{(i)}$$"),
    "labels of two letters": (r"$$h_t = \tanh(W_{hh} h_{t-1} + W_{xh} x_t)$$", r"$$\frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(1-h_t^2) W_{hh}$$", r"$$\frac{\partial h_t}{\partial h_{t-1}} = \operatorname{diag}(1-h_t^2) W_{xh}$$"),
    "the entry of a function": ("<!-- gradcheck\nz: n\n-->", r"$$\frac{\partial \text{softmax}(z)_k}{\partial z_j} = \text{softmax}(z)_k (\delta_{kj} - \text{softmax}(z)_j)$$", r"$$\frac{\partial \text{softmax}(z)_k}{\partial z_j} = \text{softmax}(z)_k (1 - \text{softmax}(z)_j)$$"),
    "an inner product": ("<!-- gradcheck\nx, y: n\n-->\n" + r"$S = \langle x, y \rangle$", r"$$\nabla_x S = y$$", r"$$\nabla_x S = x$$"),
    "a symbol that is written out": (r"$x = [x_1, x_2, ..., x_n]^T$ and $L = x^T x$.", r"$$\frac{\partial L}{\partial x} = 2x$$", r"$$\frac{\partial L}{\partial x} = x$$"),
    "an update of entries": (r"$w_i = w_i + \delta w = w_i + \eta x_i$ for $E = \frac{1}{2}\sum_i (w_i - t_i)^2$.", r"$$\frac{\partial E}{\partial w_i} = w_i - t_i$$", r"$$\frac{\partial E}{\partial w_i} = t_i - w_i$$"),
    "one side of a kink": ("<!-- gradcheck\nw, x: n; y: scalar\n-->\n" + r"$\ell(w) = \max(0, 1 - y w^T x)$", r"$$\nabla_w \ell = -y x$$", r"$$\nabla_w \ell = y x$$"),
    "two conditions at once": (SOFTMAX + r" and $L = -\sum_i y_i \log p_i$", r"$$\frac{\partial^2 L}{\partial z_i \partial z_j} = -p_i p_j$$", r"$$\frac{\partial^2 L}{\partial z_i \partial z_j} = p_i p_j$$"),
    "a step after one that is not read": (r"$L = \frac{1}{2}\sum_i w_i^2$", r"$$\frac{\partial L}{\partial w_i} = \arg w$$ $$= w_i$$", r"$$\frac{\partial L}{\partial w_i} = \arg w$$ $$= 2 w_i$$"),
    "classes of 1 and -1": ("<!-- gradcheck\nx_i, w: d; y: n\n-->\n" + r"$L = \sum_{i=1}^n \log(1 + e^{-y_i w^T x_i})$", r"$$\nabla_w^2 L = \sum_{i=1}^n \sigma(y_i w^T x_i)(1-\sigma(y_i w^T x_i)) x_i x_i^T$$", r"$$\nabla_w^2 L = 2 \sum_{i=1}^n \sigma(y_i w^T x_i)(1-\sigma(y_i w^T x_i)) x_i x_i^T$$"),
    "a derivative at its own argument": ("", r"$$\frac{d}{dx}(g(x) h(x)) = g(x)\frac{dh}{dx}(x) + \frac{dg}{dx}(x) h(x)$$", r"$$\frac{d}{dx}(g(x) h(x)) = g(x)\frac{dh}{dx}(x) - \frac{dg}{dx}(x) h(x)$$"),
    "a value and its function at once": (r"Let $u = f(x) = 3x^2 - 4x$.", r"$$\frac{du}{dx} = 6x - 4$$", r"$$\frac{du}{dx} = 6x + 4$$"),
    "an inverse": (r"$p = \frac{1}{1 + e^{-z}}$, $z = \log \frac{p}{1-p}$", r"$$\frac{dp}{dz} = p(1-p)$$", r"$$\frac{dp}{dz} = p(1+p)$$"),
    "three entries": (r"$h(x) = x_1 x_2 x_3$", r"$$\frac{\partial h}{\partial x_2} = x_1 x_3$$", r"$$\frac{\partial h}{\partial x_2} = x_2 x_3$$"),
    "a letter of an earlier section": ("# Odds\n\n" + r"$p = \frac{1}{1 + e^{-z}}$, $\frac{dp}{dz} = p(1-p)$" + "\n\n# Divergence\n\n" + r"$D = \sum_i p_i \log \frac{p_i}{q_i}$, $\frac{\partial D}{\partial q_i} = -\frac{p_i}{q_i}$", r"$$\frac{\partial D}{\partial p_i} = \log \frac{p_i}{q_i} + 1$$", r"$$\frac{\partial D}{\partial p_i} = \log \frac{p_i}{q_i}$$"),
    "a prime after brackets": ("", r"$$(f(x) g(x))' = f'(x) g(x) + f(x) g'(x)$$", r"$$(f(x) g(x))' = f'(x) g'(x)$$"),
    "a prime after a power": ("", r"$$(x^2)' = 2x$$", r"$$(x^2)' = x$$"),
    "a mean with a bare sum": (r"$m = \frac{1}{n} \sum_i x_i$, $v = \frac{1}{n} \sum_i (x_i - m)^2$, $s = \sqrt{v}$", r"$$\frac{\partial s}{\partial x_j} = \frac{x_j - m}{n s}$$", r"$$\frac{\partial s}{\partial x_j} = \frac{x_j - m}{s}$$"),
    "a square that is defined": (r"$r^2 = x^2 + y^2$", r"$$\frac{\partial r}{\partial x} = \frac{x}{r}$$", r"$$\frac{\partial r}{\partial x} = \frac{x}{2r}$$"),
    "a square that is given again": (r"$r = \sqrt{x^2 + y^2}$, so $r^2 = x^2 + y^2$", r"$$\frac{\partial r}{\partial x} = \frac{x}{r}$$", r"$$\frac{\partial r}{\partial x} = \frac{r}{x}$$"),
    "softmax by rows": ("<!-- gradcheck\nS: n m\n-->\n" + r"$P = \operatorname{softmax}(S)$", r"$$\frac{\partial P_{ij}}{\partial S_{ik}} = P_{ij}(\delta_{jk} - P_{ik})$$", r"$$\frac{\partial P_{ij}}{\partial S_{ik}} = P_{ij}(\delta_{jk} + P_{ik})$$"),
    "vectors told apart by letters": (r"$J = -\log \sigma(u_o^T v_c) - \sum_{k=1}^K \log \sigma(-u_k^T v_c)$", r"$$\frac{\partial J}{\partial u_o} = (\sigma(u_o^T v_c) - 1) v_c$$", r"$$\frac{\partial J}{\partial u_o} = \sigma(u_o^T v_c) v_c$$"),
    "weights with numbers beside data": (r"$X \in \mathbb{R}^{N \times D}$, $H = \max(0, X W_1 + b_1)$, $S = H W_2 + b_2$", r"$$\frac{\partial L}{\partial W_2} = H^T \frac{\partial L}{\partial S}$$", r"$$\frac{\partial L}{\partial W_2} = \frac{\partial L}{\partial S} H^T$$"),
    "bold titles": (r"**Problem 1.** $f(x) = x^3$." + "\n\n" + r"**Problem 2.** $f(x) = a^T x$ with $x \in \mathbb{R}^n$.", r"$$\nabla f(x) = a$$", r"$$\nabla f(x) = -a$$"),
    "hyperbolic functions": ("", r"$$\frac{d}{dx} \sinh x = \cosh x$$", r"$$\frac{d}{dx} \cosh x = -\sinh x$$"),
    "inverse functions": ("", r"$$\frac{d}{dx} \arctan x = \frac{1}{1 + x^2}$$", r"$$\frac{d}{dx} \arccos x = \frac{1}{\sqrt{1 - x^2}}$$"),
    "the smaller of two": (r"$r(z) = \min(z, 1)$", r"$$r'(z) = 1$$", r"$$r'(z) = z$$"),
    "two terms in Einstein's convention": ("<!-- gradcheck\nA: n n; u: n; f: scalar\neinstein\n-->\n" + r"$f = A_{ij} u_i u_j$", r"$$\frac{\partial f}{\partial u_k} = A_{kj} u_j + A_{ik} u_i$$", None),
    "underscores that Markdown escapes": ("<!-- gradcheck\nW: n m; x: m\n-->\n" + r"$y\_i = \sum\_j W\_{ij} x\_j$", r"$$\frac{\partial y\_i}{\partial x\_j} = W\_{ij}$$", r"$$\frac{\partial y\_i}{\partial x\_j} = -W\_{ij}$$"),
    "polar coordinates": (r"$x = r \cos\theta$, $y = r \sin\theta$, $r = \sqrt{x^2 + y^2}$", r"$$\frac{\partial x}{\partial \theta} = -y$$", r"$$\frac{\partial x}{\partial \theta} = y$$"),
}  # fmt: skip


@pytest.mark.corpus(9)
@pytest.mark.parametrize("name", TWINS)
def test_a_right_formula_is_right_and_its_wrong_twin_is_not(name):
    assert told_apart(*TWINS[name]) is True


UNTOLD = {
    "of a loss that is not defined": ("<!-- gradcheck\nW: n m; x: m; z, y: n; J: scalar\n-->\n$z = W x$", r"$$\frac{\partial J}{\partial z} = z - y$$"),
    "of two losses that are not defined": (r"$a_i = \sigma(z_i)$", r"$$\frac{\partial J}{\partial z_i} = \frac{\partial L}{\partial z_i} + 2\lambda z_i$$"),
    "in whose vectors only examples are told of": (LOGISTIC, r"$$\nabla_\theta J = \frac{1}{m} X^T (\sigma(X\theta) - y)$$"),
    "of a function whose definition is not read": (r"$g(x) = \mystery x$", r"$$g'(x) = \frac{1}{1+x^3}$$"),
    "of something that is no function of its argument": (r"$E(A) = \alpha$ and $E(B) = \beta$", r"$$E(Y_p - (A + B x_p)) = E(Y_p) - E(A + B x_p)$$"),
    "that differs from a second definition, too": (r"$L = \frac{1}{2} \sum_i (x_i - y_i)^2$, or else $L = \sum_i (x_i - y_i)^4$:", r"$$\frac{\partial L}{\partial x_i} = 3 (x_i - y_i)^3$$"),
    "at one point": (r"Let $f(x) = 3x^2 - 4x$. At $x = 2$:", r"$\frac{df}{dx} = 8$"),
    "after its formula": (r"$f(x, y) = x y$ and $y = -3$:", r"$\frac{\partial f}{\partial x} = y = -3$"),
    "of an expectation": ("", r"$$E[\xi] = 1$$"),
    "of two entries of one symbol": (r"$a^{(1)}_1 = \operatorname{sign}(x)$, $a^{(1)}_2 = \operatorname{sign}(y)$", r"$a^{(1)}_1 = -a^{(1)}_2$"),
    "of a matrix in blocks": ("", r"$\mathbf{U} = [\mathbf{U}_K, \bar{\mathbf{U}}_K]$"),
    "whose definition is too long": (f"$y = {'+'.join(f'x_{k}' for k in range(2000))}$", r"$\frac{\partial y}{\partial x_1} = 2$"),
    "whose definition holds an unknown macro": (r"$z = W x$, $y = \mystery z$ and $y = z$ else.", r"$\frac{\partial y}{\partial z} = 2 I$"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNTOLD)
def test_nobody_is_accused(name):
    assert verdict(*UNTOLD[name]) == "not-read"


def test_definitions_in_a_circle_are_no_end_of_the_program():
    text = r"$$(\frac{\partial x}{\partial A})_{ij}=\frac{\partial x}{\partial A_{ij}}$$" + "\n\n"
    text += r"$$\frac{\partial x^Ta}{\partial x}=\frac{\partial a^Tx}{\partial x}=a$$"
    assert verdict(text, "") == "right"


def test_a_correction_keeps_the_letters_of_the_note_and_is_simple():
    text = r"With $f(w) = \frac{\lambda}{2} \|\mathbf{w}\|^2$"
    claim = check_text(
        text + r" we have $\nabla_{\mathbf{w}} f = \frac{\lambda}{2} \mathbf{w}$.", "n.md"
    ).claims[-1]
    assert claim.correction == r"\nabla_{\mathbf{w}} f = \lambda \mathbf{w}"


def test_a_value_at_a_point_that_is_right_is_right():
    assert verdict(r"Let $f(x) = 3x^2 - 4x$.", r"$f'(1) = 2$") == "right"


def test_a_condition_is_offered_only_where_it_suffices():
    text = "<!-- gradcheck\nw, x: n\n-->\n$f(w) = \\sum_i |w_i|$, $g(w) = \\sum_i w_i \\sum_j w_j$"
    claim = check_text(f"{text}\n\n$$\\frac{{\\partial g}}{{\\partial w_i}} = 2$$\n", "n.md").claims[-1]
    assert (claim.verdict, claim.condition) == ("right-if", "the entries of w sum to 1")
    claim = check_text(f"{text}\n\n$$f(w) = 1$$\n", "n.md").claims[-1]
    assert claim.condition != "the entries of w sum to 1"


def test_a_claim_is_held_against_the_nearest_definition_too():
    text = r"Let $L = x^2$. Now take $L = x^3$ instead."
    assert verdict(text, r"$$\frac{dL}{dx} = 3x^2$$") == "right"
    assert verdict(text, r"$$\frac{dL}{dx} = 2x$$") == "ambiguous"


@pytest.mark.parametrize(
    ("claim", "right"),
    [
        (r"\tanh'(z) = 1 - \tanh(z)", r"\tanh'(z) = 1 - \tanh\left(z\right)^{2}"),
        (r"\frac{d}{dx} \frac{1}{1+x} = -\frac{1}{(1+x)}", r"-\frac{1}{\left(1 + x\right)^{2}}"),
        (r"\frac{d}{dt} \frac{\sin t}{t} = \frac{t\cos t - \sin t}{t}", "}{t^{2}}"),
        (r"\frac{d}{dt} \sqrt{1+t^2} = \frac{1}{2\sqrt{1+t^2}}", r"2 t \frac{1}{2 \sqrt{1 + t^{2}}}"),
        (r"\frac{d}{dv} v^v = v \cdot v^{v-1}", None),
    ],
)
def test_a_lost_square_or_inner_derivative_is_corrected(claim, right):
    """Without a word of NumPy, which the note does not have; the correction is right itself."""
    (found,) = check_text(f"${claim}$", "a.md").claims
    assert found.verdict == "wrong"
    assert "np." not in found.reason
    assert found.correction is None if right is None else found.correction.endswith(right)
    if right is not None:
        (again,) = check_text(f"${found.correction}$", "a.md").claims
        assert again.verdict == "right"
