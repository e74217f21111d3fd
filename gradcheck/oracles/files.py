"""Arrays from files and references into files: `.npz` for programs, `.json` for everybody.

An `.npz` is read without pickle, so no code can come out of it. Files are written beside their place
and moved there, so that a reader never sees half of one.
"""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from gradcheck.errors import UsageError
from gradcheck.oracles.reference import Reference
from gradcheck.oracles.vectors.layout import json_text
from gradcheck.records.arrays import decode, encode
from gradcheck.records.disk import errors_at
from gradcheck.records.types import ArrayRecord

__all__ = [
    "REFERENCE_SCHEMA",
    "ReferenceFile",
    "ReferenceValue",
    "array_from",
    "check_output",
    "npz_bytes",
    "read_inputs",
    "write_bytes",
    "write_reference",
]

REFERENCE_SCHEMA = "gradcheck-reference-1"


class ReferenceValue(msgspec.Struct, frozen=True, kw_only=True):
    """One array of true values. ``bound`` has its shape; see `gradcheck.oracles.certify.Certified`."""

    value: ArrayRecord
    bound: ArrayRecord
    sources: list[str]
    nearest: bool = True


class ReferenceFile(msgspec.Struct, frozen=True, kw_only=True):
    """What `gradcheck oracle NAME --output FILE.json` writes."""

    schema: str
    formula: str
    sizes: dict[str, int]
    inputs: dict[str, ArrayRecord]
    delta: list[ArrayRecord]
    quantities: dict[str, ReferenceValue]  # value, grad.W, layer.z1, delta.z1
    notes: list[str] = []


def read_inputs(path: Path, arguments: tuple[str, ...]) -> tuple[dict[str, Any], Any]:
    """The inputs in a file, and delta or None.

    An `.npz` holds one array per argument and `delta` (`delta0`, `delta1`, ... for several outputs); a
    `.json` an object with ``inputs`` and ``delta``, each array as nested lists or as a record with its
    bytes. Raises `UsageError`.
    """
    if path.suffix == ".npz":
        given = _npz(path)
    elif path.suffix == ".json":
        given = _json(path)
    else:
        raise UsageError(f"{path}: expected a file that ends in .npz or .json.")
    deltas = [given.pop(f"delta{i}") for i in range(len(given)) if f"delta{i}" in given]
    delta: Any = tuple(deltas) or None
    if delta is None and "delta" not in arguments:
        delta = given.pop("delta", None)
    return given, delta


def write_reference(path: Path, reference: Reference) -> Path:
    """Write a reference as `.npz` or `.json`. Raises `UsageError` for another ending, `OSError`."""
    if path.suffix == ".npz":
        return write_bytes(path, npz_bytes(_flat(reference)))
    check_output(path)
    record = ReferenceFile(
        schema=REFERENCE_SCHEMA,
        formula=reference.formula,
        sizes=dict(reference.sizes),
        inputs={n: encode(a) for n, a in reference.inputs.items()},
        delta=[encode(d) for d in reference.delta],
        quantities={
            n: ReferenceValue(
                value=encode(q.value), bound=encode(q.bound), sources=list(q.sources), nearest=q.nearest
            )
            for n, q in reference.quantities().items()
        },
        notes=list(reference.notes),
    )
    return write_bytes(path, json_text(record))


def check_output(path: Path) -> None:
    """Raise `UsageError` for a file name that `write_reference` has no format for."""
    if path.suffix not in {".npz", ".json"}:
        raise UsageError(f"{path}: expected a file name that ends in .npz or .json.")


def npz_bytes(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Arrays as the bytes of an `.npz` file."""
    stream = io.BytesIO()
    np.savez(stream, **dict[str, Any](arrays))
    return stream.getvalue()


def write_bytes(path: Path, data: bytes) -> Path:
    """Write a file beside its place and move it there, making the folder if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with errors_at(path), part.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return path


def array_from(value: Any, who: str) -> NDArray[Any]:
    """An array out of decoded JSON: nested lists of numbers, or a record with its bytes.

    Raises `UsageError`, which begins with ``who``.
    """
    try:
        if isinstance(value, dict | ArrayRecord):
            return decode(msgspec.convert(value, type=ArrayRecord))
        array = np.array(value)
        if array.dtype.kind not in "fiu":
            raise TypeError
        array = array.astype(np.float64)
    except msgspec.ValidationError as error:
        raise UsageError(f"{who}: {error}.") from None
    except UsageError as error:
        raise UsageError(f"{who}: {str(error).removeprefix('array: ')}") from None
    except (TypeError, ValueError, OverflowError):
        raise UsageError(
            f"{who}: expected nested lists of numbers, all rows of one length, or an object with dtype, "
            "shape and b64."
        ) from None
    return array


def _flat(reference: Reference) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = {f"input.{n}": a for n, a in reference.inputs.items()}
    several = len(reference.delta) > 1
    arrays |= {f"input.delta{i if several else ''}": d for i, d in enumerate(reference.delta)}
    for name, quantity in reference.quantities().items():
        arrays[name] = quantity.value
        arrays[f"{name}.bound"] = quantity.bound
    return arrays


def _npz(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as stream:
            loaded = np.load(stream, allow_pickle=False)
            if not isinstance(loaded, np.lib.npyio.NpzFile):
                raise UsageError(
                    f"{path}: holds one array without a name; save with np.savez(path, W=W, x=x)."
                )
            return {name: loaded[name] for name in loaded.files}
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror or error}") from None
    except UsageError:
        raise
    except Exception as error:  # zip, zlib, lzma and NumPy each have their own for a damaged file
        raise UsageError(f"{path}: no .npz file of plain arrays, or damaged: {error}") from None


def _json(path: Path) -> dict[str, Any]:
    try:
        decoded = msgspec.json.decode(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror or error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{path}: no JSON: {error}.") from None
    if not isinstance(decoded, dict) or not isinstance(decoded.get("inputs"), dict):
        raise UsageError(f"{path}: expected an object with `inputs`, one array for each argument.")
    given = {n: _kept(v, f"{path}: {n}") for n, v in decoded["inputs"].items()}
    deltas = decoded.get("delta")
    if deltas is not None and "delta" not in given:
        several = isinstance(deltas, list) and any(isinstance(d, dict) for d in deltas)
        named = {f"delta{i}": d for i, d in enumerate(deltas)} if several else {"delta": deltas}
        given |= {n: _kept(d, f"{path}: {n}") for n, d in named.items()}
    return given


def _kept(value: Any, who: str) -> Any:
    """Records become arrays; lists stay lists, because an array would have chosen a dtype for them."""
    array = array_from(value, who)
    return array if isinstance(value, dict) else value
