"""One claim as the page shows it: everything that a template would otherwise have to decide."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

from markupsafe import Markup

from gradcheck.records.arrays import MAX_DECIMALS
from gradcheck.records.reading import Log
from gradcheck.records.types import (
    Agreement,
    ArrayRecord,
    BackendRow,
    BatteryRow,
    ClaimRow,
    Diagnosis,
    ProofQuantity,
)
from gradcheck.report import narrative, pictures, text
from gradcheck.report.diagnoses import groups, lead
from gradcheck.report.evidence import corrected, evidence, matrix
from gradcheck.report.marks import Mark, marks, where
from gradcheck.report.narrative import Status
from gradcheck.report.page.mathml import mathml
from gradcheck.report.witnesses import course_text, difference_is_sound

__all__ = ["Formula", "View", "anchors", "array_rows", "formula", "glyph", "view"]

_MAX_SHAPES = 60
_MAX_COLUMNS = 16
_MOST_PROOF = 40_000  # letters of markup for the proof of one claim

_MOST_DRAWN = 400
"""Letters of LaTeX: a step of a proof that is longer fills a screen as mathematics, and nobody reads it."""

_GLYPHS = {
    "pass": "\u2713",
    "refuted": "\u2260",
    "weak": "\u2248",
    "inconclusive": "?",
    "fail": "\u2717",
    "not refuted": "\u2717",
    "error": "!",
    "not judged": "\u2026",
    "unsupported": "\u2013",
    "note": "i",
    "skipped": "\u2013",
    "proved": "\u2713",
    "open": "?",
    "partly": "\u2248",
    "as declared": "\u2713",
    "not as declared": "\u2717",
    "incomplete": "!",
}


def glyph(word: str) -> str:
    """A sign beside a verdict's word, for those who do not see its colour."""
    return _GLYPHS.get(word, "\u2022")


@dataclass(frozen=True)
class Formula:
    """A formula under a title: as mathematics, or as its source where that cannot be shown."""

    title: str
    source: str
    mathematics: Markup | None
    tone: str = ""
    target: str = ""  # anchor of the claim that states it, where that is another one
    note: str = ""  # what is said in place of the formula


@dataclass(frozen=True)
class View:
    """What the template of a claim needs."""

    anchor: str
    name: str  # the uid, without the id that stands before it
    place: str  # "layer.py:12": the wrong line where it is known, else where the code begins
    lead: str  # what is wrong, or what is claimed, in one sentence
    claim: ClaimRow
    status: Status
    marks: Sequence[Mark]
    reason: str | None
    diagnosis: Sequence[tuple[str, Diagnosis]]  # with the names of the quantities that it is true of
    formulas: Sequence[Formula]
    evidence: Sequence[str]
    columns: Sequence[str]
    agreement: Sequence[tuple[str, Sequence[Agreement | None]]]
    rows: Sequence[tuple[BackendRow, Status]]
    battery: Sequence[BatteryRow]
    arrays: Sequence[tuple[str, ArrayRecord]]
    heat: Sequence[tuple[str, Markup, str]]
    steps: Markup
    sound: bool
    course: str  # what the difference does as its step shrinks
    at_zero: bool  # errors of 0 are drawn, at the lower edge
    cost: Markup
    shapes_picture: Markup
    shapes: Sequence[str]
    more_shapes: int
    quantities: Sequence[tuple[ProofQuantity, Sequence[Formula], Sequence[Formula]]]


def view(claim: ClaimRow, log: Log, names: dict[str, str], *, full: bool = True) -> View:
    """The view of one claim. ``names`` are the anchors of all claims, by uid; without ``full`` there is
    nothing in it that takes long to make.
    """
    rows = log.rows.get(claim.uid, ())
    columns, agreement = matrix(claim)
    found = claim.counterexample if full else None
    nothing = Markup("")
    proved = claim.proof.quantities if claim.proof and full else ()
    drawer = _Drawer(claim.uid)
    return View(
        anchor=names[claim.uid],
        name=claim.uid.removeprefix(f"{claim.id}/"),
        place=_place(claim),
        lead=lead(claim),
        claim=claim,
        status=narrative.status(claim),
        marks=marks(claim),
        reason=narrative.own_reason(claim),
        diagnosis=groups(claim.diagnosis),
        formulas=_formulas(claim, log, names) if full else [],
        evidence=evidence(claim, () if full else rows),  # in full, the tables say what the backends say
        columns=columns,
        agreement=agreement,
        rows=[(row, narrative.row_status(row, claim)) for row in rows],
        battery=log.battery.get(claim.uid, ()),
        arrays=_arrays(claim) if full else [],
        heat=pictures.heat_pictures(found.candidate, found.truth, found.index) if found else [],
        steps=pictures.steps_picture(found.step_curve) if found and found.step_curve else nothing,
        sound=bool(found and found.step_curve and difference_is_sound(found.step_curve)),
        course=(found and found.step_curve and course_text(found.step_curve)) or "",
        at_zero=bool(found and found.step_curve and pictures.draws_zero(found.step_curve)),
        cost=pictures.cost_picture(claim.training) if claim.training and full else nothing,
        shapes_picture=pictures.shapes_picture(claim.shapes) if full else nothing,
        shapes=[text.sizes_text(sizes) for sizes in claim.shapes[:_MAX_SHAPES]],
        more_shapes=max(0, len(claim.shapes) - _MAX_SHAPES),
        quantities=[drawer.proved(quantity) for quantity in proved],
    )


def _place(claim: ClaimRow) -> str:
    """Where to look: the wrong line, or the first of the code; a program has no lines."""
    code, line = claim.candidate, claim.candidate.line
    found = where(claim)
    if found is not None:
        return f"{found.file}:{found.line}"
    return f"{code.file}:{line}" if line else code.file


def formula(title: str, source: str, tone: str = "", target: str = "") -> Formula:
    """A formula under a title."""
    made = mathml(source)
    # Made of known elements and escaped texts; see `mathml`.
    return Formula(title, source, Markup(made) if made else None, tone, target)  # noqa: S704


def anchors(uids: Sequence[str]) -> dict[str, str]:
    """A name to link to for every claim: made of its uid, so that a link still works after the next run."""
    result: dict[str, str] = {}
    taken: set[str] = set()
    for uid in uids:
        base = name = "c-" + re.sub(r"[^A-Za-z0-9]+", "-", uid).strip("-")[:80]
        number = 2
        while name in taken:
            name, number = f"{base}-{number}", number + 1
        taken.add(name)
        result[uid] = name
    return result


def array_rows(
    record: ArrayRecord, index: Sequence[int] | None = None
) -> list[list[tuple[str, bool]]] | None:
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


def _formulas(claim: ClaimRow, log: Log, names: dict[str, str]) -> list[Formula]:
    if not claim.latex:
        return []
    if claim.expected != "fail":
        return [formula("As printed" if claim.printed else "Formula", claim.latex)]
    shown = [formula("As printed", claim.latex, tone=narrative.status(claim).tone)]
    right = corrected(claim, log)
    if right is not None and right.latex:
        shown.append(formula("As corrected", right.latex, tone="good", target=names[right.uid]))
    return shown


def _arrays(claim: ClaimRow) -> list[tuple[str, ArrayRecord]]:
    found = claim.counterexample
    if found is None:
        return []
    return [*found.deltas.items(), *found.inputs.items()]


class _Drawer:
    """Draws the formulas of one claim's proof: none twice, no endless one, and not too many."""

    def __init__(self, uid: str) -> None:
        self._left, self._uid = _MOST_PROOF, uid

    def proved(self, quantity: ProofQuantity) -> tuple[ProofQuantity, list[Formula], list[Formula]]:
        """The two entry formulas of a quantity, and its steps."""
        drawn: dict[str, str] = {}
        entries = [("The right entry", quantity.truth), ("The hand-written entry", quantity.candidate)]
        return (
            quantity,
            [self._draw(title, latex, title.lower(), drawn) for title, latex in entries if latex],
            [self._draw(s.rule, s.latex, f"step {i}", drawn) for i, s in enumerate(quantity.steps, 1)],
        )

    def _draw(self, title: str, latex: str, place: str, drawn: dict[str, str]) -> Formula:
        if latex in drawn:
            return Formula(title, latex, None, note=f"the same as {drawn[latex]}")
        drawn[latex] = place
        if self._left <= 0:
            return Formula(title, latex, None, note=f"left out here; gradcheck prove '{self._uid}' shows it")
        if len(latex) > _MOST_DRAWN:
            shown = Formula(title, text.clip(latex, _MOST_DRAWN // 2), None)
        else:
            made = mathml(latex, alternative=False)
            shown = Formula(title, latex, Markup(made) if made else None)  # noqa: S704
        self._left -= len(shown.mathematics or shown.source)
        return shown
