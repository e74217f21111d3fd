"""The bar names the claim that is checked now, not the last one that is done."""

import io

import pytest
from rich.console import Console

from gradcheck.cli import progress as module
from gradcheck.records.types import ClaimRow
from tests.report import samples


class Bar:
    """What the bar was told."""

    def __init__(self, *columns, **options):
        self.told = []

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def add_task(self, description, total):
        self.told.append(description)

    def update(self, task, advance, description):
        self.told.append(description)


@pytest.fixture
def bar(monkeypatch):
    made = Bar()
    monkeypatch.setattr("rich.progress.Progress", lambda *columns, **options: made)
    monkeypatch.setattr("rich.console.Console", lambda **options: Console(file=io.StringIO()))
    monkeypatch.setattr(module.sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.delenv("CI", raising=False)
    return made


def test_it_names_what_runs_now(bar):
    header, *records = samples.records([samples.PASSED, samples.PROVED, samples.HOSTILE_CLAIM])

    with module.progress(header) as advance:
        for record in records:
            advance(record)
            if isinstance(record, ClaimRow):
                assert bar.told[-1] != record.uid

    assert bar.told[:2] == ["D09/wx.vjp", "D08/wx.jacobian-x"]
    assert bar.told[2].startswith("X1/<script>")
    assert "\x1b" not in bar.told[2]
    assert bar.told[3:] == [""]


def test_a_pipe_and_ci_have_none(bar, monkeypatch):
    header, *_ = samples.records()
    monkeypatch.setenv("CI", "true")

    with module.progress(header) as advance:
        advance(header)

    assert bar.told == []
