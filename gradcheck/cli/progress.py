"""A progress bar for people; nothing for CI and pipes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gradcheck.records.types import BackendRow, BatteryRow, ClaimRow, Header, Record

__all__ = ["progress"]


@contextmanager
def progress(header: Record) -> Iterator[Callable[[Record], None]]:
    """A function to call with every record; it moves the bar on standard error, if there is one."""
    if not isinstance(header, Header) or not sys.stderr.isatty() or os.environ.get("CI"):
        yield _nothing
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
    from rich.text import Text

    from gradcheck.report.text import clip, one_line

    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=len(header.claims))

        def advance(record: Record) -> None:
            if isinstance(record, BackendRow | BatteryRow | ClaimRow):
                uid = record.uid if isinstance(record, ClaimRow) else record.claim
                step = int(isinstance(record, ClaimRow))
                bar.update(task, advance=step, description=Text(clip(one_line(uid), 60)).plain)

        yield advance


def _nothing(record: Record) -> None:
    pass
