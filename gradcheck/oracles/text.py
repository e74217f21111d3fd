"""A reference as a person reads it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from gradcheck.oracles.certify import Certified

__all__ = ["reference_text"]

_SHOWN = 64
"""Arrays of more entries are shown by their shape and range."""


def reference_text(
    title: str,
    inputs: Mapping[str, NDArray[Any]],
    delta: Sequence[NDArray[Any]],
    quantities: Mapping[str, Certified],
    notes: Sequence[str],
) -> str:
    """The arrays it is of and every quantity, with their entries (the shortest decimals that give each
    back), bounds and sources. Names are those of the file that `gradcheck oracle --output` writes.
    """
    return "\n".join(_lines(title, inputs, delta, quantities, notes))


def _lines(
    title: str,
    inputs: Mapping[str, NDArray[Any]],
    delta: Sequence[NDArray[Any]],
    quantities: Mapping[str, Certified],
    notes: Sequence[str],
) -> Iterator[str]:
    yield title
    # Without the arrays nobody could use gradients at arrays that were drawn.
    for name, array in inputs.items():
        yield f"  input.{name} = {_array(array)}"
    several = len(delta) > 1
    for number, array in enumerate(delta):
        yield f"  input.delta{number if several else ''} = {_array(array)}"
    for name, certified in quantities.items():
        yield f"  {name} = {_array(certified.value)}"
        yield f"    {_certainty(certified)}"
    for note in notes:
        yield f"  note: {note}"


def _array(value: NDArray[Any]) -> str:
    if value.size <= _SHOWN:
        return str(value.tolist())
    shape = " x ".join(map(str, value.shape))
    return f"array of {shape} entries, from {float(value.min())!r} to {float(value.max())!r}"


def _certainty(certified: Certified) -> str:
    by = " and ".join([", ".join(certified.sources[:-1]), certified.sources[-1]]).removeprefix(" and ")
    if not certified.nearest:
        largest = float(np.max(certified.bound, initial=0.0))
        return f"within {largest:.2g}, because float constants of the forward are rounded; by {by}"
    largest = float(np.max(certified.bound, initial=0.0))
    if largest == 0:
        return f"exact; by {by}"
    return f"the nearest float64, within {largest:.2g}; by {by}"
