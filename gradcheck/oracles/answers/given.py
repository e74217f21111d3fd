"""The answers of a foreign program to a file of test vectors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from numpy.typing import NDArray

from gradcheck.errors import UsageError
from gradcheck.formulas.dtypes import NAMED, from_numpy
from gradcheck.oracles.files import array_from
from gradcheck.oracles.vectors.files import every_test
from gradcheck.oracles.vectors.records import VectorFile
from gradcheck.records.types import ArrayRecord

__all__ = ["ANSWERS_SCHEMA", "Answer", "AnswersFile", "Given", "Implementation", "read_answers"]

ANSWERS_SCHEMA = "gradcheck-answers-1"


class _Struct(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Implementation(_Struct, frozen=True):
    """Whose answers they are."""

    name: str
    language: str = ""
    version: str = ""


class Answer(_Struct, frozen=True):
    """The answer to one test, as in the protocol: exactly one of ``gradients``, ``skipped``, ``errored``.

    A gradient is an object with dtype, shape and b64, or nested lists of numbers; null for one that is not
    computed.
    """

    gradients: dict[str, ArrayRecord | list[Any] | float | None] | None = None
    skipped: bool = False
    errored: bool = False
    message: str = ""


class AnswersFile(_Struct, frozen=True):
    """A whole file: the answers by the number of the test, as text."""

    formula: str
    answers: dict[str, Answer]
    schema: str = ANSWERS_SCHEMA
    implementation: Implementation | None = None


class Given(_Struct, frozen=True):
    """An answer with its arrays read."""

    gradients: dict[str, NDArray[Any] | None] | None = None
    skipped: bool = False
    errored: bool = False
    message: str = ""


def read_answers(path: Path, vectors: VectorFile) -> tuple[Implementation, dict[int, Given]]:
    """The answers by the test's number. Raises `UsageError` for what is no file of answers, belongs to other
    vectors, names a test twice or one that there is not, or holds arrays that cannot be read.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror or error}") from None
    try:
        # Python's reader knows NaN and Infinity, which programs write, and tells of names that stand twice
        decoded = json.loads(data, object_pairs_hook=_once)
        file = msgspec.convert(decoded, type=AnswersFile)
    except _Twice as twice:
        raise UsageError(f"{path}: {twice} stands there twice in one object.") from None
    except msgspec.ValidationError as error:
        raise UsageError(f"{path}: no file of answers: {error}.") from None
    except (ValueError, UnicodeDecodeError, RecursionError) as error:
        raise UsageError(f"{path}: no JSON, or cut short: {error}.") from None
    if file.schema != ANSWERS_SCHEMA:
        raise UsageError(f"{path}: its schema is {file.schema!r}; this gradcheck reads {ANSWERS_SCHEMA}.")
    if file.formula != vectors.formula:
        raise UsageError(
            f"{path}: holds answers for {file.formula!r}, but the vectors are of {vectors.formula!r}."
        )
    known = {str(test.tc_id): test.tc_id for test in every_test(vectors)}
    given = {}
    for number, answer in file.answers.items():
        if number not in known:
            raise UsageError(
                f"{path}: there is no test {number!r}; the tests are numbered from 1 to {len(known)}."
            )
        try:
            given[known[number]] = _read(answer, vectors)
        except UsageError as error:
            raise UsageError(f"{path}: test {number}: {error}") from None
    return file.implementation or Implementation(name=path.name), given


class _Twice(Exception):
    pass


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise _Twice(next(repr(n) for n in names if names.count(n) > 1))
    return found


def _read(answer: Answer, vectors: VectorFile) -> Given:
    kinds = (answer.gradients is not None) + answer.skipped + answer.errored
    if kinds != 1:
        raise UsageError("expected exactly one of gradients, skipped and errored.")
    if answer.gradients is None:
        return Given(skipped=answer.skipped, errored=answer.errored, message=answer.message)
    for name in answer.gradients:
        if name not in vectors.arguments:
            raise UsageError(
                f"there is a gradient of {name!r}, but the arguments are {', '.join(vectors.arguments)}."
            )
    return Given(gradients=_arrays(answer.gradients))


def _arrays(gradients: Mapping[str, Any]) -> dict[str, NDArray[Any] | None]:
    found: dict[str, NDArray[Any] | None] = {}
    for name, value in gradients.items():
        array = None if value is None else array_from(value, f"the gradient of {name}")
        if array is not None and from_numpy(array) is None:
            known = ", ".join(repr(dtype.code) for dtype in NAMED.values())
            raise UsageError(
                f"the gradient of {name} has the dtype {array.dtype.str!r}; expected one of {known}, for "
                "which there are tolerances."
            )
        found[name] = array
    return found
