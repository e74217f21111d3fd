"""A deterministic Hypothesis profile, points of given arrays, and backends that say what they are told."""

from __future__ import annotations

import gc
import os
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import settings

from gradcheck.arithmetic import BALLS, enclose, wrap
from gradcheck.backend import Answer, Problem, Program
from gradcheck.judging.answers.backends import Found
from gradcheck.judging.points.point import Point, evaluate_forward
from tests.interrupts import interruptible

WHOLE = os.environ.get("GRADCHECK_WHOLE") == "1"
"""Whether the large corpora are run whole (`nox -s whole`) or, as in CI, every n-th item of them."""

SLOW = (
    "adapters/test_autograd",
    "adapters/test_caches",
    "adapters/test_jax_functions",
    "browser/",
    "catalogue/",
    "chains/test_chain",
    "chains/test_trail",
    "layer_catalogue/",
    "notes/test_corpus",
    "notes/test_mutants",
    "proofs/test_page",
    "pytest_plugin/test_reports",
    "test_ci_files",
    "test_docs",
    "test_doors",
    "test_newcomer",
    "test_published_report",
    "test_readme",
    "test_reference",
    "trust/",
    "workers/",
    "zoo/",
)
"""Tests that are marked slow: whole checks again and again, or programs of their own. Coverage would double
the time of some and sees nothing of others, so they run without it.
"""

UNTRACED = (
    "adapters/test_views",
    "attacks/test_branches",
    "attacks/test_questions_out_of_sight",
    "attacks/test_user_code",
    "attacks/test_user_files",
    "battery/test_linearity",
    "battery/test_used_again",
    "diagnosis/test_elsewhere",
    "diagnosis/test_half_truths",
    "diagnosis/test_recursion",
    "diagnosis/test_usual_slips",
    "low_precision/test_dear_long_sums",
    "low_precision/test_diagnosis",
    "low_precision/test_loops",
    "low_precision/test_sigmoids",
    "low_precision/test_soundness",
    "low_precision/test_verdicts",
    "low_precision/test_without_derivations",
    "notes/test_authored",
    "notes/test_habits",
    "oracles/test_compare",
    "oracles/test_low_precision",
    "oracles/test_vectors",
    "proofs/test_fuzz",
    "proofs/test_general_opinion",
    "proofs/test_random_branches",
    "proofs/test_rounded_constants",
    "proofs/test_size_branches",
    "protocol/test_external",
    "protocol/test_harnesses",
    "protocol/test_vectors",
    "pytest_plugin/test_files",
    "pytest_plugin/test_fixture",
    "report/test_any_record",
    "report/test_cut_logs",
    "report/test_junit",
    "report/test_markdown",
    "test_api",
    "test_bad_callables",
    "test_below_rounding",
    "test_dear_points",
    "test_dear_rounding",
    "test_float_kinks",
    "test_float_only",
    "test_garbage",
    "test_generation",
    "test_guards",
    "test_hidden_values",
    "test_large",
    "test_minimise",
    "test_no_false_alarms",
    "test_others_holes",
    "test_own_rounding",
    "test_sampling",
    "test_sizes_in_code",
    "test_steering",
    "test_step_curve",
    "test_strategies",
    "test_time_limit",
    "test_traits",
    "test_typing",
    "test_walls",
)
"""Quick tests that are marked untraced: they check much and reach little that cheaper ones do not. Coverage
would take twice their time to see a few lines in a thousand more.
"""


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "corpus(n): a large corpus; only every n-th item is run, unless GRADCHECK_WHOLE=1"
    )
    config.addinivalue_line("markers", "slow: run without coverage")
    config.addinivalue_line("markers", "untraced: quick, and run without coverage, too")


def _place(path):
    return str(path).removeprefix(f"{Path(__file__).parent}{os.sep}").replace(os.sep, "/")


def pytest_ignore_collect(collection_path, config):
    """Files of which `-m` leaves nothing are not read at all, for reading all of them takes ten seconds."""
    listed = {"slow or untraced": True, "not slow and not untraced": False}.get(config.option.markexpr)
    if listed is None or not collection_path.name.startswith("test_"):
        return None
    return True if _place(collection_path).startswith(SLOW + UNTRACED) is not listed else None


def pytest_report_header():
    return f"corpora: {'whole' if WHOLE else 'every n-th item (GRADCHECK_WHOLE=1 runs them whole)'}"


def pytest_collection_modifyitems(config, items):
    """Deselect what is not in the fixed part of a corpus; the last line of the run counts it."""
    seen: Counter[object] = Counter()
    kept, left = [], []
    for item in items:
        if item.nodeid.removeprefix("tests/").startswith(SLOW):
            item.add_marker("slow")
        if item.nodeid.removeprefix("tests/").startswith(UNTRACED):
            item.add_marker("untraced")
        marker = item.get_closest_marker("corpus")
        apart = marker is not None and not WHOLE and seen[item.function] % marker.args[0]
        (left if apart else kept).append(item)
        seen[item.function] += 1
    items[:] = kept
    config.hook.pytest_deselected(items=left)


def pytest_collection_finish():
    """What is imported and collected stays to the end, so the garbage collector need not look at it again."""
    gc.collect()
    gc.freeze()


settings.register_profile("gradcheck", derandomize=True, deadline=None, database=None, max_examples=25)
settings.load_profile("gradcheck")


@pytest.fixture(scope="session", autouse=True)
def _interrupted_as_in_a_terminal():
    """Ctrl-C reaches what tests run, also where the tests are a shell's background job."""
    with interruptible():
        yield


@pytest.fixture
def undiagnosed(monkeypatch):
    """Failures without their diagnosis, which costs more than all the rest and has tests of its own."""
    monkeypatch.setattr("gradcheck.checking.writing.outcome.diagnosed", lambda *_, **__: [])


class ToldProgram(Program):
    """The derivative that a test wrote down, evaluated in balls."""

    exact_answers = True

    def __init__(self, problem, gradient):
        super().__init__(problem)
        self.method = "told"
        self._gradient = gradient

    def vjp(self, args, deltas, directions=None, domain=BALLS):
        given = [wrap(enclose(a), domain) if i in self.problem.wrt else a for i, a in enumerate(args)]
        parts = self._gradient(*(wrap(enclose(d), domain) for d in deltas), *given)
        parts = parts if isinstance(parts, tuple) else (parts,)
        return {i: Answer(parts[i].data) for i in self.problem.wrt}


@dataclass
class ToldBackend:
    """A backend whose derivative is ``gradient(delta, *args)``; ``asked`` are the problems it was given."""

    name: str
    gradient: Any
    install: str = "pip install told"
    asked: list = field(default_factory=list)

    def version(self):
        return "told 1.0"

    def derive(self, problem: Problem):
        self.asked.append(problem)
        if isinstance(self.gradient, Exception):
            raise self.gradient
        return ToldProgram(problem, self.gradient)


@pytest.fixture
def told():
    """`told(name, gradient)`: a backend that says `gradient(delta, *args)`, or raises it, as found."""

    def make(name, gradient):
        return Found(name, ToldBackend(name, gradient), "told 1.0")

    return make


@pytest.fixture
def point_at():
    """`point_at(formula, delta, **arrays)`: the point of these arrays, floats unless they are integers."""

    def make(formula, delta=None, rate=0.5, **arrays):
        args = []
        for name in formula.shapes.arguments:
            array = np.array(arrays[name])
            array = array.astype(np.float64) if array.dtype.kind == "f" else array
            array.flags.writeable = False
            args.append(array)
        sizes = formula.shapes.bind({n: a.shape for n, a in zip(formula.shapes.arguments, args, strict=True)})
        outputs, multiple = evaluate_forward(formula, tuple(args))
        deltas = delta if isinstance(delta, tuple) else (delta,)
        deltas = tuple(
            np.ones(o.shape) if d is None else np.asarray(d, dtype=np.float64)
            for d, o in zip(deltas if delta is not None else [None] * len(outputs), outputs, strict=True)
        )
        return Point(sizes, tuple(args), outputs, deltas, multiple, rate, "test")

    return make


class FakeEntryPoint:
    """What `importlib.metadata.entry_points` yields, loading whatever a test wants."""

    def __init__(self, name, loads):
        self.name = name
        self._loads = loads

    def load(self):
        if isinstance(self._loads, BaseException):
            raise self._loads
        return self._loads


@pytest.fixture
def entry_points(monkeypatch):
    """`entry_points(name=object_or_exception, ...)`: add to, or replace, the registered backends."""
    from importlib.metadata import entry_points as real

    def register(*, only=False, **backends):
        def fake(*, group):
            kept = [] if only else [p for p in real(group=group) if p.name not in backends]
            return [*kept, *(FakeEntryPoint(name, loads) for name, loads in backends.items())]

        monkeypatch.setattr("gradcheck.judging.answers.backends.entry_points", fake)

    return register
