"""`gradcheck oracle`: the right value, gradients and intermediates for given arrays."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gradcheck.cli.options import debug_option

if TYPE_CHECKING:
    from gradcheck.oracles.reference import Oracle

__all__ = ["oracle"]


@click.command()
@click.argument("name", required=False, metavar="NAME|FILE.py[::NAME]")
@click.option(
    "--input",
    "input_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The arrays, by the names of the arguments, and delta: .npz or .json.",
)
@click.option(
    "--shape",
    "shapes",
    multiple=True,
    metavar="n=3,...",
    help="Make the arrays: the size of every dimension.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**63 - 1),
    default=0,
    show_default=True,
    help="For arrays that are made.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write everything with its bounds: .npz or .json.  [default: print it]",
)
@click.option("--backend", "backends", multiple=True, metavar="B", help="Use only this backend. Repeatable.")
@click.option(
    "--dtype",
    type=click.Choice(["float64", "float32", "float16", "bfloat16"]),
    default="float64",
    show_default=True,
    help="Round the arrays to this type first: the truth for code that gets them in it.",
)
@click.option(
    "--serve",
    is_flag=True,
    help="Answer the protocol of `gradcheck external` on standard input and output, for NAME or for all.",
)
@debug_option
@click.pass_context
def oracle(
    ctx: click.Context,
    name: str | None,
    input_file: Path | None,
    shapes: tuple[str, ...],
    seed: int,
    output: Path | None,
    backends: tuple[str, ...],
    dtype: str,
    serve: bool,
) -> None:
    """Give the right gradients for given arrays.

    Every number is the float64 nearest to the true one, with a certified bound on the distance.

    Exits with 0 when the answer is there, 1 when there is none at these arrays (a kink, or no backend can
    enclose it), 2 for bad input.
    """
    from gradcheck.errors import Unsupported
    from gradcheck.oracles.files import check_output, read_inputs, write_reference
    from gradcheck.oracles.reference import oracle as make

    if serve:
        if input_file is not None or shapes or output is not None:
            raise click.UsageError("--serve reads cases from standard input; give no arrays and no files.")
        _serve(name, backends)
        return
    if name is None:
        raise click.UsageError("Missing argument 'NAME|FILE.py[::NAME]'.")
    if input_file is not None and shapes:
        raise click.UsageError("--input brings arrays and --shape makes them; give one of the two.")
    if output is not None:
        check_output(output)
    source = make(name, backends=backends or None, dtype=dtype)
    try:
        if input_file is not None:
            inputs, delta = read_inputs(input_file, source.formula.shapes.arguments)
        else:
            inputs, delta = _drawn(source, shapes, seed)
        reference = source.at(inputs, delta)
    except Unsupported as error:
        click.echo(f"No answer: {error}", err=True)
        ctx.exit(1)
    if output is None:
        click.echo(str(reference))
        return
    write_reference(output, reference)
    click.echo(f"{output}: {', '.join(reference.quantities())}")
    for note in reference.notes:
        click.echo(f"note: {note}", err=True)


def _serve(name: str | None, backends: tuple[str, ...]) -> None:
    from gradcheck.oracles.lookup import find_formulas
    from gradcheck.oracles.protocol.serve import serve_standard_streams

    serve_standard_streams(None if name is None else find_formulas([name]), backends or None)


def _drawn(source: Oracle, shapes: tuple[str, ...], seed: int) -> tuple[dict[str, Any], Any]:
    from gradcheck.errors import UsageError

    try:
        return source.draw(_sizes(shapes), seed)
    except UsageError as error:
        if shapes:
            raise
        raise UsageError(f"{error} Use --shape n=3,..., or bring arrays with --input FILE.") from None


def _sizes(texts: tuple[str, ...]) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for part in (p.strip() for text in texts for p in text.split(",")):
        name, equals, size = part.partition("=")
        if not equals or not name.strip() or not size.strip().isdecimal():
            raise click.BadParameter(f"expected sizes like n=3,m=4, got {part!r}.", param_hint="--shape")
        if name.strip() in sizes:
            raise click.BadParameter(f"the size of {name.strip()} is given twice.", param_hint="--shape")
        sizes[name.strip()] = int(size)
    return sizes
