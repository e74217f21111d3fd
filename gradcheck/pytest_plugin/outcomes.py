"""What a test of a claim comes to, and the text that is shown for it. Works on records alone."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Literal

from msgspec.structs import replace

from gradcheck.pytest_plugin.checking import Judged
from gradcheck.records.types import BackendRow, ClaimRow
from gradcheck.records.verdicts import Verdict
from gradcheck.report.diagnoses import lead
from gradcheck.report.narrative import comparison_text, row_text, status, story
from gradcheck.report.rerun import claim_with_log
from gradcheck.report.text import clean

__all__ = ["Kind", "of_backend", "of_claim"]

Kind = Literal["passed", "failed", "error", "skipped"]


def of_claim(judged: Judged, nodeid: str, directory: str | None) -> tuple[Kind, str]:
    """The claim itself: passed where it is as declared (a refuted erratum did), else its story."""
    row = judged.row
    if row.as_declared:
        return "passed", ""
    kind: Kind = "error" if row.verdict == Verdict.ERROR else "failed"
    return kind, _story(judged, judged.backends, nodeid, directory)


def of_backend(
    judged: Judged, backend: str, nodeid: str, directory: str | None, told_by: str | None
) -> tuple[Kind, str]:
    """One backend's part. ``told_by`` is the test that tells the whole story, where it is run too."""
    claim = judged.row
    row = next((r for r in judged.backends if r.backend == backend), None)
    if row is None:
        return "skipped", f"{backend} was not asked"
    if row.verdict == "unsupported":
        return "skipped", clean(row_text(row))
    if row.verdict == claim.expected:
        return "passed", ""
    if claim.as_declared:
        # the others decided: one that stayed behind, or was outvoted, must not turn a run red
        return "skipped", clean(
            f"{row.verdict}, but the claim is as declared with the other backends; {row_text(row)}"
        )
    kind: Kind = "error" if Verdict.ERROR in {row.verdict, claim.verdict} else "failed"
    if told_by is None:
        return kind, _story(judged, (row,), nodeid, directory)
    return kind, clean("\n".join(_short(claim, row, told_by)))


def _story(judged: Judged, rows: tuple[BackendRow, ...], nodeid: str, directory: str | None) -> str:
    claim = judged.row
    found = claim.counterexample
    if found is not None and found.replay:
        if directory:
            claim = claim_with_log(claim, Path(directory) / "run.jsonl")
        else:  # without a log there is nothing to replay: the test itself runs it again
            line = f"pytest {shlex.quote(nodeid)}"
            claim = replace(claim, counterexample=replace(found, replay=line))
    return clean(f"{_headline(claim)}\n{story(claim, rows, judged.battery)}")


def _short(claim: ClaimRow, row: BackendRow, told_by: str) -> list[str]:
    lines = [_headline(claim), row_text(row)]
    if row.worst is not None and row.verdict == Verdict.FAIL:
        lines.append(comparison_text(row.worst))
    return [*lines, f"the whole story: {told_by}"]


def _headline(claim: ClaimRow) -> str:
    """The first line, which pytest repeats in its summary: what is wrong."""
    return lead(claim) if claim.verdict == Verdict.FAIL else f"{status(claim).word}: {lead(claim)}"
