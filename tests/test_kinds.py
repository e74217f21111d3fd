"""Kinds of claims are values, and a new one is one class: here a forward derivative, in this file only."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

import gradcheck
from gradcheck.arithmetic import BALLS
from gradcheck.backend import Answer
from gradcheck.checking.claim_check import check_claim
from gradcheck.errors import UsageError
from gradcheck.formulas.decorating import Formula
from gradcheck.formulas.entries import EntrySpec
from gradcheck.formulas.kinds import Descent, Entry, Forward, Jacobian, Kind, Layout, Update, Vjp
from gradcheck.formulas.kinds.directions import random_directions
from gradcheck.formulas.kinds.tables import table_of
from gradcheck.formulas.quantity import Quantity
from gradcheck.proofs import prove
from gradcheck.running.checker import Checker, RunOptions


@dataclass(frozen=True)
class Pushforward(Kind):
    """`(tangents, *args) -> dz`: the output's derivative along one tangent an argument."""

    name = "pushforward"
    noun = "your tangent"
    leading = ("tangents",)

    def statement(self, name):
        return f"derivative of {name} along tangents"

    def shapes(self, formula, point):
        return {Quantity("output", ("'",)): point.output_shapes[0]}

    def inputs(self, formula, point):
        return {"tangents": random_directions(tuple(a.shape for a in point.args))}

    def divided(self, formula, setting, result):
        return {Quantity("output", ("'",)): result}

    def derivatives(self, formula, point, program, directions=None, domain=BALLS):
        ((quantity, shape),) = self.shapes(formula, point).items()
        tangents = self.inputs(formula, point)["tangents"]
        total = np.zeros(shape)
        for i in point.wrt:
            table = table_of(point, program, i, domain).reshape(*shape, -1)
            total = total + np.sum(table * tangents[i].reshape(-1), axis=-1)
        return {quantity: Answer(np.asarray(total))}

    def directions(self, formula, point):
        return None


def curved(W, x):
    return np.tanh(W @ x)


def right(tangents, W, x):
    dW, dx = tangents
    return (1 - np.tanh(W @ x) ** 2) * (dW @ x + W @ dx)


def without_one(tangents, W, x):
    """The twin: the tangent of W is forgotten."""
    return (1 - np.tanh(W @ x) ** 2) * (W @ tangents[1])


def of_another_shape(tangents, W, x):
    return right(tangents, W, x)[None]


def writes(tangents, W, x):
    tangents[1][:] = 0.0
    return right(tangents, W, x)


def claimed(candidate):
    formula = Formula(curved, {"W": "n m", "x": "m"})
    formula.claim(Pushforward())(candidate)
    return formula.claims[0]


def test_a_kind_of_ones_own_is_checked_from_end_to_end():
    """One class; every backend answers, and its words stand in the row."""
    found = check_claim(claimed(right), max_examples=20)
    row = found.row
    assert (row.verdict, row.strength, row.kind) == ("pass", "certified", "pushforward")
    assert (row.uid, row.statement) == ("curved.pushforward", "derivative of curved along tangents")
    assert {b.backend: b.verdict for b in found.backends} == dict.fromkeys(
        ("autodiff", "finite_difference", "symbolic"), "pass"
    )


def test_its_wrong_twin_fails_with_a_counterexample():
    """At the smallest shape, with the quantity by name."""
    found = check_claim(claimed(without_one), max_examples=20).row
    assert (found.verdict, found.counterexample.quantity) == ("fail", "z'")
    assert found.counterexample.sizes == {"n": 1, "m": 1}
    assert found.counterexample.message.startswith("z'[0] is ")
    assert found.counterexample.delta == []


@pytest.mark.parametrize(
    ("candidate", "verdict", "words"),
    [
        (of_another_shape, "fail", "z': expected an array of shape (1,), got an array of shape (1, 1)"),
        (writes, "error", "the code changes tangents in place"),
    ],
)
def test_the_contract_holds_for_it_too(candidate, verdict, words):
    """Shapes, and what the code is given besides the arguments."""
    row = check_claim(claimed(candidate), max_examples=5).row
    assert (row.verdict, words in row.reason) == (verdict, True)


def test_its_code_must_take_what_it_says():
    """Found when it is declared."""
    with pytest.raises(UsageError, match="the pushforward candidate"):
        claimed(lambda W, x: x)


def test_a_kind_without_symbols_is_not_proved():
    """And says so."""
    proof = prove(claimed(right))
    assert (proof.status, "a pushforward claim, for all shapes" in proof.reason) == ("open", True)


def test_it_goes_through_a_run_as_any_other():
    """With the claims of the formula beside it."""
    formula = Formula(curved, {"W": "n m", "x": "m"})
    formula.claim(Pushforward(), id="T1", title="forward mode")(right)
    formula.vjp(lambda d, W, x: (np.outer(d * (1 - np.tanh(W @ x) ** 2), x), None))
    checker = Checker(RunOptions(max_examples=10))
    rows = [r for c in formula.claims for r in checker.check(c) if hasattr(r, "statement")]
    assert [(r.kind, r.verdict) for r in rows] == [("pushforward", "pass"), ("vjp", "pass")]
    assert formula.backwards == [formula.claims[1]]


KINDS = [
    Vjp(),
    Forward(),
    Update(),
    Jacobian("x"),
    Jacobian("x", "own"),
    Jacobian("y"),
    Layout("x", "tensor"),
    Entry(EntrySpec.parse("dJ/dx[i]")),
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.label)
def test_kinds_are_equal_where_they_state_the_same(kind):
    """A layout is no Jacobian; how an update is run does not change what it states."""
    assert [k for k in KINDS if k == kind] == [kind]
    assert kind == replace(kind)
    assert Update(Descent({"n": 3})) == Update()


def test_every_kind_says_what_it_is():
    """In the words of the log and of a diagnosis."""
    names = {"vjp", "jacobian", "layout", "entry", "forward", "update"}
    assert {k.name for k in KINDS} == names
    assert all(k.noun.startswith("your ") and "f" in k.statement("f") for k in KINDS)


def test_a_claim_is_declared_by_its_kind_or_by_its_decorator():
    """The decorators are `claim` for our kinds."""
    formula = gradcheck.formula(shapes={"x": "n"})(lambda x: x * x)
    formula.claim(Vjp())(lambda delta, x: 2 * delta * x)
    formula.vjp(suffix="again")(lambda delta, x: 2 * delta * x)
    assert formula.claims[0].kind == formula.claims[1].kind


def test_what_an_update_returned_in_another_shape_is_shown():
    """It is called with the rate, a number, where the arguments are arrays."""
    formula = Formula(lambda w: np.sum(w * w), {"w": "n"})
    formula.update()(lambda rate, w: (w - rate * 2 * w)[None])
    shown = check_claim(formula.claims[0], max_examples=5).row.counterexample
    assert (shown.quantity, shown.candidate.shape, shown.rate in (0.0625, 0.125, 0.5, 1.0)) == (
        "new w",
        [1, 1],
        True,
    )


def test_an_entry_by_an_output_shows_the_chain_rule_as_one_of_a_gradient_does():
    """Which argument an entry is by does not hang on how it is written."""
    formula = Formula(lambda z: 1 / (1 + np.exp(-z)), {"z": "n"})
    formula.entry("dz[i]/dz[i]")(lambda i, z: np.exp(-z[i]) / (1 + np.exp(-z[i])) ** 2)
    formula.entry("dJ/dz[i]")(lambda i, delta, z: delta[i] * np.exp(-z[i]) / (1 + np.exp(-z[i])) ** 2)
    for claim in formula.claims:
        rules = [step.rule for step in prove(claim).quantities[0].steps]
        assert "the chain rule's inner derivative" in rules


def test_a_diagnosis_knows_tables_of_entries():
    """Each is a call of its own, in float64 and in balls."""
    formula = Formula(lambda A, x: A @ x, {"A": "n m", "x": "m"})
    formula.entry("dJ/dA[i,j]")(lambda i, j, delta, A, x: delta[i] * x[min(i, len(x) - 1)])
    formula.entry("dz/dA[i,j]")(lambda i, j, A, x: 2 * np.eye(len(A))[i] * x[j])
    found = [check_claim(claim, max_examples=20).row.diagnosis for claim in formula.claims]
    assert [d.kind for of_claim in found for d in of_claim] == ["index", "factor"]
