# ruff: noqa: E501  (formulas stand on one line)
"""How lecturers write the most usual derivations: each beside a twin that must be found wrong."""

import pytest

from tests.notes.judged import told_apart, verdict

TITLE = r"""# Backpropagation

Let $x\in\mathbb{R}^n$, $W\in\mathbb{R}^{m\times n}$, $y\in\mathbb{R}^m$, $z = Wx + b$ and $l = \frac12\|z - y\|^2$."""
NORMAL = r"$\ell(\mu,\sigma^2) = -\frac n2\log\sigma^2 - \frac{1}{2\sigma^2}\sum_{i=1}^n (x_i-\mu)^2$"
BATCH = r"""$\mu_B = \frac{1}{m}\sum_{i=1}^m x_i$, $\sigma_B^2 = \frac{1}{m}\sum_{i=1}^m (x_i-\mu_B)^2$,
$\hat{x}_i = \frac{x_i-\mu_B}{\sqrt{\sigma_B^2+\epsilon}}$, $y_i = \gamma\hat{x}_i+\beta$"""

RELU = r"$Z = XW$, $X\in\mathbb{R}^{N\times D}$, $W\in\mathbb{R}^{D\times H}$, $C\in\mathbb{R}^{N\times H}$, $s = \mathrm{tr}(C^T\max(0, Z))$"
KERNEL = r"$k(x,y) = \exp\left(-\frac{\|x-y\|^2}{2\ell^2}\right)$ for $x,y\in\mathbb{R}^d$."
FORM = r"$f(x) = \frac12\langle x, Qx\rangle$ with $Q = Q^\top$:"
NEURON = r"$a = \sigma(wx+b)$, where $\sigma(z) = 1/(1+e^{-z})$. Call $z = wx+b$, and $C = (a-y)^2$."
GAUSSIANS = r"$q_i = \mu_i + 1$ and $D(\mu_1, s_1, \mu_2, s_2) = \log\frac{s_2}{s_1} + \frac{s_1^2+(\mu_1-\mu_2)^2}{2s_2^2}$"
TWO = r"$u(x,y) = x^2y+\sin(xy)$"

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
    "an indicator in square brackets": (RELU, r"$$\frac{\partial s}{\partial Z} = C \odot \mathbf{1}[Z > 0]$$", r"$$\frac{\partial s}{\partial Z} = C \odot \mathbf{1}[Z < 0]$$"),
    "an indicator in braces": (RELU, r"$$\frac{\partial s}{\partial Z} = C \odot \mathbf 1\{Z > 0\}$$", r"$$\frac{\partial s}{\partial Z} = C \odot \mathbf 1\{C > 0\}$$"),
    "an indicator I": (RELU, r"$$\frac{\partial s}{\partial Z} = C \odot I(Z > 0)$$", r"$$\frac{\partial s}{\partial Z} = C \odot I(Z < 0)$$"),
    "a length \\ell": (KERNEL, r"$$\frac{\partial k}{\partial\ell} = \frac{\|x-y\|^2}{\ell^3}k(x,y)$$", r"$$\frac{\partial k}{\partial\ell} = \frac{\|x-y\|^2}{\ell^2}k(x,y)$$"),
    "a remark that a matrix is symmetric": (FORM, r"$$\nabla f(x) = Qx$$", r"$$\nabla f(x) = 2Qx$$"),
    "an intermediate that is named after its use": (NEURON, r"$$\frac{\partial C}{\partial z} = 2(a-y)a(1-a)$$", r"$$\frac{\partial C}{\partial z} = 2(a-y)a(1-a)x$$"),
    "variables that numbers tell apart": (GAUSSIANS, r"$$\frac{\partial D}{\partial s_1} = \frac{s_1}{s_2^2} - \frac{1}{s_1}$$", r"$$\frac{\partial D}{\partial s_1} = \frac{s_1}{s_2^2} + \frac{1}{s_1}$$"),
    "a partial derivative by its mark": (TWO, r"$$u_x = 2xy + y\cos(xy)$$", r"$$u_x = 2xy - y\cos(xy)$$"),
    "twice": (TWO, r"$$u_{xy} = 2x + \cos(xy) - xy\sin(xy)$$", r"$$u_{xy} = 2x - xy\sin(xy)$$"),
    "a matrix that the text calls symmetric": (r"$P\in\mathbb{R}^{n\times n}$ is symmetric, $x\in\mathbb{R}^n$, $f = x^TPx$", r"$$\frac{\partial f}{\partial x} = 2Px$$", r"$$\frac{\partial f}{\partial x} = Px$$"),
    "a name that a paragraph takes anew": ("**Gamma.** $L(x) = x \\log x$\n\n**Laplace.** $L(m) = m^2$", r"$$L'(m) = 2m$$", r"$$L'(m) = m$$"),
}  # fmt: skip


@pytest.mark.parametrize("name", TWINS)
def test_a_right_formula_is_right_and_its_wrong_twin_is_not(name):
    assert told_apart(*TWINS[name]) is True


UNSURE = {
    "an antiderivative": r"If $F$ is an antiderivative of $f$: $F'(x) = f(x)$",
    "a density": r"$\phi$ is the normal density: $\phi'(x) = -x\phi(x)$",
    "a step": r"$\frac{dh}{dz} = H(z)$",
    "a differential equation": r"The solution is $y = Ce^{kt}$: $y' = ky$",
    "a vector and its length": r"$\vec r = r \hat r$, $V(r) = -k/r$: $\nabla V = \frac{k}{r^2}\hat r$",
    "a function in roman letters": r"$\Phi(x)=\frac12(1+\mathrm{erf}(\frac{x}{\sqrt2}))$: $\Phi'(x) = \phi(x)$",
    "the gamma function": r"$f(x) = \Gamma(x)^2$: $f'(x) = 2\Gamma(x)^2\psi(x)$",
}


@pytest.mark.parametrize("name", UNSURE)
def test_what_a_note_does_not_say_is_not_called_wrong(name):
    assert verdict(UNSURE[name], "") == "not-read"


def test_a_function_that_is_used_is_held_to_its_rules():
    assert verdict("$g(x) = f(x)^2$", "$$g'(x) = f(x) f'(x)$$") == "wrong"


@pytest.mark.parametrize("text", ["If $A$ is symmetric", "For symmetric $A$", "$A$ is not symmetric, but"])
def test_a_case_is_no_declaration(text):
    quadratic = r"$f = x^TAx$ with $x\in\mathbb{R}^n$. "
    assert verdict(quadratic + text, r"$$\frac{\partial f}{\partial x} = 2Ax$$") == "right-if"


def test_one_transposed_matrix_does_not_make_the_layout():
    text = r"With $W\in\mathbb{R}^{h\times d}$, $x\in\mathbb{R}^d$, $y\in\mathbb{R}^h$: $z = Wx$, $E = \frac12\|z-y\|^2$, $\frac{\partial E}{\partial x} = W^T(z-y)$"
    assert verdict(text, r"$$\frac{\partial E}{\partial W} = x(z-y)^T$$") == "right-if"
    assert verdict(text, r"$$\frac{\partial E}{\partial W} = (z-y)x^T$$") == "right"


@pytest.mark.parametrize(
    "text",
    [
        r"The ELU is $g(x) = x$ if $x>0$ and $e^x-1$ otherwise.",
        r"The ELU is $g(x) = x \text{ if } x>0$.",
    ],
)
def test_one_case_defines_no_function(text):
    """A derivative that is wrong in the other case is not accepted by it."""
    assert verdict(text, "For $x \\le 0$ its derivative is $g'(x) = 1$.") == "not-read"


def test_a_domain_is_no_case():
    assert verdict(r"Let $f(x) = \ln x$ for $x > 0$.", "$f'(x) = 1/x$") == "right"
    assert verdict(r"Let $f(x) = \ln x$ for $x > 0$.", "$f'(x) = -1/x$") == "wrong"
