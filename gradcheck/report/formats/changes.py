"""The differences of two runs as text, as Markdown and as JSON."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from gradcheck.records.differences import KINDS, Change, Differences
from gradcheck.report.formats.markdown import LIMIT, escape
from gradcheck.report.text import clip, duration, one_line, plural

__all__ = ["render"]

_MARKS = {"worse": "❌", "better": "✅", "changed": "🔸", "new": "➕", "gone": "➖"}
_MAX_TIMES = 5
_MAX_DETAIL = 1000
_MAX_CHANGES = 500  # in text and Markdown; JSON has them all


def render(found: Differences, format: str) -> str:
    """``text``, ``md`` or ``json``."""
    return {"text": _text, "md": _markdown, "json": _json}[format](found)


def _sum(found: Differences) -> str:
    """The whole comparison in one sentence."""
    words = {
        "worse": "worse",
        "better": "better",
        "changed": "changed otherwise",
        "new": "new",
        "gone": "gone",
    }
    counts = [f"{n} {words[kind]}" for kind in KINDS if (n := len(found.of(kind)))]
    if not counts:
        return f"Nothing changed: {plural(found.same, 'claim')} as before."
    return f"{', '.join(counts)}; {plural(found.same, 'claim')} as before."


def _incomplete(found: Differences) -> Iterator[str]:
    for which, log in (("old", found.old), ("new", found.new)):
        for problem in log.problems[:5]:
            yield f"the {which} log is incomplete: {one_line(problem)}"


def _time(found: Differences) -> list[str]:
    old, new = found.old.footer, found.new.footer
    lines = []
    if old and new:
        lines.append(f"time: {duration(old.seconds)} -> {duration(new.seconds)}")
    most = [t for t in found.times[:_MAX_TIMES] if duration(t[1]) != duration(t[2])]
    if most:
        said = (f"{one_line(uid)} {duration(a)} -> {duration(b)}" for uid, a, b in most)
        lines.append(f"time, the largest changes: {', '.join(said)}")
    return lines


def _step(change: Change) -> str:
    if change.kind == "new":
        return change.after or ""
    if change.kind == "gone":
        return f"was {change.before}"
    if change.before == change.after:
        return change.after or ""
    return f"{change.before} -> {change.after}"


def _text(found: Differences) -> str:
    lines = [*_incomplete(found)]
    for change in found.changes[:_MAX_CHANGES]:
        lines.append(f"{change.kind:8}{one_line(change.uid)}  {_step(change)}")
        lines += [f"  {clip(one_line(detail), _MAX_DETAIL)}" for detail in change.details]
    if len(found.changes) > _MAX_CHANGES:
        lines.append(f"... and {len(found.changes) - _MAX_CHANGES} more")
    if found.run:
        lines.append(f"the runs: {one_line('; '.join(found.run))}")
    lines += _time(found)
    lines.append(_sum(found))
    return "\n".join(lines) + "\n"


def _markdown(found: Differences) -> str:
    mark = "⚠️" if not found.complete else "❌" if found.of("worse") else "✅"
    top = [f"## {mark} gradcheck, before and after: {escape(_sum(found))}\n"]
    top += [f"> {escape(line)}" for line in _incomplete(found)]
    if found.run:
        top.append(f"\nThe runs: {escape('; '.join(found.run))}")
    top += [f"\n{escape(line[0].upper() + line[1:])}" for line in _time(found)]
    rows = []
    if found.changes:
        top.append("\n| | claim | outcome | what |\n| --- | --- | --- | --- |")
        rows = [
            f"| {_MARKS[c.kind]} {c.kind} | {escape(clip(one_line(c.uid), 300))} | {escape(_step(c))} | "
            f"{escape(clip('; '.join(c.details), _MAX_DETAIL))} |"
            for c in found.changes[:_MAX_CHANGES]
        ]
    page = "\n".join(top)
    left, shown = LIMIT - 200 - len(page.encode()), 0
    for row in rows:
        left -= len(row.encode()) + 1
        if left < 0:
            break
        page += f"\n{row}"
        shown += 1
    rest = len(found.changes) - shown
    return page + (f"\n\n... and {rest} more.\n" if rest else "\n")


def _json(found: Differences) -> str:
    told = {
        "schema": "gradcheck-diff-1",
        "complete": found.complete,
        "problems": {"old": list(found.old.problems), "new": list(found.new.problems)},
        "same": found.same,
        "run": list(found.run),
        "seconds": [log.footer.seconds if log.footer else None for log in (found.old, found.new)],
        "changes": [
            {"uid": c.uid, "kind": c.kind, "before": c.before, "after": c.after, "details": list(c.details)}
            for c in found.changes
        ],
        "times": [{"uid": uid, "before": a, "after": b} for uid, a, b in found.times],
    }
    return msgspec.json.format(msgspec.json.encode(told), indent=2).decode() + "\n"
