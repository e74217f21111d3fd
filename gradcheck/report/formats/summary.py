"""`summary.json`: the run in short, for scripts."""

from __future__ import annotations

from typing import Any

import msgspec

from gradcheck.records.reading import Log
from gradcheck.records.types import BackendInfo
from gradcheck.report.narrative import counts, outcome

__all__ = ["SUMMARY_SCHEMA", "ClaimSummary", "Summary", "render", "summarise"]

SUMMARY_SCHEMA = "gradcheck-summary-1"
"""Name and version of the format; a breaking change takes the next number."""


class ClaimSummary(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One claim. ``verdict`` is None for a claim that the run did not come to."""

    uid: str
    id: str | None
    formula: str | None
    kind: str | None
    verdict: str | None
    expected: str | None
    as_declared: bool
    strength: str | None
    reason: str | None
    replay: str | None
    untried: int = 0  # sides of comparisons that no point tried and no proof covers
    unstable: bool = False


class Summary(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole run. ``outcome`` is ``as declared``, ``not as declared`` or ``incomplete``."""

    schema: str
    gradcheck: str
    outcome: str
    complete: bool
    problems: list[str]
    exit_code: int
    started: str
    finished: str | None
    seconds: float | None
    seed: int
    max_examples: int
    claims_total: int
    claims_judged: int
    as_declared: int
    errata_declared: int
    errata_refuted: int
    counts: dict[str, int]
    backends: list[BackendInfo]
    remarks: list[str]
    claims: list[ClaimSummary]


def summarise(log: Log) -> Summary:
    """The summary of a log; claims stand in the order of the run, those not judged at the end."""
    footer = log.footer
    errata = [claim for claim in log.claims if claim.expected == "fail"]
    return Summary(
        schema=SUMMARY_SCHEMA,
        gradcheck=log.header.gradcheck,
        outcome=outcome(log),
        complete=log.complete,
        problems=list(log.problems),
        exit_code=log.exit_code,
        started=log.header.started,
        finished=footer.finished if footer else None,
        seconds=footer.seconds if footer else None,
        seed=log.header.seed,
        max_examples=log.header.max_examples,
        claims_total=len(log.header.claims),
        claims_judged=len(log.claims),
        as_declared=sum(claim.as_declared for claim in log.claims),
        errata_declared=len(errata),
        errata_refuted=sum(claim.as_declared for claim in errata),
        counts=counts(log),
        backends=log.header.backends,
        remarks=footer.remarks if footer else [],
        claims=_claims(log),
    )


def render(log: Log) -> str:
    """`summary.json`, indented."""
    return msgspec.json.format(msgspec.json.encode(summarise(log)), indent=2).decode() + "\n"


def _claims(log: Log) -> list[ClaimSummary]:
    judged = [
        ClaimSummary(
            uid=claim.uid,
            id=claim.id,
            formula=claim.formula,
            kind=claim.kind,
            verdict=claim.verdict,
            expected=claim.expected,
            as_declared=claim.as_declared,
            strength=claim.strength,
            reason=claim.reason,
            replay=claim.counterexample.replay if claim.counterexample else None,
            untried=len(claim.untried),
            unstable=claim.unstable is not None,
        )
        for claim in log.claims
    ]
    absent: dict[str, Any] = dict.fromkeys(
        ["id", "formula", "kind", "verdict", "expected", "strength", "reason", "replay"]
    )
    return judged + [ClaimSummary(uid=uid, as_declared=False, **absent) for uid in log.missing]
