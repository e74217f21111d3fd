"""What a check of one claim gives its caller: records, with the names that people read."""

from __future__ import annotations

import os
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from gradcheck.checking.writing.remarks import absent_keys
from gradcheck.errors import GradientError
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.decorating import Formula
from gradcheck.records.accuracy import Accuracy
from gradcheck.records.reading import Log
from gradcheck.records.types import BackendRow, BatteryRow, ClaimRow, Diagnosis, Footer, Untried
from gradcheck.records.verdicts import Strength, Verdict
from gradcheck.running.checker import Checker, RunOptions, now
from gradcheck.running.shown import Counterexample, Proof, Ulp, complex_joined

__all__ = ["Result", "failure", "own_name", "reproduce", "warn_of_absent_keys"]


@dataclass(frozen=True)
class Result:
    """What `verify` found.

    ``row``, ``backends`` and ``battery`` are the records that a run's log would hold: the claim's own
    row, one per backend, and one per check of the code besides the numbers (`gradcheck.checking.battery`).
    Where a call made several claims (``jvp=`` beside a backward), this is the worst of them, and ``beside``
    are the others.
    ``reproduce`` is the Python line that runs the check again, ``options`` what it was made with.
    `print(result)` tells the story; a notebook shows it as a page, as it does the counterexample and the
    proof; `to_html` writes the report.
    """

    row: ClaimRow
    backends: tuple[BackendRow, ...]
    reproduce: str
    battery: tuple[BatteryRow, ...] = ()
    options: RunOptions = field(default_factory=RunOptions)
    beside: tuple[Result, ...] = ()

    @classmethod
    def joined(cls, results: Sequence[Result]) -> Result:
        """Several claims of one call as one result: that of the worst, with the others ``beside`` it.

        Of passes, the one of the least strength is the worst.
        """
        order = sorted(results, key=_badness, reverse=True)
        return replace(order[0], beside=tuple(order[1:]))

    @property
    def verdict(self) -> Verdict:
        """``pass``, ``fail``, ``inconclusive``, ``weak`` or ``error``; compares equal to these texts."""
        return Verdict(self.row.verdict)

    @property
    def strength(self) -> Strength | None:
        """Of a pass: ``proved``, ``certified`` or ``agreed``; otherwise None."""
        return Strength(self.row.strength) if self.row.strength else None

    @property
    def passed(self) -> bool:
        return self.verdict is Verdict.PASS

    def __bool__(self) -> bool:
        """True for a pass only, so that `assert gradcheck.verify(...)` says what it seems to say."""
        return self.passed

    @property
    def reason(self) -> str | None:
        """One sentence behind a verdict that is no pass; None for a pass."""
        return self.row.reason

    @property
    def counterexample(self) -> Counterexample | None:
        """The smallest point at which the code is wrong, with its ``arrays``; None where there is none."""
        found = self.row.counterexample
        return None if found is None else Counterexample.of(found)

    @property
    def diagnosis(self) -> tuple[Diagnosis, ...]:
        """What kind of mistake explains a failure, one for each wrong quantity; empty otherwise."""
        return tuple(self.row.diagnosis)

    @property
    def proof(self) -> Proof | None:
        """What is known for all sizes and all values; None where no proof was tried."""
        return None if self.row.proof is None else Proof.of(self.row.proof)

    @property
    def untried(self) -> tuple[Untried, ...]:
        """Comparisons in the code of which one side never happened and that no proof covers: where, what."""
        return tuple(self.row.untried)

    @property
    def ulp(self) -> dict[str, Ulp] | None:
        """The error in low precision by gradient, in units in the last place: ``worst``, ``typical``,
        ``where`` the worst entry is and the ``size`` there, as attributes or keys; None in float64.
        """
        found = self.row.accuracy
        return None if found is None else {u.quantity: Ulp.of(u) for u in found.ulp}

    @property
    def accuracy(self) -> Accuracy | None:
        """How the code does in low precision: the grades that it meets or not, and by how much."""
        return self.row.accuracy

    @property
    def unstable(self) -> str | None:
        """Of a pass: what is NaN or infinite in float64 alone, although the code is right; else None."""
        return self.row.unstable

    @property
    def unchecked(self) -> tuple[str, ...]:
        """The quantities for which no gradient was returned: None, or nothing under their key."""
        return tuple(self.row.unchecked)

    def to_html(self, path: str | os.PathLike[str]) -> Path:
        """Write the report of `gradcheck verify` on this and what is beside it as HTML; give its path."""
        from gradcheck.report import render_text, write_file

        every = (self, *self.beside)
        rows = tuple(r.row for r in every)
        right = sum(row.as_declared for row in rows)
        log = Log(
            header=Checker(self.options).header([row.uid for row in rows]),
            claims=rows,
            rows={r.row.uid: r.backends for r in every},
            footer=Footer(
                finished=now(),
                seconds=sum(row.seconds for row in rows),
                claims=len(rows),
                verdicts=dict(Counter(row.verdict for row in rows)),
                as_declared=right,
                exit_code=int(right < len(rows)),
            ),
            battery={r.row.uid: r.battery for r in every},
        )
        return write_file(Path(path), render_text(log, "html"))

    def __str__(self) -> str:
        from gradcheck.report.narrative import story

        own = story(self.row, self.backends, self.battery)
        return "\n".join([own, *map(str, self.beside)])

    def _repr_html_(self) -> str:
        from gradcheck.report.formats.notebook import page

        own = page(self.row, self.backends, self.battery)
        return "\n".join([own, *(other._repr_html_() for other in self.beside)])

    def __repr__(self) -> str:
        strength = f", {self.strength}" if self.strength else ""
        beside = f", {len(self.beside)} beside it" if self.beside else ""
        return f"<gradcheck {self.row.uid}: {self.verdict}{strength}{beside}>"


def _badness(result: Result) -> tuple[int, int]:
    strength = 0 if result.strength is None else list(Strength).index(result.strength)
    return result.verdict.badness, strength


def failure(result: Result) -> GradientError:
    """The error for a claim that did not pass: its first line says what is wrong, the rest tells all."""
    from gradcheck.report.diagnoses import lead

    return GradientError(f"{lead(result.row)}\n{result}", result)


def warn_of_absent_keys(result: Result) -> None:
    """Tell the caller of an assertion, who does not look at a result that passed, what its code left out."""
    for each in (result, *result.beside):
        for sentence in absent_keys(each.row):
            text = f"{each.row.uid}: {sentence}. Return None where that is meant."
            warnings.warn(text, stacklevel=3)


def own_name(function: Any, role: str) -> str:
    """The function's own name, or its role where that says nothing (a lambda, a partial, an object)."""
    name = str(getattr(function, "__name__", ""))
    return name if name.isidentifier() else role


def reproduce(claim: Claim, formula: Formula, row: ClaimRow, seed: int, max_examples: int) -> str:
    """The Python line that runs it again: the smallest counterexample's exact arrays where there are
    some, else the same seed.
    """
    shapes = formula.shapes.declared
    taken = claim.kind.keyword
    code = f"{taken}={own_name(claim.candidate, taken)}" if taken else own_name(claim.candidate, "backward")
    # an adapter knows how its pair is written
    pair = getattr(claim.candidate, "spelled", None) or f"{formula.name}, {code}"
    rest = "" if formula.deterministic else ", deterministic=False"
    rest += f", accuracy={formula.accuracy:g}" if formula.accuracy else ""
    if formula.complex_convention != "torch":
        rest += f", complex_convention={formula.complex_convention!r}"
    if formula.dtype.is_low:
        rest += f", dtype={formula.dtype.name!r}"
        rest += "" if formula.grade == "throughout" else f", grade={formula.grade!r}"
    found = row.counterexample
    if (
        found is None
        or found.together  # at one point alone nothing fails
        or claim.formula is not formula  # tangents stand beside its arguments
        or any(a.dec is None for a in [*found.inputs.values(), *found.delta])
    ):
        given = [n for n in ("values", "where", "batch") if getattr(formula, n)]
        note = f"  # and the same {', '.join(given)}" if given else ""
        return (
            f"gradcheck.verify({pair}, shapes={shapes}, max_examples={max_examples}, seed={seed}{rest}){note}"
        )
    arrays = complex_joined(found, found.inputs)
    values = ", ".join(f"{n!r}: {_literal(a)}" for n, a in arrays.items())
    deltas = [_literal(d) for d in complex_joined(found, found.deltas).values()]
    delta = f", delta={deltas[0] if len(deltas) == 1 else '(' + ', '.join(deltas) + ')'}" if deltas else ""
    return f"gradcheck.verify({pair}, shapes={shapes}, values={{{values}}}{delta}, seed={seed}{rest})"


def _literal(array: NDArray[Any]) -> str:
    return f"np.array({array.tolist()!r})"
