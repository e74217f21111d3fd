"""A file of answers as the hand-written code of a vjp claim, which looks answers up by the point."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.errors import Unsupported
from gradcheck.formulas.calling.foreign import float_only
from gradcheck.formulas.claim import Claim
from gradcheck.formulas.decorating import Formula
from gradcheck.formulas.dtypes import FLOAT64, from_numpy
from gradcheck.formulas.kinds import Vjp
from gradcheck.judging.points.point import Point
from gradcheck.oracles.answers.given import Given, Implementation

__all__ = ["answered_claim", "who"]


def answered_claim(
    formula: Formula, implementation: Implementation, given: Mapping[int, Given], points: Mapping[int, Point]
) -> Claim:
    """The claim that the answers are right. ``given`` and ``points`` go by the number of the test."""
    ours = [c.id for c in formula.claims if c.kind.is_backward and c.id]
    judged = [given[n] for n in points if n in given]
    arrays = [a for g in judged for a in (g.gradients or {}).values() if a is not None]
    dtypes = {d for a in arrays if (d := from_numpy(a)) is not None} or {FLOAT64}
    coarsest = min(dtypes, key=lambda d: d.bits)
    # Said in the title, which every report shows: types of few bits are granted far larger errors.
    granted = f" in {coarsest.name}" if coarsest.is_low else ""
    granted = f" partly{granted}" if len(dtypes) > 1 else granted
    return Claim(
        formula,
        Vjp(),
        float_only(_lookup(formula, given, points), "a file of answers"),
        id=formula.id or next(iter(ours), None),
        suffix="answers",
        title=f"gradients of {formula.name} by {who(implementation)}{granted}",
        section=formula.section,
        latex=formula.latex,
        bits=coarsest.bits,
    )


def who(implementation: Implementation) -> str:
    """The implementation in a few words: `mylib 1.2 (Rust)`."""
    name = " ".join(part for part in (implementation.name, implementation.version) if part)
    return f"{name} ({implementation.language})" if implementation.language else name


def _lookup(
    formula: Formula, given: Mapping[int, Given], points: Mapping[int, Point]
) -> Callable[..., dict[str, NDArray[Any] | None]]:
    """What was answered at a point's arrays; `Unsupported` elsewhere."""
    known = {_key(p.delta, p.args): given[n] for n, p in points.items() if n in given}
    names = formula.shapes.arguments

    def gradients(delta: Any, *args: Any) -> dict[str, NDArray[Any] | None]:
        deltas = delta if isinstance(delta, tuple) else (delta,)
        answer = known.get(_key(deltas, args))
        if answer is None or answer.gradients is None:
            raise Unsupported("there is no answer at this point")
        return {n: answer.gradients.get(n) for n in names}

    return gradients


def _key(deltas: Sequence[NDArray[Any]], args: Sequence[NDArray[Any]]) -> bytes:
    arrays = [np.asarray(a) for a in (*deltas, *args)]
    return b"".join(f"{a.dtype.str}{a.shape}".encode() + a.tobytes() for a in arrays)
