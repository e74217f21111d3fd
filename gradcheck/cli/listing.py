"""`gradcheck list` and `gradcheck show`: what there is to check."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gradcheck.cli.options import debug_option

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from gradcheck.formulas.claim import Claim
    from gradcheck.formulas.declaration import Declaration

__all__ = ["list_claims", "show"]


@click.command("list")
@click.argument("words", nargs=-1, metavar="[NAME|ID|FILE.py ...]")
@debug_option
def list_claims(words: tuple[str, ...]) -> None:
    """List claims: id, name, kind and what is claimed. Without words: the derivation, then the layers."""
    from gradcheck.report.text import one_line
    from gradcheck.running.registry import LAYERS, select

    claims = [*select(words).claims, *(() if words else select([LAYERS]).claims)]
    rows = [
        (claim.id or "", claim.uid, claim.kind.name, one_line(claim.statement()) + _marks(claim))
        for claim in claims
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        click.echo("  ".join([*(cell.ljust(n) for cell, n in zip(row, widths, strict=False)), row[3]]))


@click.command()
@click.argument("name")
@debug_option
def show(name: str) -> None:
    """Show a formula with its claims and the code of both."""
    from gradcheck.running.registry import select

    by_formula: dict[int, list[Claim]] = {}
    for claim in select([name]).claims:
        by_formula.setdefault(id(claim.formula), []).append(claim)
    blocks = ["\n".join(_formula(claims[0].formula, claims)) for claims in by_formula.values()]
    click.echo("\n\n".join(blocks))


def _marks(claim: Claim) -> str:
    if claim.erratum:
        return "  [as printed, erratum]"
    return "  [as printed]" if claim.printed else ""


def _formula(formula: Declaration, claims: list[Claim]) -> Iterator[str]:
    yield f"formula {formula.name}"
    shapes = (f"{a}: {formula.shapes.text(a) or 'scalar'}" for a in formula.shapes.arguments)
    yield f"  shapes   {'; '.join(shapes)}"
    if formula.values:
        yield f"  values   {', '.join(f'{a}: {_value_name(v)}' for a, v in formula.values.items())}"
    yield from _about(formula)
    yield from _code(formula.function)
    for claim in claims:
        yield ""
        yield f"{claim.uid}"
        yield f"  claim    {claim.statement()}{_marks(claim)}"
        yield f"  kind     {claim.kind.name}"
        yield from _about(claim)
        yield from _code(claim.candidate)


def _about(thing: Declaration | Claim) -> Iterator[str]:
    for label in ("id", "section", "latex", "note"):
        if value := getattr(thing, label):
            yield f"  {label.ljust(8)} {value}"


def _value_name(value: Any) -> str:
    shape = getattr(value, "shape", None)
    if shape is not None:
        return f"an array of shape {shape}"
    return getattr(value, "__name__", None) or repr(value)


def _code(function: Callable[..., Any]) -> Iterator[str]:
    """The source, indented, under the place where it stands."""
    import textwrap

    from gradcheck.records.sources import source_of

    source = source_of(function)
    yield f"  code     {source.file}:{source.line}"
    yield textwrap.indent(source.text.rstrip(), "    ")
