"""`report.html`: one self-contained page, for people. It runs no scripts and loads nothing."""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from gradcheck.arrays import MAX_DECIMALS
from gradcheck.log import Log
from gradcheck.records import ArrayRecord, ClaimRow
from gradcheck.report import narrative, text
from gradcheck.report.curve import curve

__all__ = ["render"]

_TEMPLATES = Path(__file__).parent / "templates"
_MAX_TEXT = 20_000  # one piece of text; a page must open whatever a message holds
_MAX_SHAPES = 60
_MAX_COLUMNS = 16


def render(log: Log) -> str:
    """The log as one HTML page. Everything that comes from the log is escaped."""
    claims = narrative.worst_first(log)
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            log=log,
            header=log.header,
            footer=log.footer,
            outcome=narrative.outcome(log),
            headline=narrative.headline(log),
            counts=narrative.counts(log),
            missing_backends=narrative.sources_text(log),
            views=[_view(claim, log, number) for number, claim in enumerate(claims, 1)],
            tones={narrative.status(claim).word: narrative.status(claim).tone for claim in claims},
        )
    )


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_printable,
    )
    environment.filters |= {
        "precision": narrative.precision_text,
        "duration": text.duration,
        "plural": text.plural,
        "sizes": text.sizes_text,
        "entry": lambda c: text.quantity(c.quantity, c.index),
        "array_text": text.array_text,
        "rows": _rows,
    }
    return environment


def _printable(value: Any) -> Any:
    """What every expression in the template passes through on its way to the page."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return text.clip(text.clean(value), _MAX_TEXT)


def _view(claim: ClaimRow, log: Log, number: int) -> dict[str, Any]:
    """One claim with everything that the template would otherwise have to decide."""
    rows = log.rows.get(claim.uid, ())
    return {
        "anchor": f"claim-{number}",
        "claim": claim,
        "status": narrative.status(claim),
        "reason": narrative.own_reason(claim),
        "rows": [(row, narrative.row_status(row, claim)) for row in rows],
        "shapes": [text.sizes_text(sizes) for sizes in claim.shapes[:_MAX_SHAPES]],
        "more_shapes": max(0, len(claim.shapes) - _MAX_SHAPES),
        # Made of numbers alone; see `curve`.
        "curve": Markup(curve(claim.training)) if claim.training else "",  # noqa: S704
        "arrays": _arrays(claim),
    }


def _arrays(claim: ClaimRow) -> list[tuple[str, ArrayRecord]]:
    found = claim.counterexample
    if found is None:
        return []
    deltas = [("delta" if len(found.delta) == 1 else f"delta[{i}]", d) for i, d in enumerate(found.delta)]
    return [*deltas, *found.inputs.items()]


def _rows(record: ArrayRecord, index: list[int] | None = None) -> list[list[tuple[str, bool]]] | None:
    """The rows of an array that reads well as a table: at most two axes, few entries.

    Each cell comes with whether it is the entry that ``index`` names.
    """
    shape = record.shape
    if len(shape) > 2 or not 0 < prod(shape) <= MAX_DECIMALS or (shape and shape[-1] > _MAX_COLUMNS):
        return None
    marked = -1
    if index and len(index) == len(shape) and all(0 <= i < n for i, n in zip(index, shape, strict=True)):
        marked = index[0] if len(index) == 1 else index[0] * shape[1] + index[1]
    cells = [(cell, position == marked) for position, cell in enumerate(text.array_cells(record))]
    width = shape[-1] if shape else 1
    return [cells[i : i + width] for i in range(0, len(cells), width)]
