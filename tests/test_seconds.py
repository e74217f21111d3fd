"""A backend's seconds are those of its own code, each counted once, by a clock that only work moves."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from gradcheck.arithmetic import BALLS
from gradcheck.checking.claim_check import check_claim
from gradcheck.errors import Unsupported
from gradcheck.formulas.decorating import Formula

DERIVE, VJP, REFINE, CANDIDATE = 1000.0, 30.0, 0.25, 7.0


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr("gradcheck.judging.session.time", SimpleNamespace(perf_counter=made))
    return made


class Slow:
    """A program that takes its time; ``spent`` is what it took, by its own account."""

    def __init__(self, program, backend):
        self.program, self.backend = program, backend

    def __getattr__(self, name):
        return getattr(self.program, name)

    def vjp(self, args, deltas, directions=None, domain=BALLS):
        self.backend.takes(VJP)
        found = self.program.vjp(args, deltas, directions, domain)
        return {i: replace(a, refine=lambda a=a: self.refined(a)) for i, a in found.items()}

    def refined(self, answer):
        self.backend.takes(REFINE)
        return answer


class SlowBackend:
    install = "pip install slow"

    def __init__(self, told, clock):
        self.name, self._told, self._clock, self.spent = told.name, told, clock, []

    def version(self):
        return "slow 1.0"

    def takes(self, seconds):
        self.spent.append(seconds)
        self._clock.now += seconds

    def derive(self, problem):
        self.takes(DERIVE)
        return Slow(self._told.derive(problem), self)


def checked(backends, found, backward):
    formula = Formula(lambda x: x * x, {"x": "n"})
    formula.vjp(backward)
    rows = check_claim(formula.claims[0], found=found, max_examples=8).backends
    assert [r.backend for r in rows] == [b.name for b in backends]
    return {r.backend: r.seconds for r in rows}


@pytest.mark.parametrize("factor", [2, 3])
@pytest.mark.parametrize("gradient", [lambda d, x: 2 * d * x, Unsupported("no")])
def test_what_a_backend_takes_is_counted_once_and_nothing_else(told, clock, gradient, factor):
    """Deriving, answers and refinements; not the candidate's runs, nor the other backend's time."""

    def backward(delta, x):
        clock.now += CANDIDATE
        return factor * delta * x

    found = [told("one", gradient), told("two", lambda d, x: 2 * d * x)]
    found = [replace(f, backend=SlowBackend(f.backend, clock)) for f in found]
    backends = [f.backend for f in found]
    seconds = checked(backends, found, backward)
    for backend in backends:
        assert seconds[backend.name] == sum(backend.spent)
        assert DERIVE in backend.spent
    assert (VJP in backends[1].spent) and (REFINE in backends[1].spent) == (factor == 3)
