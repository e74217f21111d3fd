"""The search for cycles is made rare while a claim is checked, and put back as it was."""

import gc
import subprocess
import sys
import weakref

import numpy as np
import pytest

import gradcheck
from gradcheck.checking.claim_check import check_claim
from gradcheck.errors import Unsupported
from gradcheck.formulas.decorating import Formula
from gradcheck.judging.answers.backends import choose
from gradcheck.judging.points.generation import generate
from gradcheck.judging.session import Session
from gradcheck.running.collector import rare_collections


@pytest.fixture
def threshold():
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


@pytest.mark.parametrize(
    ("own", "inside"),
    [
        ((700, 10, 10), 100_000),
        ((200_000, 5, 5), 200_000),  # the user has made it rarer
        ((0, 10, 10), 0),  # the user has turned it off
    ],
)
def test_it_is_rare_inside_and_as_before_outside(threshold, own, inside):
    gc.set_threshold(*own)
    with pytest.raises(KeyError), rare_collections():
        assert gc.get_threshold()[0] == inside
        raise KeyError
    assert gc.get_threshold()[: len(own) - 1] == own[:2]


def test_a_check_leaves_it_alone(threshold):
    """Also one that is interrupted."""
    gc.set_threshold(555, 7)
    seen = []

    def backward(d, x):
        seen.append(gc.get_threshold()[0])
        if len(seen) > 3:
            raise KeyboardInterrupt
        return 2 * d * x

    with pytest.raises(KeyboardInterrupt):
        gradcheck.verify(np.square, backward, {"x": "n"}, max_examples=8)
    assert set(seen) == {100_000}
    assert gc.get_threshold()[:2] == (555, 7)


def test_a_process_of_ours_searches_rarely_and_not_at_its_end():
    """What a cycle of garbage would do when it is found shows whether it was."""
    program = """
import atexit, gc, sys
class Cycle:
    def __init__(self): self.me = self
    def __del__(self): print("found", flush=True)
if sys.argv[1] == "ours":
    from gradcheck.running.collector import process_of_ours
    process_of_ours()
    assert gc.get_threshold()[0] == 100_000
Cycle()
"""
    found = {
        whose: subprocess.run(
            [sys.executable, "-c", program, whose], capture_output=True, text=True, check=True
        ).stdout
        for whose in ("ours", "anybody's")
    }
    assert found == {"ours": "", "anybody's": "found\n"}


@pytest.fixture
def is_freed():
    """Whether a session, and so all that was worked out in it, goes with its last reference."""

    def run():
        formula = Formula(lambda x, w: np.maximum(x @ w, 0), {"x": "k n", "w": "n m"})
        formula.vjp(lambda d, x, w: ((d * (x @ w > 0)) @ w.T, x.T @ (d * (x @ w > 0))))
        formula.vjp(suffix="wrong")(lambda d, x, w: (d @ w.T, x.T @ d))
        points = generate(formula, max_examples=30, seed=0)
        session = Session(formula, choose(None))
        verdicts = [check_claim(c, session=session, points=points).row.verdict for c in formula.claims]
        assert verdicts == ["pass", "fail"]
        left = weakref.ref(session)
        del session
        return left() is None

    gc.collect()
    gc.disable()
    yield run
    gc.enable()


def test_what_was_worked_out_is_freed_without_a_search(is_freed):
    """Refusals at kinks, symbols, traces and the diagnosis of a failure among it."""
    assert is_freed()


def test_the_twin_refusals_that_keep_their_frames_are_not(is_freed, monkeypatch):
    monkeypatch.setattr(Unsupported, "anew", lambda self: self)
    assert not is_freed()
