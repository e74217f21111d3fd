"""A progress bar for people; nothing for CI and pipes."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gradcheck.records.types import ClaimRow, Header, Record

__all__ = ["progress"]


@contextmanager
def progress(header: Record) -> Iterator[Callable[[Record], None]]:
    """A function to call with every record; it moves the bar on standard error, if there is one."""
    if not isinstance(header, Header) or not sys.stderr.isatty() or os.environ.get("CI"):
        yield _nothing
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}", markup=False),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(_running(header, 0), total=len(header.claims))
        done = 0

        def advance(record: Record) -> None:
            nonlocal done
            if isinstance(record, ClaimRow):
                done += 1
                bar.update(task, advance=1, description=_running(header, done))

        yield advance


def _running(header: Header, done: int) -> str:
    """The claim that is checked now: records come in the order of the header."""
    from rich.text import Text

    from gradcheck.report.text import clip, one_line

    uid = header.claims[done] if done < len(header.claims) else ""
    return Text(clip(one_line(uid), 60)).plain


def _nothing(record: Record) -> None:
    pass
