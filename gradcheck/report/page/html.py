"""`report.html`: one self-contained page, for people. It loads nothing, and runs one script: its filter.

The page's policy allows exactly that script and that style sheet, by their hashes. Without the script
everything is there, only unfiltered.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from gradcheck.records.reading import Log
from gradcheck.records.types import Source
from gradcheck.report import narrative, text
from gradcheck.report.evidence import MEANINGS, strengths, unchecked_text
from gradcheck.report.marks import Mark
from gradcheck.report.narrative import accuracy_text
from gradcheck.report.page.highlight import numbered
from gradcheck.report.page.legend import LEGEND
from gradcheck.report.page.overview import overview
from gradcheck.report.page.views import View, anchors, array_rows, formula, glyph, view
from gradcheck.report.pictures import digits_picture, ulps_picture
from gradcheck.report.witnesses import proof_text

__all__ = ["BUDGET", "render"]

_TEMPLATES = Path(__file__).parent / "templates"
_MAX_TEXT = 20_000  # one piece of text; a page must open whatever a message holds

_MOST_OPEN = 3  # failures that stand open; what comes after them is one line each, to be opened

BUDGET = 6 * 1024 * 1024
"""Bytes of claims in full. The worst come first; what comes after is shown in short, so that the page of a
very large run still opens at once."""


def render(log: Log) -> str:
    """The log as one HTML page. Everything that comes from the log is escaped."""
    environment = _environment()
    claims = narrative.worst_first(log)
    names = anchors([claim.uid for claim in claims])
    card: Any = environment.get_template("claim.html.j2").module
    cards: list[Markup] = []
    errata: list[View] = []
    wrong: list[View] = []
    left, in_short = BUDGET, 0
    for claim in claims:
        full = left > 0
        shown = view(claim, log, names, full=full)
        if shown.status.word == "refuted":
            errata.append(shown)
        if not claim.as_declared:
            wrong.append(shown)
        made = card.claim_card(shown, full=full, open=not claim.as_declared and len(cards) < _MOST_OPEN)
        in_short += not full
        left -= len(made)
        cards.append(made)
    lines, left_out_of_table = overview(claims, names)
    style, script = _asset("style.css"), _asset("filter.js")
    return environment.get_template("report.html.j2").render(
        log=log,
        header=log.header,
        footer=log.footer,
        outcome=narrative.outcome(log),
        headline=narrative.headline(log),
        counts=narrative.counts(log),
        tones={s.word: s.tone for s in map(narrative.status, claims)} | {"not judged": "warn"},
        strengths=strengths(log),
        meanings=MEANINGS,
        left_out=unchecked_text(log),
        sections=list(dict.fromkeys(c.section for c in log.claims if c.section)),
        wrong=wrong,
        table=lines,
        left_of_table=left_out_of_table,
        legend=LEGEND,
        errata=errata,
        cards=cards,
        in_short=in_short,
        style=style,
        script=script,
        style_hash=_hash(style),
        script_hash=_hash(script),
    )


@cache
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
        "array_text": text.array_text,
        "code": _code,
        "digits": digits_picture,
        "accuracy": accuracy_text,
        "ulps": ulps_picture,
        "duration": text.duration,
        "entry": lambda c: text.quantity(c.quantity, c.index),
        "formula": formula,
        "glyph": glyph,
        "plural": text.plural,
        "proof_text": proof_text,
        "prose": _prose,
        "rows": array_rows,
        "sizes": text.sizes_text,
        "time": _time,
    }
    return environment


def _code(source: Source, marks: Sequence[Mark]) -> Markup:
    here = [mark for mark in marks if mark.file == source.file]
    return numbered(source.text, max(source.line, 1), here)


def _printable(value: Any) -> Any:
    """What every expression in the templates passes through on its way to the page."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return text.clip(text.clean(value), _MAX_TEXT)


def _prose(sentence: str) -> Markup:
    """A sentence of ours, in which code stands between backticks, with the code set as code."""
    parts = re.split("`([^`]+)`", _printable(sentence))
    return Markup("").join(Markup("<code>{}</code>").format(p) if i % 2 else p for i, p in enumerate(parts))


def _time(stamp: str) -> str:
    """`2026-11-23T18:12:31+00:00` as `2026-11-23 18:12 UTC`; anything else as it is."""
    day, between, time = stamp.partition("T")
    if between and len(day) == 10 and time.endswith(("Z", "+00:00")):
        return f"{day} {time[:5]} UTC"
    return stamp


def _asset(name: str) -> Markup:
    """A file of ours, to stand in the page as it is."""
    return Markup((_TEMPLATES / name).read_text("utf-8").strip())  # noqa: S704


def _hash(content: str) -> str:
    digest = hashlib.sha256(content.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"
