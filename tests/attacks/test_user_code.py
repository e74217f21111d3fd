"""What user code may do to the run that checks it: an error for that claim, the others' results, and the
process as it was. Every attack stands beside a right claim in one run.
"""

import asyncio
import builtins
import os
import random
import signal
import sys
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest

import gradcheck
from gradcheck.records.types import ClaimRow
from gradcheck.running.stream import RunOptions, run

OPTIONS = RunOptions(max_examples=4)


class Stop(BaseException):
    """No `Exception`, as those of test runners and event loops."""


class Silent(Exception):
    def __str__(self):
        raise KeyError("no text")

    __repr__ = __str__


class SilentStop(BaseException):
    def __str__(self):
        raise Stop

    __repr__ = __str__


class Endless(Exception):
    def __str__(self):
        return str(self)


class NoText(Exception):
    def __str__(self):
        return 3  # noqa: PLE0307  (the attack)


class Odd(str):
    __slots__ = ()

    def strip(self, *args):
        raise Stop

    splitlines = strip


class OddText(Exception):
    def __str__(self):
        return Odd("odd")


class BadCode:
    def __repr__(self):
        raise Stop


def raises(error):
    """A function that raises a new exception of this class, or this very one."""

    def attack(*args):
        raise error

    return attack


def skips(*args):
    pytest.skip("not today")


def exits(*args):
    sys.exit(3)


def recurses(*args):
    return recurses(*args)


class Converts:
    def __array__(self, *args, **kwargs):
        raise Stop


class Items(dict):
    def __iter__(self):
        raise Stop


class Member(list):
    def __iter__(self):
        raise Stop


ESCAPES = {
    "a BaseException of its own": raises(Stop("mine")),
    "GeneratorExit": raises(GeneratorExit),
    "asyncio.CancelledError": raises(asyncio.CancelledError),
    "pytest.skip": skips,
    "a group of them": raises(BaseExceptionGroup("both", [Stop()])),
    "no Exception, no text": raises(SilentStop),
}

RAISES = {
    "pytest.exit": lambda *args: pytest.exit("now"),
    "sys.exit": exits,
    "SystemExit without a code": raises(SystemExit),
    "sys.exit of what has no repr": raises(SystemExit(BadCode())),
    "an exception whose text raises": raises(Silent),
    "an exception whose text never ends": raises(Endless),
    "an exception whose text is no text": raises(NoText),
    "an exception with a text of its own class": raises(OddText),
    "RecursionError": recurses,
    "MemoryError": raises(MemoryError),
    "StopIteration": raises(StopIteration),
    "a group": raises(ExceptionGroup("both", [ValueError()])),
    "Ctrl-Z": raises(EOFError),
}


def square(x):
    return x * x


def square_vjp(d, x):
    return 2 * d * x


def formula(name, forward=square, backward=square_vjp, **declared):
    made = gradcheck.formula(shapes={"x": "n"}, name=name, **declared)(forward)
    made.vjp(backward)
    return made


def judged(bad):
    """The row of the claim, after the right ones before and behind it passed."""
    claims = [*formula("before").claims, *bad.claims, *formula("behind").claims]
    rows = {r.uid: r for r in run(claims, OPTIONS) if isinstance(r, ClaimRow)}
    assert [rows[u].verdict for u in ("before.vjp", "behind.vjp")] == ["pass", "pass"]
    return rows["bad.vjp"]


@pytest.mark.parametrize("attack", ESCAPES.values(), ids=ESCAPES)
def test_what_is_no_exception_is_the_claims_error(attack):
    """In the backward and in the forward; it says what it is."""
    row = judged(formula("bad", backward=attack))
    assert row.verdict == "error"
    assert "which is no Exception" in row.reason
    assert judged(formula("bad", forward=attack)).verdict == "error"


@pytest.mark.parametrize("attack", RAISES.values(), ids=RAISES)
def test_whatever_a_backward_raises_is_told(attack):
    row = judged(formula("bad", backward=attack))
    assert row.verdict == "fail"
    assert "please report" not in row.reason
    assert judged(formula("bad", forward=attack)).verdict == "error"


@pytest.mark.parametrize("attack", [*ESCAPES.values(), *RAISES.values()], ids=[*ESCAPES, *RAISES])
def test_values_and_where_may_raise_anything(attack):
    """They are asked before any point is there."""
    for declared in ({"values": {"x": lambda shape, rng: attack()}}, {"where": lambda n: attack()}):
        row = judged(formula("bad", **declared))
        assert row.verdict == "error"
        assert "please report" not in row.reason


@pytest.mark.parametrize("attack", [Stop("late"), SystemExit(0), Silent()], ids=["own", "exit", "no text"])
def test_what_is_raised_in_one_arithmetic_only_costs_that_one(attack):
    """Balls, symbols, tracers: float64 decides, for right code and for wrong."""

    def picky(x):
        if not isinstance(x, np.ndarray | np.generic):
            raise attack
        return x * x

    def wrong(d, x):
        return 3 * d * picky(x) / x

    assert judged(formula("bad", forward=picky)).verdict == "pass"
    row = judged(formula("bad", backward=lambda d, x: 2 * d * x + 0 * picky(x)))
    assert (row.verdict, row.strength) == ("pass", "agreed")
    assert judged(formula("bad", backward=lambda d, x: 3 * d * x + 0 * picky(x))).verdict == "fail"


@pytest.mark.parametrize("value", [Converts(), Items(x=1.0), Member([1.0])], ids=["array", "dict", "list"])
def test_what_is_returned_may_raise_when_it_is_read(value):
    row = judged(formula("bad", backward=lambda d, x: value))
    assert row.verdict == "error"
    assert judged(formula("bad", forward=lambda x: value)).verdict == "error"


def test_the_right_twins_pass():
    """The same functions, which catch what they raise."""

    def catching(d, x):
        for attack in (*ESCAPES.values(), *RAISES.values()):
            try:
                attack()
            except BaseException:
                continue
        return 2 * d * x

    assert judged(formula("bad", backward=catching)).verdict == "pass"


def test_an_interrupt_stays_the_users():
    with pytest.raises(KeyboardInterrupt):
        judged(formula("bad", backward=raises(KeyboardInterrupt)))
    with pytest.raises(KeyboardInterrupt):
        gradcheck.verify(square, raises(KeyboardInterrupt), {"x": "n"}, max_examples=3)


def closes_output():
    sys.stdout.close()
    sys.stderr.close()


def replaces_output():
    sys.stdout = sys.stderr = None


def leaves_handler():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def strict_numpy():
    np.seterr(all="raise")
    np.seterrcall(lambda *args: sys.exit(1))


def goes_elsewhere():
    os.chdir("/")


def empties_environment():
    os.environ.clear()
    os.environ["MINE"] = "1"


def breaks_search():
    sys.path.clear()
    sys.modules["json"] = sys.modules["numpy"] = None
    sys.modules.pop("random", None)


def strict_warnings():
    warnings.simplefilter("error")
    warnings.showwarning = exits


def seeds():
    random.seed(1)
    np.random.seed(1)


def prints_oddly():
    np.set_printoptions(precision=1, threshold=1, suppress=True)


LIMIT = sys.getrecursionlimit()


def flat_stack():
    sys.setrecursionlimit(LIMIT - 100)


STATE = [
    closes_output,
    replaces_output,
    leaves_handler,
    strict_numpy,
    goes_elsewhere,
    empties_environment,
    breaks_search,
    strict_warnings,
    seeds,
    prints_oddly,
    flat_stack,
]


def state():
    """What of the process must be the same afterwards."""
    return {
        "folder": Path.cwd(),
        "environment": {k: v for k, v in os.environ.items() if k != "PYTEST_CURRENT_TEST"},
        "streams": (sys.stdout, sys.stderr),
        "closed": (sys.stdout.closed, sys.stderr.closed),
        "handlers": (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)),
        "errors": (np.geterr(), np.geterrcall()),
        "print options": np.get_printoptions(),
        "path": (list(sys.path), list(sys.meta_path)),
        "modules": {k: sys.modules.get(k) for k in ("json", "numpy", "random")},
        "warnings": (list(warnings.filters), warnings.showwarning),
        "random": random.getstate(),
        "np.random": np.random.get_state(legacy=True)[1].tolist(),
        "recursion": sys.getrecursionlimit(),
        "threads": threading.active_count(),
        "builtins": dict(vars(builtins)),
    }


def same(before):
    after = state()
    assert [k for k in before if before[k] != after[k]] == []


@pytest.mark.parametrize("attack", STATE)
def test_the_process_is_left_as_it_was_found(attack):
    """By `verify` in the user's own, and between the claims of a run; the verdict is about the numbers."""

    def disturbing(d, x):
        attack()
        return 2 * d * x

    def wrong(d, x):
        attack()
        return 3 * d * x

    def forward(x):
        attack()
        return x * x

    before = state()
    assert gradcheck.verify(square, disturbing, {"x": "n"}, max_examples=4).verdict == "pass"
    same(before)
    assert gradcheck.verify(square, wrong, {"x": "n"}, max_examples=4).verdict == "fail"
    same(before)
    assert gradcheck.verify(forward, square_vjp, {"x": "n"}, max_examples=4).verdict == "pass"
    same(before)
    assert judged(formula("bad", backward=disturbing)).verdict == "pass"
    same(before)


@pytest.mark.parametrize("attack", [Stop(), SystemExit(1), Silent()], ids=["own", "exit", "no text"])
def test_the_process_is_left_alone_where_the_code_raises(attack):
    before = state()
    result = gradcheck.verify(square, raises(attack), {"x": "n"}, max_examples=4)
    assert result.verdict in ("fail", "error")
    assert "raises" in str(result) or "sys.exit(1)" in str(result)
    result._repr_html_()
    same(before)
