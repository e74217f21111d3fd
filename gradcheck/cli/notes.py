"""`gradcheck notes`: derivations in Markdown, LaTeX and notebooks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gradcheck.cli.options import debug_option

if TYPE_CHECKING:
    from gradcheck.notes import NoteRecord

__all__ = ["notes"]

FORMATS = ("text", "json", "github", "sarif", "md", "html")
_SPOKEN = ("text", "json", "github")


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--format", "formats", default="text", help=f"Comma-separated: {', '.join(FORMATS)}.", show_default=True
)
@click.option("--report-dir", default="reports", help="The folder for sarif, md and html.", show_default=True)
@click.option("--show-reading", is_flag=True, help="Show every formula as it was understood.")
@click.option(
    "--max-unread", type=click.IntRange(min=0), help="Exit with 1 where more formulas are not read."
)
@click.option(
    "--declarations", type=click.Path(), help="A file with the declarations of a gradcheck comment."
)
@debug_option
def notes(
    files: tuple[str, ...],
    formats: str,
    report_dir: str,
    show_reading: bool,
    max_unread: int | None,
    declarations: str | None,
) -> None:
    """Check the formulas of derivation notes: Markdown, LaTeX or notebooks.

    Finds definitions and claims about derivatives, and says of each formula whether it is right, wrong
    (with the corrected formula), right under a condition, ambiguous, or not read and why. What the
    symbols are can be declared in a comment; see the documentation. Nothing of a note is executed.

    Exits with 0 where nothing is wrong, 1 where something is, 2 where it could not run.
    """
    from gradcheck.errors import UsageError
    from gradcheck.notes import check_file

    chosen = _formats(formats)
    declared = _declarations(declarations)
    found: list[NoteRecord] = []
    failed = False
    for file in files:
        try:
            note = check_file(Path(file), file.replace("\\", "/"), declared)
        except UsageError as error:
            click.echo(f"Error: {error}", err=True)
            failed = True
            continue
        found.append(note)
        _speak(note, chosen, show_reading=show_reading)
    _write(found, chosen, Path(report_dir))
    wrong = any(note.count("wrong") for note in found)
    unread = sum(note.count("not-read") for note in found)
    if failed:
        raise SystemExit(2)
    if wrong or (max_unread is not None and unread > max_unread):
        raise SystemExit(1)


def _formats(text: str) -> list[str]:
    from gradcheck.errors import UsageError

    chosen = [f.strip() for f in text.split(",") if f.strip()]
    unknown = next((f for f in chosen if f not in FORMATS), None)
    if unknown is not None or not chosen:
        raise UsageError(f"--format: expected some of {', '.join(FORMATS)}, got {unknown or 'nothing'!r}.")
    spoken = [f for f in chosen if f in _SPOKEN]
    if len(set(spoken)) > 1:
        raise UsageError(f"--format: {' and '.join(spoken)} both write to standard output; choose one.")
    return chosen


def _declarations(file: str | None) -> str | None:
    from gradcheck.errors import UsageError
    from gradcheck.notes.files import decoded

    if file is None:
        return None
    path = Path(file)
    if not path.is_file():
        raise UsageError(f"--declarations: there is no file {file}.")
    return decoded(path.read_bytes(), file)


def _speak(note: NoteRecord, chosen: list[str], *, show_reading: bool) -> None:
    import msgspec

    from gradcheck.notes.output.annotations import github
    from gradcheck.notes.output.terminal import text

    if "json" in chosen:
        click.echo(msgspec.json.encode(note).decode())
    elif "github" in chosen:
        for line in github(note):
            click.echo(line)
    elif "text" in chosen:
        for line in text(note, readings=show_reading):
            click.echo(line)


def _write(found: list[NoteRecord], chosen: list[str], folder: Path) -> None:
    import json

    from gradcheck.notes.output.annotations import sarif
    from gradcheck.notes.output.markdown import markdown

    if not set(chosen) - set(_SPOKEN):
        return
    folder.mkdir(parents=True, exist_ok=True)
    if "sarif" in chosen:
        (folder / "report.sarif").write_text(json.dumps(sarif(found), indent=1) + "\n", encoding="utf-8")
    if "md" in chosen:
        (folder / "notes.md").write_text("\n".join(markdown(found)) + "\n", encoding="utf-8")
    if "html" in chosen:
        from gradcheck.notes.output.html import page

        (folder / "notes.html").write_text(page(found), encoding="utf-8")
