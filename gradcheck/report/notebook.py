"""What a notebook shows for a result: one piece of HTML that needs nothing else and runs no script.

Its styles stand in the elements, because a notebook keeps one page for everybody; colours come from the
notebook but for the badge, so that it reads on light and dark ground.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape as escape_html

from gradcheck.records.types import BackendRow, BatteryRow, ClaimRow, Counterexample
from gradcheck.report.narrative import (
    battery_text,
    own_reason,
    precision_text,
    remarkable,
    row_text,
    status,
)
from gradcheck.report.text import array_text, clip, one_line, quantity, sizes_text

__all__ = ["page"]

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
    parts += [f"<p><b>{_text(found.text)}</b></p>" for found in claim.diagnosis]
    if claim.counterexample is not None:
        parts += _counterexample(claim.counterexample)
    parts.append(_list(_evidence(claim, tuple(rows), battery)))
    parts.append("</div>")
    return "\n".join(parts)


def _counterexample(found: Counterexample) -> Iterator[str]:
    smallest = "the smallest shape found" if found.shape_minimal else "a smaller one may exist"
    yield f"<p>At {_text(sizes_text(found.sizes))} ({smallest}): {_text(found.message)}</p>"
    name = quantity(found.quantity, None)
    arrays = [(f"{name}, hand-written", found.candidate), (f"{name}, right", found.truth)]
    single = len(found.delta) == 1
    arrays += [("delta" if single else f"delta[{i}]", d) for i, d in enumerate(found.delta)]
    arrays += list(found.inputs.items())
    yield "<table>"
    for label, array in arrays:
        if array is not None:
            yield (
                f'<tr><th style="text-align:left">{_text(label)}</th>'
                f'<td style="text-align:left"><code>{_text(array_text(array))}</code></td></tr>'
            )
    yield "</table>"
    if again := found.python or found.replay:
        yield f'<pre style="white-space:pre-wrap">{_text(again)}</pre>'


def _evidence(claim: ClaimRow, rows: tuple[BackendRow, ...], battery: tuple[BatteryRow, ...]) -> list[str]:
    proof = claim.proof
    lines = (
        [f"proof for all shapes: {proof.status}{f', {proof.reason}' if proof.reason else ''}"]
        if proof
        else []
    )
    lines += [row_text(row) for row in rows if row.points or row.reason != claim.reason]
    lines += [battery_text(row) for row in remarkable(claim, battery)]
    lines += [precision_text(found) for found in claim.precision]
    lines += [f"note: {note}" for note in claim.notes]
    if claim.unchecked:
        lines.append(f"not checked, because the code returns None: {', '.join(claim.unchecked)}")
    return lines


def _list(lines: list[str]) -> str:
    return "<ul>" + "".join(f"<li>{_text(line)}</li>" for line in lines) + "</ul>"


def _text(text: str) -> str:
    return escape_html(clip(one_line(text), _MAX_CELL))
