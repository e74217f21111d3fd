"""`gradcheck compare`: judge a program's answers to test vectors, offline."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from gradcheck.cli.options import debug_option, format_option, report_dir_option
from gradcheck.cli.recording import begun, record_and_report

__all__ = ["compare"]


@click.command()
@click.argument("vectors", type=click.Path(path_type=Path))
@click.argument("answers", type=click.Path(path_type=Path))
@click.option(
    "--formula",
    "word",
    metavar="FILE.py[::NAME]",
    help="Where the formula is declared.  [default: the catalogue]",
)
@report_dir_option
@format_option
@debug_option
@click.pass_context
def compare(
    ctx: click.Context,
    vectors: Path,
    answers: Path,
    word: str | None,
    report_dir: Path,
    formats: tuple[str, ...],
) -> None:
    """Judge answers to a file of test vectors, and write the same reports as verify.

    ANSWERS is a JSON file: {"formula": NAME, "answers": {"1": {"gradients": {"W": ARRAY, ...}}, ...}} with
    the numbers of the tests. An ARRAY is an object with dtype, shape and b64, as in the vectors, or nested
    lists of numbers. Instead of gradients, {"skipped": true, "message": "..."} leaves a test out.

    Exits with 0 when all answers passed, 1 when one did not or is missing, 2 when a file cannot be used.
    """
    from gradcheck.oracles.answers.compare import compare as judge
    from gradcheck.oracles.lookup import find_formulas
    from gradcheck.running.registry import catalogue, layers

    chosen = ["--formula", word] if word else []
    command = shlex.join(["gradcheck", "compare", str(vectors), str(answers), *chosen])
    with begun(report_dir, command) as folder:
        formulas = [*(find_formulas([word]) if word else ()), *catalogue(), *layers()]
        record_and_report(ctx, judge(vectors, answers, formulas, command), folder, formats)
