"""Edits of a small constant that stands against a division by zero: under a root, or added to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gradcheck.diagnosis.edits.edit import SHOULD_BE, Edit
from gradcheck.diagnosis.tracing.calls import Call, Value
from gradcheck.diagnosis.tracing.run import Run
from gradcheck.diagnosis.words import operand, place_of

__all__ = ["stabiliser_edits"]

_LARGEST = 1e-2
"""What is larger is hardly there for the sake of a division."""

_ROOTS_OF_SUMS = (np.std, np.linalg.norm)


def stabiliser_edits(call: Call) -> Iterator[Edit]:
    """`sqrt(v + eps)` in place of `sqrt(v) + eps`, and the other way round."""
    where = place_of(call.key)
    k = _constant(call)
    if k is not None and _root(call.args[1 - k]) is not None:
        text = f"in {where}, {operand(call, k)} {SHOULD_BE} added under the root, not to it"
        yield Edit("constant", text, 1.5, call.key, _under(k))
    power = _power(call)
    added = call.args[0].call if power is not None and isinstance(call.args[0], Value) else None
    j = None if added is None else _constant(added)
    if added is not None and j is not None:
        text = f"in {where}, {operand(added, j)} {SHOULD_BE} added to the root, not under it"
        yield Edit("constant", text, 1.5, call.key, _beside(j))


def _constant(call: Call) -> int | None:
    """Where a sum has a small number."""
    if call.function is not np.add or len(call.args) != 2:
        return None
    return next((k for k in (1, 0) if _is_small(call.args[k]) and isinstance(call.args[1 - k], Value)), None)


def _is_small(arg: Any) -> bool:
    if isinstance(arg, Value) or np.ndim(arg) or np.asarray(arg).dtype.kind != "f":
        return False
    return 0 < float(arg) <= _LARGEST


def _power(call: Call) -> float | None:
    """The power of a root: 1/2, or -1/2 for one over it."""
    if call.function is np.sqrt:
        return 0.5
    if call.function is np.power and not isinstance(call.args[1], Value) and np.ndim(call.args[1]) == 0:
        power = float(call.args[1])
        return power if power in (0.5, -0.5) else None
    return None


def _root(value: Value) -> Call | None:
    call = value.call
    if call is None or (_power(call) != 0.5 and call.function not in _ROOTS_OF_SUMS):
        return None
    return call


def _under(k: int) -> Any:
    def action(call: Call, run: Run) -> Any:
        root = call.args[1 - k]
        made = _root(root)
        assert made is not None
        inside = made.args[0] if made.function not in _ROOTS_OF_SUMS else run.do(np.multiply, root, root)
        return run.do(np.sqrt, run.do(np.add, inside, call.args[k]))

    return action


def _beside(j: int) -> Any:
    def action(call: Call, run: Run) -> Any:
        added = call.args[0].call
        root = run.do(np.add, run.do(np.sqrt, added.args[1 - j]), added.args[j])
        return root if _power(call) == 0.5 else run.do(np.true_divide, 1.0, root)

    return action
