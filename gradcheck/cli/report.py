"""`gradcheck report`: render a log again."""

from __future__ import annotations

from pathlib import Path

import click

from gradcheck.cli.options import debug_option, format_option, report_dir_option

__all__ = ["report"]


@click.command()
@click.argument("log", type=click.Path(path_type=Path))
@report_dir_option
@format_option
@debug_option
@click.pass_context
def report(ctx: click.Context, log: Path, report_dir: Path, formats: tuple[str, ...]) -> None:
    """Render the log of a run in other formats.

    Exits with 0 whatever the verdicts, 1 when the log is incomplete (the reports say so), 2 when it
    cannot be read or the folder cannot be written.
    """
    from gradcheck.records.reading import read_log
    from gradcheck.report import render, render_text
    from gradcheck.report.narrative import headline

    read = read_log(log)
    written = render(read, formats, report_dir, kept=log)
    if "github" in formats:
        click.echo(render_text(read, "github"), nl=False)
    click.echo(headline(read))
    for problem in read.problems:
        click.echo(f"incomplete: {problem}", err=True)
    click.echo(
        f"{report_dir}: {', '.join(path.name for path in written) or 'nothing to write; the log is the log'}"
    )
    ctx.exit(0 if read.complete else 1)
