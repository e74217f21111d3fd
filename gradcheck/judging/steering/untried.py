"""What no point tried: one side of a comparison, one way of a branch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gradcheck.records.types import Untried

__all__ = ["UntriedSide"]


@dataclass(frozen=True)
class UntriedSide:
    """A comparison of which one side never happened. ``never`` is that side, "true" or "false"; None where
    ``asks`` is no comparison but a size.
    """

    file: str
    line: int
    text: str
    asks: str
    never: str | None

    def record(self) -> Untried:
        """It as a record of the log."""
        was = "was not tried" if self.never is None else f"was never {self.never} where the code was judged"
        what = f"`{self.text}`: {self.asks} {was}"
        return Untried(where=f"{Path(self.file).name}:{self.line}", what=what)
