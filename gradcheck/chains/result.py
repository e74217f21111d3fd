"""What `Chain.verify` gives: the whole and every layer, and a drawing that shows the first wrong one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from gradcheck.chains.net import Net
from gradcheck.errors import UsageError
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.decorating import Formula
from gradcheck.records.types import BackendRow, BatteryRow, ClaimRow
from gradcheck.records.verdicts import Verdict
from gradcheck.report.drawing import drawing
from gradcheck.report.narrative import story
from gradcheck.running.checker import Checker, RunOptions
from gradcheck.running.result import Result, reproduce

__all__ = ["ChainResult", "verify_chain"]


@dataclass(frozen=True, repr=False)
class ChainResult(Result):
    """The result of a chain. ``row`` is that of the whole, with ``row.chain`` for each layer in short;
    ``backends``, ``battery``, ``reproduce``, ``options`` and ``beside`` are those of `gradcheck.Result`.

    ``layers`` are the results of the layers alone, by name, for those that have a backward of their own.
    The verdict is the whole's, but a layer that is wrong alone is wrong, even if the whole comes out right
    with what reaches it. One that cannot be judged alone (a maximum of what a ReLU made equal) costs nothing.
    """

    layers: dict[str, Result] = field(default_factory=dict)

    @property
    def first_wrong(self) -> str | None:
        """The name of the first layer whose own gradient is wrong; None where there is none.

        Of steps without a backward of their own it is the layer that the mistake was followed to.
        """
        return next((layer.name for layer in self.row.chain if layer.first_wrong), None)

    def __str__(self) -> str:
        position = next((k for k, layer in enumerate(self.row.chain, 1) if layer.first_wrong), None)
        count = len(self.row.chain)
        head = f"{self.row.formula}: a chain of {count} layer{'s' * (count != 1)}: {self.verdict}"
        lines = [f"{head}, layer {position} ({self.first_wrong}) is wrong" if position else head]
        lines += [*drawing(self.row.chain), *(f"note: {note}" for note in self.row.notes)]
        alone = self.layers.get(self.first_wrong or "")
        if alone is None or alone.passed:
            whole = replace(self.row, chain=[], notes=[])  # they are told already
            return "\n".join([*lines, "", story(whole, self.backends, self.battery)])
        # the layer's own counterexample says more than the whole's, which follows from it
        lines += ["", str(alone), "", f"the whole: {self.row.verdict}: {self.row.reason}"]
        return "\n".join(lines)


def verify_chain(
    chain: Net,
    backward: Callable[..., Any] | None,
    *,
    backends: Sequence[str] | None,
    max_examples: int,
    seed: int,
) -> ChainResult:
    """See `Chain.verify`."""
    claim = _claim(chain, backward)
    options = RunOptions(seed, max_examples, None if backends is None else tuple(backends))
    checker = Checker(options)
    layers: dict[str, Result] = {}
    parts = iter(chain.parts)
    for name, layer in zip(chain.layer_names, chain.layers, strict=True):
        if layer.backward is not None:
            part = next(parts)
            alone = Formula(layer.forward, layer.shapes, name=getattr(layer.forward, "__name__", name))
            alone.vjp(layer.backward)
            layers[name] = _result(Result, alone, part.claims[0], checker)
    whole = Formula(
        chain.function, {a: chain.shapes.text(a) for a in chain.shapes.arguments}, name=chain.name
    )
    whole.vjp(claim.candidate)
    found = _result(ChainResult, whole, claim, checker)
    row = _worst(found.row, [r.row for r in layers.values()])
    return ChainResult(row, found.backends, found.reproduce, found.battery, options, layers=layers)


def _claim(chain: Net, backward: Callable[..., Any] | None) -> Claim:
    if backward is not None:
        return chain.claim_of(backward)
    claim = next(iter(chain.backwards), None)
    if claim is None:
        _ = chain.backward  # says what is missing
        raise UsageError(f"{chain.name} has no vjp claim that is not an erratum; give a backward.")
    return claim


def _result(kind: type[Result], spelled: Formula, claim: Claim, checker: Checker) -> Result:
    records = checker.check(claim)
    row = next(r for r in records if isinstance(r, ClaimRow))
    options = checker.options
    line = reproduce(spelled.claims[-1], spelled, row, options.seed, options.max_examples)
    if row.counterexample is not None:
        row = replace(row, counterexample=replace(row.counterexample, replay=None, python=line))
    backends = tuple(r for r in records if isinstance(r, BackendRow))
    return kind(row, backends, line, tuple(r for r in records if isinstance(r, BatteryRow)), options)


def _worst(whole: ClaimRow, layers: Sequence[ClaimRow]) -> ClaimRow:
    """The whole's row, with the verdict of a layer that is wrong alone where the whole's is better."""
    worst = max(layers, key=lambda row: Verdict(row.verdict).badness, default=whole)
    badness = Verdict(worst.verdict).badness
    if badness < Verdict.FAIL.badness or badness <= Verdict(whole.verdict).badness:
        return whole
    reason = f"{worst.uid}: {worst.reason or worst.verdict}"
    return replace(whole, verdict=worst.verdict, as_declared=False, strength=None, reason=reason)
