"""What a verdict rests on, in sentences: how strong the evidence for a pass is, and who refuted a failure."""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck.records.reading import Log
from gradcheck.records.types import Agreement, BackendRow, ClaimRow
from gradcheck.records.verdicts import Strength, Verdict
from gradcheck.report.narrative import status
from gradcheck.report.pictures.shapes import is_distinct
from gradcheck.report.text import clip, one_line, plural

__all__ = ["HAND_WRITTEN", "MEANINGS", "corrected", "evidence", "matrix", "strengths", "unchecked_text"]

HAND_WRITTEN = "hand-written"
"""What the code under check is called among the sources; see `gradcheck.checking.writing.agreement`."""

MEANINGS = {
    "proved": "for all sizes and all values, under stated assumptions",
    "certified": "in ball arithmetic: at the points tried no rounding can hide a difference",
    "agreed": "in floating point, within a derived error bound at the points tried",
}


_MAX_LEFT_OUT = 12
_MAX_NAME = 100


def strengths(log: Log) -> dict[str, int]:
    """How many passes rest on each kind of evidence, the strongest first."""
    passed = [c.strength for c in log.claims if c.verdict == Verdict.PASS and c.expected == "pass"]
    return {str(s): passed.count(str(s)) for s in Strength if str(s) in passed}


def unchecked_text(log: Log) -> str | None:
    """What passes leave out, in one sentence: a gradient that was not given is no gradient that is right."""
    left_out: dict[str, list[str]] = {}
    for claim in log.claims:
        if claim.verdict == Verdict.PASS and claim.expected == "pass":
            for name in claim.unchecked:
                left_out.setdefault(one_line(name), []).append(one_line(claim.uid))
    if not left_out:
        return None
    parts = [
        f"{clip(name, _MAX_NAME)} ({clip(uids[0], _MAX_NAME) if len(uids) == 1 else f'{len(uids)} claims'})"
        for name, uids in left_out.items()
    ]
    more = f", and {len(parts) - _MAX_LEFT_OUT} more" if len(parts) > _MAX_LEFT_OUT else ""
    return f"not checked: {', '.join(parts[:_MAX_LEFT_OUT])}{more} (no gradient was returned)"


def corrected(claim: ClaimRow, log: Log) -> ClaimRow | None:
    """The passed claim that puts an erratum right: of the same formula and kind, or at least of the same id,
    with another formula in print.
    """
    if claim.expected != "fail" or not claim.latex:
        return None
    right = [
        other
        for other in log.claims
        if other.expected == "pass"
        and other.verdict == Verdict.PASS
        and other.latex
        and other.latex != claim.latex
        and other.id == claim.id
        and other.kind == claim.kind
    ]
    return next((o for o in right if o.formula == claim.formula), right[0] if claim.id and right else None)


def evidence(claim: ClaimRow, rows: Sequence[BackendRow]) -> list[str]:
    """Where the verdict comes from, in short sentences; without rows, what the backends say is left out."""
    tried = plural(claim.points, "point")
    if claim.shapes and claim.shapes[0]:
        tried += f" of {plural(len(claim.shapes), 'shape')}"
        if len(claim.shapes[0]) > 1:
            tried += f", {sum(map(is_distinct, claim.shapes))} with all sizes distinct"
    said = [row for row in rows if row.answered]
    if claim.verdict == Verdict.PASS and claim.strength in MEANINGS:
        sentences = [f"{claim.strength.capitalize()} {MEANINGS[claim.strength]}."]
        if claim.strength == Strength.PROVED and claim.proof is not None:
            given = claim.proof.assumptions
            assuming = f", assuming {one_line('; '.join(given))}" if given else ""
            sentences = [f"Proved for all sizes and all values{assuming}."]
        confirmed = [f"{one_line(row.backend)} at {row.agreed}" for row in said if row.agreed]
        by = f": confirmed by {_and(confirmed)}" if confirmed else ""
        return [*sentences, f"Tried at {tried}{by}."] if claim.points else sentences
    if status(claim).word in {"fail", "refuted"}:
        against = [f"{one_line(r.backend)} at {r.differed} of {r.answered}" for r in said if r.differed]
        return [f"Tried at {tried}: contradicted by {_and(against)}."] if against else [f"Tried at {tried}."]
    return [f"Tried at {tried}."] if claim.points else []


def matrix(claim: ClaimRow) -> tuple[list[str], list[tuple[str, list[Agreement | None]]]]:
    """The agreement of all sources as the lower triangle of a table: column names, and rows of cells."""
    pairs = {(a.first, a.second): a for a in claim.agreement}
    names = list(dict.fromkeys([HAND_WRITTEN, *(n for pair in pairs for n in pair)]))
    rows = [
        (second, [pairs.get((first, second)) for first in names[:place]])
        for place, second in enumerate(names)
        if place
    ]
    return names[:-1], rows


def _and(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
