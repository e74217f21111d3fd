"""`gradcheck vectors`: write test vectors, or check those that are there."""

from __future__ import annotations

from pathlib import Path

import click

from gradcheck.cli.options import debug_option

__all__ = ["vectors"]


@click.command()
@click.argument("words", nargs=-1, metavar="[NAME|ID|FILE.py ...]")
@click.option("--out", type=click.Path(path_type=Path), metavar="DIR", help="Folder to write the files into.")
@click.option(
    "--check",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Check the files in a folder (or one file) instead.",
)
@click.option(
    "--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True, help="For the inputs."
)
@click.option("--npz", is_flag=True, help="Write the arrays as NAME.npz too.")
@click.option("--backend", "backends", multiple=True, metavar="B", help="Use only this backend. Repeatable.")
@debug_option
@click.pass_context
def vectors(
    ctx: click.Context,
    words: tuple[str, ...],
    out: Path | None,
    check: Path | None,
    seed: int,
    npz: bool,
    backends: tuple[str, ...],
) -> None:
    """Write test vectors for implementations in any language, one JSON file per formula.

    Without words, for every formula of the catalogue that has a vjp claim. With --check every answer is
    computed anew from the stored inputs, and every wrong gradient must be rejected.

    Exits with 0 when all was written or found in order, 1 when a formula has no vectors or a file has a
    problem, 2 for bad input.
    """
    if (out is None) == (check is None):
        raise click.UsageError("expected one of --out DIR, to write vectors, and --check DIR, to check them.")
    if check is not None:
        ctx.exit(_check(check, words, backends))
    assert out is not None
    ctx.exit(_write(out, words, seed, backends, npz=npz))


def _write(out: Path, words: tuple[str, ...], seed: int, backends: tuple[str, ...], *, npz: bool) -> int:
    from gradcheck.errors import Unsupported
    from gradcheck.oracles.lookup import find_formulas
    from gradcheck.oracles.vectors.files import check_name, write_vectors
    from gradcheck.oracles.vectors.making import make_vectors
    from gradcheck.running.registry import usual_mistakes

    formulas = find_formulas(words)
    for formula in formulas:
        check_name(formula.name)
    failed = 0
    for formula in formulas:
        try:
            made = make_vectors(
                formula, seed=seed, backends=backends or None, mistakes=usual_mistakes(formula)
            )
        except Unsupported as error:
            failed += 1
            click.echo(str(error), err=True)
            continue
        written = write_vectors(made, out, npz=npz)
        click.echo(f"{', '.join(str(p) for p in written)}: {made.number_of_tests} tests")
    click.echo(f"{len(formulas) - failed} of {len(formulas)} formulas written to {out}.")
    return int(failed > 0)


def _check(folder: Path, words: tuple[str, ...], backends: tuple[str, ...]) -> int:
    from gradcheck.oracles.lookup import find_formulas
    from gradcheck.oracles.vectors.lint import lint, vector_paths
    from gradcheck.running.registry import catalogue, layers

    formulas = [*(find_formulas(words) if words else ()), *catalogue(), *layers()]
    paths = vector_paths(folder)
    wrong = 0
    for path in paths:
        problems = lint(path, formulas, backends or None)
        wrong += bool(problems)
        for problem in problems:
            click.echo(problem, err=True)
    click.echo(f"{len(paths) - wrong} of {len(paths)} files in order.")
    return int(wrong > 0)
