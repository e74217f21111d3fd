"""`gradcheck merge`: join the logs of a run that was made in parts."""

from __future__ import annotations

import os
from pathlib import Path

import click

from gradcheck.cli.options import debug_option

__all__ = ["merge"]


@click.command()
@click.argument("logs", nargs=-1, required=True, metavar="LOG...", type=click.Path(path_type=Path))
@click.option(
    "--out", required=True, metavar="LOG", type=click.Path(path_type=Path), help="Where the joined log goes."
)
@debug_option
@click.pass_context
def merge(ctx: click.Context, logs: tuple[Path, ...], out: Path) -> None:
    """Join the logs of a run that was made in parts, such as the shards of a CI matrix.

    The parts must come from one seed and the same versions; a claim in two of them must have one result.
    Reports of the joined log are rendered with `gradcheck report`.

    Exits with 0 when the joined log is complete, 1 when something is missing in it (it is written all
    the same, and marked), 2 when a log cannot be read or they contradict each other.
    """
    from gradcheck.records.merging import merge as join
    from gradcheck.records.reading import LogWriter, collect, read_log
    from gradcheck.report.narrative import headline

    records = join({str(path): read_log(path) for path in logs})
    joined = collect(records)
    # Beside its place first: ``out`` may be one of the parts, and a full disk must not cost it.
    beside = out.with_name(f".{out.name}.{os.getpid()}")
    try:
        with LogWriter(beside) as writer:
            for record in records:
                writer.write(record)
        beside.replace(out)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    click.echo(headline(joined))
    problems = list(joined.problems)
    if len(joined.header.shards) == 1 and not joined.header.shards[0].endswith("/1"):
        # As the log of a part it is whole; but who joins parts and finds one has lost the others.
        problems.append(f"there is no shard but {joined.header.shards[0]}")
    for problem in problems:
        click.echo(f"incomplete: {problem}", err=True)
    click.echo(f"{out}: {len(logs)} {'log' if len(logs) == 1 else 'logs'} joined")
    ctx.exit(1 if problems else 0)
