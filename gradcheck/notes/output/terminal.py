"""A note's result as text: place first, an excerpt with a caret, one sentence."""

from __future__ import annotations

from collections.abc import Iterator

from gradcheck.notes.records import ClaimRecord, NoteRecord

__all__ = ["headline", "text"]

WIDTH = 100


def text(note: NoteRecord, *, readings: bool = False) -> Iterator[str]:
    """One block for each formula that is not simply right, then a line that counts.

    With ``readings`` every formula is shown, as it was understood.
    """
    for problem in note.problems:
        yield f"note: {problem}"
    if note.convention:
        yield f"{note.file}: read in {note.convention}"
    for claim in note.claims:
        if readings or claim.verdict != "right":
            yield from _claim(claim, readings=readings)
    yield headline(note)


def headline(note: NoteRecord) -> str:
    if not note.claims:
        return f"{note.file}: no formula with an equality sign was found, so nothing was checked"
    words = ("wrong", "ambiguous", "right-if", "not-read", "right")
    names = {"right-if": "right under a condition", "not-read": "not read"}
    parts = [f"{n} {names.get(w, w)}" for w in words if (n := note.count(w))]
    return f"{note.file}: {len(note.claims)} formulas: {', '.join(parts)}"


def _claim(claim: ClaimRecord, *, readings: bool) -> Iterator[str]:
    yield f"{claim.file}:{claim.line}:{claim.column}: {claim.verdict}: {sentence(claim)}"
    excerpt = " ".join(claim.latex.split())
    yield f"    {excerpt if len(excerpt) <= WIDTH else excerpt[: WIDTH - 1] + '…'}"
    yield "    ^"
    if claim.correction:
        yield f"    should be: {claim.correction}"
    if readings and claim.reading:
        yield f"    read as:   {claim.reading}"


def sentence(claim: ClaimRecord) -> str:
    """What is said of a formula, in one sentence."""
    if claim.verdict == "right":
        if claim.strength is None:
            return "a definition." if claim.kind == "definition" else "it holds."
        proof = "proved for all shapes" if claim.strength == "proved" else claim.strength
        return f"{proof}{f', in {claim.layout} layout' if claim.layout else ''}."
    if claim.verdict == "right-if":
        return f"right if {claim.condition}."
    return claim.reason or "no reason is known."
