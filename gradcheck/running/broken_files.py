"""A file of formulas that cannot be loaded beside others that can: a claim of its own, which is an error."""

from __future__ import annotations

from dataclasses import dataclass

from gradcheck.records.types import BackendRow, ClaimRow, Header, Record, Source
from gradcheck.records.verdicts import Verdict

__all__ = ["BrokenFile"]


@dataclass(frozen=True)
class BrokenFile:
    """``path`` as the user gave it; ``reason`` is the whole text of why it cannot be loaded."""

    path: str
    reason: str

    def records(self, header: Header) -> list[Record]:
        """Its rows in a log: what is in the file could not be judged."""
        reason = self.reason.splitlines()[-1].strip() if self.reason else ""
        reason = f"the file cannot be loaded: {reason}"
        place = Source(file=self.path, line=0, text=self.reason)
        rows: list[Record] = [
            BackendRow(
                claim=self.path, backend=backend.name, verdict="error", as_declared=False, strength=None,
                points=0, answered=0, agreed=0, differed=0, kinks=0, distinct=0, outlier=0, seconds=0.0,
                reason=reason,
            )
            for backend in header.backends
            if backend.available
        ]  # fmt: skip
        row = ClaimRow(
            uid=self.path,
            formula=self.path,
            kind="file",
            statement=f"the claims of {self.path}",
            verdict=Verdict.ERROR.value,
            expected=Verdict.PASS.value,
            as_declared=False,
            strength=None,
            points=0,
            discarded=0,
            shapes=[],
            forward=place,
            candidate=place,
            seconds=0.0,
            reason=reason,
        )
        return [*rows, row]
