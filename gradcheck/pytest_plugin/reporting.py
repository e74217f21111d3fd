"""`--gradcheck-report=DIR`: the reports of a test run, written by the process that the user started."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gradcheck.pytest_plugin.sending import Sender

if TYPE_CHECKING:
    from gradcheck.pytest_plugin.collected import Collected
    from gradcheck.records.writing import LogWriter

__all__ = ["Reporter", "register"]


def register(config: pytest.Config) -> None:
    """Have this process send its records, and write the reports unless it is a worker of xdist."""
    sender = Sender()
    config.pluginmanager.register(sender, "gradcheck-sender")
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Reporter(config, sender), "gradcheck-reporter")


class Reporter:
    """Collects what the tests' reports bring along, and writes it down.

    Records go to the log as they come, so that a run which is killed leaves them in `run.jsonl`;
    at the end, however it came, the log is put in the order of the tests and the reports are rendered.
    """

    def __init__(self, config: pytest.Config, sender: Sender) -> None:
        self._config, self._sender = config, sender
        self.directory: Path = config.invocation_params.dir / config.getoption("gradcheck_report")
        self._collected: Collected | None = None
        self._spool: LogWriter | None = None
        self._announced: set[str] = set()
        self._spooled: set[str] = set()
        self._failure: str | None = None
        self._summary: list[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Refuse a folder that cannot be written before an hour of tests has passed, and leave none of an
        earlier run there for one that ends at once.
        """
        from gradcheck.pytest_plugin.collected import Collected
        from gradcheck.report.fresh import FreshFolder
        from gradcheck.running.checker import RunOptions, environment

        command = shlex.join(["pytest", *map(str, self._config.invocation_params.args)])
        try:
            FreshFolder(self.directory, environment().header(RunOptions(command=command), [])).begin()
        except OSError as error:
            raise pytest.UsageError(
                f"--gradcheck-report: {self.directory}: reports cannot be written there: "
                f"{error.strerror or error}"
            ) from None
        self._collected = Collected()

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        if self._sender.plan and self._collected is not None:  # under xdist it comes with the reports
            self._collected.plan_is(self._sender.plan)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if self._collected is None:
            return
        attached: dict[str, Any] = getattr(report, "gradcheck", {})
        if plan := attached.get("plan"):
            self._collected.plan_is(plan)
        self._take(report.nodeid, attached.get("groups", []))
        if report.when == "teardown":
            self._collected.ended(report.nodeid)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._collected is None:  # the run was refused
            return
        try:
            self._take(*self._sender.left())
            self._write()
        except Exception as error:  # reports must not break the tests, nor be missed in silence
            self._failed(error)
        if self._failure is not None and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.INTERNAL_ERROR

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for line in self._summary:
            terminalreporter.write_line(line)
        if self._failure is not None:
            terminalreporter.write_line(self._failure, red=True)

    def _take(self, nodeid: str, groups: list[list[str]]) -> None:
        assert self._collected is not None
        for group in groups:
            try:
                self._collected.take(nodeid, group)
                self._write_down(nodeid)
            except Exception as error:
                self._failed(error)

    def _write_down(self, nodeid: str) -> None:
        """Append what came to the spool, as far as its header announces it."""
        from gradcheck.pytest_plugin.checking import checker_of
        from gradcheck.records.writing import LogWriter

        assert self._collected is not None
        if self._spool is None:
            self._spool = LogWriter(self.directory / "run.jsonl")
            announced = self._collected.announced()
            self._spool.write(checker_of(self._config).header(announced))
            self._announced = set(announced)
        for uid, records in self._collected.of(nodeid):
            if uid in self._announced and uid not in self._spooled:
                self._spooled.add(uid)
                for record in records:
                    self._spool.write(record)

    def _write(self) -> None:
        from gradcheck.pytest_plugin.checking import checker_of
        from gradcheck.records.reading import collect
        from gradcheck.records.writing import encoded
        from gradcheck.report import FORMATS, render, write_file
        from gradcheck.report.narrative import headline

        assert self._collected is not None
        if self._spool is not None:
            self._spool.close()
        records = self._collected.log(checker_of(self._config))
        log = collect(records)
        write_file(self.directory / FORMATS["jsonl"], b"".join(map(encoded, records)).decode())
        written = render(log, FORMATS, self.directory)
        names = ", ".join([FORMATS["jsonl"], *(path.name for path in written)])
        self._summary = [f"gradcheck: {headline(log)}", f"reports in {self._shown}: {names}"]

    @property
    def _shown(self) -> Path:
        try:
            return self.directory.relative_to(self._config.invocation_params.dir)
        except ValueError:
            return self.directory

    def _failed(self, error: Exception) -> None:
        text = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
        self._failure = self._failure or (
            f"gradcheck: the reports in {self._shown} are not complete: {type(error).__name__}: {text}"
        )
