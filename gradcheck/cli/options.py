"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from gradcheck.formulas.suggestions import did_you_mean
from gradcheck.report import FORMATS, ON_REQUEST, PRINTED

__all__ = ["debug_option", "detail_options", "dtype_options", "format_option", "report_dir_option"]

F = TypeVar("F", bound=Callable[..., Any])


def debug_option(function: F) -> F:
    """`--debug` after the command's name, where people add it when something went wrong."""
    return click.option("--debug", is_flag=True, expose_value=False, hidden=True, callback=_debug)(function)


def detail_options(function: F) -> F:
    """`-q` and `-v`, as the name of a `gradcheck.report.formats.terminal.Detail`."""
    quiet = click.option(
        "-q", "--quiet", "detail", flag_value="quiet", help="One line a failing claim, and the summary."
    )
    full = click.option(
        "-v", "--verbose", "detail", flag_value="full", help="Everything that is known of a failure."
    )
    return quiet(full(function))


def dtype_options(function: F) -> F:
    """`--dtype` and `--grade`, of gradients in low precision."""
    dtype = click.option(
        "--dtype",
        type=click.Choice(["float64", "float32", "float16", "bfloat16"]),
        help="Check gradients in this floating-point type.  [default: as declared]",
    )
    grade = click.option(
        "--grade",
        type=click.Choice(["rounded", "sums", "throughout"]),
        help="How much of it rounding may be off by: rounded once, sums in a wider type, every operation.",
    )
    return dtype(grade(function))


def report_dir_option(function: F) -> F:
    """`--report-dir DIR`."""
    return click.option(
        "--report-dir",
        type=click.Path(path_type=Path),
        default=Path("reports"),
        show_default=True,
        help="Folder of the reports.",
    )(function)


def format_option(function: F) -> F:
    """`--format F,...`, also given several times."""
    return click.option(
        "--format",
        "formats",
        multiple=True,
        metavar="F,...",
        callback=_formats,
        help=f"Reports to write: {', '.join(FORMATS)} (all of these unless said; jsonl always), "
        f"{', '.join(ON_REQUEST)}; {', '.join(PRINTED)}: annotations on standard output.",
    )(function)


def _debug(ctx: click.Context, parameter: click.Parameter, given: bool) -> None:
    if given:
        ctx.find_root().params["debug"] = True


def _formats(ctx: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    if not given:
        return tuple(FORMATS)
    known = [*FORMATS, *ON_REQUEST, *PRINTED]
    words = [word.strip() for text in given for word in text.split(",")]
    for word in words:
        if word not in known:
            hint = did_you_mean(word, known)
            raise click.BadParameter(f"{word!r} is none of {', '.join(known)}.{hint}", ctx, parameter)
    return tuple(dict.fromkeys(words))
