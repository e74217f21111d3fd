"""What a front end hands on, whatever the file was written in."""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field

from gradcheck.notes.sources.spoken import in_one_case, spoken
from gradcheck.notes.statements.pieces import Formula

__all__ = ["Builder", "Comment", "Source"]


@dataclass(frozen=True, slots=True)
class Comment:
    """A `gradcheck` comment: its text, and the line on which that begins."""

    text: str
    line: int
    scope: int = 0


@dataclass(slots=True)
class Source:
    formulas: list[Formula] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Builder:
    """Collects formulas in the order of the file. A heading begins a new scope."""

    text: str
    source: Source = field(default_factory=Source)
    scope: int = 0
    ignore_next: bool = False
    _starts: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._starts = [0]
        for k, char in enumerate(self.text):
            if char == "\n":
                self._starts.append(k + 1)

    def place(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both counted from 1."""
        line = bisect.bisect_right(self._starts, offset) - 1
        return line + 1, offset - self._starts[line] + 1

    def line_starts(self) -> list[int]:
        return self._starts

    def formula(self, start: int, end: int, *, display: bool) -> None:
        raw = self.text[start:end]
        stripped = raw.strip()
        if not stripped:
            return
        start += len(raw) - len(raw.lstrip())
        line, column = self.place(start)
        text = self.text[start : start + len(stripped)]
        self.source.formulas.append(
            Formula(
                text, line, column, self.scope, display, ignored=self.ignore_next,
                one_case=in_one_case(self.text, start + len(stripped)),
            )
        )  # fmt: skip
        said = spoken(self.text, start, start + len(stripped))
        if said is not None:
            self.source.formulas.append(Formula(said, line, column, self.scope))
        if display or "=" in text:
            self.ignore_next = False

    def comment(self, text: str, offset: int) -> None:
        """A comment that begins with `gradcheck`, without that word."""
        if text.strip().strip(":").strip().lower() == "ignore next":
            self.ignore_next = True
            return
        self.source.comments.append(Comment(text, self.place(offset)[0], self.scope))

    def heading(self) -> None:
        self.scope += 1
