# ruff: noqa: E501  (formulas stand on one line)
"""Formulas in the notations that notes use: each right one beside a wrong twin."""

import pytest

from gradcheck.notes import check_text

LINEAR = "W: n m; x: m; b: n; J: scalar"
LAYERS = "w^l: n_l n_{l-1}; a^l, b^l, z^l: n_l; C: scalar"
SHEET = "A, B, X: n n; a, b, x: n; C: m n"
LOGISTIC = r"X: m n; \theta: n; y: m"
BATCH = r"x, y: m; \gamma, \beta, \epsilon, \mu, \sigma^2, L: scalar"
NORMS = [
    r"\mu = \frac{1}{m}\sum_{i=1}^m x_i",
    r"\sigma^2 = \frac{1}{m}\sum_{i=1}^m (x_i - \mu)^2",
    r"\hat{x}_i = \frac{x_i - \mu}{\sqrt{\sigma^2 + \epsilon}}",
    r"y_i = \gamma \hat{x}_i + \beta",
]
LAYER = [r"z^l = w^l a^{l-1} + b^l", r"a^l = \sigma(z^l)"]
SOFTMAX = [r"p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}"]

PAIRS = {
    "layer": (LINEAR, ["z = W x + b"], r"\frac{\partial J}{\partial W} = \frac{\partial J}{\partial z} x^T",
              r"\frac{\partial J}{\partial W} = -\frac{\partial J}{\partial z} x^T"),
    "quadratic form": (SHEET, [], r"\nabla_x (x^T A x) = (A + A^T) x", r"\nabla_x (x^T A x) = (A - A^T) x"),
    "trace": (SHEET, [], r"\frac{\partial \operatorname{tr}(X^T A X)}{\partial X} = (A + A^\top) X",
              r"\frac{\partial \operatorname{tr}(X^T A X)}{\partial X} = X (A + A^\top)"),
    "determinant": (SHEET, [], r"\frac{\partial \ln \det X}{\partial X} = X^{-T}",
                    r"\frac{\partial \ln \det X}{\partial X} = -X^{-T}"),
    "entries of an inverse": (SHEET, [], r"\frac{\partial X^{-1}_{kl}}{\partial X_{ij}} = -X^{-1}_{ki} X^{-1}_{jl}",
                              r"\frac{\partial X^{-1}_{kl}}{\partial X_{ij}} = X^{-1}_{ki} X^{-1}_{jl}"),
    "norm": (SHEET, [], r"\frac{\partial \|x - a\|^2}{\partial x} = 2(x - a)",
             r"\frac{\partial \|x - a\|^2}{\partial x} = x - a"),
    "layers": (LAYERS, LAYER, r"\delta^l = ((w^{l+1})^T \delta^{l+1}) \odot \sigma'(z^l)",
               r"\delta^l = ((w^{l+1})^T \delta^{l+1}) \odot \sigma'(z^{l+1})"),
    "entries of layers": (LAYERS, LAYER, r"\frac{\partial C}{\partial w^l_{jk}} = a^{l-1}_k \delta^l_j",
                          r"\frac{\partial C}{\partial w^l_{jk}} = a^{l-1}_j \delta^l_k"),
    "softmax": ("z: n", SOFTMAX, r"\frac{\partial p_i}{\partial z_j} = p_i (\delta_{ij} - p_j)",
                r"\frac{\partial p_i}{\partial z_j} = p_i (1 - p_j)"),
    "cases": ("z: n", SOFTMAX,
              r"\frac{\partial p_i}{\partial z_j} = \begin{cases} p_i(1-p_i) & \text{if } i = j \\ -p_i p_j & i \neq j \end{cases}",
              r"\frac{\partial p_i}{\partial z_j} = \begin{cases} p_i(1-p_i) & \text{if } i = j \\ p_i p_j & i \neq j \end{cases}"),
    "batch norm": (BATCH, NORMS,
                   r"\frac{\partial L}{\partial x_i} = \frac{\partial L}{\partial \hat{x}_i} \frac{1}{\sqrt{\sigma^2+\epsilon}} + \frac{\partial L}{\partial \sigma^2} \frac{2(x_i - \mu)}{m} + \frac{\partial L}{\partial \mu} \frac{1}{m}",
                   r"\frac{\partial L}{\partial x_i} = \frac{\partial L}{\partial \hat{x}_i} \frac{1}{\sqrt{\sigma^2+\epsilon}} + \frac{\partial L}{\partial \sigma^2} \frac{2(x_i - \mu)}{m}"),
    "logistic loss": (LOGISTIC, [r"h = \sigma(X\theta)", r"J(\theta) = -\frac{1}{m}\left[ y^T \log(h) + (1-y)^T \log(1-h) \right]"],
                      r"\nabla_\theta J = \frac{1}{m} X^T (h - y)", r"\nabla_\theta J = \frac{1}{m} X^T (y - h)"),
    "one number": ("", [r"f(x) = x^3 - 2x + 1"], "f'(x) = 3x^2 - 2", "f'(x) = 3x^2 + 1"),
    "chain": (LINEAR, ["z = W x"], r"\frac{\partial J}{\partial W_{ij}} = \sum_{k=1}^n \frac{\partial J}{\partial z_k} \frac{\partial z_k}{\partial W_{ij}} = \frac{\partial J}{\partial z_i} x_j",
              r"\frac{\partial J}{\partial W_{ij}} = \sum_{k=1}^n \frac{\partial J}{\partial z_k} \frac{\partial z_k}{\partial W_{ij}} = \frac{\partial J}{\partial z_j} x_i"),
}  # fmt: skip


def checked(declared, formulas):
    blocks = "\n\n".join(f"$$\n{f}\n$$" for f in formulas)
    return check_text(f"<!-- gradcheck\n{declared}\n-->\n\n{blocks}\n", "note.md").claims


@pytest.mark.parametrize("name", PAIRS)
def test_a_right_claim_is_right_and_its_wrong_twin_wrong(name):
    declared, definitions, right, wrong = PAIRS[name]
    *before, claim = checked(declared, [*definitions, right])
    assert all(d.verdict == "right" for d in before), before
    assert claim.verdict == "right", claim
    assert checked(declared, [*definitions, wrong])[-1].verdict == "wrong"


SLIPS = {
    "a free index": (LAYERS, [], r"z_j^l = \sum_{k=1}^m w_{jk}^l a_k^{l-1} + b_k^l", "free", "b_{j}^{l}"),
    "an index bound twice": (LINEAR, ["z = W x"], r"\frac{\partial J}{\partial x_j} = \sum_j W_{jk} x_j", "bound", None),
    "a lost layer": (LAYERS, LAYER, r"\delta^l_j = \sum_k \delta^{l+1}_k w_{kj} \sigma'(z^l_j)", "layer", "w_{k j}^{l + 1}"),
    "a transpose": (LINEAR, ["z = W x"], r"\frac{\partial J}{\partial x} = W \frac{\partial J}{\partial z}", "conform", r"W^\top"),
    "another activation": (f"g: elementwise; {LAYERS}", ["z^l = w^l a^{l-1} + b^l", "a^l = g(z^l)"],
                           r"\delta^l = ((w^{l+1})^T \delta^{l+1}) \odot \sigma'(z^l)", "activation", None),
}  # fmt: skip


@pytest.mark.parametrize("name", SLIPS)
def test_slips_have_a_message_of_their_own_and_a_correction(name):
    declared, definitions, formula, said, correction = SLIPS[name]
    claim = checked(declared, [*definitions, formula])[-1]
    assert claim.verdict == "wrong"
    assert said in claim.reason
    if correction is not None:
        assert correction in claim.correction


def test_corrections_are_right_when_they_are_read_again():
    for name in ("a lost layer", "a transpose"):
        declared, definitions, formula, _, _ = SLIPS[name]
        fixed = checked(declared, [*definitions, formula])[-1].correction
        assert checked(declared, [*definitions, fixed])[-1].verdict == "right"


CONDITIONS = {
    "sum y = 1": ("z, y: n", [*SOFTMAX, r"L = -\sum_k y_k \log p_k"], r"\frac{\partial L}{\partial z_i} = p_i - y_i", "sum to 1"),
    "i and j differ": ("z: n", SOFTMAX, r"\frac{\partial p_i}{\partial z_j} = -p_i p_j", "i ≠ j"),
    "symmetric": (SHEET, [], r"\nabla_x (x^T A x) = 2 A x", "symmetric"),
    "another name": ("x: m", [r"s = \frac{1}{m}\sum_{i=1}^m x_i"], r"\frac{\partial s}{\partial x_i} = \frac{1}{N}", "N = m"),
    "elementwise": (LAYERS, LAYER, r"\delta^l = \nabla_{a^l} C \sigma'(z^l)", "entry by entry"),
    "a batch of one": ("X: N d; W: d k; B: row k", ["Y = X W + B"], r"\frac{\partial E}{\partial B} = \frac{\partial E}{\partial Y}", "N = 1"),
}  # fmt: skip


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_claim_that_needs_a_condition_is_right_under_it(name):
    declared, definitions, formula, condition = CONDITIONS[name]
    claim = checked(declared, [*definitions, formula])[-1]
    assert claim.verdict == "right-if", claim
    assert condition in claim.condition


NO_CLAIMS = {
    "an update": r"W := W - \eta \frac{\partial J}{\partial W}",
    "an equation": r"x^T x = 1",
    "a stationary point": r"\frac{\partial J}{\partial x} = 0",
    "an approximation": r"\Delta J \approx \frac{\partial J}{\partial x} \Delta x",
    "a power of a tensor": r"\frac{\partial z}{\partial W} = x^T",
    "an undeclared symbol": r"\frac{\partial J}{\partial x} = q",
}


@pytest.mark.parametrize("name", NO_CLAIMS)
def test_what_is_no_claim_or_not_certain_is_not_read(name):
    claim = checked(LINEAR, ["z = W x", NO_CLAIMS[name]])[-1]
    assert claim.verdict == "not-read", claim
    assert claim.reason


def test_a_note_has_one_layout_and_a_claim_in_another_says_so():
    right = [r"\frac{\partial z}{\partial x} = W", r"\frac{\partial z}{\partial b} = I", r"\frac{\partial J}{\partial x} = \frac{\partial J}{\partial z} W"]  # fmt: skip
    found = checked(LINEAR, ["z = W x + b", *right, r"\frac{\partial z}{\partial x} = W^T"])
    assert [c.verdict for c in found] == ["right"] * 4 + ["right-if"]
    assert found[1].layout == "numerator"
    assert "denominator" in found[-1].condition


def test_a_declared_layout_holds():
    claim = checked(f"{LINEAR}; layout: denominator", ["z = W x", r"\frac{\partial z}{\partial x} = W"])[-1]
    assert claim.verdict == "wrong"


def test_ignore_next_leaves_a_formula_out():
    text = f"<!-- gradcheck\n{LINEAR}\n-->\n$$z = W x$$\n<!-- gradcheck: ignore next -->\n$$\\frac{{\\partial z}}{{\\partial x}} = 2W$$\n"
    assert [c.latex for c in check_text(text, "note.md").claims] == ["z = W x"]


def test_a_section_may_define_its_symbols_anew():
    text = "# A\n<!-- gradcheck\nx: n\nW: n m\n-->\n$s = x^T x$\n# B\n<!-- gradcheck\nx: m\n-->\n$z = W x$\n$\\frac{\\partial z}{\\partial x} = W$\n"
    assert [c.verdict for c in check_text(text, "note.md").claims] == ["right"] * 3
