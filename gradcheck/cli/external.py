"""`gradcheck external`: check the gradients of a program in any language."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from gradcheck.cli.options import debug_option, detail_options, format_option, report_dir_option
from gradcheck.cli.recording import begun, record_and_report

__all__ = ["external"]

_TIMEOUT = 10.0
_SECONDS = click.FloatRange(min=0, min_open=True)


@click.command(context_settings={"allow_interspersed_args": False})
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- COMMAND...")
@click.option(
    "--formula",
    "words",
    multiple=True,
    metavar="NAME",
    help="Ask about this formula only: a name, FILE.py or FILE.py::NAME. Repeatable.  [default: all of the "
    "catalogue that the program claims]",
)
@click.option(
    "--smoke", is_flag=True, help="Try the harness with trivial cases, and say what is wrong with it."
)
@click.option(
    "--dtype",
    "dtypes",
    multiple=True,
    type=click.Choice(["<f8", "<f4", "<f2", "bfloat16"]),
    help="Check in this dtype only. Repeatable.  [default: all that the program speaks]",
)
@click.option("--backend", "backends", multiple=True, metavar="B", help="Use only this backend. Repeatable.")
@click.option(
    "--max-examples", type=click.IntRange(min=1), default=50, show_default=True, help="Points per claim."
)
@click.option(
    "--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True, help="Where the points start."
)
@click.option(
    "--timeout",
    type=_SECONDS,
    default=_TIMEOUT,
    show_default=True,
    help="Seconds for the answer to one case.",
)
@click.option(
    "--start-timeout", type=_SECONDS, default=10.0, show_default=True, help="Seconds for the answer to start."
)
@click.option(
    "--max-restarts",
    type=click.IntRange(min=0),
    default=25,
    show_default=True,
    help="How often the program is started again after it failed.",
)
@detail_options
@report_dir_option
@format_option
@debug_option
@click.pass_context
def external(
    ctx: click.Context,
    command: tuple[str, ...],
    words: tuple[str, ...],
    smoke: bool,
    dtypes: tuple[str, ...],
    backends: tuple[str, ...],
    max_examples: int,
    seed: int,
    timeout: float,
    start_timeout: float,
    max_restarts: int,
    detail: str | None,
    report_dir: Path,
    formats: tuple[str, ...],
) -> None:
    """Check a program's gradients, and write the same reports as verify.

    The program is started once and reads cases from standard input, one JSON object a line;
    `gradcheck harness` writes one to start from. What is expected is never sent.

    Exits with 0 when every gradient passed, 1 when one did not, 2 when the run could not be made, and 130
    when it was interrupted. With --smoke: 0 when the harness works and its gradients are right, 1 when it
    works and a gradient is wrong, 2 when it does not work.
    """
    from gradcheck.oracles.protocol.driver import Limits
    from gradcheck.oracles.protocol.external import external as check
    from gradcheck.oracles.protocol.smoke import smoke as try_harness
    from gradcheck.running.stream import RunOptions

    limits = Limits(case=timeout, start=start_timeout, restarts=max_restarts)
    if smoke:
        report = try_harness(command, words=words, dtypes=dtypes, limits=limits)
        click.echo("\n".join(report.lines))
        ctx.exit(report.exit_code)
    chosen = [part for backend in backends for part in ("--backend", backend)]
    chosen += [part for dtype in dtypes for part in ("--dtype", dtype)]
    chosen += ["--timeout", f"{timeout:g}"] if timeout != _TIMEOUT else []
    again = ["gradcheck", "external", *chosen, "--max-examples", str(max_examples), "--seed", str(seed)]
    named = [part for word in words for part in ("--formula", word)]
    options = RunOptions(
        seed=seed,
        max_examples=max_examples,
        backends=backends or None,
        command=shlex.join([*again, *named, "--", *command]),
    )
    stream = check(command, options, words=words, dtypes=dtypes, limits=limits, again=again, cases=report_dir)
    with begun(report_dir, options.command) as folder:
        record_and_report(ctx, stream, folder, formats, detail)
