"""SymPy's derivatives of the same entries, and of the scalar rules."""

import numpy as np
import pytest
import sympy

from gradcheck import Formula
from gradcheck.catalogue import formulas
from gradcheck.proofs import Memory
from gradcheck.proofs.branches import Branch
from gradcheck.proofs.indexed import derivative, rebound
from gradcheck.proofs.indexed.algebra.evaluation import FLOAT_RULES, Numbers
from gradcheck.proofs.second_opinion import sympy_opinion
from gradcheck.running.showing_proofs import examined
from tests.indexed.conftest import Symbols
from tests.trust.corpus import CORPUS

SCALAR = {
    "exp": (np.exp, sympy.exp), "log": (np.log, sympy.log), "sin": (np.sin, sympy.sin),
    "cos": (np.cos, sympy.cos),
    "arctan": (np.arctan, sympy.atan), "tanh": (np.tanh, sympy.tanh), "sinh": (np.sinh, sympy.sinh),
    "cosh": (np.cosh, sympy.cosh), "sqrt": (np.sqrt, sympy.sqrt), "tan": (np.tan, sympy.tan),
    "log1p": (np.log1p, lambda x: sympy.log(1 + x)), "expm1": (np.expm1, lambda x: sympy.exp(x) - 1),
    "reciprocal": (np.reciprocal, lambda x: 1 / x), "square": (np.square, lambda x: x**2),
    "log2": (np.log2, lambda x: sympy.log(x, 2)),
    "exp2": (np.exp2, lambda x: 2**x), "power": (lambda x: x**2.5, lambda x: x ** sympy.Rational(5, 2)),
    "logaddexp": (lambda x: np.logaddexp(x, 2 * x), lambda x: sympy.log(sympy.exp(x) + sympy.exp(2 * x))),
    "hypot": (lambda x: np.hypot(x, 2.0), lambda x: sympy.sqrt(x**2 + 4)),
    "own power": (lambda x: x**x, lambda x: x**x),
}  # fmt: skip


@pytest.mark.parametrize("name", SCALAR)
def test_derivatives_of_functions_of_one_number(name):
    """First and second, at a few points, to the last digits of float64."""
    ours, theirs = SCALAR[name]
    symbols = Symbols()
    x = symbols.array("x", positive=True)
    expression = rebound(ours, symbols.space)(x).entry
    s = sympy.Symbol("s", positive=True)
    right = theirs(s)
    for _ in range(2):
        expression = derivative(expression, symbols.heads["x"], ())
        right = sympy.diff(right, s)
        for at in (0.3, 0.7, 1.1):
            values = {symbols.heads["x"]: np.asarray(at)}
            mine = float(Numbers(symbols.space, {}, values, FLOAT_RULES).at(expression, []))
            assert mine == pytest.approx(float(right.subs(s, at)), rel=1e-11)


NAMED = ["wx", "mse_rows", "layer", "recursion_sigmoid", "chain1_mse", "mapped_squares"]
USERS = [
    "softmax",
    "quadratic_form",
    "rms_norm",
    "trace_of_product",
    "cosine_similarity",
    "swish",
    "harmonic_mean",
]


@pytest.mark.parametrize("name", [*NAMED, *USERS])
def test_entries_at_two_small_shapes(name):
    """With distinct sizes."""
    known = {f.name: f for f in formulas()} | (CORPUS if name in USERS else {})
    opinion = sympy_opinion(Memory(known[name]))
    assert not opinion.wrong
    assert opinion.words.startswith("SymPy differentiates to the same entries at ")
    assert " and at " in opinion.words


def test_a_wrong_derivative_of_ours_would_be_noticed(monkeypatch):
    """The twin: a rule of ours is broken on purpose."""
    memory = Memory(CORPUS["quadratic_form"])
    truth = memory.truth(Branch())
    right = truth.gradient
    monkeypatch.setattr(truth, "gradient", lambda k: right(k).scaled(2))
    assert sympy_opinion(memory).wrong


def test_it_says_when_it_is_not_asked():
    """Kinks, and what is too large."""
    assert "not asked about kinks" in sympy_opinion(Memory(CORPUS["relu"])).words
    assert "too many entries" in sympy_opinion(Memory(CORPUS["attention"])).words


def test_prove_shows_it_and_a_contradiction_is_ours(monkeypatch):
    """In the proof that the command shows."""
    formula = Formula(lambda x: x * x, {"x": "n"})
    formula.vjp(lambda d, x: 2 * d * x)
    assert "same entries" in examined(formula.claims[0]).opinions["sympy"]
    from gradcheck.proofs.second_opinion import Opinion
    from gradcheck.running import showing_proofs

    monkeypatch.setattr(
        showing_proofs, "sympy_opinion", lambda *_: Opinion("another one at n = 2", wrong=True)
    )
    proof = examined(formula.claims[0])
    assert proof.status == "open"
    assert "contradict each other" in proof.reason
