"""JAX's derivative for all shapes beside ours: the same normal form, or the reason why there is none."""

import dataclasses
import functools
import sys

import numpy as np
import pytest

from gradcheck import Formula
from gradcheck.backend import GeneralDerivative
from gradcheck.catalogue import formulas
from gradcheck.errors import Unsupported
from gradcheck.judging.answers.backends import discover
from gradcheck.judging.points.generation import generate
from gradcheck.judging.session import Session
from gradcheck.proofs import Memory
from gradcheck.proofs.branches import Branch
from gradcheck.proofs.general_opinion import general_opinion
from gradcheck.proofs.indexed.algebra.derivative import SCALAR_RULES
from gradcheck.proofs.indexed.algebra.functions import apply
from gradcheck.proofs.second_opinion import sympy_opinion
from gradcheck.running.showing_proofs import examined
from tests.proofs.test_corpus import PROVED
from tests.trust.corpus import CORPUS

pytest.importorskip("jax")

KNOWN = {f.name: f for f in formulas()} | {name: CORPUS[name] for name in sorted(CORPUS)}
NOT_ASKED = {
    "squared_error_as_float", "focal_loss", "cross_entropy_of_labels", "embedding", "half_squared_error",
    "unit_rows", "sample_variance", "causal_attention", "conv1d", "conv1d_channels", "conv2d",
    "conv2d_padded",
    "max_pool_by_mask", "average_pool", "log_determinant", "determinant", "inverse", "solve",
    "gaussian_log_density", "gru_step", "lstm_step", "differences", "polar", "running_log_sum_exp",
    "rolled_products", "two_heads", "group_sums", "without_diagonal", "scaled_dot",
}  # fmt: skip
"""Proved, but what JAX traces or derives has no form that runs on symbols, or another one."""
AGREED = [f.name for f in formulas()] + sorted(PROVED - NOT_ASKED)


@functools.cache
def backends():
    return [f for f in discover() if f.name == "autodiff"]


def theirs(formula):
    """JAX's derivative of a formula for all shapes."""
    point = generate(formula, max_examples=1, seed=0).points[-1]
    (found,) = Session(formula, backends()).general(point)
    return found


def opinion_of(formula):
    return general_opinion(Memory(formula), theirs(formula))


@pytest.mark.corpus(4)
@pytest.mark.parametrize("name", AGREED)
def test_jax_differentiates_to_the_same_normal_form(name):
    """All of the catalogue, and every proved formula of the corpus."""
    opinion = opinion_of(KNOWN[name])
    assert opinion.agrees, opinion.words
    assert not opinion.wrong
    assert opinion.words.startswith(
        "JAX's derivative, traced for all shapes, has the same normal form in every"
    )


@pytest.mark.corpus(4)
@pytest.mark.parametrize("name", sorted(NOT_ASKED))
def test_where_jax_has_no_opinion_it_does_not_contradict(name):
    """The reason is named."""
    opinion = opinion_of(KNOWN[name])
    assert not opinion.wrong
    assert not opinion.agrees
    assert opinion.words


def test_a_constant_rounded_in_another_place_is_no_contradiction():
    """JAX rounds `1 / 3 - 1` in floats, a unit in the last place beside minus two thirds."""
    opinion = opinion_of(CORPUS["cubic_norm"])
    assert "with the same values" in opinion.words
    assert not opinion.wrong


def test_it_says_why_there_is_no_opinion():
    """`len` gives Python an integer, which a trace for all shapes has not."""
    opinion = opinion_of(Formula(lambda x: x * len(x), {"x": "n"}))
    wanted = "JAX's derivative does not run on symbols: a question about a size: traced shape by shape"
    assert opinion.words == wanted
    assert not opinion.agrees
    assert not opinion.wrong


def test_code_of_theirs_that_raises_is_no_opinion():
    """The reason is the first line of what it says."""

    def hostile(sizes, args, deltas):
        raise ZeroDivisionError("by n\nsecond line")

    formula = Formula(lambda x: 2 * x, {"x": "n"})
    opinion = general_opinion(Memory(formula), GeneralDerivative("Me", hostile))
    assert opinion.words == "Me's derivative does not run on symbols: ZeroDivisionError: by n"


def test_a_forward_that_does_not_run_on_symbols_has_no_opinion():
    """As SymPy's."""
    formula = CORPUS["sorted_dot"]
    with pytest.raises(Unsupported, match=r"np\.sort"):
        general_opinion(Memory(formula), theirs(formula))


def test_sizes_that_were_asked_about_are_named():
    """What is equal then is so in the general case."""

    def forward(x, y):
        return x * y if x.shape == y.shape else x.sum() * y.sum()

    def gradients(sizes, args, deltas):
        x, y = args
        return {0: deltas[0] * y.sum() + 0 * x, 1: deltas[0] * x.sum() + 0 * y}

    formula = Formula(forward, {"x": "n", "y": "m"})
    opinion = general_opinion(Memory(formula), GeneralDerivative("Me", gradients))
    assert opinion.agrees
    assert opinion.words.endswith("in every argument (x, y), in the general case (n != m)")


@pytest.mark.parametrize(("least", "words"), [(3, "at n = 4"), (9, "no small shape could be evaluated")])
def test_numbers_are_compared_in_the_general_case_only(least, words):
    """At other sizes the code does something else, which is no contradiction."""

    def forward(x):
        return 2 * x if len(x) < least else x + 1 / x - 1 / x

    def gradients(sizes, args, deltas):
        if type(sizes["n"]) is int:
            return {0: deltas[0] * (2 if sizes["n"] < least else 1)}
        return {0: 3 * deltas[0]}  # another form, so that numbers are asked for

    formula = Formula(forward, {"x": "n"})
    opinion = general_opinion(Memory(formula), GeneralDerivative("Me", gradients))
    assert not opinion.wrong
    assert opinion.words.endswith(words)
    assert sympy_opinion(Memory(formula)).agrees == (least == 3)


# -- wrong twins: what must be noticed as a contradiction


@pytest.mark.parametrize("name", ["tanh_layer", "softmax", "batch_norm", "relu"])
def test_a_wrong_derivative_of_ours_is_a_contradiction(name, monkeypatch):
    memory = Memory(CORPUS[name])
    truth = memory.truth(Branch())
    right = truth.gradient
    monkeypatch.setattr(truth, "gradient", lambda k: right(k).scaled(1 if k else 2))
    opinion = general_opinion(memory, theirs(CORPUS[name]))
    assert opinion.wrong
    first = CORPUS[name].shapes.arguments[0]
    assert (
        opinion.words.startswith(f"JAX's derivative by {first} is another one at n = ")
        or "b = " in opinion.words
    )


def negated_exponential(monkeypatch):
    module = sys.modules["gradcheck.proofs.indexed.algebra.derivative"]
    right = module._outer

    def wrong(space, head, indices, exponent):
        found = right(space, head, indices, exponent)
        return -found if head.kind == "exp" else found

    monkeypatch.setattr(module, "_outer", wrong)


def cosine_of_twice(monkeypatch):
    monkeypatch.setitem(SCALAR_RULES, "sin", lambda e: apply("cos", e + e))


@pytest.mark.parametrize(
    ("function", "broken"),
    [(np.tanh, negated_exponential), (np.exp, negated_exponential), (np.sin, cosine_of_twice)],
)
def test_a_wrong_rule_of_ours_is_a_contradiction(function, broken, monkeypatch):
    """`tanh` is written with `exp`, so that tanh' = 1 - tanh^2 goes wrong with it."""
    formula = Formula(lambda W, x: function(W @ x), {"W": "n m", "x": "m"})
    assert opinion_of(formula).agrees
    broken(monkeypatch)
    opinion = opinion_of(formula)
    assert opinion.wrong
    assert opinion.words == "JAX's derivative by W is another one at n = 2, m = 3"


def test_a_wrong_jaxpr_is_a_contradiction():
    """One trace is exchanged for that of another function."""
    wrong = theirs(Formula(lambda W, x: W @ x * 1.5, {"W": "n m", "x": "m"}))
    opinion = general_opinion(Memory(Formula(lambda W, x: W @ x, {"W": "n m", "x": "m"})), wrong)
    assert opinion.wrong
    assert opinion.words == "JAX's derivative by W is another one at n = 2, m = 3"


def test_a_gradient_of_another_shape_is_no_opinion():
    formula = Formula(lambda x: x * 2, {"x": "n"})
    opinion = general_opinion(
        Memory(formula), GeneralDerivative("Me", lambda s, a, d: {0: d[0][:, None] * 2})
    )
    assert (
        opinion.words
        == "Me's derivative does not run on symbols: its gradient has the shape (n, 1), not (n,)"
    )


def test_forms_that_differ_without_a_value_anywhere_are_no_contradiction():
    """Nothing is said where no number can be had."""

    def gradients(sizes, args, deltas):
        if type(sizes["n"]) is int:
            raise Unsupported("not in numbers")
        return {0: 3 * deltas[0]}

    formula = Formula(lambda x: x * 2, {"x": "n"})
    opinion = general_opinion(Memory(formula), GeneralDerivative("Me", gradients))
    assert opinion.words == "Me's normal form by x is another one, and no small shape could be evaluated"
    assert not opinion.wrong


# -- where it is shown


def doubled():
    formula = Formula(lambda x: x * x, {"x": "n"})
    formula.vjp(lambda d, x: 2 * d * x)
    return formula.claims[0]


def test_prove_shows_it():
    """Beside SymPy's."""
    opinions = examined(doubled()).opinions
    assert list(opinions) == ["balls", "sympy", "jax"]
    assert opinions["jax"].endswith("has the same normal form in every argument (x)")


def test_a_contradiction_is_ours(monkeypatch):

    claim = doubled()
    monkeypatch.setattr(
        Session, "general", lambda self, point: [GeneralDerivative("Me", lambda s, a, d: {0: d[0] * a[0]})]
    )
    proof = examined(claim)
    assert proof.status == "open"
    assert proof.opinions["me"] == "Me's derivative by x is another one at n = 2"
    assert proof.reason == (
        "our derivative and Me's contradict each other, a bug of ours: "
        "Me's derivative by x is another one at n = 2"
    )


class Broken:
    """A third party's backend whose trace for all shapes fails."""

    def __init__(self, error):
        self.error = error

    def derive_for_all_shapes(self, problem):
        raise self.error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (Unsupported("loops"), "autodiff's derivative does not run on symbols: loops"),
        (KeyError("n"), "autodiff's derivative does not run on symbols: the backend failed: KeyError: 'n'"),
    ],
)
def test_a_broken_backend_is_no_opinion_and_ends_nothing(error, words):
    """Its name stands for the source that it did not name."""
    claim = doubled()
    point = generate(claim.formula, max_examples=1, seed=0).points[-1]
    (found,) = [dataclasses.replace(f, backend=Broken(error)) for f in backends()]
    (derivative,) = Session(claim.formula, [found]).general(point)
    opinion = general_opinion(Memory(claim.formula), derivative)
    assert opinion.words == words
    assert not opinion.wrong


def test_backends_need_not_have_it():
    """Finite differences have none, and a third party's may have one."""
    claim = doubled()
    point = generate(claim.formula, max_examples=1, seed=0).points[-1]
    without = [f for f in discover() if f.name != "autodiff"]
    assert without
    assert list(Session(claim.formula, without).general(point)) == []
    (missing,) = [dataclasses.replace(f, backend=None) for f in backends()]
    assert list(Session(claim.formula, [missing]).general(point)) == []
