"""Test vectors of one formula, as the record that is written to a file.

Inputs are drawn once and stored. Everything else follows from them: the answers are correctly rounded, so
they come out the same, byte for byte, wherever they are computed anew.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck._version import __version__
from gradcheck.errors import UsageError
from gradcheck.formulas.decorating import Formula
from gradcheck.judging.points.point import ForwardFault
from gradcheck.oracles.reference import Oracle
from gradcheck.oracles.vectors.allowances import ALL_RULES, DTYPES
from gradcheck.oracles.vectors.draft import Draft
from gradcheck.oracles.vectors.drafts import Drafter
from gradcheck.oracles.vectors.flags import NOTES
from gradcheck.oracles.vectors.records import (
    VECTORS_SCHEMA,
    Alternative,
    Argument,
    Group,
    Layer,
    Test,
    Tolerance,
    Tolerances,
    VectorFile,
)
from gradcheck.oracles.vectors.special_cases import FIRST
from gradcheck.records.arrays import encode
from gradcheck.records.sources import source_of
from gradcheck.records.types import ArrayRecord

__all__ = ["HEADER", "make_vectors"]

_WITH_LAYERS = (FIRST, "all sizes equal")
"""The tests that hold the intermediate arrays too: enough to find the layer that is wrong."""

HEADER = [
    " ".join(sentences)
    for sentences in [
        (
            "Gradients of sum(delta * value) with respect to the arguments.",
            "Every number of a right test is the float64 nearest to the true value, computed in ball",
            "arithmetic from several derivations by machine.",
        ),
        (
            "An answer passes where each gradient has the argument's shape and each entry is finite and",
            "within the tolerance, which is given for every entry, for answers in float64, float32, float16",
            "and bfloat16.",
        ),
        (
            "valid: the gradients are right.",
            "invalid: one of them is wrong on purpose, and a comparison must reject it; the test `of` has",
            "the right one.",
            "acceptable: no derivative exists, and the gradients, or one of the alternatives, are right by",
            "convention.",
        ),
    ]
]


def make_vectors(
    formula: Formula,
    *,
    seed: int = 0,
    backends: Sequence[str] | None = None,
    mistakes: Mapping[str, Callable[..., Any]] | None = None,
) -> VectorFile:
    """The vectors of a formula. ``mistakes`` are wrong backward passes that are usual for it, by name.

    Raises `Unsupported` where its gradients cannot be certified, `UsageError`
    where its forward cannot be run.
    """
    drafter = Drafter(formula, Oracle(formula, backends), mistakes)
    try:
        drafts = drafter.drafts(seed)
    except ForwardFault as fault:
        raise UsageError(f"{formula.name}: {fault}") from fault
    groups = _groups(drafts)
    flags = dict.fromkeys(f for group in groups for test in group.tests for f in test.flags)
    first = drafts[0]
    return VectorFile(
        formula=formula.name,
        schema=VECTORS_SCHEMA,
        generator_version=__version__,
        number_of_tests=len(drafts),
        header=[*HEADER, *(f"Left out: {reason}." for reason in drafter.left_out)],
        rules=ALL_RULES,
        arguments={
            name: Argument(
                shape=formula.shapes.text(name), dtype=a.dtype.str, gradient=name in first.gradients
            )
            for name, a in zip(formula.shapes.arguments, first.point.args, strict=True)
        },
        forward=source_of(formula.function).text,
        notes={flag: NOTES[flag] for flag in flags},
        test_groups=groups,
        id=formula.id,
        section=formula.section,
        latex=formula.latex,
    )


def _groups(drafts: Sequence[Draft]) -> list[Group]:
    """Groups of equal sizes in the order of their first test, with the numbers given out in that order."""
    by_sizes: dict[tuple[tuple[str, int], ...], list[Draft]] = {}
    for draft in drafts:
        by_sizes.setdefault(tuple(draft.point.sizes.items()), []).append(draft)
    ordered = [draft for group in by_sizes.values() for draft in group]
    numbers = {id(draft): number for number, draft in enumerate(ordered, 1)}
    groups = []
    for sizes, members in by_sizes.items():
        first = members[0]
        groups.append(
            Group(
                type="vjp",
                sizes=dict(sizes),
                shapes={n: list(a.shape) for n, a in _named(first).items()},
                output_shapes=[list(s) for s in first.point.output_shapes],
                tests=[_test(draft, numbers) for draft in members],
            )
        )
    return groups


def _named(draft: Draft) -> dict[str, NDArray[Any]]:
    names = draft.arguments
    return dict(zip(names, draft.point.args, strict=True))


def _test(draft: Draft, numbers: Mapping[int, int]) -> Test:
    point, reference = draft.point, draft.reference
    return Test(
        tc_id=numbers[id(draft)],
        comment=draft.comment,
        flags=draft.flags,
        inputs=_encoded(_named(draft)),
        delta=_single(point.delta, multiple=point.multiple),
        value=_single(draft.values, multiple=point.multiple),
        gradients=_encoded(draft.gradients),
        tolerance=_tolerances(draft),
        result=draft.result,
        of=None if draft.base is None else numbers[id(draft.base)],
        alternatives=[
            Alternative(comment=c.comment, gradients=_encoded(c.gradients)) for c in draft.alternatives
        ],
        layers={}
        if reference is None or draft.comment not in _WITH_LAYERS
        else {
            n: Layer(value=encode(v.value), delta=encode(reference.deltas[n].value))
            for n, v in reference.intermediates.items()
        },
    )


def _tolerances(draft: Draft) -> Tolerances:
    def of(dtype: str) -> Tolerance | None:
        if dtype not in draft.tolerance:
            return None
        values, gradients = draft.tolerance[dtype]
        short = None if values is None else [_short(v) for v in values]
        value = None if short is None else _single(short, multiple=draft.point.multiple)
        return Tolerance(value=value, gradients=_encoded({n: _short(g) for n, g in gradients.items()}))

    found = {dtype: of(dtype) for dtype in DTYPES}
    reasons = dict(draft.reasons)
    reason = reasons.pop("float32", None)
    return Tolerances(**found, reason=reason, reasons=reasons)  # type: ignore[arg-type]


def _short(bounds: NDArray[Any]) -> NDArray[Any]:
    """Bounds of two digits need no float64, unless they are out of range; so the files are shorter."""
    inside = (bounds > float(np.finfo(np.float32).tiny)) & (bounds < float(np.finfo(np.float32).max))
    return bounds.astype(np.float32) if inside.all() else bounds


def _single(arrays: Sequence[NDArray[Any]], *, multiple: bool) -> ArrayRecord | list[ArrayRecord]:
    return [encode(a) for a in arrays] if multiple else encode(arrays[0])


def _encoded(arrays: Mapping[str, NDArray[Any]]) -> dict[str, ArrayRecord]:
    return {name: encode(array) for name, array in arrays.items()}
