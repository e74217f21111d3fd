"""`gradcheck verify`: run the claims, write the log, render the reports."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gradcheck.cli.options import debug_option, detail_options, format_option, report_dir_option
from gradcheck.cli.recording import begun, record_and_report

if TYPE_CHECKING:
    from gradcheck.formulas.claim import Claim
    from gradcheck.records.types import Record
    from gradcheck.running.checker import RunOptions

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
@click.option("--shard", metavar="I/N", help="Only the I-th of N parts; `gradcheck merge` joins the logs.")
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    help="Processes to use; more than one needs dask.distributed.  [default: as many as are worth it]",
)
@click.option("--cluster", metavar="ADDRESS", help="Use the workers of a dask scheduler.")
@click.option(
    "--allow-empty", is_flag=True, help="Files without a claim are no error: exit with 0 if there is none."
)
@detail_options
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
    shard: str | None,
    jobs: int | None,
    cluster: str | None,
    allow_empty: bool,
    detail: str | None,
    report_dir: Path,
    formats: tuple[str, ...],
) -> None:
    """Check claims and write the reports.

    A word is a formula's name, an id of the derivation such as D09, a claim as `gradcheck list` names
    it, a Python file of formulas, or FILE.py::NAME. Without words the whole catalogue is checked.

    Exits with 0 when every claim came out as declared, 1 when one did not, 2 when the run could not be
    made or every claim is an error, and 130 when it was interrupted.
    """
    from gradcheck.running.registry import select
    from gradcheck.running.shards import shard_of
    from gradcheck.running.stream import RunOptions

    if jobs is not None and cluster is not None:
        raise click.UsageError("--jobs is about this machine and --cluster about others: give one of them.")
    command = _command(words, backends, max_examples, seed, shard, allow_empty=allow_empty)
    with begun(report_dir, command) as folder:  # from here on user code runs, which may end the process
        selection = select(words, allow_empty=allow_empty)
        claims = selection.claims if shard is None else shard_of(selection.claims, shard)
        rare: dict[str, Any] = {"broken": selection.broken} if selection.broken else {}
        options = RunOptions(
            seed=seed,
            max_examples=max_examples,
            backends=backends or None,
            command=command,
            remarks=selection.remarks,
            shard=shard,
            **rare | ({"allow_empty": True} if allow_empty else {}),
        )
        record_and_report(ctx, _records(claims, words, options, jobs, cluster), folder, formats, detail)


def _records(
    claims: Sequence[Claim], words: Sequence[str], options: RunOptions, jobs: int | None, cluster: str | None
) -> Iterator[Record]:
    from gradcheck.running.stream import run
    from gradcheck.running.workers.local import WorkersDidNotStart, worthwhile_jobs

    processes = jobs if jobs is not None else worthwhile_jobs(claims, options.max_examples)
    if cluster is not None or processes > 1:
        from gradcheck.running.workers.pool import run_on_workers

        try:
            yield from run_on_workers(claims, words, options, jobs=processes, cluster=cluster)
        except WorkersDidNotStart:  # before the first record
            if jobs is not None or cluster is not None:
                raise
        else:
            return
    yield from run(claims, options)


def _command(
    words: tuple[str, ...],
    backends: tuple[str, ...],
    max_examples: int,
    seed: int,
    shard: str | None,
    *,
    allow_empty: bool,
) -> str:
    """The command that makes this run again, whatever the defaults will be; workers change nothing."""
    chosen = [part for backend in backends for part in ("--backend", backend)]
    numbers = ["--max-examples", str(max_examples), "--seed", str(seed)]
    part = ["--shard", shard] if shard else []
    part += ["--allow-empty"] if allow_empty else []
    return shlex.join(["gradcheck", "verify", *words, *chosen, *numbers, *part])
