"""The sentences that several formats show: what came out, in which order, and why.

Formats decide how a sentence looks; what it says is decided here, once.
"""

from __future__ import annotations

from typing import NamedTuple

from gradcheck.records.reading import Log
from gradcheck.records.types import (
    BackendRow,
    BatteryRow,
    ClaimRow,
    Comparison,
    Counterexample,
    Diagnosis,
    Precision,
)
from gradcheck.records.verdicts import Verdict
from gradcheck.report.drawing import drawing
from gradcheck.report.text import array_text, clip, one_line, plural, quantity, sizes_text
from gradcheck.report.witnesses import agreement_text, curve_text, proof_text, training_text

__all__ = [
    "Status",
    "battery_text",
    "comparison_text",
    "counterexample_text",
    "counts",
    "headline",
    "outcome",
    "own_reason",
    "precision_text",
    "remarkable",
    "row_status",
    "row_text",
    "sources_text",
    "status",
    "story",
    "worst_first",
]

_MAX_COMPARISONS = 4


class Status(NamedTuple):
    """A verdict as a reader sees it. ``tone`` is good, found (an erratum refuted), bad or warn."""

    word: str
    tone: str
    rank: int  # larger is worse


def status(claim: ClaimRow) -> Status:
    """What came out, measured by what was declared."""
    if claim.expected == "fail":
        if claim.verdict == Verdict.FAIL:
            return Status("refuted", "found", 1)
        if claim.verdict == Verdict.PASS:
            return Status("not refuted", "bad", 2 + Verdict.FAIL.badness)
    return _status(claim.verdict)


def row_status(row: BackendRow, claim: ClaimRow) -> Status:
    """The same for one backend. ``unsupported`` is neither good nor bad."""
    if row.verdict == "unsupported":
        return Status("unsupported", "none", 0)
    if claim.expected == "fail" and row.verdict == Verdict.FAIL:
        return Status("refuted", "found", 1)
    if claim.expected == "fail" and row.verdict == Verdict.PASS:
        return Status("not refuted", "bad", 2 + Verdict.FAIL.badness)
    return _status(row.verdict)


def _status(verdict: str) -> Status:
    rank = Verdict(verdict).badness
    tone = "good" if rank == 0 else "warn" if rank <= Verdict.INCONCLUSIVE.badness else "bad"
    return Status(verdict, tone, 2 + rank if rank else 0)


def worst_first(log: Log) -> list[ClaimRow]:
    """The claims by how urgently a reader should see them, in the order of the run within a kind."""
    return sorted(log.claims, key=lambda claim: -status(claim).rank)


def counts(log: Log) -> dict[str, int]:
    """How often each status came out, the worst first; what did not occur is left out."""
    order = sorted({status(claim) for claim in log.claims}, key=lambda s: -s.rank)
    result = {s.word: sum(status(claim) == s for claim in log.claims) for s in order}
    if log.missing:
        result = {"not judged": len(log.missing), **result}
    return result


def outcome(log: Log) -> str:
    """The whole run in two words: ``as declared``, ``not as declared`` or ``incomplete``."""
    if not log.complete:
        return "incomplete"
    return "as declared" if log.exit_code == 0 else "not as declared"


def headline(log: Log) -> str:
    """The whole run in one sentence."""
    shards = log.header.shards
    part = f"Shard {', '.join(shards)}: " if shards else ""
    return part + _headline(log)


def _headline(log: Log) -> str:
    total = len(log.header.claims)
    bad = sum(not claim.as_declared for claim in log.claims)
    errata = sum(status(claim).word == "refuted" for claim in log.claims)
    if not log.complete:
        found = f"; {bad} of them did not come out as declared" if bad else ""
        return f"INCOMPLETE: {len(log.claims)} of {plural(total, 'claim')} judged{found}."
    if bad:
        return f"{bad} of {plural(total, 'claim')} did not come out as declared."
    if log.exit_code:
        return "All claims came out as declared, but the run itself reports a failure."
    if not total:
        return "There were no claims to check."
    passed = total - errata
    refuted = f", {plural(errata, 'erratum', 'errata')} refuted as declared" if errata else ""
    return f"All {plural(total, 'claim')} came out as declared: {passed} passed{refuted}."


def sources_text(log: Log) -> list[str]:
    """One sentence for each backend that was not there."""
    return [
        f"{one_line(b.name)} is missing: {one_line(b.reason or 'no reason given')}"
        for b in log.header.backends
        if not b.available
    ]


def comparison_text(comparison: Comparison) -> str:
    """Both values, where they come from, how far apart they are and how far they may be."""
    return (
        f"{quantity(comparison.quantity, comparison.index)}: hand-written {one_line(comparison.candidate)}, "
        f"{one_line(comparison.source)} {one_line(comparison.truth)}; apart by {comparison.gap:.3g}, allowed "
        f"{comparison.bound:.3g}, both relative to S = {comparison.scale:.6g}"
    )


def counterexample_text(found: Counterexample) -> list[str]:
    """The counterexample as lines of plain text, from what is wrong to how to run it again."""
    smallest = "no smaller shape refutes it" if found.shape_minimal else "a smaller one may exist"
    lines = [f"counterexample at {sizes_text(found.sizes)} ({smallest}): {one_line(found.message)}"]
    name = quantity(found.quantity, None)
    if found.candidate is not None:
        lines.append(f"  {name}, hand-written: {array_text(found.candidate)}")
    if found.truth is not None:
        lines.append(f"  {name}, right:        {array_text(found.truth)}")
    lines += [f"  {comparison_text(c)}" for c in found.comparisons[:_MAX_COMPARISONS]]
    if len(found.comparisons) > _MAX_COMPARISONS:
        lines.append(f"  and {len(found.comparisons) - _MAX_COMPARISONS} more entries")
    if found.step_curve is not None:
        lines += [f"  {line}" for line in filter(None, [curve_text(found.step_curve)])]
    lines.append("with")
    for number, delta in enumerate(found.delta):
        name = "delta" if len(found.delta) == 1 else f"delta[{number}]"
        lines.append(f"  {name} = {array_text(delta)}")
    lines += [f"  {one_line(name)} = {array_text(array)}" for name, array in found.inputs.items()]
    if found.rate is not None:
        lines.append(f"  rate = {found.rate!r}")
    if found.replay:
        lines.append(f"run it again: {one_line(found.replay)}")
    if found.python:
        lines.append(f"in Python: {one_line(found.python)}")
    return lines


def own_reason(claim: ClaimRow) -> str | None:
    """The reason behind a verdict, unless the counterexample says the same."""
    found = claim.counterexample
    if not claim.reason or (found is not None and found.message == claim.reason):
        return None
    return one_line(claim.reason)


def diagnosis_text(found: Diagnosis) -> str:
    """What is wrong with one quantity, and how sure that is, in one line."""
    head = f"{one_line(found.quantity)}: " if found.quantity else ""
    exact = f", exact to {found.gap:.0e}" if found.gap else ""
    at = f" ({found.points} of {plural(found.of, 'point')}{exact})" if found.points else ""
    return f"diagnosis: {head}{one_line(found.text)}{at}"


def row_text(row: BackendRow) -> str:
    """One backend's part in a claim, in one line."""
    if row.verdict == "unsupported":
        return f"{one_line(row.backend)}: unsupported: {one_line(row.reason or 'no reason given')}"
    verdict = "" if row.verdict == Verdict.PASS else f"{row.verdict}, "
    parts = [f"{one_line(row.backend)}: {verdict}{row.agreed} of {plural(row.answered, 'answer')} agree"]
    if row.points != row.answered:
        parts.append(f"{row.points - row.answered} of {plural(row.points, 'point')} without an answer")
    if row.differed:
        parts.append(f"{row.differed} {'differs' if row.differed == 1 else 'differ'}")
    if row.kinks:
        parts.append(f"{plural(row.kinks, 'kink')}")
    if row.outlier:
        parts.append(f"outvoted at {plural(row.outlier, 'point')}")
    if row.reason:
        parts.append(one_line(row.reason))
    return ", ".join(parts)


def precision_text(found: Precision) -> str:
    """How the code does in floating point, in one line."""
    return (
        f"{found.dtype}: loses {found.typical:g} digits typically, {found.lost:g} at the worst of "
        f"{plural(found.points, 'point')} ({sizes_text(found.sizes)})"
    )


def battery_text(row: BatteryRow) -> str:
    """One check of the battery that failed, or what it notes, in one line."""
    if row.outcome == "fail":
        head = f"{one_line(row.check)}: fails" + ("" if row.counts else ", which does not decide the verdict")
    else:
        head = f"{one_line(row.check)}, {row.outcome}"
    at = f" (at {sizes_text(row.sizes)})" if row.sizes else ""
    return f"{head}: {one_line(row.reason or 'no reason given')}{at}"


def remarkable(claim: ClaimRow, battery: tuple[BatteryRow, ...]) -> list[BatteryRow]:
    """The rows of the battery that a reader should see: what failed and what is noted, unless the
    claim's own reason says the same.
    """
    said = {claim.reason, claim.counterexample.message if claim.counterexample else None}
    return [row for row in battery if row.outcome in {"fail", "note"} and row.reason not in said]


def story(claim: ClaimRow, rows: tuple[BackendRow, ...], battery: tuple[BatteryRow, ...] = ()) -> str:
    """All that a reader of a failure needs, as plain text."""
    state = status(claim)
    declared = "an erratum, to be refuted" if claim.expected == "fail" else "to pass"
    lines = [f"{one_line(claim.uid)}: {one_line(claim.statement)}", f"{state.word} (declared {declared})"]
    if reason := own_reason(claim):
        lines.append(reason)
    lines += drawing(claim.chain)
    lines += [diagnosis_text(found) for found in claim.diagnosis]
    if claim.counterexample is not None:
        lines += counterexample_text(claim.counterexample)
    lines += [row_text(row) for row in rows]
    lines += filter(None, [agreement_text(claim)])
    lines += [battery_text(row) for row in remarkable(claim, battery)]
    lines += [precision_text(p) for p in claim.precision]
    lines += [training_text(claim.training)] if claim.training else []
    lines += [proof_text(claim.proof)] if claim.proof else []
    if claim.unchecked:
        lines.append(f"not given, and not checked: {', '.join(map(one_line, claim.unchecked))}")
    lines += [f"note: {one_line(note)}" for note in claim.notes]
    line = f":{claim.candidate.line}" if claim.candidate.line else ""  # a program has none
    lines.append(f"hand-written at {one_line(claim.candidate.file)}{line}")
    return "\n".join(clip(line, 4000) for line in lines)
