"""What changed between two runs, claim by claim: verdict, strength, digits, what was found, code, time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from gradcheck.records.accuracy import Precision
from gradcheck.records.reading import Log
from gradcheck.records.types import ClaimRow, Header
from gradcheck.records.verdicts import Strength, Verdict

__all__ = ["KINDS", "Change", "Differences", "difference"]

KINDS = ("worse", "better", "changed", "new", "gone")
"""How a claim changed, in the order in which a reader should see it."""

_STRENGTHS = [str(s) for s in Strength]  # the strongest first


@dataclass(frozen=True)
class Change:
    """One claim that is not what it was: ``before`` and ``after`` say what came out, ``details`` why."""

    uid: str
    kind: str
    before: str | None
    after: str | None
    details: tuple[str, ...] = ()


@dataclass(frozen=True)
class Differences:
    """Everything that differs between two logs. ``same`` counts the claims that are as before, apart from
    time; ``times`` are (uid, seconds before, seconds after), the largest change first.
    """

    old: Log
    new: Log
    changes: tuple[Change, ...]
    same: int
    run: tuple[str, ...]
    times: tuple[tuple[str, float, float], ...] = field(default=())

    @property
    def complete(self) -> bool:
        """Whether both logs are."""
        return self.old.complete and self.new.complete

    def of(self, kind: str) -> list[Change]:
        """The changes of one kind."""
        return [change for change in self.changes if change.kind == kind]


def difference(old: Log, new: Log) -> Differences:
    """Compare two logs, of any versions and seeds."""
    before = {claim.uid: claim for claim in old.claims}
    after = {claim.uid: claim for claim in new.claims}
    both = [uid for uid in after if uid in before]
    changes = [_change(before[uid], after[uid]) for uid in both]
    found = [change for change in changes if change is not None]
    found += [Change(uid, "new", None, _outcome(row)) for uid, row in after.items() if uid not in before]
    found += [Change(uid, "gone", _outcome(row), None) for uid, row in before.items() if uid not in after]
    times = [(uid, before[uid].seconds, after[uid].seconds) for uid in both]
    return Differences(
        old=old,
        new=new,
        changes=tuple(sorted(found, key=lambda change: KINDS.index(change.kind))),
        same=changes.count(None),
        run=tuple(_run(old.header, new.header)),
        times=tuple(sorted(times, key=lambda t: -abs(t[2] - t[1]))),
    )


def _change(old: ClaimRow, new: ClaimRow) -> Change | None:
    details = list(_details(old, new))
    kind = "changed"
    if _rank(old) != _rank(new):
        kind = "worse" if _rank(new) > _rank(old) else "better"
    elif not details and _outcome(old) == _outcome(new):
        return None
    return Change(new.uid, kind, _outcome(old), _outcome(new), tuple(details))


def _rank(claim: ClaimRow) -> tuple[bool, int, int]:
    """How bad an outcome is: not as declared, then the verdict, then the weaker strength."""
    badness = 0 if claim.as_declared else Verdict(claim.verdict).badness
    strength = _STRENGTHS.index(claim.strength) if claim.strength in _STRENGTHS else 0
    return not claim.as_declared, badness, strength


def _outcome(claim: ClaimRow) -> str:
    """`pass (certified)`, `fail, an erratum`."""
    strength = f" ({claim.strength})" if claim.strength else ""
    return f"{claim.verdict}{strength}{', declared an erratum' if claim.expected == 'fail' else ''}"


def _details(old: ClaimRow, new: ClaimRow) -> list[str]:
    found = []
    if new.verdict != old.verdict and not new.as_declared:
        why = new.counterexample.message if new.counterexample else new.reason
        found += [why] if why else []
    elif _witness(old) != _witness(new):
        found.append(f"counterexample: {_witness(old) or 'none'} -> {_witness(new) or 'none'}")
    if (a := _diagnosis(old)) != (b := _diagnosis(new)):
        found.append(f"diagnosis: {a or 'none'} -> {b or 'none'}")
    found += _digits(old.precision, new.precision)
    if (a := _proof(old)) != (b := _proof(new)):
        found.append(f"proof: {a} -> {b}")
    if old.candidate.text != new.candidate.text:
        found.append("the hand-written code changed")
    if old.forward.text != new.forward.text:
        found.append("the forward changed")
    # An empty list may come from a version that did not record them.
    if old.helpers and new.helpers and [h.text for h in old.helpers] != [h.text for h in new.helpers]:
        found.append("a function that the code calls changed")
    if old.points != new.points:
        found.append(f"points: {old.points} -> {new.points}")
    return found


def _witness(claim: ClaimRow) -> str | None:
    found = claim.counterexample
    if found is None:
        return None
    sizes = ", ".join(f"{name} = {size}" for name, size in found.sizes.items())
    return f"{found.message} ({sizes})" if sizes else found.message


def _diagnosis(claim: ClaimRow) -> str:
    return "; ".join(found.text for found in claim.diagnosis)


def _proof(claim: ClaimRow) -> str:
    return claim.proof.status if claim.proof else "none"


def _digits(old: Sequence[Precision], new: Sequence[Precision]) -> list[str]:
    before = {p.dtype: p for p in old}
    found = []
    for p in new:
        a = before.get(p.dtype)
        if a is None:
            continue
        parts = [("typically", a.typical, p.typical), ("at the worst", a.lost, p.lost)]
        said = [f"{x:g} -> {y:g} digits {when}" for when, x, y in parts if x != y]
        found += [f"{p.dtype} loses {', '.join(said)}"] if said else []
    return found


def _run(old: Header, new: Header) -> list[str]:
    """What differs between the two runs as such."""
    packages = dict.fromkeys((*old.versions, *new.versions))
    backends = dict.fromkeys(b.name for header in (old, new) for b in header.backends)
    facts = [
        ("gradcheck", old.gradcheck, new.gradcheck),
        ("Python", old.python, new.python),
        ("platform", old.platform, new.platform),
        ("seed", str(old.seed), str(new.seed)),
        ("points a claim", str(old.max_examples), str(new.max_examples)),
        *((p, old.versions.get(p, "none"), new.versions.get(p, "none")) for p in packages),
        *((f"backend {name}", _there(old, name), _there(new, name)) for name in backends),
    ]
    return [f"{what} {a} -> {b}" for what, a, b in facts if a != b]


def _there(header: Header, name: str) -> str:
    found = next((b for b in header.backends if b.name == name), None)
    if found is None:
        return "not in use"
    return "there" if found.available else "missing"
