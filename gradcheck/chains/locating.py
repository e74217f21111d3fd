"""Which layer of a chain is wrong, from the claims on its layers and on the whole."""

from __future__ import annotations

import warnings
from collections.abc import Callable

from msgspec.structs import replace

from gradcheck.chains.naming import listed
from gradcheck.chains.net import Net
from gradcheck.chains.trail import Trail, failures, follow
from gradcheck.chains.wiring import explain
from gradcheck.checking.claim_check import Outcome
from gradcheck.formulas.claim import Claim
from gradcheck.judging.session import Session
from gradcheck.records.types import ChainLayer, ClaimRow
from gradcheck.records.verdicts import Verdict

__all__ = ["located"]

_BAD = {Verdict.FAIL.value, Verdict.ERROR.value}


def located(
    chain: Net, claim: Claim, outcome: Outcome, session: Session, row_of: Callable[[Claim], ClaimRow]
) -> ClaimRow:
    """The row of a claim on a chain with what is known of each layer.

    ``row_of`` gives the row of a layer's own claim.
    """
    if not claim.kind.is_backward:
        return outcome.row
    alone = _alone(chain, row_of)
    wrong = next((k for k, row in enumerate(alone) if row is not None and row.verdict in _BAD), None)
    trail, notes = None, list(outcome.row.notes)
    if outcome.row.verdict == Verdict.FAIL and claim is not chain.composed:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            failed = failures(outcome.results)
            trail = follow(chain, claim, failed, session) if failed else None
            text = explain(chain, claim, [r.point for r in failed]) if wrong is None else None
            if text is not None:
                notes.insert(0, f"every layer is right alone, but {text}")
            elif trail is not None:
                notes.insert(0, _trail_text(chain, trail))
    elif wrong is not None and outcome.row.verdict == Verdict.PASS:
        notes.insert(
            0,
            f"layer {wrong + 1} ({chain.layer_names[wrong]}) is wrong alone, though the whole came out right "
            "with what reaches it",
        )
    layers = [_layer(chain, k, row, wrong, trail, outcome.row) for k, row in enumerate(alone)]
    return replace(outcome.row, chain=layers, notes=notes)


def _alone(chain: Net, row_of: Callable[[Claim], ClaimRow]) -> list[ClaimRow | None]:
    """The row of each layer alone; None for one without a backward of its own."""
    parts = iter(chain.parts)
    return [None if layer.backward is None else row_of(next(parts).claims[0]) for layer in chain.layers]


def _layer(
    chain: Net, k: int, alone: ClaimRow | None, wrong: int | None, trail: Trail | None, whole: ClaimRow
) -> ChainLayer:
    name = chain.layer_names[k]
    suspect = trail is not None and trail.first <= k <= trail.last
    if alone is not None:
        message = None if alone.verdict == Verdict.PASS else alone.reason
        if message is None and suspect and wrong is None:
            message = "right alone; the backward of the whole goes wrong here"
            if trail is not None and not trail.exact:
                message = "right alone; the backward of the whole goes wrong here or beside it"
        return ChainLayer(name=name, verdict=alone.verdict, first_wrong=k == wrong, message=message)
    if whole.verdict == Verdict.PASS:
        return ChainLayer(name=name, verdict="pass")
    if trail is None:
        return ChainLayer(name=name, verdict="inconclusive", message="no backward of its own")
    if k > trail.last:
        return ChainLayer(name=name, verdict="pass")
    if k < trail.first:
        return ChainLayer(
            name=name, verdict="inconclusive", message="the delta that reaches it is wrong already"
        )
    verdict = "fail" if trail.exact else "inconclusive"
    message = f"{listed(trail.wrong)} {'is' if len(trail.wrong) == 1 else 'are'} wrong"
    if not trail.exact:
        message = f"the mistake is here or beside it ({message})"
    return ChainLayer(name=name, verdict=verdict, first_wrong=trail.exact and wrong is None, message=message)


def _trail_text(chain: Net, trail: Trail) -> str:
    names = chain.layer_names
    wrong = f"{listed(trail.wrong)} {'is' if len(trail.wrong) == 1 else 'are'} wrong"
    if trail.exact:
        k = trail.first
        return f"layer {k + 1} ({names[k]}): {wrong}, and the delta that reaches the layer is right"
    between = [chain.between[k - 1] for k in range(trail.first + 1, trail.last + 1)]
    first, last = names[trail.first], names[trail.last]
    return (
        f"layers {trail.first + 1} ({first}) to {trail.last + 1} ({last}): {wrong}, and the delta that "
        f"reaches {last} is right. To tell them apart, return a dict that also has the gradient by "
        f"{listed(between)}"
    )
