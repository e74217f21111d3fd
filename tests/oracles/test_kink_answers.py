"""Conventions at kinks: the gradients on both sides, exactly, and their mean."""

import numpy as np
import pytest

import gradcheck
from gradcheck.errors import Unsupported
from gradcheck.judging.answers.backends import choose
from gradcheck.oracles.inputs import bind
from gradcheck.oracles.kink_answers import conventions
from gradcheck.oracles.reference import Oracle
from gradcheck.oracles.sources import Sources


def answers(formula, delta, **arrays):
    oracle = Oracle(formula)
    point, _ = bind(formula, arrays, delta)
    assert oracle.is_kink(point)
    return [c.gradients for c in conventions(oracle.problem(point), point, oracle.sources)]


def test_relu_at_zero_is_all_none_or_half():
    found = answers(gradcheck.oracle("relu").formula, [0.7, 3.0, 2.0], z=[0.0, -1.0, 5.0])

    assert [g["z"].tolist() for g in found] == [[0.7, 0.0, 2.0], [0.0, 0.0, 2.0], [0.35, 0.0, 2.0]]


def test_minus_zero_is_zero():
    found = answers(gradcheck.oracle("relu").formula, [1.0], z=[-0.0])

    assert [g["z"].tolist() for g in found] == [[1.0], [0.0], [0.5]]


def test_a_maximum_goes_to_one_or_the_other_or_both_halves():
    top = gradcheck.Formula(lambda x: x.max(), {"x": "n"}, name="top")

    found = answers(top, 2.0, x=[1.0, 1.0, 0.0])

    assert {tuple(g["x"].tolist()) for g in found} >= {(2.0, 0.0, 0.0), (0.0, 2.0, 0.0), (1.0, 1.0, 0.0)}
    assert (2.0, 2.0, 0.0) not in {tuple(g["x"].tolist()) for g in found}


def test_what_is_zero_only_at_the_kink_is_exactly_zero():
    """The gradient by w is delta * relu(x): next to the kink it is tiny and no longer zero."""
    scaled = gradcheck.Formula(lambda w, x: w * np.maximum(x, 0), {"w": "n", "x": "n"}, name="scaled")

    found = answers(scaled, [3.0], w=[2.0], x=[0.0])

    assert all(g["w"].tolist() == [0.0] for g in found)
    assert sorted(g["x"].tolist() for g in found) == [[0.0], [3.0], [6.0]]


def test_without_a_backend_that_encloses_there_are_none():
    formula = gradcheck.oracle("relu").formula
    point, _ = bind(formula, {"z": [0.0]}, [1.0])

    with pytest.raises(Unsupported, match="no backend encloses"):
        conventions(Oracle(formula).problem(point), point, Sources(choose(["finite_difference"])))
