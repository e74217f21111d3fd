"""`report.md`: what a job summary on GitHub shows.

GitHub drops a summary of more than 1 MiB as a whole, so the page has a budget: the worst comes first,
and what does not fit is counted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from html import escape as escape_html
from typing import TypeVar

from gradcheck.records.reading import Log
from gradcheck.records.types import ClaimRow
from gradcheck.report.evidence import corrected, strengths, unchecked_text
from gradcheck.report.narrative import (
    counts,
    headline,
    outcome,
    sources_text,
    status,
    story,
    strength_text,
    worst_first,
)
from gradcheck.report.text import clean, clip, duration, one_line, plural

__all__ = ["LIMIT", "render"]

T = TypeVar("T")

LIMIT = 900 * 1024
"""Bytes that the page stays below."""

_RESERVE = 8192  # for the closing lines and the counts of what was left out, which must always fit
_MAX_CELL = 300
_MAX_STORY = 20_000
_MARKS = {"as declared": "✅", "not as declared": "❌", "incomplete": "⚠️"}
_MARKUP = re.compile(r"[\\`*{}\[\]~|]|(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])|^[#+>-]|^\d+[.)]")
# Mentions, maths and bare links are GitHub's own additions, which a backslash does not always stop.
_ADDITIONS = {"@": "&#64;", "$": "&#36;", "://": "&#58;//", "www.": "www&#46;"}


def escape(text: str) -> str:
    """Text as one line of Markdown in which nothing is markup: no HTML, table, link, maths or mention."""
    text = one_line(text).replace("&", "&amp;").replace("<", "&lt;")
    text = _MARKUP.sub(lambda match: f"{match[0][:-1]}\\{match[0][-1]}", text)
    for addition, entity in _ADDITIONS.items():
        text = text.replace(addition, entity)
    return text


def render(log: Log) -> str:
    """The log as GitHub Markdown, below `LIMIT` bytes."""
    page = _Page()
    for block in _top(log):
        page.add(block)
    claims = worst_first(log)
    wrong = [claim for claim in claims if not claim.as_declared]
    errata = [claim for claim in claims if claim.as_declared and claim.expected == "fail"]
    passed = [claim for claim in claims if claim.as_declared and claim.expected == "pass"]
    _table(page, "Not as declared", wrong)
    # The stories of failures come before tables of what is in order, should the budget run out.
    not_declared = ("claim that is not as declared", "claims that are not")
    _fill(page, wrong, lambda claim: _details(claim, log), *not_declared)
    _table(page, "Errata: printed formulas that were refuted, as declared", errata)
    _fill(page, errata, lambda claim: _details(claim, log), "erratum", "errata")
    _table(page, "Passed", passed)
    not_judged = ("claim not judged", "claims not judged")
    _fill(page, log.missing, lambda uid: f"- not judged: {escape(uid)}\n", *not_judged)
    remarks = log.footer.remarks if log.footer else []
    if remarks:
        page.add("\n### Remarks\n\n")
        _fill(page, remarks, lambda remark: f"- {clip(escape(remark), 2000)}\n", "remark")
    page.close(_bottom(log))
    return page.text()


class _Page:
    """Text that grows up to the budget."""

    def __init__(self) -> None:
        self._blocks: list[str] = []
        self.left = LIMIT - _RESERVE

    def add(self, block: str) -> bool:
        size = len(block.encode())
        if size > self.left:
            return False
        self.left -= size
        self._blocks.append(block)
        return True

    def close(self, block: str) -> None:
        """Add what the reserve was kept for."""
        self._blocks.append(block.encode()[: _RESERVE // 2].decode(errors="ignore"))

    def note(self, block: str) -> None:
        """Add a line of ours, a few of which always fit."""
        self._blocks.append(block)
        self.left -= len(block.encode())

    def text(self) -> str:
        return "".join(self._blocks)


def _fill(
    page: _Page,
    things: Sequence[T],
    write: Callable[[T], str],
    one: str,
    many: str | None = None,
    share: float = 1.0,
) -> None:
    """Write as many things as fit into a share of what is left, and count the rest."""
    floor = page.left * (1.0 - share)
    for number, thing in enumerate(things):
        block = write(thing)  # one at a time: of thousands, a few hundred fit
        if page.left - len(block.encode()) < floor or not page.add(block):
            page.note(f"\n... and {plural(len(things) - number, one, many)} more.\n")
            return


def _top(log: Log) -> Iterator[str]:
    yield f"## {_MARKS[outcome(log)]} gradcheck: {escape(headline(log))}\n\n"
    if not log.complete:
        yield "> **This log is incomplete.** Nothing here says that the rest would pass.\n"
        yield from (f"> - {clip(escape(problem), 500)}\n" for problem in log.problems[:20])
        yield "\n"
    found = counts(log)
    if found:
        yield "| " + " | ".join(found) + " |\n" + "| ---: " * len(found) + "|\n"
        yield "| " + " | ".join(str(n) for n in found.values()) + " |\n\n"
    if passes := strengths(log):
        yield "- strength of what passed: " + ", ".join(f"{n} {word}" for word, n in passes.items()) + "\n"
    if left_out := unchecked_text(log):
        yield f"- {escape(left_out)}\n"
    for sentence in sources_text(log)[:20]:
        yield f"- {clip(escape(sentence), 500)}\n"


def _table(page: _Page, title: str, claims: list[ClaimRow]) -> None:
    if not claims:
        return
    page.add(
        f"\n### {title} ({len(claims)})\n\n"
        "| id | claim | verdict | strength | points | what |\n| --- | --- | --- | --- | ---: | --- |\n"
    )
    _fill(page, claims, _row, "claim", share=0.4)


def _row(claim: ClaimRow) -> str:
    found = claim.counterexample
    why = found.message if found else claim.reason
    what = claim.statement if claim.verdict == "pass" or not why else f"{claim.statement}: {why}"
    cells = [
        escape(claim.id or ""),
        escape(clip(one_line(claim.uid), _MAX_CELL)),
        f"**{status(claim).word}**" if not claim.as_declared else status(claim).word,
        strength_text(claim),
        str(claim.points),
        escape(clip(one_line(what), _MAX_CELL)),
    ]
    return "| " + " | ".join(cells) + " |\n"


def _details(claim: ClaimRow, log: Log) -> str:
    text = clip(story(claim, log.rows.get(claim.uid, ()), log.battery.get(claim.uid, ())), _MAX_STORY)
    right = corrected(claim, log)
    if right is not None:
        text += f"\nas printed:   {one_line(claim.latex or '')}\nas corrected: {one_line(right.latex or '')}"
    text += f"\n\n{clip(clean(claim.candidate.text), 4000).rstrip()}"
    title = escape_html(clip(one_line(claim.uid), _MAX_CELL))  # Markdown is not read inside an HTML block
    return f"\n<details><summary>{status(claim).word}: {title}</summary>\n\n{_fenced(text)}\n</details>\n"


def _fenced(text: str) -> str:
    """A code block whose fence is longer than any run of backticks in it."""
    text = clean(text)
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}\n"


def _bottom(log: Log) -> str:
    header = log.header
    versions = ", ".join(f"{name} {version}" for name, version in header.versions.items())
    took = f" in {duration(log.footer.seconds)}" if log.footer else ""
    sentence = (
        f"gradcheck {header.gradcheck}, seed {header.seed}, at most {plural(header.max_examples, 'point')} a "
        f"claim, started {header.started}{took}; Python {header.python}, {versions}"
    )
    return f"\n---\n{escape(sentence)}\n"
