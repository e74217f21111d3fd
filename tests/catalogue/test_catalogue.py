"""The catalogue is complete, says where its claims come from, and computes what it says."""

from __future__ import annotations

import numpy as np
import pytest

from gradcheck.catalogue import REMARKS, formulas
from gradcheck.formulas.values import normal

from .slow import SLOW

FORMULAS = formulas()
CLAIMS = [claim for formula in FORMULAS for claim in formula.claims]
IDS = [f"D{number:02}" for number in range(1, 24)]
ERRATA = ["D06", "D07", "D09", "D14", "D17"]


def test_every_id_of_the_derivation_has_a_claim():
    assert sorted({claim.id for claim in CLAIMS}) == IDS


def test_errata_are_those_of_the_derivation():
    assert sorted({claim.id for claim in CLAIMS if claim.erratum}) == ERRATA


@pytest.mark.parametrize("id", ERRATA)
def test_every_erratum_stands_beside_its_correction(id):
    errata = [claim for claim in CLAIMS if claim.id == id and claim.erratum]
    right = [claim for claim in CLAIMS if claim.id == id and not claim.erratum]

    assert all(
        any(claim.formula is erratum.formula and claim.kind.name == erratum.kind.name for claim in right)
        for erratum in errata
    )


def test_both_readings_of_the_printed_gradient_are_there():
    printed = [claim.formula.name for claim in CLAIMS if claim.id == "D09" and claim.erratum]

    assert {"wx_column", "wx"} <= set(printed)


def test_both_readings_of_the_printed_sum_are_there():
    printed = [claim.suffix for claim in CLAIMS if claim.id == "D17" and claim.erratum]

    assert printed == ["printed-inside", "printed-left-over"]


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.uid)
def test_every_claim_says_what_it_is(claim):
    assert claim.id in IDS
    assert claim.section
    assert claim.latex
    assert claim.title
    assert claim.latex.count("{") == claim.latex.count("}")


def test_uids_and_names_are_unique():
    uids = [claim.uid for claim in CLAIMS]
    names = [formula.name for formula in FORMULAS]

    assert len(set(uids)) == len(uids)
    assert len(set(names)) == len(names)


def test_formulas_stand_in_the_order_of_the_derivation():
    first = [min(claim.id for claim in formula.claims) for formula in FORMULAS]
    # the two readings of one equation stand together, and so do the claims on it
    order = [section for i, section in enumerate(first) if section not in first[:i]]

    assert order == sorted(order)


@pytest.mark.parametrize("kind", ["vjp", "jacobian", "entry", "layout", "forward", "update"])
def test_every_kind_of_claim_occurs(kind):
    assert any(claim.kind.name == kind for claim in CLAIMS)


def test_every_activation_meets_both_costs():
    chains = [formula.name for formula in FORMULAS if "chain" in formula.name]

    for activation in ("sigmoid", "relu", "tanh"):
        costs = {name.rsplit("_", 1)[1] for name in chains if activation in name}
        assert "mse" in costs
        assert costs & {"logistic", "softmax"}


def test_remarks_are_sentences_and_distinct():
    assert len(set(REMARKS)) == len(REMARKS) >= 3
    assert all(remark.endswith(".") for remark in REMARKS)


@pytest.mark.parametrize("formula", FORMULAS, ids=lambda formula: formula.name)
@pytest.mark.parametrize("turn", [0, 1])
def test_forward_is_the_slow_computation(formula, turn):
    names = formula.shapes.names
    sizes = {name: 2 + (i + turn) % (len(names) + 1) for i, name in enumerate(names)}
    assert formula.allows(sizes)
    rng = np.random.default_rng(turn)
    arguments = []
    for name, shape in zip(formula.shapes.arguments, formula.shapes.concrete(sizes), strict=True):
        drawn = np.asarray(formula.values.get(name, normal)(shape, rng))
        # at the scale of 10 the textbook's cross-entropies overflow, which is not the point here
        arguments.append(np.tanh(drawn) if name not in formula.values else drawn)

    value = formula(*arguments)

    expected = np.reshape(SLOW[formula.name](*arguments), np.shape(value))
    np.testing.assert_allclose(value, expected, rtol=1e-12, atol=1e-12)
