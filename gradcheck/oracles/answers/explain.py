"""Which mistake with a name explains wrong answers: the one that makes them out of the right ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.errors import Unsupported
from gradcheck.formulas.quantity import gradient
from gradcheck.oracles.answers.given import Given
from gradcheck.oracles.answers.judging import Judged
from gradcheck.oracles.reference import Oracle
from gradcheck.oracles.vectors.flags import NOTES
from gradcheck.oracles.vectors.judge import accepts
from gradcheck.oracles.vectors.mutations import Right, wrong_gradients
from gradcheck.records.arrays import decode
from gradcheck.records.types import Diagnosis

__all__ = ["explain"]

_MOST_TESTS = 6
"""Wrong answers of one argument that are looked at, those of the smallest tests."""

_LOOSER = 4
"""A mistake may make the rounding error larger too (twice the gradient has twice the error)."""


def explain(
    oracle: Oracle, asked: Sequence[str], judged: Sequence[Judged], given: Mapping[int, Given]
) -> Iterator[Diagnosis]:
    """One diagnosis for each argument whose wrong answers are all explained by one mistake."""
    failing = [j for j in judged if j.result.verdict == "fail" and j.test.result == "valid"]
    failing.sort(key=lambda j: sum(a.size for a in j.result.point.args))
    for name in asked:
        wrong = [j for j in failing if _is_wrong(j, name, given)]
        found: Counter[str] = Counter()
        for one in wrong[:_MOST_TESTS]:
            found.update(_mistakes(oracle, asked, one, name, given))
        explaining = [flag for flag, count in found.items() if count == len(wrong[:_MOST_TESTS])]
        if explaining:
            note = NOTES[explaining[0]]
            yield Diagnosis(
                quantity=str(gradient(name)),
                kind=note.bug_type,
                text=note.description,
                points=len(wrong[:_MOST_TESTS]),
                of=len(wrong),
            )


def _is_wrong(judged: Judged, name: str, given: Mapping[int, Given]) -> bool:
    answer = _answer(judged, name, given)
    if answer is None:
        return False
    right = {name: decode(judged.test.gradients[name])}
    return not accepts(right, {name: answer}, {name: _bound(judged, name, answer)})


def _mistakes(
    oracle: Oracle, asked: Sequence[str], judged: Judged, name: str, given: Mapping[int, Given]
) -> set[str]:
    """The flags of all mistakes that give the answer at this test."""
    answer = _answer(judged, name, given)
    assert answer is not None
    if not np.isfinite(answer).all():
        return {"NotFinite"}
    bound = _bound(judged, name, answer)
    point = judged.result.point
    try:
        right = Right(point, oracle.at_point(point), tuple(asked))
        wrongs = [w for w in wrong_gradients(right, oracle.at_point) if w.argument == name]
    except Unsupported:
        return set()
    found = set()
    for wrong in wrongs:
        own = bound if bound.shape == wrong.gradient.shape else np.full(wrong.gradient.shape, bound.max())
        if np.isfinite(wrong.gradient).all() and accepts(
            {name: wrong.gradient}, {name: answer}, {name: own * _LOOSER}
        ):
            found.add(wrong.flag)
    return found


def _answer(judged: Judged, name: str, given: Mapping[int, Given]) -> NDArray[Any] | None:
    answer = given.get(judged.test.tc_id)
    return None if answer is None else (answer.gradients or {}).get(name)


def _bound(judged: Judged, name: str, answer: NDArray[Any]) -> NDArray[np.float64]:
    tolerance = judged.test.tolerance
    own = tolerance.float32 if answer.dtype == np.float32 else tolerance.float64
    assert own is not None, "a test without a tolerance is not judged"
    return decode(own.gradients[name]).astype(np.float64)
