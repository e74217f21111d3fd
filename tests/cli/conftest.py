"""A command line whose engine yields hand-made records."""

import sys
from dataclasses import dataclass
from types import ModuleType

import pytest
from click.testing import CliRunner

from gradcheck.cli.main import cli
from tests.report import samples


@dataclass
class Options:
    seed: int = 0
    max_examples: int = 50
    backends: tuple | None = None
    command: str = ""
    remarks: tuple = ()
    shard: str | None = None
    broken: tuple = ()
    allow_empty: bool = False
    stop_at_failure: bool = False
    strict: bool = False
    time_limit: float | None = None
    dtype: str | None = None
    grade: str | None = None


@dataclass
class Outcome:
    status: str
    text: str = ""


class Engine:
    """What the fake `running.stream` and `running.replay` do, and what they were asked."""

    def __init__(self):
        self.parts = samples.GOOD
        self.interrupt_after = None
        self.failure = None
        self.statuses = {}
        self.claims = self.options = None
        self.replayed = []

    def run(self, claims, options):
        self.claims, self.options = claims, options
        if self.failure is not None and self.failure[0] == 0:
            raise self.failure[1]
        for number, record in enumerate(samples.fake_run(self.parts, self.interrupt_after)(claims, options)):
            if self.failure is not None and self.failure[0] == number:
                raise self.failure[1]
            yield record

    def replay_counterexample(self, claim, counterexample, backends=None):
        self.replayed.append(claim.uid)
        return Outcome(self.statuses.get(claim.uid, "fixed"), "the story\nin two lines")


@pytest.fixture
def engine(monkeypatch):
    fake = Engine()
    run, replay = ModuleType("gradcheck.running.stream"), ModuleType("gradcheck.running.replay")
    run.RunOptions, run.run = Options, fake.run
    replay.replay_counterexample = fake.replay_counterexample
    monkeypatch.setitem(sys.modules, "gradcheck.running.stream", run)
    monkeypatch.setitem(sys.modules, "gradcheck.running.replay", replay)
    monkeypatch.setattr("gradcheck.running.workers.local.worthwhile_jobs", lambda claims, max_examples: 1)
    return fake


@pytest.fixture
def gradcheck(tmp_path, monkeypatch):
    """Runs the command line in an empty folder; the result has exit_code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)

    def invoke(*words):
        return CliRunner().invoke(cli, [str(word) for word in words])

    return invoke
