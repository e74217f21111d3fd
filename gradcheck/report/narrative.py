"""The sentences that several formats show: what came out, in which order, and why.

Formats decide how a sentence looks; what it says is decided here, once.
"""

from __future__ import annotations

from typing import NamedTuple

from gradcheck.records.accuracy import Accuracy, Grade, Precision
from gradcheck.records.reading import Log
from gradcheck.records.types import ArrayRecord, BackendRow, BatteryRow, ClaimRow, Comparison, Counterexample
from gradcheck.records.verdicts import Verdict
from gradcheck.report.diagnoses import diagnosis_lines
from gradcheck.report.drawing import drawing
from gradcheck.report.text import array_text, clip, entry, listed, one_line, plural, quantity, sizes_text
from gradcheck.report.witnesses import agreement_text, curve_text, proof_text, training_text

__all__ = [
    "Status",
    "accuracy_text",
    "agreed_value",
    "arrays_of",
    "battery_text",
    "comparison_text",
    "counterexample_head",
    "counterexample_text",
    "counts",
    "headline",
    "outcome",
    "own_reason",
    "precision_text",
    "remarkable",
    "row_status",
    "row_text",
    "shown",
    "sources_text",
    "status",
    "story",
    "strength_text",
    "title",
    "unchecked_names",
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


def shown(state: Status) -> str:
    """The status as text shows it: what must be looked at in capitals."""
    return state.word.upper() if state.tone == "bad" else state.word


def title(claim: ClaimRow) -> str:
    """What came out, the claim's own name, and where the code stands."""
    strength = f", {strength_text(claim)}" if claim.verdict == Verdict.PASS and claim.strength else ""
    line = f":{claim.candidate.line}" if claim.candidate.line else ""  # a program has none
    return f"{shown(status(claim))} {one_line(claim.uid)} ({one_line(claim.candidate.file)}{line}){strength}"


def strength_text(claim: ClaimRow) -> str:
    """How strong the evidence for a pass is, and whether the code is unstable."""
    return ", ".join(filter(None, (claim.strength, "unstable" if claim.unstable else None)))


def worst_first(log: Log) -> list[ClaimRow]:
    """The claims by how urgently a reader should see them, in the order of the run within a kind."""
    return sorted(log.claims, key=lambda claim: -status(claim).rank)


def counts(log: Log) -> dict[str, int]:
    """How often each status came out, the worst first; what did not occur is left out."""
    order = sorted({status(claim) for claim in log.claims}, key=lambda s: (-s.rank, s.word))
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


_COUNTED = {
    "error": ("in error", "in error"),
    "fail": ("failed", "failed"),
    "not refuted": ("known erratum not confirmed", "known errata not confirmed"),
    "pass": ("passed", "passed"),
    "refuted": ("known erratum confirmed wrong", "known errata confirmed wrong"),
}


def _headline(log: Log) -> str:
    total = plural(len(log.header.claims), "claim")
    found = counts(log)
    missing = found.pop("not judged", 0)
    ordered = sorted(found, key=lambda word: word == "refuted")  # what was expected comes last
    told = ", ".join(f"{n} {_COUNTED.get(w, (w, w))[n != 1]}" for w in ordered for n in [found[w]])
    if not log.complete:
        part = f"{len(log.claims)} of " if missing else ""
        return f"INCOMPLETE: {part}{total}{' judged' if missing else ''}{': ' if told else ''}{told}"
    if not log.header.claims:
        return "There were no claims to check"
    if log.exit_code and all(claim.as_declared for claim in log.claims):
        return f"{total}: {told}, but the run itself reports a failure"
    return f"{total}: {told}"


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
        f"{one_line(comparison.source)} {one_line(comparison.truth)}; relative difference "
        f"{comparison.gap:.3g} (limit {comparison.bound:.3g}, relative to S = {comparison.scale:.6g})"
    )


def counterexample_head(found: Counterexample) -> str:
    """Where the code is wrong, and whether there is a smaller place."""
    smallest = "the smallest shape found" if found.shape_minimal else "a smaller one may exist"
    smallest = f"one of {found.together} that tell together" if found.together else smallest
    return f"counterexample at {sizes_text(found.sizes)} ({smallest})"


def arrays_of(found: Counterexample) -> list[tuple[str, ArrayRecord]]:
    """Every array that is put in, by name: `delta` first."""
    return [*found.deltas.items(), *((one_line(name), array) for name, array in found.inputs.items())]


def agreed_value(found: Counterexample) -> str | None:
    """Who says what is right: "symbolic, finite differences and autodiff agree on 2.0". None where nobody
    could be compared.
    """
    against = [c for c in found.comparisons if c.gap > c.bound]
    if not against or found.truth is None or found.index is None:
        return None
    names = [_SOURCES.get(c.source, one_line(c.source)) for c in against]
    value = entry(found.truth, found.index)
    if len(names) > 1:
        return f"{listed(names)} agree on {value}"
    return f"{names[0]} {'say' if against[0].source in _SOURCES else 'says'} {value}"


_SOURCES = {"finite_difference": "finite differences"}


def counterexample_text(found: Counterexample) -> list[str]:
    """The counterexample as lines of plain text, from what is wrong to how to run it again."""
    lines = [f"{counterexample_head(found)}: {one_line(found.message)}"]
    lines += [f"  {name} = {array_text(array)}" for name, array in arrays_of(found)]
    if found.rate is not None:
        lines.append(f"  rate = {found.rate!r}")
    name = quantity(found.quantity, None)
    if found.candidate is not None:
        lines.append(f"  {name}, hand-written: {array_text(found.candidate)}")
    if found.truth is not None:
        lines.append(f"  {name}, right:        {array_text(found.truth)}")
    lines += filter(None, [agreed_value(found)])
    if found.replay:
        lines.append(f"run it again: {one_line(found.replay)}")
    if found.python:
        lines.append(f"in Python: {one_line(found.python)}")
    lines += [f"  {comparison_text(c)}" for c in found.comparisons[:_MAX_COMPARISONS]]
    if len(found.comparisons) > _MAX_COMPARISONS:
        lines.append(f"  and {len(found.comparisons) - _MAX_COMPARISONS} more entries")
    if found.step_curve is not None:
        lines += [f"  {line}" for line in filter(None, [curve_text(found.step_curve)])]
    return lines


def own_reason(claim: ClaimRow) -> str | None:
    """The reason behind a verdict, unless the counterexample says the same."""
    found = claim.counterexample
    if not claim.reason or (found is not None and found.message == claim.reason):
        return None
    return one_line(claim.reason)


def row_text(row: BackendRow) -> str:
    """One backend's part in a claim, in one line."""
    why = one_line(row.reason or "no reason given")
    if row.verdict == "unsupported":
        return f"{one_line(row.backend)}: unsupported: {why}"
    verdict = "" if row.verdict in {Verdict.PASS, Verdict.FAIL} else f"{row.verdict}, "
    said = f"{row.agreed} of {row.answered} agree"
    if row.differed:
        said = f"{row.differed} of {row.answered} {'differs' if row.differed == 1 else 'differ'}"
    parts = [f"{one_line(row.backend)}: {verdict}{said}"]
    if skipped := row.points - row.answered:
        parts.append(f"{skipped} skipped ({why})")
    if row.kinks:
        parts.append(f"{plural(row.kinks, 'kink')}")
    if row.outlier:
        parts.append(f"outvoted at {plural(row.outlier, 'point')}")
    if row.reason and not skipped:
        parts.append(why)
    return ", ".join(parts)


def precision_text(found: Precision) -> str:
    """How the code does in floating point, in one line."""
    return (
        f"{found.dtype}: loses {found.typical:g} digits typically, {found.lost:g} at the worst of "
        f"{plural(found.points, 'point')} ({sizes_text(found.sizes)})"
    )


def accuracy_text(found: Accuracy) -> list[str]:
    """How the code does in low precision: the strictest grade that it meets, and what it does not meet."""
    met = next((g for g in found.grades if g.met), None)
    failed = [g for g in found.grades if not g.met]
    as_far = f" up to {sizes_text(found.up_to)}" if found.up_to else ""
    lines = [f"{found.dtype}: meets {met.name}{as_far}: {_grade_text(met)}"] if met else []
    told = failed if met is None else failed[-1:]
    lines += [f"{found.dtype}: worse than {g.name} would be: {_grade_text(g)}" for g in told]
    lines += [
        f"{u.quantity}: worst {u.worst:g} ulp at {sizes_text(u.sizes)}, typical {u.typical:g} ulp"
        for u in found.ulp
    ]
    return lines + [
        f"{u.quantity}: two calls differ by up to {u.spread:g} ulp, both within the grade"
        if met is not None
        else f"{u.quantity}: two calls differ by up to {u.spread:g} ulp"
        for u in found.ulp
        if u.spread is not None
    ]


def _grade_text(grade: Grade) -> str:
    place = f"{quantity(grade.quantity, grade.where)} at {sizes_text(grade.sizes)}"
    return f"{grade.ulp:g} ulp, {grade.allowed:g} allowed ({place})"


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


def unchecked_names(claim: ClaimRow) -> str:
    """What the claim leaves out: "not checked: dJ/dy (no gradient was returned)"."""
    return f"not checked: {', '.join(map(one_line, claim.unchecked))} (no gradient was returned)"


def story(claim: ClaimRow, rows: tuple[BackendRow, ...], battery: tuple[BatteryRow, ...] = ()) -> str:
    """All that a reader of a claim needs, as plain text: what is wrong first, then the evidence."""
    lines = [title(claim), *diagnosis_lines(claim.diagnosis), f"claim: {one_line(claim.statement)}"]
    lines += [unchecked_names(claim)] if claim.unchecked else []
    if reason := own_reason(claim):
        lines.append(reason)
    lines += drawing(claim.chain)
    if claim.counterexample is not None:
        lines += counterexample_text(claim.counterexample)
    lines += [row_text(row) for row in rows if row.points or row.reason != claim.reason]
    lines += filter(None, [agreement_text(claim)])
    lines += [battery_text(row) for row in remarkable(claim, battery)]
    lines += [precision_text(p) for p in claim.precision]
    lines += accuracy_text(claim.accuracy) if claim.accuracy else []
    lines += [training_text(claim.training)] if claim.training else []
    lines += [proof_text(claim.proof)] if claim.proof else []
    lines += [f"not tried: {one_line(u.what)} ({one_line(u.where)})" for u in claim.untried]
    lines += [f"unstable: {one_line(claim.unstable)}"] if claim.unstable else []
    lines += [f"note: {one_line(note)}" for note in claim.notes]
    return "\n".join(clip(line, 4000) for line in lines)
