"""Answers as a candidate: what was answered at a point, and nothing at any other."""

import numpy as np
import pytest

import gradcheck
from gradcheck.arithmetic import BALLS, enclose, wrap
from gradcheck.errors import Unsupported
from gradcheck.oracles.answers.claim import answered_claim, who
from gradcheck.oracles.answers.given import Given, Implementation
from gradcheck.oracles.inputs import bind

DELTA, W, X = np.array([1.0, 2.0]), np.ones((2, 3)), np.array([1.0, 2.0, 3.0])


def claim(**gradients):
    formula = gradcheck.oracle("wx").formula
    point, _ = bind(formula, {"W": W, "x": X}, DELTA)
    given = {4: Given(gradients=gradients)}
    return answered_claim(formula, Implementation(name="lib", language="C"), given, {4: point})


def test_it_gives_back_what_was_answered_there():
    answer = np.arange(3.0)

    found = claim(x=answer, W=None).candidate(DELTA, W, X)

    assert found["x"] is answer
    assert found["W"] is None


def test_it_has_nothing_at_another_point_or_in_another_arithmetic():
    candidate = claim(x=X).candidate

    with pytest.raises(Unsupported, match="there is no answer at this point"):
        candidate(DELTA + 1, W, X)
    with pytest.raises(Unsupported, match="runs in floating point only"):
        candidate(wrap(enclose(DELTA), BALLS), W, X)


def test_the_claim_says_whose_answers_they_are():
    double, single = claim(x=X), claim(x=X.astype(np.float32))

    assert double.uid == "D09/wx.vjp.answers"
    assert double.statement() == "gradients of wx by lib (C)"
    assert (double.bits, single.bits) == (53, 24)
    assert who(Implementation(name="lib", version="2", language="")) == "lib 2"
