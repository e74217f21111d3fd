"""Edits of an index, and of the order in which entries stand."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from gradcheck.diagnosis.edits.actions import (
    adding,
    adding_all,
    calling,
    indexed,
    input_alone,
    reordered,
    rolled_back,
    shifted,
)
from gradcheck.diagnosis.edits.edit import SHOULD_BE, SHOULD_NOT, Action, Edit, either
from gradcheck.diagnosis.tracing.calls import Call, Value
from gradcheck.diagnosis.tracing.traced import setitem
from gradcheck.diagnosis.words import place_of

__all__ = ["index_edits", "order_edits"]


def index_edits(call: Call, indices: tuple[str, ...]) -> Iterator[Edit]:
    """Another index in place of one that is a number or a slice."""
    index = call.args[1]
    parts = index if isinstance(index, tuple) else (index,)
    where = place_of(call.key)
    every = [k for k, p in enumerate(parts) if isinstance(p, slice)]
    for k, part in enumerate(parts):
        which = f"index {k} in {where}" if len(parts) > 1 else f"the index in {where}"
        if isinstance(part, int | np.integer) and not isinstance(part, bool | np.bool_):
            for name in indices:
                text = f"{which} {SHOULD_BE} {name}"
                yield Edit("index", text, 1.5, call.key, indexed([k], lambda i, n, r, m=name: r.indices[m]))
            for step in (1, -1):
                text = f"{which} {either('is off by one', 'is off by one')}"
                yield Edit("index", text, 1.7, call.key, indexed([k], lambda i, n, r, s=step: (i + s) % n))
                clipped = indexed([k], lambda i, n, r, s=step: min(max(i + s, 0), n - 1))
                yield Edit("index", text, 1.75, call.key, clipped)
            text = f"{which} {either('should count', 'counts')} from the other end"
            yield Edit("index", text, 1.8, call.key, indexed([k], lambda i, n, r: n - 1 - i % n))
        elif isinstance(part, list) and len(part) == 1 and isinstance(part[0], int):
            for name in indices:
                text = f"{which} {SHOULD_BE} {name}"
                yield Edit("index", text, 1.5, call.key, indexed([k], lambda i, n, r, m=name: [r.indices[m]]))
        elif isinstance(part, slice):
            for what, change in SLICES.items():
                text = f"the slice in {where} {what}"
                yield Edit("index", text, 1.8, call.key, indexed([k], change))
                if len(every) > 1 and k == every[0]:
                    yield Edit(
                        "index", text.replace("slice", "slices"), 1.8, call.key, indexed(every, change)
                    )
        elif isinstance(part, Value) and np.dtype(part.dtype).kind in "iu":
            for step in (1, -1):
                text = f"the indices in {where} are off by one"
                change = lambda i, n, r, s=step: (np.asarray(i.value) + s) % n
                yield Edit("index", text, 1.8, call.key, indexed([k], change))


SLICES = {
    either("should not be", "is not") + " reversed": lambda i, n, r: (
        slice(None) if i == slice(None, None, -1) else i
    ),
    either("should be", "is") + " reversed": lambda i, n, r: slice(None, None, -1) if i == slice(None) else i,
    either("should lie", "lies") + " one entry later": lambda i, n, r: shifted(i, 1),
    either("should lie", "lies") + " one entry earlier": lambda i, n, r: shifted(i, -1),
    either("should take", "takes") + " all": lambda i, n, r: slice(None),
}


def order_edits(call: Call) -> Iterator[Edit]:
    """Shifts, reversals, stores, and the order of what is put together."""
    where = place_of(call.key)
    if call.function is setitem:
        text = f"{where} {either('stores where it should add', 'adds')} to what is there"
        yield Edit("missing-sum", text, 1.5, call.key, adding)
        text = f"{where} writes once where an index occurs several times; np.add.at adds them up"
        yield Edit("missing-sum", text, 1.55, call.key, adding_all)
    elif call.function is np.roll:
        yield Edit("index", f"{where} {either('shifts', 'shifts')} the wrong way", 1.7, call.key, rolled_back)
        yield Edit("index", f"{where} {SHOULD_NOT} shift anything", 1.7, call.key, input_alone)
    elif call.function is np.flip:
        yield Edit("index", f"{where} {SHOULD_NOT} reverse anything", 1.7, call.key, input_alone)
    elif call.function in (np.repeat, np.tile):
        other = np.tile if call.function is np.repeat else np.repeat
        text = f"{where} {SHOULD_BE} np.{other.__name__}"
        yield Edit("operation", text, 1.7, call.key, calling(other))
    elif call.function is np.reshape and len(call.args) == 2:
        order = "C" if call.kwargs.get("order") == "F" else "F"
        text = f"the entries in {where} {either('should stand', 'stand')} in the order {order!r}"
        yield Edit("index", text, 1.7 if order == "C" else 1.9, call.key, _in_order(order))
    elif call.function in (np.concatenate, np.stack) and isinstance(call.args[0], list | tuple):
        for i, j in itertools.combinations(range(min(len(call.args[0]), 5)), 2):
            order = either("stand in the wrong order", "stand the other way round")
            text = f"parts {i} and {j} of {where} {order}"
            yield Edit("swapped", text, 1.7, call.key, reordered(i, j))


def _in_order(order: str) -> Action:
    return lambda call, run: run.do(np.reshape, *call.args, order=order)
