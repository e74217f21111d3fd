"""A third party's backend is treated by what it says of itself, as ours are; the core knows no names."""

import ast
from pathlib import Path

import numpy as np
import pytest

import gradcheck
from gradcheck.arithmetic import BALLS
from gradcheck.backend import Traits
from gradcheck.checking.claim_check import check_claim
from gradcheck.diagnosis.rights import right_at
from gradcheck.formulas.decorating import Formula
from gradcheck.judging.answers.backends import Found, discover
from gradcheck.judging.point_check import check_point
from gradcheck.judging.session import Session
from gradcheck_backends import autodiff, finite_difference, symbolic

CORE = Path(gradcheck.__file__).parent
NAMES = {b.BACKEND.name for b in (autodiff, finite_difference, symbolic)}
# notes ask for a backend by name, as users do; the narrative has a plural for readers
LISTED = {"backends.py", "verifying.py", "narrative.py"}
"""Where ours are listed, in the order of the documents, before any is loaded."""


class Stranger:
    """What central differences do, under a name and with traits that the core has never heard of."""

    install = "pip install stranger"

    def __init__(self, name, traits=None):
        self.name, self.asked = name, 0
        if traits is not None:
            self.traits = traits

    def version(self):
        return "stranger 1.0"

    def derive(self, problem):
        self.asked += 1
        return finite_difference.BACKEND.derive(problem)


OURS = finite_difference.BACKEND.traits


def found(*strangers):
    return [Found(s.name, s, "stranger 1.0") for s in strangers]


def named(source):
    """The names of backends that a source has as texts."""
    texts = {n.value for n in ast.walk(ast.parse(source)) if isinstance(n, ast.Constant)}
    return NAMES & {t for t in texts if isinstance(t, str)}


def test_the_core_names_no_backend():
    """It knows traits."""
    files = sorted(CORE.rglob("*.py"))
    assert files
    assert {f.name for f in files if named(f.read_text())} == LISTED


@pytest.mark.parametrize(
    ("source", "names"),
    [("if name == 'symbolic': ...", {"symbolic"}), ('"""A finite_difference."""\nx = one.traits', set())],
)
def test_a_file_that_names_one_would_be_noticed(source, names):
    """The twin."""
    assert named(source) == names


@pytest.mark.parametrize(("traits", "asked"), [(OURS, False), (None, True)])
def test_one_that_sees_kinks_spares_the_question(traits, asked, point_at, monkeypatch):
    """Where everybody agrees."""
    formula = Formula(lambda x: np.maximum(x, 0), {"x": "n"})
    formula.vjp(lambda d, x: d * (x > 0))
    session = Session(formula, found(Stranger("stranger", traits)))
    seen = []
    monkeypatch.setattr(Session, "kink", lambda self, point, **how: seen.append(point))
    result = check_point(formula.claims[0], point_at(formula, x=[1.0, -2.0]), session)
    assert result.opinions["stranger"].says == "agree"
    assert bool(seen) == asked


def wrong():
    formula = Formula(lambda x: x * x, {"x": "n"})
    formula.vjp(lambda d, x: 3 * d * x)
    return formula


def test_the_quickest_is_the_one_that_a_new_shape_costs_least():
    """Whatever the order; the first of those that cost the same."""
    for costs, quick in (((2, 0), "b"), ((0, 2), "a"), ((1, 1), "a")):
        both = [Stranger(n, Traits(cost_of_shape=c)) for n, c in zip("ab", costs, strict=True)]
        session = Session(wrong(), found(*both))
        assert session.quickest(["a", "b"]) == quick
        assert session.quickest(["b"]) == "b"
        assert session.quickest(["c"]) is None


def test_it_alone_is_asked_in_the_search_for_the_smallest_failure(monkeypatch):
    """What is found is then held against everybody."""
    only = []

    def watched(claim, point, session, **how):
        only.append(how.get("only"))
        return check_point(claim, point, session, **how)

    monkeypatch.setattr("gradcheck.checking.minimise.check_point", watched)
    dear, cheap = Stranger("dear", Traits(cost_of_shape=2)), Stranger("cheap", Traits(cost_of_shape=0))
    row = check_claim(wrong().claims[0], found=found(dear, cheap), max_examples=20).row
    assert (row.verdict, row.counterexample.sizes) == ("fail", {"n": 1})
    assert set(only) == {"cheap", None}
    assert only[-1] is None


@pytest.mark.parametrize(("pays", "first"), [((True, False), "b"), ((False, True), "a"), ((True, True), "a")])
def test_one_that_pays_for_every_slope_is_asked_last_for_every_entry(pays, first, point_at):
    """In the diagnosis and in a counterexample."""
    both = [Stranger(n, Traits(pays_per_slope=p)) for n, p in zip("ab", pays, strict=True)]
    formula = wrong()
    point = point_at(formula, x=[1.0, 2.0])
    right_at(formula.claims[0], Session(formula, found(*both)), point, BALLS)
    assert [s.name for s in both if s.asked] == [first]


@pytest.mark.parametrize(("traits", "says"), [(OURS, "agree"), (None, "none")])
def test_one_that_takes_differences_answers_at_points_too_large_for_balls(traits, says):
    """The answer and its reasons stand under its own name."""
    formula = Formula(lambda W, x: W @ x, {"W": "n m", "x": "m"}, values={"W": np.ones((500, 400))})
    formula.vjp(lambda d, W, x: (np.outer(d, x), W.T @ d))
    row = check_claim(formula.claims[0], found=found(Stranger("stranger", traits)), max_examples=2)
    (backend,) = row.backends
    assert backend.backend == "stranger"
    assert (backend.verdict == "pass") == (says == "agree")
    if says == "none":
        assert "only a difference of the forward is taken" in backend.reason


def test_traits_of_another_kind_are_a_broken_backend(entry_points):
    """With what was expected."""
    entry_points(only=True, stranger=Stranger("stranger", {"sees_kinks": True}))
    (broken,) = discover()
    assert broken.backend is None
    assert "TypeError: its traits must be a gradcheck.backend.Traits" in broken.reason


def test_ours_say_what_they_are_and_one_that_says_nothing_derives_every_entry():
    """The defaults."""
    assert Found("x", Stranger("x")).traits == Traits() == Found("x", None).traits
    assert autodiff.BACKEND.name == "autodiff"
    assert symbolic.BACKEND.traits == Traits(cost_of_shape=2)
    assert OURS.sees_kinks and OURS.takes_differences and OURS.pays_per_slope
