"""What every command that checks claims does with their records: log, terminal, reports, exit code."""

from __future__ import annotations

import signal
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, cast

import click

from gradcheck.cli.process import standard_output

if TYPE_CHECKING:
    from gradcheck.records.types import Record
    from gradcheck.report.fresh import FreshFolder

__all__ = ["begun", "record_and_report"]


def begun(report_dir: Path, command: str) -> AbstractContextManager[FreshFolder]:
    """The report folder for a run of this command, before anything of the user's is loaded."""
    from gradcheck.report.fresh import fresh_folder
    from gradcheck.running.checker import RunOptions, environment

    return fresh_folder(report_dir, environment().header(RunOptions(command=command), []))


def record_and_report(
    ctx: click.Context,
    stream: Iterator[Record],
    folder: FreshFolder,
    formats: tuple[str, ...],
    detail: str | None = None,
) -> None:
    """Follow a run to its end, however that comes, show and write what was finished, and exit.

    Neither exit code nor reports depend on whether somebody reads standard output.
    """
    from gradcheck.records.reading import collect
    from gradcheck.report import render_text

    outcome = _Recorded(folder)
    with _terminated_as_interrupted():
        try:
            outcome.follow(stream)
        finally:
            if isinstance(stream, Generator):
                stream.close()  # it ends the programs that it started
    if not outcome.records:  # it ended before its first record
        raise outcome.failure or KeyboardInterrupt(outcome.interrupted)
    log = collect(outcome.records)
    if "github" in formats:
        click.echo(render_text(log, "github"), nl=False, file=_output())
    _show(log, detail, folder.path)
    if not isinstance(outcome.failure, OSError):
        written = _render(log, formats, folder.path)
        click.echo(f"{folder.path}: run.jsonl{''.join(f', {name}' for name in written)}", file=_output())
    if outcome.failure is not None:
        raise outcome.failure
    ctx.exit(128 + outcome.interrupted if outcome.interrupted else log.exit_code)


class _Recorded:
    """The records of a run, in memory and in the log, however the run ends.

    ``failure`` is the exception that ended it: an `OSError` of the log, or a fault of the engine.
    """

    def __init__(self, folder: FreshFolder) -> None:
        self.folder = folder
        self.records: list[Record] = []
        self.failure: Exception | None = None
        self.interrupted = 0  # the number of the signal

    def follow(self, stream: Iterator[Record]) -> None:
        from gradcheck.cli.progress import progress
        from gradcheck.records.writing import LogWriter

        try:
            first = next(stream)  # usage errors come before it, and must not touch an earlier log
            self.folder.begin()
            with LogWriter(self.folder.path / "run.jsonl") as writer, progress(first) as advance:
                self._take(first, writer)
                for record in stream:
                    self._take(record, writer)
                    advance(record)
        except KeyboardInterrupt as interruption:
            self.interrupted = interruption.args[0] if interruption.args else signal.SIGINT
        except Exception as error:  # raised again when what was finished is reported
            self.failure = error

    def _take(self, record: Record, writer: Any) -> None:
        # In memory first: a full disk must not cost the result that could not be written.
        self.records.append(record)
        writer.write(record)


def _render(log: Any, formats: tuple[str, ...], directory: Path) -> list[str]:
    from gradcheck.report import render

    return [path.name for path in render(log, formats, directory)]


def _show(log: Any, detail: str | None, directory: Path) -> None:
    from rich.console import Console

    from gradcheck.report.formats.terminal import Detail, show

    # Off a terminal it is 80 columns wide, unless COLUMNS says otherwise.
    console = Console(highlight=False, file=_output())
    show(log, console, Detail(detail or "normal"), directory, whole=not console.is_terminal)


def _output() -> IO[str]:
    from gradcheck.formulas.calling.lent_stream import Lent

    return cast(IO[str], Lent(standard_output()))


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """SIGTERM, which CI systems send at a time limit, keeps what was finished like Ctrl-C does."""

    def stop(number: int, frame: object) -> None:
        raise KeyboardInterrupt(number)

    try:
        before = signal.signal(signal.SIGTERM, stop)
    except ValueError:  # not the main thread
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
