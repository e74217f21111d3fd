"""The command line: `gradcheck COMMAND ...`.

Commands import what they need when they run, so that help and completion are immediate.
"""

from __future__ import annotations

import errno
import signal
import sys
import traceback
from typing import Any

import click

from gradcheck._version import __version__
from gradcheck.cli.compare import compare
from gradcheck.cli.diff import diff
from gradcheck.cli.external import external
from gradcheck.cli.listing import list_claims, show
from gradcheck.cli.merge import merge
from gradcheck.cli.notes import notes
from gradcheck.cli.oracle import oracle
from gradcheck.cli.process import leave, prepare
from gradcheck.cli.prove import prove
from gradcheck.cli.replay import replay
from gradcheck.cli.report import report
from gradcheck.cli.starting import harness, init
from gradcheck.cli.vectors import vectors
from gradcheck.cli.verify import verify
from gradcheck.errors import UsageError
from gradcheck.running.collector import process_of_ours

__all__ = ["cli", "main"]

EPILOG = """\b
Exit codes of verify:
  0    every claim passed or is an erratum that was refuted
  1    a claim failed, is weak or stayed inconclusive, or an erratum was not refuted
  2    it could not run: usage, bad input, a missing backend, a folder that cannot be written; or
       nothing could be judged, because every claim is an error
  130  interrupted; what was finished is in the log, marked incomplete
"""


class Program(click.Group):
    """Turns every exception into a message and an exit code that scripts can rely on."""

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        try:
            return super().make_context(*args, **extra)
        except KeyboardInterrupt:  # click would exit with 1, as if a claim had failed
            click.echo("Interrupted.", err=True)
            sys.exit(128 + signal.SIGINT)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except UsageError as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(2)
        except KeyboardInterrupt as interruption:  # its argument is the signal, where verify caught one
            click.echo("Interrupted.", err=True)
            ctx.exit(128 + (interruption.args[0] if interruption.args else signal.SIGINT))
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise  # the reader of a pipe left; click ends quietly
            if ctx.params["debug"]:
                traceback.print_exc()
            place = f"{error.filename}: " if error.filename else ""
            click.echo(f"Error: {place}{error.strerror or error}", err=True)
            ctx.exit(2)
        except Exception as error:  # the last place to keep the promise of exit code 2
            if ctx.params["debug"]:
                traceback.print_exc()
            click.echo(
                f"Error: gradcheck itself broke: {type(error).__name__}: {error}\n"
                "This is a bug in gradcheck, not in your formulas. Please report it with the traceback that "
                "`gradcheck --debug ...` shows.",
                err=True,
            )
            ctx.exit(2)


@click.group(cls=Program, epilog=EPILOG, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="gradcheck")
@click.option("--debug", is_flag=True, help="Show the traceback if gradcheck itself breaks.")
def cli(debug: bool) -> None:
    """Check derivatives written by hand, and report what was found."""


for command in (
    verify,
    list_claims,
    show,
    prove,
    replay,
    report,
    merge,
    diff,
    oracle,
    external,
    vectors,
    compare,
    init,
    harness,
    notes,
):
    cli.add_command(command)


def main() -> None:
    """The entry point of the `gradcheck` script."""
    prepare()
    process_of_ours()
    try:
        cli(prog_name="gradcheck")
    except SystemExit as end:
        leave(end.code if isinstance(end.code, int) else int(end.code is not None))
