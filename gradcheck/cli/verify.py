"""`gradcheck verify`: run the claims, write the log, render the reports."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gradcheck.cli.options import (
    debug_option,
    detail_options,
    dtype_options,
    format_option,
    report_dir_option,
)
from gradcheck.cli.recording import begun, record_and_report

if TYPE_CHECKING:
    from gradcheck.formulas.claim import Claim
    from gradcheck.records.types import Record
    from gradcheck.running.checker import RunOptions
    from gradcheck.running.registry import Selection

__all__ = ["verify"]


@click.command()
@click.argument("words", nargs=-1, metavar="[NAME|ID|FILE.py|FOLDER ...]")
@click.option("--backend", "backends", multiple=True, metavar="B", help="Use only this backend. Repeatable.")
@click.option(
    "--max-examples", type=click.IntRange(min=1), default=50, show_default=True, help="Points per claim."
)
@click.option(
    "--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True, help="Where the points start."
)
@click.option(
    "-k", "expression", metavar="EXPR", help="Only claims whose names fit: parts joined by and, or, not, ( )."
)
@click.option("-x", "stop", is_flag=True, help="Stop after the first claim that did not come out.")
@click.option("--strict", is_flag=True, help="What was not tried makes a claim weak.")
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="For one claim; one that is cut fails if it is refuted by then, else it is inconclusive.",
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
@click.option("--backward", metavar="MOD:NAME", help="The backward of a forward that is named as MOD:NAME.")
@click.option("--jvp", metavar="MOD:NAME", help="Its forward mode, beside a backward or without one.")
@click.option("--hvp", metavar="MOD:NAME", help="Its Hessian times a vector, likewise.")
@click.option("--hessian", metavar="MOD:NAME", help="Its Hessian, likewise.")
@click.option("--double-backward", metavar="MOD:NAME", help="Its double backward, likewise.")
@click.option("--shapes", metavar="TEXT", help='The forward\'s shapes, as in "W: n m; x: m".')
@click.option("--values", metavar="TEXT", help='What its arguments hold, as in "y: one_hot".')
@dtype_options
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
    expression: str | None,
    stop: bool,
    strict: bool,
    time_limit: float | None,
    shard: str | None,
    jobs: int | None,
    cluster: str | None,
    allow_empty: bool,
    backward: str | None,
    jvp: str | None,
    hvp: str | None,
    hessian: str | None,
    double_backward: str | None,
    shapes: str | None,
    values: str | None,
    dtype: str | None,
    grade: str | None,
    detail: str | None,
    report_dir: Path,
    formats: tuple[str, ...],
) -> None:
    """Check claims and write the reports.

    A word is a formula's name, an id of the derivation such as D09, a claim as `gradcheck list` names
    it, a Python file of formulas, FILE.py::NAME, or a folder with such files. Without words the whole
    catalogue is checked. Code without decorators is named as pkg.mod:forward or FILE.py:forward, with
    --backward (--jvp, --hvp, --hessian, --double-backward) and --shapes.

    Exits with 0 when every claim passed or is an erratum that was refuted, 1 when one did neither, 2 when
    the run could not be made or every claim is an error, and 130 when it was interrupted.
    """
    from gradcheck.running.in_dtype import gradients_only
    from gradcheck.running.keywords import chosen
    from gradcheck.running.shards import shard_of
    from gradcheck.running.stream import RunOptions

    if jobs is not None and cluster is not None:
        raise click.UsageError("--jobs is about this machine and --cluster about others: give one of them.")
    command = _command(ctx.params)
    with begun(report_dir, command) as folder:  # from here on user code runs, which may end the process
        codes = {"backward": backward, "jvp": jvp, "hvp": hvp, "hessian": hessian}
        codes["double_backward"] = double_backward
        pair = _pair(words, codes, shapes, values, cluster)
        words, selection = _selected(words, allow_empty) if pair is None else (words, pair)
        for file in selection.passed_over:
            click.echo(f"{file}: there is no claim in it; it is passed over.", err=True)
        claims = (
            selection.claims
            if expression is None
            else chosen(selection.claims, expression, () if pair else words)
        )
        claims, left_out = gradients_only(claims, dtype)
        for sentence in left_out:
            click.echo(sentence, err=True)
        options = RunOptions(
            seed=seed,
            max_examples=max_examples,
            backends=backends or None,
            command=command,
            remarks=(*selection.remarks, *left_out),
            shard=shard,
            broken=selection.broken,
            allow_empty=allow_empty,
            stop_at_failure=stop,
            strict=strict,
            time_limit=time_limit,
            dtype=dtype,
            grade=grade,
        )
        claims = claims if shard is None else shard_of(claims, shard)
        if pair is None:
            records = _records(claims, words, options, jobs, cluster)
        else:
            records = _told_how_to_rerun(_records(claims, words, options, 1, None), command)
        record_and_report(ctx, records, folder, formats, detail)


def _pair(
    words: tuple[str, ...],
    codes: Mapping[str, str | None],
    shapes: str | None,
    values: str | None,
    cluster: str | None,
) -> Selection | None:
    """The claims about functions without decorators, where the words name some. Raises `UsageError`."""
    from gradcheck.errors import UsageError
    from gradcheck.running.registry import Selection
    from gradcheck.running.undecorated import claims_about, names_code

    code = [word for word in words if names_code(word)]
    stated = {kind: word for kind, word in codes.items() if word is not None}
    given = {f"--{kind.replace('_', '-')}": word for kind, word in codes.items()}
    given |= {"--shapes": shapes, "--values": values}
    if not code:
        if used := [option for option, value in given.items() if value is not None]:
            raise UsageError(
                f"{used[0]} is for a forward that is named as pkg.mod:forward or FILE.py:forward."
            )
        return None
    if len(words) > 1:
        raise UsageError(
            f"{code[0]}: a forward is checked alone; leave out {' '.join(w for w in words if w != code[0])}."
        )
    if not stated or shapes is None:
        missing = "--shapes" if stated else "--backward"
        others = "" if stated else " Other modes are --jvp, --hvp, --hessian and --double-backward."
        kind, word = next(iter(stated.items()), ("backward", "backward"))
        raise UsageError(
            f"{code[0]}: {missing} is missing, as in `gradcheck verify {code[0]} --{kind.replace('_', '-')} "
            f'{word} --shapes "{shapes or "W: n m; x: m"}"`.{others}'
        )
    if cluster is not None:
        raise UsageError("--cluster: a single pair of functions is checked in this process; leave it out.")
    return Selection(claims_about(code[0], stated, shapes, values or ""), (), code[0])


def _selected(words: tuple[str, ...], allow_empty: bool) -> tuple[tuple[str, ...], Selection]:
    """The claims that the words name, and the words without folders."""
    from gradcheck.running.folders import files_of
    from gradcheck.running.registry import LAYERS, catalogue, layers, select

    if any(Path(word).is_dir() for word in words):
        known = [formula.name for formula in (*catalogue(), *layers())]
        words, empty = files_of(words, [*known, LAYERS])
        return words, select(words, allow_empty=allow_empty, empty_folders=empty)
    return words, select(words, allow_empty=allow_empty)


def _told_how_to_rerun(records: Iterator[Record], command: str) -> Iterator[Record]:
    """The records with the whole command in place of `gradcheck replay`, which finds declared claims only."""
    from msgspec.structs import replace

    from gradcheck.records.types import ClaimRow

    for record in records:
        if isinstance(record, ClaimRow) and record.counterexample is not None:
            yield replace(record, counterexample=replace(record.counterexample, replay=command))
        else:
            yield record


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


def _command(given: Mapping[str, Any]) -> str:
    """The command that makes this run again, whatever the defaults will be; workers change nothing."""
    parts = ["gradcheck", "verify", *given["words"]]
    parts += [part for backend in given["backends"] for part in ("--backend", backend)]
    parts += ["--max-examples", str(given["max_examples"]), "--seed", str(given["seed"])]
    for option, name in _OPTIONS.items():
        if given[name]:
            parts += [option] if given[name] is True else [option, f"{given[name]}"]
    return shlex.join(parts)


_OPTIONS = {
    "--shard": "shard",
    "--allow-empty": "allow_empty",
    "-k": "expression",
    "-x": "stop",
    "--strict": "strict",
    "--time-limit": "time_limit",
    "--backward": "backward",
    "--jvp": "jvp",
    "--hvp": "hvp",
    "--hessian": "hessian",
    "--double-backward": "double_backward",
    "--shapes": "shapes",
    "--values": "values",
    "--dtype": "dtype",
    "--grade": "grade",
}
"""Options that change what a run finds, and the names under which click has them."""
