"""What no point tried: one side of a comparison, one way of a branch."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from gradcheck.records.types import Untried

__all__ = ["UntriedSide"]


_OF_FINITENESS = ("isfinite(", "isinf(", "isnan(")
_OF_MORE = ("<", ">", "=", "&", "|", " and ", " or ", " in ")


@dataclass(frozen=True)
class UntriedSide:
    """A comparison of which one side never happened. ``never`` is that side, "true" or "false"; None where
    ``asks`` is no comparison but a size. ``of_state``: it is asked of something that the code counts from
    call to call, of which a proof knows nothing. ``code`` is the text of a comparison, where it is known.
    """

    file: str
    line: int
    text: str
    asks: str
    never: str | None
    of_state: bool = False
    code: str = field(default="", compare=False)

    def asks_what_is_given(self, lines: Collection[tuple[str, int]]) -> bool:
        """Whether nothing is asked but if an argument is finite; ``lines`` are those that ask that."""
        alone = not any(word in self.asks for word in _OF_MORE)
        return alone and (self.file, self.line) in lines and any(n in self.asks for n in _OF_FINITENESS)

    def record(self) -> Untried:
        """It as a record of the log."""
        was = "was not tried" if self.never is None else f"was never {self.never} where a mistake would show"
        what = f"`{self.text}`: {self.asks} {was}"
        return Untried(where=f"{Path(self.file).name}:{self.line}", what=what)
