"""What a run prints: a compact table, the failures in a dozen lines each, one last sentence.

The worst stands last, above the prompt, with the summary beneath it.
"""

from __future__ import annotations

import io
from enum import Enum
from pathlib import Path

from rich.console import Console
from rich.text import Text

from gradcheck.records.reading import Log
from gradcheck.records.types import ClaimRow
from gradcheck.report.brief import brief, in_one_line
from gradcheck.report.evidence import strengths, unchecked_text
from gradcheck.report.narrative import (
    battery_text,
    headline,
    outcome,
    remarkable,
    shown,
    sources_text,
    status,
    story,
    strength_text,
    worst_first,
)
from gradcheck.report.rerun import claim_with_log
from gradcheck.report.text import clean, clip, duration, one_line, plural

__all__ = ["Detail", "render", "show"]


class Detail(Enum):
    """How much is printed."""

    QUIET = "quiet"
    """One line for a claim that did not come out, and the summary."""
    NORMAL = "normal"
    FULL = "full"
    """Everything that is known of what did not come out, and the remarks."""


_STYLES = {"good": "green", "found": "blue", "warn": "yellow", "bad": "bold red"}
_OUTCOMES = {"as declared": "bold green", "not as declared": "bold red", "incomplete": "bold yellow"}
_MAX_ROWS = 200
_MAX_STORIES = 10
_MAX_REMARKS = 20
_MAX_NAME = 100
_NAME_COLUMN = 46  # a longer name pushes its own line only
_MIN_STATEMENT = 20  # columns; less is no help
_MAX_LINE = 4000


def show(
    log: Log,
    console: Console,
    detail: Detail = Detail.NORMAL,
    directory: Path | str = "reports",
    *,
    whole: bool = False,
) -> None:
    """Print the log, which is kept in ``directory``. Text from the log is never read as markup and drives
    no terminal. ``whole``: what a claim states is not cut, for there is no terminal that would break it.
    """
    claims = worst_first(log)[::-1]
    kept = Path(directory) / "run.jsonl"
    wrong = [claim_with_log(claim, kept) for claim in claims if not claim.as_declared]
    if detail is Detail.QUIET:
        for claim in wrong:
            _line(console, clip(in_one_line(claim), _MAX_LINE), _STYLES.get(status(claim).tone, ""))
    else:
        if len(claims) > _MAX_ROWS:
            _line(console, f"... and {plural(len(claims) - _MAX_ROWS, 'more claim', 'more claims')}")
        if claims:
            _table(console, claims[-_MAX_ROWS:], whole=whole)
        _stories(console, log, wrong, detail)
        _line(console, "")
        _beside(console, log)
        if passes := strengths(log):
            counted = ", ".join(f"{count} {word}" for word, count in passes.items())
            _line(console, f"strength of what passed: {counted}")
        if left_out := unchecked_text(log):
            _line(console, left_out)
    for sentence in sources_text(log):
        _line(console, sentence, "yellow")
    if detail is Detail.FULL:
        _remarks(console, log)
    for problem in log.problems[:10]:
        _line(console, f"incomplete: {one_line(problem)}", "yellow")
    took = f" ({duration(log.footer.seconds)})" if log.footer else ""
    _line(console, headline(log) + took, _OUTCOMES[outcome(log)])


def _stories(console: Console, log: Log, wrong: list[ClaimRow], detail: Detail) -> None:
    """What did not come out, the worst last."""
    told = wrong if detail is Detail.FULL else wrong[-_MAX_STORIES:]
    if left := len(wrong) - len(told):
        _line(console, "")
        _line(console, f"... and {left} more that did not come out; the reports hold all, and -v shows them.")
    for claim in told:
        if detail is Detail.FULL:
            text = story(claim, log.rows.get(claim.uid, ()), log.battery.get(claim.uid, ()))
            first, *rest = clean(text).split("\n")
        else:
            first, *rest = brief(claim, console.width)
        _line(console, "")
        _line(console, first, _STYLES.get(status(claim).tone, ""))
        for line in rest:
            _line(console, line)


def _beside(console: Console, log: Log) -> None:
    """What failed in the battery of claims that are as declared: nothing else would tell."""
    found = [
        f"{clip(one_line(claim.uid), _MAX_NAME)}: {clip(battery_text(row), 1000)}"
        for claim in log.claims
        if claim.as_declared
        for row in remarkable(claim, log.battery.get(claim.uid, ()))
        if row.outcome == "fail" and claim.expected == "pass"
    ]
    for line in found[:_MAX_STORIES]:
        _line(console, line, "yellow")
    if len(found) > _MAX_STORIES:
        _line(console, f"... and {plural(len(found) - _MAX_STORIES, 'more such line')}", "yellow")


def _remarks(console: Console, log: Log) -> None:
    """Sentences on the run: a program that ignored `stop`, a formula of the file that has no claims."""
    remarks = log.footer.remarks if log.footer else []
    for remark in remarks[:_MAX_REMARKS]:
        _line(console, f"remark: {clip(one_line(remark), 1000)}")
    if len(remarks) > _MAX_REMARKS:
        _line(console, f"... and {plural(len(remarks) - _MAX_REMARKS, 'more remark')}; the reports hold all.")


def render(log: Log, width: int = 80, detail: Detail = Detail.NORMAL) -> str:
    """The same as plain text."""
    stream = io.StringIO()
    console = Console(file=stream, width=width, color_system=None, force_terminal=False, legacy_windows=False)
    show(log, console, detail)
    return stream.getvalue()


def _table(console: Console, claims: list[ClaimRow], *, whole: bool) -> None:
    """One line per claim: what it is comes last, cut to the width that is left unless it is ``whole``."""
    rows = [
        (status(claim), clip(one_line(claim.uid), _MAX_NAME), strength_text(claim), one_line(claim.statement))
        for claim in claims
    ]
    verdicts = max(len(row[0].word) for row in rows)
    names = min(max(len(row[1]) for row in rows), _NAME_COLUMN)
    strengths = max(len(row[2]) for row in rows)
    for state, name, strength, statement in rows:
        line = Text(shown(state).ljust(verdicts), style=_STYLES.get(state.tone, ""))
        line.append(f"  {name.ljust(names)}  {strength.ljust(strengths)}  ", style="default")
        left = console.width - line.cell_len
        if whole or left > _MIN_STATEMENT:
            line.append(Text(clip(statement, _MAX_LINE), style="dim"))
        if not whole and left > _MIN_STATEMENT:
            line.truncate(console.width, overflow="ellipsis")
        line.rstrip()
        console.print(line, soft_wrap=True)


def _line(console: Console, text: str, style: str = "") -> None:
    # Not wrapped: a command that is to be copied must stay one line.
    console.print(Text(text, style=style), soft_wrap=True)
