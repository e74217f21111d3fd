"""Explanations by a well-known cost: softmax or logistic cross-entropy, differentiated as something else.

The right cotangent in front of these costs is `c (p - y)`, with `p` the softmax or the logistic function of
the logits `s`. What people write for `p` is tried: `s` itself, the other function, another axis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradcheck.diagnosis.case import Case
from gradcheck.diagnosis.explanation import Explanation, predicting
from gradcheck.diagnosis.samples import How, Sample
from gradcheck.diagnosis.tape import Tape, is_right, tape_of
from gradcheck.diagnosis.tracing.calls import Call, Key, Value
from gradcheck.diagnosis.words import describe
from gradcheck.errors import CandidateFault, Unsupported
from gradcheck.formulas.quantity import Quantity

__all__ = ["cost_changes"]

Function = Callable[[Any], Any]


def _softmax(axis: int) -> Function:
    def of(s: Any) -> Any:
        e = np.exp(s - np.max(s, axis=axis, keepdims=True))
        return e / np.sum(e, axis=axis, keepdims=True)

    return of


def _logistic(s: Any) -> Any:
    return 1 / (1 + np.exp(-s))


_FUNCTIONS: dict[str, Function] = {
    "the logistic function": _logistic,
    "the softmax": _softmax(-1),
    "the softmax over axis 0": _softmax(0),
}
_OTHERS: dict[str, tuple[str, Function]] = {
    **{name: ("wrong-axis" if "axis" in name else "derivative-wrong", f) for name, f in _FUNCTIONS.items()},
    "{} itself": ("derivative-missing", lambda s: s),
}


@dataclass(frozen=True)
class _Logits:
    """Where the logits stand on the tape: an argument, or what an operation gives."""

    key: Key | None
    name: str | None

    def on(self, tape: Tape) -> Value:
        if self.name is not None:
            return tape.run.arguments[self.name]
        calls = [c for c in tape.run.calls if c.key == self.key]
        if not calls or not isinstance(calls[-1].output, Value):
            raise Unsupported("the logits are not met here")
        return calls[-1].output


def cost_changes(case: Case, pilot: Sample) -> Iterator[Explanation]:
    """Explanations for formulas that end in a known cost of some logits and a target."""
    if not case.claim.kind.is_backward or not is_right(pilot):
        return
    try:
        tape = tape_of(pilot)
        found = list(_places(case, pilot, tape))
    except (Unsupported, CandidateFault):
        return
    for logits, target, name in found:
        for other, (kind, function) in _OTHERS.items():
            if other == name:
                continue
            value = describe(logits.on(tape))
            text = (
                f"the derivative of the cost, {name} of {value} minus {target}, "
                f"uses {other.format(value)} in place of {name}"
            )
            yield Explanation(kind, text, 1.8, predicting(_with(logits, target, name, function, case)))


def _places(case: Case, pilot: Sample, tape: Tape) -> Iterator[tuple[_Logits, str, str]]:
    """Logits and target whose cotangent is a multiple of `p - y`."""
    passing: dict[Call, Any] = {}
    gradients = tape.gradients(None, passing)
    spots: list[tuple[_Logits, Any, Any]] = [
        (_Logits(None, case.names[i]), pilot.point.args[i], g) for i, g in gradients.items()
    ]
    spots += [
        (_Logits(c.key, None), c.output.value, g)
        for c, g in passing.items()
        if isinstance(c.output, Value) and np.dtype(c.output.dtype).kind == "f"
    ]
    for logits, s, g in spots:
        for k, y in enumerate(pilot.point.args):
            if y.shape != np.shape(s) or (not y.shape and y.dtype.kind != "f") or np.array_equal(y, s):
                continue
            for name, function in _FUNCTIONS.items():
                with np.errstate(all="ignore"):
                    base = function(np.asarray(s)) - y
                if _proportional(np.asarray(g), base):
                    yield logits, case.names[k], name


def _proportional(g: Any, base: Any) -> bool:
    if g.shape != base.shape or not np.all(np.isfinite(base)):
        return False
    top = float(np.max(np.abs(base), initial=0.0))
    if top == 0:
        return False
    best = np.unravel_index(int(np.argmax(np.abs(base))), base.shape)
    ratio = g[best] / base[best]
    return bool(ratio != 0 and np.all(np.abs(g - ratio * base) <= 1e-9 * abs(ratio) * top))


def _with(logits: _Logits, target: str, name: str, function: Function, case: Case) -> Any:
    right = _FUNCTIONS[name]

    def values(sample: Sample, how: How) -> dict[Quantity, Any]:
        tape = tape_of(sample, how)
        s = logits.on(tape)
        y = tape.run.arguments[target].value

        def change(g: Any) -> Any:
            base = right(s.value) - y
            flat, rough = np.ravel(g), np.ravel(base)
            where = int(
                np.argmax(
                    np.abs(
                        np.ravel(right(_floats(sample, logits)) - sample.point.args[case.names.index(target)])
                    )
                )
            )
            return (function(s.value) - y) * (flat[where] / rough[where])

        return tape.quantities(_Swap(s, change))

    return values


def _floats(sample: Sample, logits: _Logits) -> Any:
    return np.asarray(logits.on(tape_of(sample)).value)


class _Swap:
    """Changes what has arrived at a value, before it goes on from there."""

    def __init__(self, value: Value, change: Callable[[Any], Any]) -> None:
        self.value, self.change = value, change

    def take(self, step: Any) -> Any:
        return step.value

    def jump(self, call: Call, g: Any) -> None:
        return None

    def arrived(self, at: Call | str, g: Any) -> Any:
        mine = self.value.call if self.value.call is not None else self.value.name
        return self.change(g) if at is mine or at == mine else g
