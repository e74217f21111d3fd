"""`gradcheck prove`: what is known of a claim for all shapes and all values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gradcheck.cli.options import debug_option

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gradcheck.formulas.claim import Claim
    from gradcheck.records.types import Proof, ProofQuantity

__all__ = ["prove"]


@click.command()
@click.argument("name")
@debug_option
def prove(name: str) -> None:
    """Prove claims for all shapes and values, or say where the proof stops.

    NAME is a formula, a claim, an id of the derivation or FILE.py::NAME. Prints the entry formula of the
    truth and that of the code, the assumptions, and the steps in between, as LaTeX. A few points are
    tried beside it: for a spot check in ball arithmetic, and for a witness where the forms differ. SymPy
    and JAX are asked for second opinions on the truth.

    Exits with 0 whatever comes out, 2 where it could not run.
    """
    from gradcheck.running.registry import select
    from gradcheck.running.showing_proofs import examined

    claims = select([name]).claims
    blocks = ["\n".join(_claim(claim, examined(claim))) for claim in claims]
    if any(claim.id == _CHAINS for claim in claims):
        blocks.append("\n".join(_depth()))
    click.echo("\n\n".join(blocks))


_CHAINS = "D23"
"""The catalogue's networks: each is proved for its depth, and their backward pass for any."""


def _depth() -> Iterator[str]:
    from gradcheck.catalogue.passes import backward_pass, forward_pass
    from gradcheck.proofs import any_depth

    proof = any_depth(forward_pass, backward_pass)
    yield f"catalogue.passes.backward_pass at any depth: {_WORDS[proof.status]}"
    yield f"  because    {proof.reason}"
    yield f"  assuming   {'; '.join(proof.assumptions)}"
    for quantity in proof.quantities:
        yield from _quantity(quantity)


_WORDS = {
    "proved": "proved for all shapes and values",
    "partly": "proved in part",
    "refuted": "refuted",
    "open": "open, neither proved nor refuted",
}


def _claim(claim: Claim, proof: Proof) -> Iterator[str]:
    marks = "  (as printed, erratum)" if claim.erratum else ""
    yield f"{claim.uid}: {_WORDS.get(proof.status, proof.status)}{marks}"
    yield f"  claim      {claim.statement()}"
    if proof.reason:
        yield f"  because    {proof.reason}"
    for label, lines in (("assuming", proof.assumptions), ("branches", proof.branches)):
        for k, line in enumerate(lines):
            yield f"  {label if not k else '':10} {line}"
    for source, opinion in proof.opinions.items():
        yield f"  {source:10} {opinion}"
    for quantity in proof.quantities:
        yield from _quantity(quantity)


def _quantity(quantity: ProofQuantity) -> Iterator[str]:
    indices = f"[{quantity.indices}]" if quantity.indices else ""
    yield f"  {quantity.quantity}{indices}: {quantity.status}"
    if quantity.reason:
        yield f"    because  {quantity.reason}"
    if quantity.truth is not None:
        yield f"    truth    {quantity.truth}"
    if quantity.candidate is not None:
        yield f"    code     {quantity.candidate}"
    for number, step in enumerate(quantity.steps, 1):
        yield f"    {number}. {step.rule}"
        yield f"         {step.latex}"
