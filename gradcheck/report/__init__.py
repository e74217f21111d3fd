"""Reports: views on a log. One file per format, each a function from `Log` to text."""

from __future__ import annotations

import os
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from gradcheck.errors import UsageError
from gradcheck.records.disk import errors_at

if TYPE_CHECKING:
    from gradcheck.records.reading import Log

__all__ = ["FORMATS", "ON_REQUEST", "PRINTED", "render", "render_text", "write_file"]

FORMATS = {
    "jsonl": "run.jsonl",
    "json": "summary.json",
    "junit": "junit.xml",
    "md": "report.md",
    "html": "report.html",
}
"""The file of each format that a plain run writes. ``jsonl`` is the log itself, which the run writes."""

ON_REQUEST = {"sarif": "report.sarif"}
"""The file of each format that is written where it is asked for."""

PRINTED = ("github",)
"""Formats that go to standard output."""

_FILES = FORMATS | ON_REQUEST
_MODULES = {
    "json": "formats.summary",
    "junit": "formats.junit",
    "md": "formats.markdown",
    "html": "page.html",
    "sarif": "formats.sarif",
    "github": "formats.github",
}


def render_text(log: Log, format: str) -> str:
    """The log in one format. Raises `UsageError` for a format that cannot be rendered."""
    if format not in _MODULES:
        raise UsageError(f"format {format!r}: expected one of {', '.join(_MODULES)}.")
    # Imported when asked for: a JUnit file does not need the template engine.
    text: str = import_module(f"gradcheck.report.{_MODULES[format]}").render(log)
    return text


def render(
    log: Log,
    formats: Iterable[str],
    directory: str | os.PathLike[str],
    kept: str | os.PathLike[str] | None = None,
) -> list[Path]:
    """Write the log in each format into a folder, which is made if need be; returns the files.

    ``kept`` is the log's own file, which the reports name where they say how to run something again; it
    is `run.jsonl` in that folder unless said.

    A file that is there is replaced in one step, so a reader never sees half a report. Every format is
    tried, and the first failure is raised when all have been: one that cannot be written, or that we
    cannot render, costs no other. ``jsonl`` is skipped: it is the log; so are the formats
    that are printed.
    """
    from gradcheck.report.rerun import log_kept_at

    log = log_kept_at(log, Path(directory) / FORMATS["jsonl"] if kept is None else Path(kept))
    known = [format for format in dict.fromkeys(formats) if _known(format)]
    wanted = [format for format in known if format != "jsonl" and format not in PRINTED]
    written: list[Path] = []
    failure: Exception | None = None
    for format in wanted:
        try:
            written.append(write_file(Path(directory) / _FILES[format], render_text(log, format)))
        except Exception as error:  # raised again below
            failure = failure or error
    if failure is not None:
        raise failure
    return written


def write_file(path: Path, text: str) -> Path:
    """Write a text file beside its place and move it there, making the folder if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not the tempfile module: its files are private to their owner, and reports are there to be read.
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with errors_at(path), part.open("w", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return path


def _known(format: str) -> bool:
    if format not in _FILES and format not in PRINTED:
        raise UsageError(f"format {format!r}: expected one of {', '.join([*_FILES, *PRINTED])}.")
    return True
