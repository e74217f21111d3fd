"""gradcheck's own verdict of a comparison: the one that is shown."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from gradcheck.notes.judging.comparison import Comparison
from gradcheck.notes.judging.drawing import filler
from gradcheck.notes.judging.forms import Claim, derivative_claim, moved_claim, value_claim

__all__ = ["EXAMPLES", "PROVED", "Judgement", "judge", "undecided"]

PROVED = 100
"""Terms of a comparison beyond which no proof is tried: points decide it, and the note stays quick."""


EXAMPLES = 8
"""Points that gradcheck tries of each claim, beside its fixed plan of shapes."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """``equal``: True, False, or None where gradcheck could not decide."""

    equal: bool | None
    strength: str | None = None
    diagnosis: str | None = None
    reason: str | None = None
    proof: str | None = None


def judge(comparison: Comparison, values: Mapping[str, str] | None = None) -> Judgement:
    """The verdict of gradcheck: of the claim in its own form, else of two expressions for one value."""
    forms: list[Callable[[], Claim | None]] = [
        lambda: derivative_claim(comparison),
        lambda: moved_claim(comparison),
        lambda: value_claim(comparison),
    ]
    last: Judgement | None = None
    for make in forms:
        claim = make()
        if claim is None:
            continue
        if comparison.work() > PROVED or comparison.slides():
            claim = replace(claim, forward=_on_numbers(claim.forward))
        judgement = _verified(claim, values or {})
        if judgement.equal is None or _undefined(judgement):
            # large values leave nothing of exponentials, and at 0 a formula may have no value
            mild = {n: "mild" for n, kind in claim.values.items() if kind == "normal"}
            judgement = _verified(claim, {**mild, **(values or {})})
        if _undefined(judgement):  # the deviation of a single number is 0, and nothing can be divided by it
            judgement = _verified(_larger(claim), values or {})
        if judgement.equal is not None:
            return judgement
        last = last or judgement
    return last or Judgement(None, reason="it has no form that gradcheck can check")


def _undefined(judgement: Judgement) -> bool:
    """Whether the right side only has no value where the left side has one, as L / p at p = 0."""
    return judgement.equal is False and "nan although" in (judgement.reason or "").lower()


def _larger(claim: Claim) -> Claim:
    """The claim for sizes of at least 2."""
    known = {} if claim.where is None else inspect.signature(claim.where).parameters
    sizes = {n for shape in claim.shapes.values() for n in shape.split() if not n.isdigit()}
    names = sorted(sizes | set(known))

    def fits(**given: int) -> bool:
        own = {n: given[n] for n in known}
        return min(given.values(), default=2) > 1 and (claim.where is None or claim.where(**own))

    named = [inspect.Parameter(n, inspect.Parameter.KEYWORD_ONLY) for n in names]
    fits.__signature__ = inspect.Signature(named)  # type: ignore[attr-defined]
    return replace(claim, where=fits) if names else claim


def _on_numbers(forward: Callable[..., Any]) -> Callable[..., Any]:
    """A forward that says no to symbols for all shapes."""

    def numeric(*arguments: Any) -> Any:
        from gradcheck import Unsupported

        if any("indexed" in type(a).__module__ for a in arguments):
            raise Unsupported("the formula is long, so that no proof is tried")
        return forward(*arguments)

    return numeric


def _verified(claim: Claim, values: Mapping[str, str]) -> Judgement:
    import gradcheck

    fillers = {n: f for n, kind in claim.values.items() if (f := filler(values.get(n, kind))) is not None}
    labels = {n: f"a{k}" for k, n in enumerate(claim.shapes)}
    try:
        result = gradcheck.verify(
            claim.forward,
            claim.backward,
            {labels[n]: shape for n, shape in claim.shapes.items()},
            values={labels[n]: f for n, f in fillers.items()},
            where=claim.where,
            backends=["finite_difference"],
            max_examples=EXAMPLES,
        )
    except gradcheck.UsageError as error:
        return Judgement(None, reason=str(error))
    verdict = str(result.verdict)
    strength = str(result.strength) if result.strength is not None else None
    if verdict in {"pass", "weak"}:
        return Judgement(True, strength, proof=result.proof.reason if result.proof else None)
    if verdict == "fail":
        # what points into our own evaluation of a formula says nothing to its author
        undefined = any(
            "." in n and n not in _ARGUMENTS for n in labels
        )  # drawn, so that a ratio says nothing
        text = "; ".join(
            said
            for d in result.diagnosis
            if not undefined and d.kind != "unexplained" and (said := _in_symbols(d.text, labels)) is not None
        )
        return Judgement(False, diagnosis=text or None, reason=result.reason)
    return Judgement(None, reason=result.reason)


_WORDS = (
    ("your gradient", "the right side"),
    ("Your gradient", "The right side"),
    ("minus the right one", "minus what is right"),
    ("the right one times", "what is right times"),
    ("of the right one", "of what is right"),
)
"""A diagnosis speaks to the author of code; a note has sides."""

_INTERNAL = re.compile(r"where=|values=|backend|enclosure|\ba\d+\b|\bn\d+\b|Error\b")

_OURS = re.compile(r"\bn\d+\b|\bsum_|\bdelta\b|\d{9}|\bnp\.|\bforward\b")
"""What only our own code has, or nobody reads."""

_ARGUMENTS = {"delta.", "weights.", "shift."}
"""Arguments that stand for no symbol and no undefined function."""

_LABEL = re.compile(r"\b[aA](\d+)\b")


def _in_symbols(text: str, labels: Mapping[str, str]) -> str | None:
    """A diagnosis with the note's symbols for gradcheck's labels; None where it speaks of our own code."""
    symbols = {label: name for name, label in labels.items()}
    found = {m[0].lower() for m in _LABEL.finditer(text)}
    hidden = any("." in symbols.get(label, ".") for label in found)
    if ".py:" in text or "`" in text or hidden or _OURS.search(text):
        return None
    for ours, theirs in _WORDS:
        text = text.replace(ours, theirs)
    return _LABEL.sub(lambda m: symbols[m[0].lower()].split("@")[0], text)


def undecided(reason: str | None) -> str:
    """Why gradcheck could not decide a formula, without what only its own code has."""
    if reason is None or _INTERNAL.search(reason):
        return "gradcheck could not decide it at the points that it tried"
    return f"gradcheck could not decide it: {reason}"
