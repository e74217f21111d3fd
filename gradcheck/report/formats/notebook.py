"""What a notebook shows for a result, its counterexample and its proof: pieces of HTML that need nothing
else and run no script.

Their styles stand in the elements, because a notebook keeps one page for everybody; colours come from the
notebook but for the badge, so that it reads on light and dark ground.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape as escape_html

from gradcheck.records.arrays import MAX_DECIMALS
from gradcheck.records.types import ArrayRecord, BackendRow, BatteryRow, ClaimRow, Counterexample, Proof
from gradcheck.report.diagnoses import merged
from gradcheck.report.marks import look_at
from gradcheck.report.narrative import (
    accuracy_text,
    battery_text,
    own_reason,
    precision_text,
    remarkable,
    row_text,
    status,
    unchecked_names,
)
from gradcheck.report.page.mathml import mathml
from gradcheck.report.text import array_cells, array_text, clip, one_line, quantity, sizes_text
from gradcheck.report.witnesses import proof_text

__all__ = ["counterexample_page", "page", "proof_page"]

_GROUND = {"good": "#1a7f37", "found": "#0969da", "bad": "#cf222e", "warn": "#9a6700"}
_MAX_CELL = 2000


def page(claim: ClaimRow, rows: Iterable[BackendRow], battery: tuple[BatteryRow, ...] = ()) -> str:
    """The result as HTML: verdict, what is wrong and where, who says so, and how to run it again."""
    state = status(claim)
    ground = _GROUND.get(state.tone, "#57606a")
    badge = f"background:{ground};color:#fff;padding:1px 8px;border-radius:8px"
    head = f'<b style="{badge}">{_text(state.word)}</b> {_text(claim.strength or "")}'
    parts = [
        f'<div style="border-left:4px solid {ground};padding:2px 0 2px 12px">',
        f"<p>{head} <code>{_text(claim.uid)}</code> {_text(claim.statement)}</p>",
    ]
    if reason := own_reason(claim):
        parts.append(f"<p>{_text(reason)}</p>")
    parts += [f"<p><b>{_text(told)}</b></p>" for told in merged(claim.diagnosis)]
    if place := look_at(claim):
        parts.append(f"<p>{_text(place)}</p>")
    if claim.counterexample is not None:
        parts.append(counterexample_page(claim.counterexample))
    parts.append(_list(_evidence(claim, tuple(rows), battery)))
    parts.append("</div>")
    return "\n".join(parts)


def counterexample_page(found: Counterexample) -> str:
    """A counterexample as HTML: what is wrong, the arrays as tables, how to run it again."""
    smallest = "the smallest shape found" if found.shape_minimal else "a smaller one may exist"
    smallest = f"one of {found.together} that tell together" if found.together else smallest
    parts = [f"<p>At {_text(sizes_text(found.sizes))} ({smallest}): {_text(found.message)}</p>"]
    name = quantity(found.quantity, None)
    arrays = [(f"{name}, hand-written", found.candidate), (f"{name}, right", found.truth)]
    arrays += found.deltas.items()
    arrays += list(found.inputs.items())
    rows = [
        f'<tr><th style="{_LEFT}">{_text(label)}</th><td style="{_LEFT}">{_array(array)}</td></tr>'
        for label, array in arrays
        if array is not None
    ]
    parts.append("".join(["<table>", *rows, "</table>"]))
    if again := found.python or found.replay:
        parts.append(f'<pre style="white-space:pre-wrap">{_text(again)}</pre>')
    return "\n".join(parts)


def proof_page(proof: Proof) -> str:
    """A proof as HTML: the entry formulas and the steps in mathematical notation, and what they assume."""
    head = f"For all sizes and all values: <b>{_text(proof.status)}</b>"
    parts = [f"<p>{head}{f', {_text(proof.reason)}' if proof.reason else ''}</p>"]
    if proof.assumptions:
        parts.append(f"<p>assuming {_text('; '.join(proof.assumptions))}</p>")
    for found in proof.quantities:
        indices = f" at {_text(found.indices)}" if found.indices else ""
        parts.append(f"<p><b>{_text(found.quantity)}</b>{indices}: {_text(found.status)}</p>")
        shown = [("right", found.truth), ("hand-written", found.candidate)]
        shown += [(step.rule, step.latex) for step in found.steps]
        parts += [f"<p>{_text(title)}</p>{_formula(latex)}" for title, latex in shown if latex]
    lines = [*proof.branches, *(f"{who}: {said}" for who, said in proof.opinions.items())]
    return "\n".join([*parts, _list(lines)] if lines else parts)


def _formula(latex: str) -> str:
    """A formula as MathML, or its source where that cannot be."""
    return mathml(latex) or f"<pre>{_text(latex)}</pre>"


def _array(array: ArrayRecord) -> str:
    """A small vector or matrix as a table, anything else as text."""
    shape = array.shape
    cells = array_cells(array) if 1 <= len(shape) <= 2 else []
    if not 0 < len(cells) <= MAX_DECIMALS:
        return f"<code>{_text(array_text(array))}</code>"
    width = shape[-1]
    rows = [cells[k : k + width] for k in range(0, len(cells), width)]
    lines = ["".join(f"<td>{_text(cell)}</td>" for cell in row) for row in rows]
    return "<table>" + "".join(f"<tr>{line}</tr>" for line in lines) + "</table>"


_LEFT = "text-align:left"


def _evidence(claim: ClaimRow, rows: tuple[BackendRow, ...], battery: tuple[BatteryRow, ...]) -> list[str]:
    lines = [proof_text(claim.proof)] if claim.proof else []
    lines += [row_text(row) for row in rows if row.points or row.reason != claim.reason]
    lines += [battery_text(row) for row in remarkable(claim, battery)]
    lines += [precision_text(found) for found in claim.precision]
    lines += accuracy_text(claim.accuracy) if claim.accuracy else []
    lines += [f"note: {note}" for note in claim.notes]
    if claim.unchecked:
        lines.append(unchecked_names(claim))
    return lines


def _list(lines: list[str]) -> str:
    return "<ul>" + "".join(f"<li>{_text(line)}</li>" for line in lines) + "</ul>"


def _text(text: str) -> str:
    return escape_html(clip(one_line(text), _MAX_CELL))
