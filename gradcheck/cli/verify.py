"""`gradcheck verify`: run the claims, write the log, render the reports."""

from __future__ import annotations

import shlex
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gradcheck.cli.options import debug_option, format_option, report_dir_option

if TYPE_CHECKING:
    from gradcheck.records import Record

__all__ = ["verify"]


@click.command()
@click.argument("words", nargs=-1, metavar="[NAME|ID|FILE.py ...]")
@click.option("--backend", "backends", multiple=True, metavar="B", help="Use only this backend. Repeatable.")
@click.option(
    "--max-examples", type=click.IntRange(min=1), default=50, show_default=True, help="Points per claim."
)
@click.option(
    "--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True, help="Where the points start."
)
@report_dir_option
@format_option
@debug_option
@click.pass_context
def verify(
    ctx: click.Context,
    words: tuple[str, ...],
    backends: tuple[str, ...],
    max_examples: int,
    seed: int,
    report_dir: Path,
    formats: tuple[str, ...],
) -> None:
    """Check claims and write the reports.

    A word is a formula's name, an id of the derivation such as D09, a claim as `gradcheck list` names
    it, a Python file of formulas, or FILE.py::NAME. Without words the whole catalogue is checked.

    Exits with 0 when every claim came out as declared, 1 when one did not, 2 when the run could not be
    made, and 130 when it was interrupted.
    """
    from gradcheck.log import collect
    from gradcheck.registry import select
    from gradcheck.report.terminal import show
    from gradcheck.run import RunOptions, run

    selection = select(words)
    options = RunOptions(
        seed=seed,
        max_examples=max_examples,
        backends=backends or None,
        command=_command(words, backends, max_examples, seed),
        remarks=selection.remarks,
    )
    outcome = _Recorded(report_dir / "run.jsonl")
    with _terminated_as_interrupted():
        outcome.follow(run(selection.claims, options))
    if not outcome.records:  # it ended before its first record
        raise outcome.failure or KeyboardInterrupt(outcome.interrupted)
    log = collect(outcome.records)
    show(log, _console())
    if outcome.failure is None or not isinstance(outcome.failure, OSError):
        written = _render(log, formats, report_dir)
        click.echo(f"{report_dir}: run.jsonl{''.join(f', {name}' for name in written)}")
    if outcome.failure is not None:
        raise outcome.failure
    ctx.exit(128 + outcome.interrupted if outcome.interrupted else log.exit_code)


class _Recorded:
    """The records of a run, in memory and in the log, however the run ends.

    ``failure`` is the exception that ended it: an `OSError` of the log, or a fault of the engine.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.records: list[Record] = []
        self.failure: Exception | None = None
        self.interrupted = 0  # the number of the signal

    def follow(self, stream: Iterator[Record]) -> None:
        from gradcheck.cli.progress import progress
        from gradcheck.log_writer import LogWriter

        try:
            first = next(stream)  # usage errors come before it, and must not touch an earlier log
            with LogWriter(self.path) as writer, progress(first) as advance:
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


def _console() -> Any:
    import sys

    from rich.console import Console

    # Off a terminal rich assumes 80 columns; logs of CI systems are wider.
    return Console(highlight=False) if sys.stdout.isatty() else Console(highlight=False, width=120)


def _command(words: tuple[str, ...], backends: tuple[str, ...], max_examples: int, seed: int) -> str:
    """The command that makes this run again, whatever the defaults will be."""
    chosen = [part for backend in backends for part in ("--backend", backend)]
    numbers = ["--max-examples", str(max_examples), "--seed", str(seed)]
    return shlex.join(["gradcheck", "verify", *words, *chosen, *numbers])


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
