"""Whether a framework's forward and the NumPy forward given beside it are the same function."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.adapters.frameworks import as_outputs
from gradcheck.arithmetic import BALLS, ElementArray, ObjectArray, call_in, enclose, precision, wrap
from gradcheck.arithmetic.precisions import BITS, DOUBLE
from gradcheck.errors import CandidateFault, Unsupported
from gradcheck.formulas.dtypes import from_numpy
from gradcheck.judging.candidates.same_code import leaves_range, same_code
from gradcheck.judging.points.point import Point

__all__ = ["check_same_function"]


def check_same_function(
    theirs: Sequence[NDArray[Any]],
    forward: Callable[..., Any],
    args: Sequence[Any],
    who: str,
    in_float32: bool = False,
) -> None:
    """Raise `CandidateFault` where a framework's forward and the NumPy forward give different values.

    A gradient of another function would be called wrong otherwise. Both are held against the NumPy
    forward in ball arithmetic, within the rounding of float64; a forward that is right within the
    rounding of float32 gets a warning, unless ``in_float32`` expects that. Where the NumPy forward does
    not run in balls, for arguments that are too large for them, and in other types than float64, only shapes
    are compared.
    """
    ours = [np.asarray(o) for o in as_outputs(forward(*args))]
    shapes = ([t.shape for t in theirs], [o.shape for o in ours])
    if shapes[0] != shapes[1]:
        raise CandidateFault(
            "error",
            f"{who} gives outputs of the shapes {_listed(shapes[0])}, the NumPy forward "
            f"{_listed(shapes[1])}: they are not the same function",
        )
    arrays = tuple(np.asarray(a) for a in args)
    low = any(d.is_low for a in arrays if (d := from_numpy(a)) is not None)
    if low or not all(np.isfinite(t).all() for t in theirs):
        return
    values = {str(k): np.asarray(t, dtype=np.float64) for k, t in enumerate(theirs)}
    deltas = tuple(np.zeros(v.shape) for v in values.values())
    point = Point({}, arrays, tuple(values.values()), deltas, len(values) > 1)
    if point.large:
        return
    try:
        balls = _in_balls(forward, arrays, BITS)
        if same_code(values, balls, lambda: _in_balls(forward, arrays, DOUBLE), point):
            return
        single = same_code(values, balls, lambda: _in_balls(forward, arrays, 24, 2.0**-24), point)
    except Unsupported:
        return
    if leaves_range(lambda: forward(*args)):
        return
    if single:
        if not in_float32:
            warnings.warn(f"{who} computes its forward in float32", stacklevel=2)
        return
    k, where = _farthest(list(values.values()), ours)
    raise CandidateFault(
        "error",
        f"{who} and the NumPy forward are not the same function: output {k} is "
        f"{values[str(k)][where]} and {ours[k][where]} at {list(where)}",
    )


def _in_balls(
    forward: Callable[..., Any], args: Sequence[NDArray[Any]], bits: int, relative: float = 0.0
) -> dict[str, ObjectArray]:
    """The forward's outputs in balls; ``relative`` is how far the arguments may be off."""
    with precision(bits):
        wrapped = [wrap(enclose(a, np.abs(a) * relative), BALLS) if a.dtype.kind == "f" else a for a in args]
        try:
            outputs = as_outputs(call_in(BALLS, forward, wrapped))
        except Unsupported:
            raise
        except Exception as error:
            raise Unsupported(f"the forward does not run in balls: {error}") from error
        return {
            str(k): o.data if isinstance(o, ElementArray) else wrap(BALLS.lift_array(o), BALLS).data
            for k, o in enumerate(outputs)
        }


def _farthest(a: Sequence[NDArray[Any]], b: Sequence[NDArray[Any]]) -> tuple[int, tuple[int, ...]]:
    gaps = [np.abs(x - y) for x, y in zip(a, b, strict=True)]
    k = max(range(len(gaps)), key=lambda i: float(np.max(gaps[i], initial=0.0)))
    return k, tuple(int(i) for i in np.unravel_index(int(np.argmax(gaps[k])), gaps[k].shape))


def _listed(shapes: Sequence[tuple[int, ...]]) -> str:
    return ", ".join(map(str, shapes)) or "none"
