"""What a file of test vectors holds: the records, in the shape that Wycheproof gave to such files.

One JSON file per formula. Arrays are `ArrayRecord`s: little-endian bytes in base64, which are the
authority, and decimals beside them where there are at most 64 entries.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from gradcheck.records.types import ArrayRecord

__all__ = [
    "VECTORS_SCHEMA",
    "Alternative",
    "Argument",
    "Group",
    "Layer",
    "Note",
    "Result",
    "Test",
    "Tolerance",
    "Tolerances",
    "VectorFile",
]

VECTORS_SCHEMA = "gradcheck-vectors-1"
"""Name and version of the format; a breaking change takes the next number and a folder of its own."""

Result = Literal["valid", "invalid", "acceptable"]


class _Struct(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    rename="camel",
):
    pass


class Note(_Struct, frozen=True):
    """What a flag stands for. ``bug_type`` is a word of `gradcheck.diagnosis.kinds.KINDS`: the mistake that
    a test with this flag shows.
    """

    bug_type: str
    description: str


class Argument(_Struct, frozen=True):
    """An argument as the formula declares it. ``gradient`` is False for data that nobody differentiates."""

    shape: str  # e.g. "n m"; "" is a scalar
    dtype: str  # "<f8", or "<i8" for labels
    gradient: bool


class Tolerance(_Struct, frozen=True):
    """How far an answer may be from the right one, entry by entry: `|answer - right| <= tolerance`."""

    value: ArrayRecord | list[ArrayRecord] | None = None
    gradients: dict[str, ArrayRecord] = {}


class Tolerances(_Struct, frozen=True):
    """One tolerance for each dtype that an answer may have; None where none can be derived, which
    ``reason`` explains.
    """

    float64: Tolerance
    float32: Tolerance | None = None
    reason: str | None = None
    float16: Tolerance | None = None
    bfloat16: Tolerance | None = None
    reasons: dict[str, str] = {}


class Alternative(_Struct, frozen=True):
    """One set of gradients that is right by convention where no derivative exists."""

    comment: str
    gradients: dict[str, ArrayRecord]


class Layer(_Struct, frozen=True):
    """An intermediate array, and the gradient with respect to it."""

    value: ArrayRecord
    delta: ArrayRecord


class Test(_Struct, frozen=True):
    """One test: the gradients of `sum(delta * value)` at these inputs.

    ``result`` says what ``gradients`` are. ``valid``: right, rounded to the nearest float64. An answer must
    be within the tolerance. ``invalid``: wrong on purpose, as ``flags`` name it; ``of`` is the test with
    the right ones. A comparison that accepts them is broken. ``acceptable``: no derivative exists here, and
    an answer must be one of ``gradients`` and ``alternatives``, as a whole.
    """

    tc_id: int
    comment: str
    flags: list[str]
    inputs: dict[str, ArrayRecord]
    delta: ArrayRecord | list[ArrayRecord]  # a list where the forward returns several outputs
    value: ArrayRecord | list[ArrayRecord]
    gradients: dict[str, ArrayRecord]
    tolerance: Tolerances
    result: Result
    of: int | None = None
    alternatives: list[Alternative] = []
    layers: dict[str, Layer] = {}


class Group(_Struct, frozen=True):
    """Tests of the same sizes."""

    type: Literal["vjp"]
    sizes: dict[str, int]
    shapes: dict[str, list[int]]
    output_shapes: list[list[int]]
    tests: list[Test]


class VectorFile(_Struct, frozen=True):
    """A whole file. ``rules`` says in words how the tolerances were derived."""

    formula: str
    schema: str
    generator_version: str
    number_of_tests: int
    header: list[str]
    rules: dict[str, str]
    arguments: dict[str, Argument]
    forward: str  # the forward's source, in NumPy
    notes: dict[str, Note]
    test_groups: list[Group]
    id: str | None = None
    section: str | None = None
    latex: str | None = None
