"""Files of test vectors: written into one folder, and read back with suspicion.

Nothing that a file says is believed: the format and its version, the numbers of the tests, the shapes of
all arrays and the agreement of bytes with decimals are checked before anything is used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from gradcheck.errors import UsageError
from gradcheck.oracles.files import npz_bytes, write_bytes
from gradcheck.oracles.vectors.allowances import DTYPES
from gradcheck.oracles.vectors.layout import json_text
from gradcheck.oracles.vectors.records import VECTORS_SCHEMA, Group, Test, Tolerance, VectorFile
from gradcheck.records.arrays import decode
from gradcheck.records.types import ArrayRecord

__all__ = ["as_written", "bundle", "check_name", "every_test", "read_vectors", "write_vectors"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def check_name(formula: str) -> str:
    """The name of a formula's file, without ending. Raises `UsageError` for a name that is no file name: a
    file must not leave its folder.
    """
    if not _NAME.fullmatch(formula):
        raise UsageError(
            f"the formula's name {formula!r} is no file name: expected letters, digits, '.', '_' and '-', at "
            "most 100. Give the formula another with gradcheck.formula(name='...')."
        )
    return formula


def write_vectors(vectors: VectorFile, folder: Path, *, npz: bool = False) -> list[Path]:
    """Write `NAME.json`, and with ``npz`` the same arrays as `NAME.npz`, into a folder that is made if need
    be. Raises `UsageError` for a name that would leave it, `OSError`.
    """
    name = check_name(vectors.formula)
    written = [write_bytes(folder / f"{name}.json", json_text(vectors))]
    if npz:
        written.append(write_bytes(folder / f"{name}.npz", npz_bytes(bundle(vectors))))
    return written


def bundle(vectors: VectorFile) -> dict[str, NDArray[Any]]:
    """All arrays by name: `3.inputs.W`, `3.delta`, `3.value`, `3.gradients.W`, `3.float64.W` (tolerances),
    where 3 is the test's number; several deltas or values are `3.delta0`, `3.delta1`.
    """
    arrays: dict[str, NDArray[Any]] = {}
    for test in every_test(vectors):
        where = str(test.tc_id)
        arrays |= {f"{where}.inputs.{n}": decode(a) for n, a in test.inputs.items()}
        arrays |= _numbered(f"{where}.delta", test.delta) | _numbered(f"{where}.value", test.value)
        arrays |= {f"{where}.gradients.{n}": decode(a) for n, a in test.gradients.items()}
        for dtype, tolerance in _tolerances(test):
            arrays |= {f"{where}.{dtype}.{n}": decode(a) for n, a in tolerance.gradients.items()}
    return arrays


def every_test(vectors: VectorFile) -> Iterator[Test]:
    """All tests, in the order of the file."""
    for group in vectors.test_groups:
        yield from group.tests


def read_vectors(path: Path) -> VectorFile:
    """Read and check a file. Raises `UsageError`, naming the place, for what is no file of vectors, was
    written by a newer gradcheck, was cut short, or contradicts itself.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror or error}") from None
    _check_schema(data, path)
    try:
        vectors = msgspec.json.decode(data, type=VectorFile)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{path}: {error}.") from None
    try:
        _check(vectors)
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from None
    return vectors


def as_written(path: Path, vectors: VectorFile) -> bool:
    """Whether a file is laid out as `write_vectors` does it, line ends apart. Edits by hand are rarely."""
    return path.read_bytes().replace(b"\r\n", b"\n") == json_text(vectors)


class _Peek(msgspec.Struct):
    schema: str


def _check_schema(data: bytes, path: Path) -> None:
    try:
        schema = msgspec.json.decode(data, type=_Peek).schema
    except msgspec.ValidationError:
        raise UsageError(f"{path}: no file of test vectors; expected an object with `schema`.") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{path}: no JSON, or cut short: {error}.") from None
    version = re.fullmatch(r"gradcheck-vectors-(\d{1,9})", schema)
    if version is None:
        raise UsageError(f"{path}: no file of test vectors: its schema is {schema!r}, not {VECTORS_SCHEMA}.")
    if schema != VECTORS_SCHEMA:
        age = "a newer" if int(version[1]) > int(VECTORS_SCHEMA.rpartition("-")[2]) else "an older"
        raise UsageError(f"{path}: written by {age} gradcheck as {schema}; this one reads {VECTORS_SCHEMA}.")


def _check(vectors: VectorFile) -> None:
    check_name(vectors.formula)
    seen: dict[int, Test] = {}
    for group in vectors.test_groups:
        if group.shapes.keys() != vectors.arguments.keys():
            raise UsageError(f"the group {group.sizes} has not the arguments of the formula.")
        for test in group.tests:
            where = f"test {test.tc_id}"
            if test.tc_id in seen:
                raise UsageError(f"{where}: there are two tests of this number.")
            seen[test.tc_id] = test
            if missing := [f for f in test.flags if f not in vectors.notes]:
                raise UsageError(f"{where}: the flag {missing[0]!r} is not among the notes.")
            try:
                _check_test(test, group, vectors)
            except UsageError as error:
                raise UsageError(f"{where}: {error}") from None
    if len(seen) != vectors.number_of_tests:
        raise UsageError(f"numberOfTests is {vectors.number_of_tests}, but there are {len(seen)} tests.")
    for test in seen.values():
        base = None if test.of is None else seen.get(test.of)
        if (test.result == "invalid") != (base is not None and base.result == "valid"):
            raise UsageError(
                f"test {test.tc_id}: `of` names a valid test where the result is invalid, and nowhere else."
            )


def _check_test(test: Test, group: Group, vectors: VectorFile) -> None:
    asked = [n for n, a in vectors.arguments.items() if a.gradient]
    if test.inputs.keys() != vectors.arguments.keys():
        raise UsageError(f"inputs: expected {', '.join(vectors.arguments)}, got {', '.join(test.inputs)}.")
    for name, record in test.inputs.items():
        array = _decoded(record, f"inputs.{name}", group.shapes[name])
        if record.dtype != vectors.arguments[name].dtype:
            raise UsageError(f"inputs.{name}: expected {vectors.arguments[name].dtype}, got {record.dtype}.")
        _finite(array, f"inputs.{name}")
    _outputs(test.delta, group, "delta")
    _outputs(test.value, group, "value")
    if test.result == "invalid":
        if len(test.gradients) != 1 or not test.gradients.keys() <= set(asked):
            raise UsageError("gradients: an invalid test has the wrong gradient of one argument.")
        for name, record in test.gradients.items():
            _decoded(record, f"gradients.{name}")
    sets = {"gradients": test.gradients} if test.result != "invalid" else {}
    sets |= {f"alternatives[{i}]": a.gradients for i, a in enumerate(test.alternatives)}
    for where, gradients in sets.items():
        if sorted(gradients) != sorted(asked):
            raise UsageError(f"{where}: expected {', '.join(asked)}, got {', '.join(gradients) or 'none'}.")
        for name, record in gradients.items():
            _finite(_decoded(record, f"{where}.{name}", group.shapes[name]), f"{where}.{name}")
    for dtype, tolerance in _tolerances(test):
        if tolerance.gradients.keys() != test.gradients.keys():
            raise UsageError(f"tolerance.{dtype}: expected one for each of {', '.join(test.gradients)}.")
        for name, record in tolerance.gradients.items():
            where = f"tolerance.{dtype}.{name}"
            bound = _decoded(record, where, group.shapes[name])
            if not (np.isfinite(bound).all() and (bound >= 0).all()):
                raise UsageError(f"{where}: expected numbers of 0 or more.")
        if tolerance.value is not None:
            _outputs(tolerance.value, group, f"tolerance.{dtype}.value")


def _tolerances(test: Test) -> list[tuple[str, Tolerance]]:
    found = [(dtype, getattr(test.tolerance, dtype)) for dtype in DTYPES]
    return [(dtype, tolerance) for dtype, tolerance in found if tolerance is not None]


def _outputs(records: ArrayRecord | list[ArrayRecord], group: Group, who: str) -> None:
    parts = records if isinstance(records, list) else [records]
    if len(parts) != len(group.output_shapes):
        raise UsageError(f"{who}: expected {len(group.output_shapes)} arrays, got {len(parts)}.")
    for record, shape in zip(parts, group.output_shapes, strict=True):
        _finite(_decoded(record, who, shape), who)


def _decoded(record: ArrayRecord, who: str, shape: list[int] | None = None) -> NDArray[Any]:
    if shape is not None and record.shape != shape:
        raise UsageError(f"{who}: expected the shape {tuple(shape)}, got {tuple(record.shape)}.")
    try:
        return decode(record)
    except UsageError as error:
        raise UsageError(f"{who}: {str(error).removeprefix('array: ')}") from None


def _finite(array: NDArray[Any], who: str) -> None:
    if not np.isfinite(array).all():
        raise UsageError(f"{who}: holds values that are not finite.")


def _numbered(name: str, records: ArrayRecord | list[ArrayRecord]) -> dict[str, NDArray[Any]]:
    if isinstance(records, list):
        return {f"{name}{i}": decode(r) for i, r in enumerate(records)}
    return {name: decode(records)}
