"""The one convention of a note: whether vectors are rows, and the layout that most claims fit."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace

from gradcheck.notes.arrays.values import Mismatch
from gradcheck.notes.judging.readings import CHOICES, Outcome
from gradcheck.notes.reading.reader import Options, Reader
from gradcheck.notes.statements.context import Context
from gradcheck.notes.statements.declarations import Declarations
from gradcheck.notes.statements.pieces import Piece

__all__ = ["Found", "convention_of", "rows_of", "stated", "under"]

PLAIN = Options()
LAYOUTS = {
    "numerator": "numerator layout",
    "denominator": "denominator layout",
    "gradient": "gradients as columns, Jacobians in numerator layout",
}


@dataclass(slots=True)
class Found:
    piece: Piece
    outcomes: list[Outcome] = field(default_factory=list)


def rows_of(context: Context, declarations: Declarations, base: Options = PLAIN) -> dict[int, bool]:
    """Whether vectors are rows, by section: as declared, else where its definitions conform only so."""
    scopes = sorted({d.scope for d in context.definitions})
    if declarations.vectors is not None:
        return dict.fromkeys([-1, *scopes], declarations.vectors == "rows")
    found: dict[int, bool] = {}
    for scope in scopes:
        broken = []
        for rows in (False, True):
            reader = Reader(context, replace(base, rows=rows), scope)
            reader.define_all()
            broken.append(sum(isinstance(e, Mismatch) for e in reader.broken.values()))
        found[scope] = broken[1] < broken[0]
    return found


def convention_of(found: list[Found], declarations: Declarations) -> Options:
    """The layout under which most claims are right; then, under which most conform."""
    best: tuple[tuple[int, int, int], Options] | None = None
    layouts = [declarations.layout] if declarations.layout else list(CHOICES["layout"])
    for rank, (layout, matrix) in enumerate(itertools.product(layouts, CHOICES["matrix"])):
        options = Options(layout=str(layout), matrix=str(matrix))
        right = conform = 0
        for one in found:
            here = [o for o in one.outcomes if under(o, options)]
            right += any(o.state == "right" for o in here)
            conform += any(o.state in {"right", "wrong"} for o in here)
        if matrix == "transposed" and not _only_transposed(found):
            continue
        if matrix == "transposed" and layout != "numerator" and _has_columns(found):
            continue  # gradients of vectors are columns: one transposed matrix does not make the convention
        score = (right, conform, -rank)
        if best is None or score > best[0]:
            best = score, options
    assert best is not None
    return best[1]


def _only_transposed(found: list[Found]) -> bool:
    """Whether a claim of the note conforms only where gradients of matrices are transposed."""
    for one in found:
        states = {
            m: [o.state for o in one.outcomes if "matrix" in o.used and o.options.matrix == m]
            for m in CHOICES["matrix"]
        }
        if "right" in states["transposed"] and states["own"] and set(states["own"]) <= {"mismatch"}:
            return True
    return False


def _has_columns(found: list[Found]) -> bool:
    """Whether a claim of the note is right only where the gradient by a vector is a column."""
    for one in found:
        right = {o.options.layout for o in one.outcomes if o.state == "right" and "layout" in o.used}
        settled = any(o.state == "right" and "layout" not in o.used for o in one.outcomes)
        if right and "numerator" not in right and not settled:
            return True
    return False


def under(outcome: Outcome, convention: Options) -> bool:
    """Whether an outcome is one of the note's layout, or does not depend on it."""
    return all(
        name not in outcome.used or getattr(outcome.options, name) == getattr(convention, name)
        for name in ("layout", "matrix")
    )


def stated(found: list[Found], convention: Options) -> str | None:
    count = dependent = 0
    for one in found:
        if any("layout" in o.used or "matrix" in o.used for o in one.outcomes):
            dependent += 1
            count += any(o.state == "right" and under(o, convention) for o in one.outcomes)
    if not count:
        return None
    words = LAYOUTS[convention.layout]
    if convention.matrix == "transposed":
        words += ", gradients of matrices transposed"
    return f"{words} ({count} of {dependent} claims that depend on it)"
