# ruff: noqa: E501  (formulas stand on one line)
"""Kinds of formulas that public notes hold most: each right one beside a twin that must be found wrong."""

import pytest

from gradcheck.notes import check_text
from tests.notes.judged import told_apart, verdict

BIAS = r"Let $z = Wx + b$."
BATCH = r"Let $Y = XW + b$."
EXAMPLES = r"$z^{(i)} = w^T x^{(i)} + b$, $a^{(i)} = \sigma(z^{(i)})$, $J = -\frac{1}{m} \sum_{i=1}^m \left[ y^{(i)} \log a^{(i)} + (1 - y^{(i)}) \log (1 - a^{(i)}) \right]$"
RNN = r"$h_t = \tanh(W_{hh} h_{t-1} + W_{xh} x_t + b_h)$, $o_t = W_{hy} h_t + b_y$"
ATTENTION = (
    r"$Q = XW_Q$, $K = XW_K$, $V = XW_V$, $S = \frac{QK^T}{\sqrt{d_k}}$, $P = \text{softmax}(S)$, $O = PV$"
)
STACKED = r"""$$z_t = [h_{t-1}, x_t]$$ $$f_t = \sigma(W_f z_t + b_f)$$ $$o_t = \sigma(W_o z_t + b_o)$$
$$c_t = f_t \odot c_{t-1}$$ $$h_t = o_t \odot \tanh(c_t)$$"""
CLASS = r"$p_j = \frac{e^{o_j}}{\sum_k e^{o_k}}$. With the class $c$ that is right, $L = -\log p_c$."
POLICY = r"$\pi(a) = \frac{\exp(\theta_a)}{\sum_b \exp(\theta_b)}$, $J = \sum_a \pi(a) q(a)$"
FEATURES = r"$\pi(a|s) = \frac{e^{\theta^T \phi(s,a)}}{\sum_b e^{\theta^T \phi(s,b)}}$"
VARIED = r"$h = o \odot \tanh(c)$, $\delta h = \frac{\partial L}{\partial h}$."
PENDULUM = r"$L = \frac12 m l^2 \dot\theta^2 + m g l \cos\theta$"
SWING = r"$x(t) = A \cos(\omega t + \phi)$"
GAS = r"$P = \frac{nRT}{V}$"
POISSON = r"$\ell(\lambda) = \sum_{i=1}^n (x_i \log \lambda - \lambda - \log x_i!)$"

TWINS = {
    "a bias that nothing declares": (BIAS, r"$$\frac{\partial L}{\partial x} = W^T \frac{\partial L}{\partial z}$$", r"$$\frac{\partial L}{\partial x} = \frac{\partial L}{\partial z} W^T x$$"),
    "a bias added to each example": (BATCH, r"$$\frac{\partial L}{\partial b_j} = \sum_i \frac{\partial L}{\partial Y_{ij}}$$", None),
    "each example's number beside the weights": (EXAMPLES, r"$$\frac{\partial J}{\partial w} = \frac{1}{m} \sum_{i=1}^m (a^{(i)} - y^{(i)}) x^{(i)}$$", r"$$\frac{\partial J}{\partial b} = \sum_{i=1}^m (a^{(i)} - y^{(i)})$$"),
    "weights between states": (RNN, r"$$\frac{\partial h_t}{\partial h_{t-1}} = \text{diag}(1 - h_t^2) W_{hh}$$", r"$$\frac{\partial o_t}{\partial h_t} = 2 W_{hy}$$"),
    "a width below a root": (ATTENTION, r"$$dQ = \frac{1}{\sqrt{d_k}} dS\, K$$", r"$$dQ = \frac{1}{\sqrt{d_k}} dS^T K$$"),
    "vectors with one name": (STACKED, r"$$\frac{\partial L}{\partial o_t} = \frac{\partial L}{\partial h_t} \odot \tanh(c_t)$$", r"$$\frac{\partial L}{\partial o_t} = \frac{\partial L}{\partial h_t} \odot c_t$$"),
    "the class that is right": (CLASS, r"$$\frac{\partial L}{\partial o_j} = p_j - \mathbb{1}[j = c]$$", r"$$\frac{\partial L}{\partial o_j} = p_j + \mathbb{1}[j = c]$$"),
    "an argument that counts": (POLICY, r"$$\frac{\partial J}{\partial \theta_b} = \pi(b) (q(b) - \sum_a \pi(a) q(a))$$", r"$$\frac{\partial J}{\partial \theta_b} = \pi(b) (q(b) + \sum_a \pi(a) q(a))$$"),
    "features of an argument": (FEATURES, r"$$\nabla_\theta \log \pi(a|s) = \phi(s,a) - \sum_b \pi(b|s) \phi(s,b)$$", r"$$\nabla_\theta \log \pi(a|s) = \phi(s,a) + \sum_b \pi(b|s) \phi(s,b)$$"),
    "a derivative by a function's value": (r"$\pi(a) = \frac{e^{H(a)}}{\sum_b e^{H(b)}}$", r"$$\frac{\partial \pi(b)}{\partial H(a)} = \pi(b) (\mathbb{1}_{a=b} - \pi(a))$$", r"$$\frac{\partial \pi(b)}{\partial H(a)} = \pi(b) (\mathbb{1}_{a=b} + \pi(a))$$"),
    "the differential of a product": ("", r"$$d(XY) = dX\, Y + X\, dY$$", r"$$d(X^T X) = dX^T X + X\, dX^T$$"),
    "the differential of an inverse": ("", r"$$d(X^{-1}) = -X^{-1} (dX) X^{-1}$$", r"$$d(X^{-1}) = -X^{-2} dX$$"),
    "an upright d before a gap": ("", r"$$\mathrm{d}\log\det X = \operatorname{tr}(X^{-1} \mathrm{d} X)$$", r"$$\mathrm{d}\log\det X = \operatorname{tr}(X \mathrm{d} X)$$"),
    "the differential of a determinant": ("", r"$$d\log\det X = \operatorname{tr}(X^{-1} dX)$$", r"$$d\log\det X = \operatorname{tr}(X dX)$$"),
    "the differential of a function": (r"Let $f(x, y) = x^2 y$.", r"$$df = 2xy\,dx + x^2\,dy$$", r"$$df = 2xy\,dx + 2x^2\,dy$$"),
    "the differential of a vector": ("<!-- gradcheck\nW: n m; x: m\n-->\n$z = W x$", r"$$dz = W dx + dW x$$", r"$$dz = W dx - dW x$$"),
    "polar coordinates": (r"$x = r\cos\theta$", r"$$dx = \cos\theta\,dr - r\sin\theta\,d\theta$$", r"$$dx = \cos\theta\,dr + r\sin\theta\,d\theta$$"),
    "a delta before a quantity": (VARIED, r"$$\delta o = \delta h \odot \tanh(c)$$", r"$$\delta o = \delta h \odot c$$"),
    "by a velocity": (PENDULUM, r"$$\frac{\partial L}{\partial \dot\theta} = m l^2 \dot\theta$$", r"$$\frac{\partial L}{\partial \dot\theta} = m l^2$$"),
    "a derivative by dots": (SWING, r"$$\ddot{x} = -\omega^2 x$$", r"$$\dot{x}(t) = A \omega \sin(\omega t + \phi)$$"),
    "what is held, below brackets": (GAS, r"$$\left(\frac{\partial P}{\partial V}\right)_T = -\frac{nRT}{V^2}$$", r"$$\left(\frac{\partial P}{\partial V}\right)_T = \frac{nRT}{V^2}$$"),
    "a name before the derivative": (r"$Y = A K^\alpha L^{1-\alpha}$", r"$$MPK = \frac{\partial Y}{\partial K} = \alpha \frac{Y}{K}$$", r"$$MPK = \frac{\partial Y}{\partial K} = \alpha \frac{K}{Y}$$"),
    "partials by marks in capitals": (r"$F(K, L) = K^a L^b$", r"$$F_K = a K^{a-1} L^b$$", r"$$F_K = b K^{a-1} L^b$$"),
    "a quadratic form": ("", r"$$\frac{\partial}{\partial x} (x-s)^T W (x-s) = (W + W^T)(x-s)$$", r"$$\frac{\partial}{\partial x} (x-s)^T W (x-s) = (W - W^T)(x-s)$$"),
    "short for the loss's derivative in a layer": (r"$z^{[1]} = W^{[1]} x + b^{[1]}$, $a^{[1]} = \sigma(z^{[1]})$, $z^{[2]} = W^{[2]} a^{[1]} + b^{[2]}$, $a^{[2]} = \sigma(z^{[2]})$", r"$$dW^{[2]} = dz^{[2]} a^{[1]T}$$", r"$$dW^{[2]} = 2 dz^{[2]} a^{[1]T}$$"),
    "a symmetric matrix that is not square in the next item": ("1. Let $A$ be symmetric, $f = x^T A x$.\n2. " + r"$\phi(x) = \|Ax - b\|_2$", r"$$\nabla\phi = \frac{A^T(Ax - b)}{\|Ax-b\|_2}$$", None),
    "an entry of a derivative": ("", r"$$\left(\frac{\partial f}{\partial X}\right)_{ij} = \frac{\partial f}{\partial X_{ij}}$$", None),
    "a factorial": (POISSON, r"$$\frac{d\ell}{d\lambda} = \frac{1}{\lambda}\sum_{i=1}^n x_i - n$$", r"$$\frac{d\ell}{d\lambda} = \frac{1}{\lambda}\sum_{i=1}^n x_i + n$$"),
    "a second function of one name": (r"$f(w, x) = w_0 x_0$ and $f(x) = x^2 + \tau$", r"$$f(x) = \frac{1}{x} \rightarrow \frac{df}{dx} = -1/x^2$$", None),
}  # fmt: skip


@pytest.mark.corpus(4)
@pytest.mark.parametrize("name", TWINS)
def test_a_right_formula_is_right_and_its_wrong_twin_is_not(name):
    assert told_apart(*TWINS[name]) is True


UNSAID = {
    "a bias of which only custom says that it is a vector": (r"Let $X \in \mathbb{R}^{N \times D}$, $W \in \mathbb{R}^{D \times M}$ and $Y = XW + b$.", r"$$\frac{\partial L}{\partial b} = \frac{\partial L}{\partial Y}$$"),
    "an operator that is a name": (r"$S_i = \frac{e^{a_i}}{\sum_k e^{a_k}}$", r"$$D_j S_i = S_i (\delta_{ij} - S_j)$$"),
    "the element of a volume": (r"$V = r \theta \phi$", r"$$dV = r^2\,dr\,d\theta\,d\phi$$"),
    "how z depends on b": (r"$J = \frac12 \sum_{i=1}^m (\theta x^{(i)} - y^{(i)})^2$", r"$$db = \frac{1}{m} \sum_{i=1}^m dz^{(i)}$$"),
    "what the parts of a vector are": (STACKED, r"$$\frac{\partial L}{\partial z_t} = W_o^T \frac{\partial L}{\partial o_t}$$"),
}  # fmt: skip


@pytest.mark.corpus(2)
@pytest.mark.parametrize("name", UNSAID)
def test_nobody_is_accused_of(name):
    assert verdict(*UNSAID[name]) == "not-read"


def test_what_could_move_and_has_no_differential_is_a_condition():
    (claim,) = check_text("$$d(XY) = dX\\, Y$$", "note.md").claims
    assert (claim.verdict, claim.condition) == ("right-if", "Y is held fixed")


def test_what_stands_for_the_derivative_of_one_class_holds_for_i_equal_to_j():
    text = r"$S_i = \frac{e^{a_i}}{\sum_k e^{a_k}}$. For $i = j$: $$D_j S_i = \frac{\partial S_i}{\partial a_j} = S_i (1 - S_j)$$"
    last = check_text(text, "note.md").claims[-1]
    assert (last.verdict, last.condition) == ("right-if", "i = j")


def test_a_function_of_a_number_here_and_of_an_array_there_is_no_crash():
    text = r"$$\pi(a|s) = \frac{e^{H(a, s)}}{\sum_b e^{H(b)}}$$ $$\frac{\partial \pi}{\partial H} = H(a) + H(W x)$$"
    assert all(c.verdict != "wrong" for c in check_text(text, "note.md").claims)
