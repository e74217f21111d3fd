"""`gradcheck diff`: what changed between two runs."""

from __future__ import annotations

from pathlib import Path

import click

from gradcheck.cli.options import debug_option

__all__ = ["diff"]


@click.command()
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "format",
    type=click.Choice(["text", "md", "json"]),
    default="text",
    show_default=True,
    help="How to print it; md is made for the summary of a CI job.",
)
@debug_option
@click.pass_context
def diff(ctx: click.Context, old: Path, new: Path, format: str) -> None:
    """Show what changed between two runs: verdicts, strength, digits lost, code, time.

    OLD and NEW are logs, of any versions of gradcheck that this one can read.

    Exits with 0 whatever changed, 1 when one of the logs is incomplete (it is compared as far as it
    goes), 2 when one cannot be read.
    """
    from gradcheck.records.differences import difference
    from gradcheck.records.reading import read_log
    from gradcheck.report.formats.changes import render

    found = difference(read_log(old), read_log(new))
    click.echo(render(found, format), nl=False)
    ctx.exit(0 if found.complete else 1)
