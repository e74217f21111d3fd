"""Edits of what is stored at the labels of a score's gradient: minus the count of a row, or minus its sum."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from gradcheck.diagnosis.edits.edit import SHOULD_BE, Edit
from gradcheck.diagnosis.tracing.calls import Call, Value
from gradcheck.diagnosis.tracing.run import Run
from gradcheck.diagnosis.tracing.traced import getitem, setitem
from gradcheck.diagnosis.words import place_of

__all__ = ["count_edits"]


def count_edits(call: Call) -> Iterator[Edit]:
    """`g[rows, labels]` is minus the row's other entries: a violation of a hinge counts at the label too."""
    if call.function is not setitem or len(np.shape(call.args[0])) != 2:
        return
    index = call.args[1]
    if isinstance(index, tuple) and len(index) == 2 and all(map(_is_a_list_of_indices, index)):
        text = f"what {place_of(call.key)} stores {SHOULD_BE} minus the sum of the row's other entries"
        yield Edit("other-value", text, 1.7, call.key, _minus_the_others)


def _is_a_list_of_indices(part: Any) -> bool:
    held = np.asarray(part.value if isinstance(part, Value) else part)
    return held.ndim == 1 and held.dtype.kind in "iu"


def _minus_the_others(call: Call, run: Run) -> Any:
    array, index, _ = call.args
    sums = run.do(getitem, run.do(np.sum, array, axis=1), index[0])
    stored = run.do(np.subtract, run.do(getitem, array, index), sums)
    return run.plainly(Call(call.key, call.turn, setitem, (array, index, stored), {}), call.args)
