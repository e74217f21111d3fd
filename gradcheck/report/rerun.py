"""The command that runs a counterexample again, as it must be given for the log that holds it."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

from msgspec import structs

from gradcheck.records.reading import Log
from gradcheck.records.types import ClaimRow
from gradcheck.report.text import within

__all__ = ["claim_with_log", "log_kept_at"]

_PLAIN = "gradcheck replay "
_USUAL = Path("reports") / "run.jsonl"


def log_kept_at(log: Log, path: Path) -> Log:
    """The log with commands that find it again at ``path``."""
    return replace(log, claims=tuple(claim_with_log(claim, path) for claim in log.claims))


def claim_with_log(claim: ClaimRow, path: Path) -> ClaimRow:
    """The claim with a command that finds its log again. A log of another name than a run's is replayed
    whole; a command that needs no log stays as it is.
    """
    path = Path(within(path))
    found = claim.counterexample
    again = found.replay if found else None
    if found is None or again is None or not again.startswith(_PLAIN) or path == _USUAL:
        return claim
    if path.name == _USUAL.name:
        again = f"{again} --report-dir {shlex.quote(str(path.parent))}"
    else:
        again = f"{_PLAIN}{shlex.quote(str(path))}"
    return structs.replace(claim, counterexample=structs.replace(found, replay=again))
