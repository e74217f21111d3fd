"""What is wrong with a claim, in one line each: diagnoses, and the one sentence that stands for a failure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from gradcheck.records.types import ClaimRow, Diagnosis
from gradcheck.report.text import listed, one_line, plural

__all__ = ["diagnosis_lines", "diagnosis_text", "groups", "lead", "merged"]


def diagnosis_text(found: Diagnosis) -> str:
    """What is wrong with one quantity, and how sure that is."""
    return _text(found, [found.quantity])


def diagnosis_lines(diagnoses: Iterable[Diagnosis]) -> list[str]:
    """A line for each diagnosis, beginning with `diagnosis:`; what was told before is "the same as" there."""
    told: dict[str, str] = {}
    lines = []
    for found in diagnoses:
        first = told.setdefault(found.text, found.quantity)
        again = first and found.quantity not in ("", first)
        same = f"{one_line(found.quantity)}: the same as {one_line(first)}"
        text = same if again else diagnosis_text(found)
        lines.append(f"diagnosis: {text}")
    return lines


def merged(diagnoses: Sequence[Diagnosis]) -> list[str]:
    """The diagnoses with those of several quantities that say the same made one."""
    alike: dict[str, list[Diagnosis]] = {}
    for found in diagnoses:
        alike.setdefault(found.text, []).append(found)
    return [_text(group[0], [found.quantity for found in group], group) for group in alike.values()]


def groups(diagnoses: Sequence[Diagnosis]) -> list[tuple[str, Diagnosis]]:
    """Each diagnosis once, with the names of all quantities that it is true of; of these, that which fits
    at the fewest points.
    """
    alike: dict[str, list[Diagnosis]] = {}
    for found in diagnoses:
        alike.setdefault(found.text, []).append(found)
    return [
        (listed([q for d in group if (q := one_line(d.quantity))]), min(group, key=lambda d: d.points))
        for group in alike.values()
    ]


def lead(claim: ClaimRow) -> str:
    """What is wrong, in one line: the diagnosis where there is one, else the message or the reason."""
    if claim.diagnosis:
        return "; ".join(merged(claim.diagnosis))
    found = claim.counterexample
    return one_line((found.message if found else claim.reason) or claim.statement)


def _text(found: Diagnosis, quantities: Sequence[str], group: Sequence[Diagnosis] = ()) -> str:
    names = listed([one_line(name) for name in quantities if name])
    head = f"{names}: " if names else ""
    counted = found.points and len({(one.points, one.of) for one in group}) <= 1
    exact = f", exact to {found.gap:.0e}" if found.gap and len(group) <= 1 else ""
    at = f" ({found.points} of {plural(found.of, 'point')}{exact})" if counted else ""
    return f"{head}{one_line(found.text)}{at}"
