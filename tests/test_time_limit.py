"""A claim that is cut is never a pass: it fails if it is refuted by then, and is inconclusive else."""

import subprocess
import sys
import threading
import time
from contextlib import suppress

import numpy as np
import pytest

import gradcheck
from gradcheck.checking.time_limit import Clock, TimeUp
from gradcheck.errors import UsageError
from gradcheck.records.reading import collect
from gradcheck.records.types import ClaimRow
from gradcheck.running.checker import Checker
from gradcheck.running.stream import RunOptions, run


def formula(forward, backward):
    found = gradcheck.formula(shapes={"x": "n"}, name="slow")(forward)
    found.vjp(backward)
    return found.claims[-1]


def square(x):
    return x * x


def right(delta, x):
    return 2 * delta * x


def waiting(function, seconds=0.02):
    def slow(*args):
        time.sleep(seconds)
        return function(*args)

    return slow


def endless(x):
    while True:
        x = x + 1


def keeping_it(delta, x):
    """Catches whatever is raised in it."""
    try:
        for _ in range(60):
            time.sleep(0.001)
    except BaseException:
        pass
    return 2 * delta * x


def verdict(claim, limit):
    started = time.perf_counter()
    *_, row = Checker(RunOptions(time_limit=limit)).check(claim)
    return row, time.perf_counter() - started


@pytest.mark.parametrize(
    "claim",
    [
        formula(waiting(square), waiting(right)),
        formula(endless, right),
        formula(square, lambda delta, x: endless(x)),
        formula(square, keeping_it),
    ],
    ids=["slow", "endless forward", "endless backward", "keeps the exception to itself"],
)
def test_one_that_is_cut_is_inconclusive(claim):
    row, took = verdict(claim, 1.0)

    assert (row.verdict, row.reason, row.strength) == ("inconclusive", "stopped after 1 s", None)
    assert row.notes[0].startswith("stopped after 1 s, with ")
    assert took < 60  # endless without it


def test_one_that_was_refuted_by_then_fails_with_a_counterexample():
    def wrong_and_endless(delta, x):
        return endless(x) if x.size > 4 else 3 * delta * x

    row, _ = verdict(formula(square, wrong_and_endless), 4.0)

    assert row.verdict == "fail"
    assert row.counterexample is not None
    assert not row.counterexample.shape_minimal
    assert "stopped after 4 s" in row.notes[0]


@pytest.mark.parametrize(("backward", "word"), [(right, "pass"), (lambda delta, x: delta * x, "fail")])
def test_the_twin_one_that_is_quick_is_judged_as_without_a_limit(backward, word):
    (free, _), (limited, _) = (verdict(formula(square, backward), limit) for limit in (None, 60.0))

    assert limited.verdict == free.verdict == word
    assert (limited.strength, limited.counterexample) == (free.strength, free.counterexample)


def test_others_go_on_and_the_log_is_whole():
    slow = gradcheck.formula(shapes={"x": "n"}, name="slow")(waiting(square))
    slow.vjp(right)
    quick = gradcheck.formula(shapes={"x": "n"}, name="quick")(square)
    quick.vjp(right)
    claims = [*slow.claims, *quick.claims]

    log = collect(run(claims, RunOptions(time_limit=1.0, max_examples=6)))

    assert log.complete
    assert [row.verdict for row in log.claims] == ["inconclusive", "pass"]
    assert log.exit_code == 1


def test_outside_the_main_thread_too():
    """Workers run claims in threads."""
    found = []
    thread = threading.Thread(target=lambda: found.append(verdict(formula(endless, right), 0.5)[0]))
    thread.start()
    thread.join(30)

    assert isinstance(found[0], ClaimRow)
    assert found[0].reason == "stopped after 0.5 s"


class TestClock:
    def test_it_raises_where_the_thread_is(self):
        with pytest.raises(TimeUp):
            Clock(0.1).run(lambda: endless(np.zeros(1)))

    def test_what_other_code_made_of_it_is_not_believed(self):
        def in_its_own_words():
            try:
                endless(np.zeros(1))
            except BaseException as error:
                raise ValueError("my own") from error

        with pytest.raises(TimeUp):
            Clock(0.1).run(in_its_own_words)

    def test_an_exception_in_time_is_left_alone(self):
        def interrupted():
            clock._end = 0.0
            raise KeyboardInterrupt

        with pytest.raises(ValueError, match="invalid literal"):
            Clock(60).run(lambda: int("mine"))
        clock = Clock(60)
        with pytest.raises(KeyboardInterrupt):
            clock.run(interrupted)

    def test_nothing_is_raised_after_its_end(self):
        """Also where the end is cut itself, which is when the watch would go on."""
        before = threading.active_count()
        for _ in range(200):
            with suppress(TimeUp):
                Clock(0.001).run(lambda: time.sleep(0.0009))
        for thread in threading.enumerate():
            if thread.daemon and getattr(getattr(thread, "_target", None), "__name__", "") == "_watch":
                thread.join(5)
        assert threading.active_count() <= before

    def test_it_ends_where_calls_are_traced(self):
        """As by coverage: an exception that is taken back would have CPython 3.11 run in circles."""
        program = (
            "import sys, time\n"
            "from gradcheck.checking.time_limit import Clock, TimeUp\n"
            "def trace(*_):\n    return trace\n"
            "sys.settrace(trace)\n"
            "for _ in range(50):\n"
            "    try:\n        Clock(0.001).run(lambda: time.sleep(0.0009))\n"
            "    except TimeUp:\n        pass\n"
        )
        subprocess.run([sys.executable, "-c", program], check=True, timeout=120)

    def test_without_a_limit_there_is_none(self):
        clock = Clock(None)

        assert clock.run(lambda: clock.keep(1)) is None
        assert clock.found == [1]
        assert not clock.expired


def test_a_limit_that_is_none_is_refused():
    with pytest.raises(UsageError, match="time_limit: expected a number of seconds above 0, got 0"):
        RunOptions(time_limit=0)
