"""The vote: who is the outlier."""

from dataclasses import replace

import numpy as np
import pytest
from flint import arb

from gradcheck.backend import Answer
from gradcheck.formulas.quantity import gradient
from gradcheck.judging.arbitration import arbitrate
from gradcheck.judging.comparing import Match
from gradcheck.judging.opinions import Opinion, Says
from gradcheck.records.verdicts import Strength


def ball(value, radius=0.0):
    array = np.empty((2,), dtype=object)
    array[:] = [arb(value, radius), arb(1)]
    return array


def slope(value, radius=0.0):
    array = np.empty((), dtype=object)
    array[()] = arb(value, radius)
    return array


def opinion(backend, says, value=1.0, *, along=None):
    """A backend whose derivative is (value, 1), by entries or along a direction."""
    if along is None:
        answer = Answer(ball(value))
    else:
        answer = Answer(slope(value * along[0] + along[1]), np.array(along))
    match = Match("differ" if says == "differ" else "agree", True, (0,), arb(0), arb(1), 0.1, 0.0, 1.0)
    return Opinion(backend, Says(says), answers={gradient("x"): answer}, matches={gradient("x"): match})


def vote(*opinions):
    result = arbitrate({o.backend: o for o in opinions})
    return result.verdict, {o.backend for o in result.opinions.values() if o.outvoted}


A, B, C, D = "abcd"
UNIT = (0.5, 0.25)

TABLE = [
    ("all agree", [opinion(A, "agree"), opinion(B, "agree"), opinion(C, "agree")], "pass", set()),
    ("one agrees", [opinion(A, "agree"), opinion(B, "none"), opinion(C, "none")], "pass", set()),
    ("nobody answers", [opinion(A, "none"), opinion(B, "none")], "none", set()),
    (
        "all differ together",
        [opinion(A, "differ"), opinion(B, "differ"), opinion(C, "differ")],
        "fail",
        set(),
    ),
    ("one differs alone", [opinion(A, "differ"), opinion(B, "none")], "fail", set()),
    ("one against two", [opinion(A, "agree"), opinion(B, "differ", 5.0), opinion(C, "agree")], "pass", {B}),
    ("one against one", [opinion(A, "agree"), opinion(B, "differ", 5.0)], "split", set()),
    (
        "two together against one",
        [opinion(A, "agree", 5.0), opinion(B, "differ"), opinion(C, "differ")],
        "fail",
        {A},
    ),
    (
        "two apart against one",
        [opinion(A, "agree"), opinion(B, "differ", 2.0), opinion(C, "differ", 3.0)],
        "split",
        set(),
    ),
    (
        "three that differ, one alone",
        [opinion(A, "differ"), opinion(B, "differ"), opinion(C, "differ", 7.0)],
        "fail",
        {C},
    ),
    ("all differ apart", [opinion(A, "differ", 2.0), opinion(B, "differ", 3.0)], "split", set()),
    (
        "two against two",
        [opinion(A, "agree", 5.0), opinion(B, "agree", 5.0), opinion(C, "differ"), opinion(D, "differ")],
        "split",
        set(),
    ),
    (
        "a slope and entries together",
        [opinion(A, "differ"), opinion(B, "differ", along=UNIT), opinion(C, "agree", 5.0)],
        "fail",
        {C},
    ),
    (
        "a slope that contradicts the entries",
        [opinion(A, "differ"), opinion(B, "differ", 9.0, along=UNIT)],
        "split",
        set(),
    ),
]


@pytest.mark.parametrize(("name", "opinions", "verdict", "outliers"), TABLE, ids=[t[0] for t in TABLE])
def test_the_table_of_votes(name, opinions, verdict, outliers):
    """The candidate fails only where those against it agree with each other and are not outnumbered."""
    assert vote(*opinions) == (verdict, outliers)


def test_a_failure_names_the_quantity():
    """So that the counterexample shows the right gradient."""
    assert arbitrate({A: opinion(A, "differ")}).quantity == gradient("x")


def test_backends_that_overlap_are_one_camp_and_backends_that_do_not_are_two():
    """The radii decide."""
    wide = Opinion(
        A, Says.DIFFER, answers={"q": Answer(ball(1.0, 0.5))}, matches=opinion(A, "differ").matches
    )
    near = Opinion(B, Says.DIFFER, answers={"q": Answer(ball(1.3))}, matches=opinion(B, "differ").matches)
    far = Opinion(B, Says.DIFFER, answers={"q": Answer(ball(1.7))}, matches=opinion(B, "differ").matches)
    assert vote(wide, near)[0] == "fail"
    assert vote(wide, far)[0] == "split"


def certified(backend):
    return replace(opinion(backend, "agree"), strength=Strength.CERTIFIED)


def estimate(backend):
    found = opinion(backend, "differ", 5.0)
    return replace(found, matches={q: replace(m, rigorous=False) for q, m in found.matches.items()})


def test_an_estimate_does_not_contradict_an_enclosure():
    """A float64 error bound that was only estimated is set aside where balls certify."""
    assert vote(certified(A), estimate(B)) == ("pass", set())


def test_an_enclosure_does_contradict_an_enclosure():
    """The wrong twin: a rigorous answer on the other side is a split."""
    assert vote(certified(A), opinion(B, "differ", 5.0)) == ("split", set())


def test_an_estimate_refutes_where_nothing_certifies():
    """Alone it has a voice."""
    assert vote(estimate(A), opinion(B, "none")) == ("fail", set())
