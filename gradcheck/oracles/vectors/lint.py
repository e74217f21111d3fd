"""Checking files of test vectors: form, and every answer computed anew from the stored inputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradcheck.errors import Unsupported, UsageError
from gradcheck.formulas.decorating import Formula
from gradcheck.judging.points.point import Point
from gradcheck.oracles.inputs import bind
from gradcheck.oracles.kink_answers import conventions
from gradcheck.oracles.reference import Oracle
from gradcheck.oracles.vectors.allowances import ALL_RULES, DTYPES, allowance
from gradcheck.oracles.vectors.files import every_test, read_vectors
from gradcheck.oracles.vectors.flags import NOTES
from gradcheck.oracles.vectors.judge import accepts
from gradcheck.oracles.vectors.layout import json_text
from gradcheck.oracles.vectors.records import Test, Tolerance, VectorFile
from gradcheck.records.arrays import decode, encode
from gradcheck.records.types import ArrayRecord

__all__ = ["lint", "point_of", "vector_paths"]

_DRIFT = 2.0
"""A stored tolerance may differ from what is derived now by this factor: another version of flint or SymPy
may bound the same errors a little better or worse. Answers may not differ at all."""


def vector_paths(folder: Path) -> list[Path]:
    """The files of vectors in a folder, or the one file. Raises `UsageError` where there are none."""
    if folder.is_file():
        return [folder]
    if not folder.is_dir():
        raise UsageError(f"{folder}: there is no such folder.")
    found = sorted(folder.glob("*.json"))
    if not found:
        raise UsageError(f"{folder}: there is no file of test vectors in it.")
    return found


def point_of(formula: Formula, sizes: Mapping[str, int], test: Test) -> Point:
    """The point of a test. Raises `UsageError` where it does not fit the formula, `NoAnswer`."""
    inputs = {n: decode(a) for n, a in test.inputs.items()}
    delta: Any = _arrays(test.delta)
    point, _ = bind(formula, inputs, tuple(delta) if isinstance(test.delta, list) else delta[0])
    if dict(point.sizes) != dict(sizes):
        raise UsageError(f"the sizes {dict(sizes)} do not fit the inputs, which have {dict(point.sizes)}.")
    return point


def lint(path: Path, formulas: Sequence[Formula], backends: Sequence[str] | None = None) -> list[str]:
    """What is wrong with a file, in sentences; nothing where all is well.

    The formula is looked up by name among ``formulas``. Raises `Contradiction` where backends exclude each
    other.
    """
    try:
        vectors = read_vectors(path)
    except UsageError as error:
        return [str(error)]
    formula = next((f for f in formulas if f.name == vectors.formula), None)
    problems = list(_form(path, vectors))
    if formula is None:
        problems.append(f"there is no formula {vectors.formula!r} to compute its answers with")
    else:
        problems += _content(vectors, Oracle(formula, backends))
    return [f"{path}: {problem}" for problem in problems]


def _content(vectors: VectorFile, oracle: Oracle) -> Iterator[str]:
    valid = {t.tc_id: t for t in every_test(vectors) if t.result == "valid"}
    for group in vectors.test_groups:
        for test in group.tests:
            try:
                point = point_of(oracle.formula, group.sizes, test)
                if test.result == "invalid":
                    yield from _wrong(test, valid)
                else:
                    yield from _answers(oracle, point, test)
            except (UsageError, Unsupported) as error:
                yield f"test {test.tc_id}: {error}"


def _form(path: Path, vectors: VectorFile) -> Iterator[str]:
    if path.stem != vectors.formula:
        yield f"the file is called {path.stem}, the formula {vectors.formula}"
    if path.read_bytes() != json_text(vectors):
        yield "it is not laid out as `gradcheck vectors` writes it; was it edited by hand?"
    if vectors.rules != ALL_RULES:
        yield "its rules for tolerances are not those of this version"
    for flag, note in vectors.notes.items():
        if NOTES.get(flag) != note:
            yield f"the note on the flag {flag!r} is not that of this version"
    for test in every_test(vectors):
        for where, record in _records(test):
            if encode(decode(record)) != record:
                yield f"test {test.tc_id}: {where} is not in its shortest form (decimals missing, padding)"


def _answers(oracle: Oracle, point: Point, test: Test) -> Iterator[str]:
    """What differs from what is computed now."""
    who = f"test {test.tc_id}"
    if oracle.is_kink(point) != (test.result == "acceptable"):
        yield f"{who}: is {test.result}, but a derivative does {'not ' * oracle.is_kink(point)}exist here"
        return
    if test.result == "acceptable":
        values = [v.value for v in oracle.values_at(point)]
        found = conventions(oracle.problem(point), point, oracle.sources)
        wanted = [{n: c.gradients[n] for n in test.gradients} for c in found]
        stored = [test.gradients, *(a.gradients for a in test.alternatives)]
        if len(wanted) != len(stored):
            yield f"{who}: has {len(stored)} conventions, and {len(wanted)} are found now"
            return
        for k, (gradients, records) in enumerate(zip(wanted, stored, strict=True)):
            yield from _differ(who, f"convention {k}: ", gradients, records)
    else:
        reference = oracle.at_point(point)
        values = [v.value for v in reference.values]
        gradients = {n: reference.gradients[n].value for n in test.gradients}
        yield from _differ(who, "the gradient of ", gradients, test.gradients)
        for name, layer in test.layers.items():
            right = {"value": reference.intermediates[name].value, "delta": reference.deltas[name].value}
            yield from _differ(
                who, f"layer {name}: its ", right, {"value": layer.value, "delta": layer.delta}
            )
        yield from _drift(oracle, point, test, gradients)
        for dtype in DTYPES:
            tolerance = _tolerance(test, dtype)
            if tolerance and not accepts(gradients, gradients, _decoded(tolerance.gradients)):
                yield f"{who}: its own gradients are not within its tolerance for {dtype}"
    parts = test.value if isinstance(test.value, list) else [test.value]
    yield from _differ(
        who, "value ", {str(i): v for i, v in enumerate(values)}, {str(i): r for i, r in enumerate(parts)}
    )


def _differ(
    who: str, what: str, now: Mapping[str, NDArray[Any]], stored: Mapping[str, ArrayRecord]
) -> Iterator[str]:
    for name, record in stored.items():
        if encode(now[name]) != record:
            yield f"{who}: {what}{name} is not what is computed from its inputs"


def _drift(
    oracle: Oracle, point: Point, test: Test, gradients: dict[str, NDArray[np.float64]]
) -> Iterator[str]:
    for dtype in DTYPES:
        stored = _tolerance(test, dtype)
        try:
            _, now = allowance(oracle.formula, point, oracle.sources, dtype, gradients)
        except Unsupported as error:
            if stored is not None:
                yield f"test {test.tc_id}: has a tolerance for {dtype}, and none can be derived: {error}"
            continue
        if stored is None:
            yield f"test {test.tc_id}: has no tolerance for {dtype}, and one can be derived"
            continue
        for name, record in stored.gradients.items():
            was = decode(record).astype(np.float64)
            if ((was > now[name] * _DRIFT) | (was * _DRIFT < now[name])).any():
                yield f"test {test.tc_id}: the {dtype} tolerance of {name} is not the one that follows now"


def _wrong(test: Test, valid: Mapping[int, Test]) -> Iterator[str]:
    """An invalid test must be rejected, and rest on the inputs of the right one."""
    assert test.of is not None
    base = valid[test.of]
    if (test.inputs, test.delta, test.value) != (base.inputs, base.delta, base.value):
        yield f"test {test.tc_id}: its inputs, delta or value are not those of test {test.of}"
    stated = _decoded(test.gradients)
    right = {n: decode(base.gradients[n]) for n in stated}
    for dtype in DTYPES:
        tolerance = _tolerance(test, dtype)
        if tolerance is None:
            continue
        own = _tolerance(base, dtype)
        if own is None or tolerance.gradients != {n: own.gradients[n] for n in stated}:
            yield f"test {test.tc_id}: its tolerance is not that of test {test.of}"
        if accepts(right, stated, _decoded(tolerance.gradients)):
            yield f"test {test.tc_id}: the wrong gradient is within the tolerance for {dtype}"


def _tolerance(test: Test, dtype: str) -> Tolerance | None:
    found: Tolerance | None = getattr(test.tolerance, dtype)
    return found


def _decoded(records: Mapping[str, ArrayRecord]) -> dict[str, NDArray[Any]]:
    return {n: decode(a) for n, a in records.items()}


def _arrays(records: ArrayRecord | list[ArrayRecord]) -> list[NDArray[Any]]:
    return [decode(r) for r in (records if isinstance(records, list) else [records])]


def _records(test: Test) -> Iterator[tuple[str, ArrayRecord]]:
    """Every array of a test, with its place."""
    for kind, records in [("delta", test.delta), ("value", test.value)]:
        yield from ((kind, r) for r in (records if isinstance(records, list) else [records]))
    for kind, named in [
        ("inputs", test.inputs),
        ("gradients", test.gradients),
        *(("alternatives", a.gradients) for a in test.alternatives),
        *((d, t.gradients) for d in DTYPES if (t := _tolerance(test, d)) is not None),
    ]:
        yield from ((f"{kind}.{n}", r) for n, r in named.items())
