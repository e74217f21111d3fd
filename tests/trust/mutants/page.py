"""The page about a campaign, from the lines of its log."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .mutating import KINDS

__all__ = ["page"]

Line = dict[str, Any]

TEXT = """\
<!-- Made by docs/generate_mutants.py; do not edit. -->

# gradcheck under mutation

Right backward passes with one operation changed, {count:,} of them: every backward pass of the trust corpus
and of the catalogue (`tests/trust/mutants/mutating.py` has the changes). A judge that shares no code with
gradcheck tells wrong ones from those that are equal after all: float64 at 48 points and more beside moved
thresholds, held against difference quotients of the forward, and 200 decimal digits where float64 finds no
difference (`judge.py`, `exact.py`). What it cannot tell is counted as undecided and not as anything else.

`nox -s mutants` runs the campaign and makes this page; CI judges 300 of them.

## Verdicts

Of {wrong:,} wrong ones {caught:,} are refuted, and of {equal:,} equal ones {passed:,} pass. Verdicts alone
are asked for with finite differences as the only backend.

{verdicts}

{missed}

## Explanations

{told:,} wrong ones, drawn at random, were checked at the default settings with what is said of each.
{explained:.1f} % get an explanation, and {false} a false one.

A sentence is judged a second time where it says what should stand in the code (it is put there, and the code
is then right or not) or what the numbers are (minus the right ones, zero, a factor): *true* and *false* are
counted by that. Sentences of other forms (about the derivative of a part of the forward, sizes, axes,
exceptions) are *not read* by the judge; gradcheck gives them only where what they say holds in ball
arithmetic at every point. *None* is "no simple explanation" of at least one gradient, or no more than that
the code raises or gives NaN.

{explanations}
"""


def page(lines: Iterable[Line]) -> str:
    """The whole page. A mutant that was asked about twice counts once, as it was asked last."""
    known = {line["number"]: line for line in sorted(lines, key=lambda line: line["told"])}
    rows = list(known.values())
    told = [r for r in rows if r["told"] and r["truth"] == "wrong" and r["verdict"] == "fail"]
    wrong, equal = _of(rows, "wrong"), _of(rows, "equal")
    missed = [r for r in wrong if r["verdict"] not in ("fail", "error")]
    accused = [r for r in equal if r["verdict"] != "pass"]
    return TEXT.format(
        count=len(rows),
        wrong=len(wrong),
        caught=len(wrong) - len(missed),
        equal=len(equal),
        passed=len(equal) - len(accused),
        verdicts=_table(
            ("changed", "mutants", "wrong", "refuted", "equal", "passed", "undecided"), rows, _verdicts
        ),
        missed="\n".join(f"- {r['truth']}, yet {r['verdict']}: {r['label']}" for r in [*missed, *accused])
        or "None is missed, and none accused.",
        told=len(told),
        explained=100 * sum(outcome(r) != "none" for r in told) / max(len(told), 1),
        false=sum(outcome(r) == "false" for r in told),
        explanations=_table(("changed", "wrong", "true", "not read", "none", "false"), told, _explanations),
    )


def outcome(line: Line) -> str:
    """What became of the explanation of one mutant."""
    if "false" in line["true"]:
        return "false"
    kinds = {kind for _, kind, _ in line["diagnosis"]}
    if not kinds or kinds & {"unexplained", "raises", "not-finite"}:  # these say no more than what happens
        return "none"
    return "unread" if "unread" in line["true"] else "true"


def _of(rows: list[Line], truth: str) -> list[Line]:
    return [r for r in rows if r["truth"] == truth]


def _verdicts(rows: list[Line]) -> list[int]:
    wrong, equal = _of(rows, "wrong"), _of(rows, "equal")
    caught = sum(r["verdict"] in ("fail", "error") for r in wrong)
    passed = sum(r["verdict"] == "pass" for r in equal)
    return [len(rows), len(wrong), caught, len(equal), passed, len(_of(rows, "undecided"))]


def _explanations(rows: list[Line]) -> list[int]:
    found = [outcome(r) for r in rows]
    return [len(rows), *(found.count(word) for word in ("true", "unread", "none", "false"))]


def _table(head: tuple[str, ...], rows: list[Line], counts: Callable[[list[Line]], list[int]]) -> str:
    lines = [head, ("---",) * len(head)]
    for kind, meaning in KINDS.items():
        of_kind = [r for r in rows if r["kind"] == kind]
        if of_kind:
            lines.append((meaning.replace("|", "\\|"), *map(str, counts(of_kind))))
    lines.append(("**all**", *map(str, counts(rows))))
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)
