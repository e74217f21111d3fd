"""A note's result as one HTML page: each formula marked, what is printed beside what should stand."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence

from gradcheck.notes.output.terminal import headline, sentence
from gradcheck.notes.records import ClaimRecord, NoteRecord

__all__ = ["page"]

_WORDS = {
    "right": "right",
    "right-if": "right if",
    "wrong": "wrong",
    "ambiguous": "ambiguous",
    "not-read": "not read",
}
_MARKS = {"right": "✓", "right-if": "≈", "wrong": "✗", "ambiguous": "?", "not-read": "–"}

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2329; --dim: #57606a; --line: #d5dae0; --back: #fff;
 --right: #14743a; --right-if: #7a5b00; --wrong: #b3211b; --ambiguous: #6f3fb0; --not-read: #57606a;
 --tint: #f5f7f9; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ec; --dim: #a2acb6; --line: #3a424b;
 --back: #15191e; --right: #5fcf8a; --right-if: #e0b84c; --wrong: #ff8a80; --ambiguous: #c9a6ff;
 --not-read: #a2acb6; --tint: #1d2329; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 68rem; padding: 1.5rem 1rem 4rem; background: var(--back);
 color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2.5rem; overflow-wrap: anywhere; }
.dim { color: var(--dim); }
ol { list-style: none; margin: 0; padding: 0; }
li { display: grid; grid-template-columns: 8.5rem minmax(0, 1fr); gap: 0 1rem; padding: .9rem 0;
 border-top: 1px solid var(--line); }
.margin { font-size: .9rem; }
.verdict { font-weight: 600; display: block; }
.right { color: var(--right); } .right-if { color: var(--right-if); } .wrong { color: var(--wrong); }
.ambiguous { color: var(--ambiguous); } .not-read { color: var(--not-read); }
.sides { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr)); gap: .75rem; }
.sides > div, li > div { min-width: 0; }
.formula { overflow-x: auto; padding: .4rem .6rem; background: var(--tint); border-radius: .3rem; }
.formula math { font-size: 1.15rem; }
.label { font-size: .85rem; color: var(--dim); margin: 0; }
p { margin: .4rem 0 0; overflow-wrap: anywhere; }
code { font: .85rem/1.4 ui-monospace, monospace; overflow-wrap: anywhere; }
details { margin-top: .4rem; } summary { cursor: pointer; color: var(--dim); font-size: .9rem; }
@media (max-width: 40rem) { li { grid-template-columns: minmax(0, 1fr); }
 .margin { display: flex; gap: .75rem; } }
"""


def page(notes: Sequence[NoteRecord]) -> str:
    """The whole page; it loads nothing and runs no script."""
    return "\n".join(_page(notes)) + "\n"


def _page(notes: Sequence[NoteRecord]) -> Iterator[str]:
    yield "<!DOCTYPE html>"
    yield '<html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield "<title>Derivation notes, checked by gradcheck</title>"
    yield f"<style>{_STYLE}</style></head><body><main>"
    yield "<h1>Derivation notes, checked by gradcheck</h1>"
    for note in notes:
        yield from _note(note)
    yield "</main></body></html>"


def _note(note: NoteRecord) -> Iterator[str]:
    yield f"<section><h2>{html.escape(note.file)}</h2>"
    yield f"<p>{html.escape(headline(note).removeprefix(f'{note.file}: '))}.</p>"
    if note.convention:
        yield f'<p class="dim">Read in {html.escape(note.convention)}.</p>'
    for problem in note.problems:
        yield f'<p class="dim">{html.escape(problem)}</p>'
    yield "<ol>"
    for claim in note.claims:
        yield from _claim(claim)
    yield "</ol></section>"


def _claim(claim: ClaimRecord) -> Iterator[str]:
    word, mark = _WORDS[claim.verdict], _MARKS[claim.verdict]
    mark = f'<span aria-hidden="true">{mark}</span>'
    yield f'<li><div class="margin"><span class="verdict {claim.verdict}">{mark} {word}</span>'
    yield f'<span class="dim">line {claim.line}</span></div><div>'
    yield '<div class="sides">'
    yield from _formula("as printed" if claim.correction else "", claim.latex)
    if claim.correction:
        yield from _formula("as it should stand", claim.correction)
    yield "</div>"
    said = sentence(claim)
    yield f"<p>{html.escape(said[:1].upper() + said[1:] if claim.verdict.startswith('right') else said)}</p>"
    if claim.reading:
        reading = html.escape(claim.reading)
        yield f"<details><summary>how it was read</summary><p><code>{reading}</code></p></details>"
    yield "</div></li>"


def _formula(label: str, latex: str) -> Iterator[str]:
    yield "<div>"
    if label:
        yield f'<p class="label">{label}</p>'
    yield f'<div class="formula" tabindex="0" role="group" aria-label="formula">{mathml(latex)}</div></div>'


def mathml(latex: str) -> str:
    """A formula as MathML; as LaTeX where the converter, or the report's filter, does not know it."""
    from gradcheck.report.page.mathml import mathml as safe

    converted = safe(_plain(latex))
    return converted or f"<code>{html.escape(latex)}</code>"


def _plain(latex: str) -> str:
    import re

    text = re.sub(r"\\(begin|end)\{(?:equation|displaymath|math|gather|multline)\*?\}", "", latex)
    text = re.sub(r"\\(begin|end)\{(?:align|alignat|flalign|eqnarray|split)\*?\}", r"\\\1{aligned}", text)
    if "&" in text and "\\begin" not in text:  # a row of an alignment
        text = text.replace("&", "")
    text = re.sub(r"\\color\s*(\{[^{}]*\}|\w)", "", text)
    return re.sub(r"\\(?:tag|label)\s*\{[^{}]*\}", "", text)
